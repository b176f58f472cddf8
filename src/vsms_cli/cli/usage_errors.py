"""Typer's usage errors in our words, with what to do next."""

import itertools
import re
from collections.abc import Sequence
from typing import Final

from vsms_cli.cli.command_tree import GROUPS, ROOT
from vsms_cli.cli.name_hints import option_hint
from vsms_cli.domain.errors import UsageMistake


def usage_mistake(exc: Exception, message: str, argv: Sequence[str]) -> UsageMistake:
    """`message` is Typer's own sentence. Its classes are known by what they can do: where they live changes."""
    return UsageMistake(_plainly(exc, message), hint=_usage_hint(exc, argv))


def _plainly(exc: Exception, message: str) -> str:
    """Typer's sentence without its list of near options, which the hint has, and without its words for types."""
    text = _ITS_OPTIONS.split(message)[0].rstrip(".")
    for theirs, ours in _OUR_WORDS.items():
        text = text.replace(theirs, ours)
    return text[:1].lower() + text[1:] if text else type(exc).__name__


_ITS_OPTIONS: Final = re.compile(r" (?:\(')?\(Possible options:")  # Typer 0.26 prints a tuple of them
_OUR_WORDS: Final = {
    " is not a valid int range": " is not a whole number",
    " is not a valid int": " is not a whole number",
    " is not a valid float": " is not a number",
    "Got unexpected extra argument(s)": "too many arguments:",
    "Got unexpected extra arguments": "too many arguments:",
    "Got unexpected extra argument": "too many arguments:",
    " requires an argument": " needs a value",
}


def _usage_hint(exc: Exception, argv: Sequence[str]) -> str:
    context = getattr(exc, "ctx", None)
    option = str(getattr(exc, "option_name", ""))
    if option in _OF_COMMANDS and hasattr(getattr(context, "command", None), "table"):  # a group's
        return "it goes behind the command, as in `vsms orders list --json`"
    see = f"see `{_path_in(argv) if context is None else context.command_path} --help`"
    if _is_a_list_of_fields(exc, argv):
        return f"fields are chosen with --fields; {see}"
    params = getattr(getattr(context, "command", None), "params", ())
    known = [name for param in params for name in param.opts if name.startswith("-")]
    hint = option_hint(option, known) if option else ""
    return f"{hint}{' ' if hint.endswith('?') else '; '}{see}" if hint else see


def _is_a_list_of_fields(exc: Exception, argv: Sequence[str]) -> bool:
    """`--json id,status`, as `gh` has it."""
    return "extra argument" in str(exc) and any(
        before == "--json" and not word.startswith("-") for before, word in itertools.pairwise(argv)
    )


_OF_COMMANDS: Final = frozenset({"--json", "--output", "-o", "--quiet", "-q", "--fields", "--yes", "-y"})


def _path_in(argv: Sequence[str]) -> str:
    """The command that was called, for Typer's errors that do not know it."""
    words = [word for word in argv if not word.startswith("-")]
    group = next((word for word in words if word in ROOT), "")
    inside = GROUPS.get(group, {})
    below = next((word for word in words if word in inside and word != group), "")
    return " ".join(part for part in ("vsms", group, below) if part)
