"""`vsms help`"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated

import typer
from typer.main import get_command

from vsms_cli.cli.app import app as root
from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.command_tree import GROUPS, ROOT, Command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.topics import TOPICS, text_of
from vsms_cli.domain.errors import ExitCode, UsageMistake


@command(
    "help",
    examples=("vsms help exit-codes", "vsms help scripting", "vsms help orders cancel"),
    rows=False,
    checked=False,
)
def app(
    run: Runtime,
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC|COMMAND]", help=f"{', '.join(TOPICS)}, or a command."),
    ] = None,
) -> ExitCode:
    """Explain a topic, or a command as its --help does; without either, list them all."""
    said = words or []
    if said[:1] and said[0] in TOPICS:
        if said[1:]:
            raise UsageMistake(f"too many words behind {said[0]!r}", hint=f"see `vsms help {said[0]}`")
        out = run.streams.out
        out.write(text_of(said[0], unicode=out.takes_unicode))
        return ExitCode.OK
    _require_command(said)
    get_command(root).main([*said, "--help"], prog_name="vsms", standalone_mode=False)
    return ExitCode.OK


def _require_command(words: Sequence[str]) -> None:
    known: Mapping[str, Command | str] = {**TOPICS, **ROOT}
    for index, word in enumerate(words):
        see = " ".join(("vsms", *words[:index]))
        if word not in known:
            near = get_close_matches(word.lower(), known, n=3)
            raise UsageMistake(
                f"no help for {' '.join(words[: index + 1])[:60]!r}",
                hint=f"did you mean {' or '.join(near)}?" if near else f"see `{see} --help`",
            )
        known = GROUPS.get(word, {}) if index == 0 else {}
