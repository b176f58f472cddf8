"""What people type who know other command lines, and the nearest names that this one has."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from vsms_cli.domain.errors import UsageMistake

ALIASES: Final = {"ls": "list"}
"""Other names of a command, in every group that has it."""

_NEAR: Final = 0.8  # a typing mistake or two; below it the nearest word may do harm

_SHOWING: Final = ("get", "describe")
_EDITING: Final = ("set", "edit")
_WEBSITE: Final = "the website: vsms buys nothing, on purpose"
COMMANDS: Final = {
    "whoami": "`vsms auth status`",
    "login": "`vsms auth login`",
    "logout": "`vsms auth logout`",
    "version": "`vsms --version`",
    "order": f"`vsms orders`; to buy, {_WEBSITE}",
    **dict.fromkeys(("buy", "purchase", "create", "rent", "extend"), _WEBSITE),
}
OPTIONS: Final = {
    **dict.fromkeys(("--force", "-f", "--confirm", "--no-input", "--assume-yes"), "--yes"),
    **dict.fromkeys(("--format", "--out"), "-o"),
    "--columns": "--fields",
    "--watch": "`vsms orders watch`",
    **dict.fromkeys(("--jq", "--query", "--filter"), "--json, and a pipe to jq"),
    **dict.fromkeys(("-V", "-v"), "--version"),
    **dict.fromkeys(
        ("--token", "--api-key"), "VSMS_TOKEN or `vsms auth login`: a token is never an argument"
    ),
}


def command_hint(name: str, known: Collection[str], groups: Iterable[str], *, group: str = "") -> str:
    """What may have been meant by a command that does not exist in `group`, whose commands are `known`; empty where
    nothing is near. `groups` have a command of that very name: `vsms cancel` means `vsms orders cancel`.
    """
    if name in _SHOWING and (not group or "show" in known):
        return f"use `vsms {group or 'orders'} show`"
    there = [f"`vsms {group} {name}`" for group in groups]
    if f"{name}s" in known:
        there.insert(0, f"`vsms {name}s`")
    if there and name not in COMMANDS:
        return f"did you mean {' or '.join(there)}?"
    if name in _EDITING and group in {"", "config"}:
        return "use an editor: `vsms config path` prints the file"
    if name in COMMANDS:
        return f"use {COMMANDS[name]}"
    near = get_close_matches(name, [*known], n=2, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""


def option_hint(name: str, known: Iterable[str]) -> str:
    """The same for an option."""
    options = [*known]
    meant = OPTIONS.get(name)
    if meant is not None and (not meant.startswith("-") or meant.split(",")[0] in options):
        return f"use {meant}"
    near = get_close_matches(name, options, n=2, cutoff=_NEAR)
    return f"did you mean {' or '.join(sorted(near))}?" if near else ""


def unknown_word(what: str, text: str, known: Collection[str]) -> UsageMistake:
    """For a value that is none of the known ones."""
    return UsageMistake(
        f"unknown {what} {text[:60]!r}", hint=f"{near_guess(text, known)}there are {', '.join(known)}"
    )


def near_guess(text: str, known: Collection[str]) -> str:
    """The beginning of a hint; empty where nothing is near."""
    near = get_close_matches(text.lower(), known, n=1)
    return f"did you mean {near[0]}? " if near else ""
