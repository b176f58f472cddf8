"""The help topics: what holds for every command, from the tables of `cli.reference` and the code's own."""

import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vsms_cli.domain.errors import ExitCode

_WIDTH: Final = 76  # columns; a terminal has 80, some parts are indented by two, and an arrow may become `->`

TOPICS: Final = {
    "exit-codes": "What each exit code means.",
    "outcomes": "How an order can end, for each command that moves money.",
    "verdicts": "What `refunds audit` says of an order, and why.",
    "environment": "The environment variables, and what goes before what.",
    "formatting": "Output formats, and what each promises.",
    "json": "The keys of each command's JSON, which are its --fields.",
    "scripting": "What a script can count on, with recipes.",
    "sandbox": "How to try it, and a script, without money.",
}


def text_of(topic: str, *, unicode: bool) -> str:
    """The topic's text, folded for 80 columns; lines to be copied stay whole."""
    text = _TEXTS[topic]()
    return text if unicode else text.replace("→", "->").replace("≤", "<=")


def _exit_codes() -> str:
    from vsms_cli.cli.reference import SEVERAL_ORDERS  # noqa: PLC0415 - TOPICS alone is needed by every --help

    codes = _table((str(code.value), code.meaning) for code in ExitCode)
    return f"{codes}\n{_folded(SEVERAL_ORDERS)}"


def _outcomes() -> str:
    from vsms_cli.cli.reference import OUTCOME_MEANINGS  # noqa: PLC0415 - as above
    from vsms_cli.domain.outcomes import Outcome, Result  # noqa: PLC0415 - as above

    parts = []
    for operation, meanings in OUTCOME_MEANINGS.items():
        results = [Result(operation=operation, order_id="", outcome=Outcome(name)) for name in meanings]
        rows = _table(
            (f"{result.outcome.value}{' *' if result.done else ''}", meanings[result.outcome.value])
            for result in results
        )
        parts.append(f"{operation.command}\n\n{_indented(rows)}")
    return "\n".join([*parts, _folded("* counts as done: a script may take it for success.")])


def _verdicts() -> str:
    from vsms_cli.cli.reference import ABOUT_VERDICTS, PROOF_OF_VERDICTS, VERDICTS  # noqa: PLC0415 - as above

    return "\n".join(
        (*map(_folded, ABOUT_VERDICTS), _indented(_table(VERDICTS)), *map(_folded, PROOF_OF_VERDICTS))
    )


def _environment() -> str:
    from vsms_cli.cli.reference import CONFIG_EXAMPLE, ENVIRONMENT, PRECEDENCE  # noqa: PLC0415 - as above

    example = _indented(CONFIG_EXAMPLE)
    return (
        f"{_table(ENVIRONMENT.items())}\n{_folded(PRECEDENCE)}\nA config.toml:\n\n{example}\n"
        "See also: vsms config show, vsms config path\n"
    )


def _formatting() -> str:
    from vsms_cli.cli.reference import FORMATS, JSON, JSON_ERRORS, STREAMS  # noqa: PLC0415 - as above

    return (
        f"{_folded(STREAMS)}\n{_table(FORMATS.items())}\n{_folded(JSON)}\n{_folded(JSON_ERRORS)}\n"
        "See also: vsms help json\n"
    )


def _json() -> str:
    from vsms_cli.cli.output_fields import FIELDS  # noqa: PLC0415 - it imports the commands' rows
    from vsms_cli.cli.reference import JSON, JSON_ERRORS, JSON_NOTES  # noqa: PLC0415 - as above
    from vsms_cli.render.money_rows import AUDIT_KEYS, TOTAL_KEYS  # noqa: PLC0415 - as above

    listed: dict[str, Iterable[str]] = dict(FIELDS)
    rows = listed.pop("refunds audit")
    listed |= {"refunds audit": AUDIT_KEYS, "  .orders[]": rows, "  .totals": TOTAL_KEYS}
    fields = _table((command, ", ".join(names)) for command, names in listed.items())
    return f"{_folded(JSON)}\n{fields}\n{_folded(JSON_NOTES)}\n{_folded(JSON_ERRORS)}"


def _scripting() -> str:
    from vsms_cli.cli.reference import GOOD_TO_KNOW, RECIPES, STREAMS, TWICE  # noqa: PLC0415 - as above

    recipes = "\n".join(
        f"{_folded(what)}\n" + "".join(f"  {line}\n" for line in lines) for what, lines in RECIPES.items()
    )
    facts = "\n".join(map(_folded, GOOD_TO_KNOW))
    return f"{_folded(f'{STREAMS} {TWICE}')}\n{recipes}\n{facts}\nSee also: vsms help exit-codes\n"


def _sandbox() -> str:
    from vsms_cli.cli.reference import SANDBOX, TRIAL  # noqa: PLC0415 - as above

    return "\n".join((*map(_folded, SANDBOX), _indented(TRIAL)))


_TEXTS: Final[Mapping[str, Callable[[], str]]] = {
    "exit-codes": _exit_codes,
    "outcomes": _outcomes,
    "verdicts": _verdicts,
    "environment": _environment,
    "formatting": _formatting,
    "json": _json,
    "scripting": _scripting,
    "sandbox": _sandbox,
}


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


def _folded(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    listed = list(rows)
    indent = max(len(name) for name, _ in listed) + 2
    folded = (
        textwrap.fill(
            meaning,
            _WIDTH,
            initial_indent=name.ljust(indent),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, meaning in listed
    )
    return "".join(f"{line}\n" for line in folded)
