"""The man pages, from the same source as --help: `python tests/promises/man.py` writes them anew.

One for `vsms`, and one for each command: `man vsms-orders-cancel`. The wheel installs them in share/man/man1.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from vsms_cli import __version__
from vsms_cli.cli.app import app
from vsms_cli.cli.command_tree import GROUPS, ROOT, Command
from vsms_cli.cli.reference import ENVIRONMENT, SEVERAL_ORDERS
from vsms_cli.cli.topics import TOPICS
from vsms_cli.domain.errors import ExitCode

FOLDER = Path(__file__).parents[2] / "src" / "vsms_cli" / "man"


def pages() -> dict[str, str]:
    """File name → text."""
    root = get_command(app)
    found = {"vsms.1": _root_page(root)}
    for path, leaf in _commands(root):
        found[f"{'-'.join(('vsms', *path))}.1"] = _page(path, leaf)
    return found


def _commands(root: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, entry in ROOT.items():
        command = root.get_command(None, name)
        if entry.where:
            yield (name,), command
        else:
            for inner in GROUPS[name]:
                yield (name, inner), command.get_command(None, inner)


def _page(path: tuple[str, ...], leaf: Any) -> str:
    about, _, examples = leaf.help.replace("\b", "").partition("Example")
    summary = (GROUPS.get(path[0], ROOT) if len(path) > 1 else ROOT)[path[-1]].summary
    arguments = [param for param in leaf.params if param.param_type_name == "argument"]
    options = [param for param in leaf.params if param.param_type_name == "option"]
    usage = " ".join(
        ["[OPTIONS]", *(str(argument.metavar or argument.name.upper()) for argument in arguments)]
    )
    lines = [
        *_head("-".join(("vsms", *path)), summary),
        *_section("Synopsis", f".B vsms {' '.join(path)}\n{_plain(usage)}"),
        *_section("Description", "\n.PP\n".join(_plain(part) for part in about.strip().split("\n\n"))),
        *_section("Options", _definitions((_names(option), option.help or "") for option in options)),
    ]
    typed = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    if typed:
        lines += _section("Examples", "\n".join(f".EX\n{_plain(line)}\n.EE" for line in typed))
    lines += _section("Exit status", _exits())
    lines += _section("See also", ".BR vsms (1)")
    return "\n".join(lines) + "\n"


def _root_page(root: Any) -> str:
    tables: Iterable[tuple[str, Command]] = (
        (f"{group} {name}".strip(), command)
        for group, table in (("", {n: c for n, c in ROOT.items() if c.where}), *GROUPS.items())
        for name, command in table.items()
    )
    about = root.help.replace("\b", "").strip().split("\n\n")
    return (
        "\n".join(
            [
                *_head("vsms", "list, cancel and refund orders of VirtualSMS, and prove it"),
                *_section("Synopsis", ".B vsms\n[OPTIONS] COMMAND [ARGS]..."),
                *_section("Description", "\n.PP\n".join(map(_plain, about))),
                *_section("Commands", _definitions((f"vsms {name}", c.summary) for name, c in tables)),
                *_section(
                    "Help topics", _definitions((f"vsms help {n}", what) for n, what in TOPICS.items())
                ),
                *_section("Environment", _definitions(ENVIRONMENT.items())),
                *_section("Exit status", _exits()),
            ]
        )
        + "\n"
    )


def _head(name: str, summary: str) -> list[str]:
    return [
        f'.TH {name.upper()} 1 "" "vsms {__version__}" "vsms"',
        *_section("Name", f"{_plain(name)} \\- {_plain(summary.rstrip('.'))}"),
    ]


def _section(title: str, text: str) -> list[str]:
    return [f".SH {title.upper()}", text]


def _names(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
    return ", ".join(sorted(option.opts, key=len)) + value


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f".TP\n.B {_plain(name)}\n{_plain(what) or 'See above.'}" for name, what in pairs)


def _exits() -> str:
    codes = _definitions((str(code.value), code.meaning) for code in ExitCode)
    return f"{codes}\n.PP\n{_plain(SEVERAL_ORDERS)}"


def _plain(text: str) -> str:
    """Text that troff takes as it is: no line of it is a request, no hyphen a dash."""
    flat = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("→", "gives")
    return f"\\&{flat}" if flat.startswith((".", "'")) else flat


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.1"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
