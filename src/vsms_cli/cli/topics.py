"""The help topics: what holds for every command. README says the same, and a test holds the two together."""

import textwrap
from collections.abc import Iterable
from typing import Final

from vsms_cli.domain.errors import ExitCode

_WIDTH: Final = 79  # columns; a terminal's usual 80, and help is often piped into a pager

TOPICS: Final = {
    "exit-codes": "What each exit code means.",
    "environment": "The environment variables, and what goes before what.",
    "formatting": "Output formats, fields, and what each promises.",
    "scripting": "What a script can count on, with recipes.",
}

ENVIRONMENT: Final = {
    "VSMS_TOKEN": "the token",
    "VSMS_TOKEN_FILE": "a file whose first line is the token",
    "VIRTUALSMS_API_KEY": "the token, under the vendor's own name",
    "VSMS_PROFILE": "the profile; `--profile` goes before it",
    "VSMS_BASE_URL": "the API's base URL: https, or http to a loopback address",
    "VSMS_SANDBOX": "`1`: as `--sandbox`",
    "VSMS_TIMEOUT": "seconds for a whole request; 30",
    "VSMS_RATE_LIMIT": "requests a minute; 60",
    "VSMS_OUTPUT": "the output format",
    "VSMS_DEBUG": "`1`: as `--debug`",
    "VSMS_CONFIG_DIR": "where `config.toml` lies",
    "VSMS_STATE_DIR": "where the journal and the sandbox lie",
    "NO_COLOR": "no colour",
    "FORCE_COLOR": "colour in a pipe too",
    "TERM": "`dumb`: no colour",
    "COLUMNS": "how wide tables may be",
}
"""Every variable that vsms itself reads. Those of proxies and CA files are httpx's, and in no table of ours."""

PRECEDENCE: Final = (
    "Requests go through the http proxy that `HTTPS_PROXY` or `ALL_PROXY` names, unless `NO_PROXY` names the host; "
    "SOCKS proxies are not supported, and a loopback URL goes through no proxy. CA files (`SSL_CERT_FILE`) are read as "
    "httpx reads them. An option goes before a variable, a variable before `config.toml`, and that before the default."
)
SEVERAL_ORDERS: Final = (
    "Several orders: any unknown → 8; else all done → 0; some done → 3; "
    "none done → the code of the first failure."
)
STREAMS: Final = (
    "stdout is data, stderr is talk. Piped output is TSV without a header; `--json`, `-o csv`, `-o ndjson` and `-q` "
    "(ids) say otherwise, with whole ids whatever the width."
)
TWICE: Final = (
    "Running a cancel twice is fine: an order that is already cancelled, "
    "or that refunded itself, counts as done."
)
JSON: Final = (
    "Times are RFC 3339 in UTC ending in `Z`, money is a number with the API's own digits, unknown is `null`, all "
    "text is escaped to ASCII. Keys are only ever added; the same names do for `--fields`."
)
JSON_ERRORS: Final = (
    "With `-o json` an error that stops the command is one line on stderr: "
    '`{"error": {"code": "...", "message": "...", "hint": "..."}}`.'
)
FORMATS: Final = {
    "table": "for a person; the default on a terminal",
    "tsv": "a line a row, no header, whole values; the default in a pipe",
    "csv": "with a header, text quoted; a cell that a spreadsheet would run is defused",
    "json": "one array, at the end; `--json` is short for it",
    "ndjson": "an object a line, each as soon as it is known",
    "ids": "ids alone, a line each; `--quiet` and `-q` are short for it",
}
RECIPES: Final = {
    "Cancel what was bought for the wrong country, each five minutes, with a log worth reading:": (
        '*/5 * * * * vsms orders cancel --not-country US --yes --wait >>"$HOME/vsms.log" 2>&1',
    ),
    "Ids through a pipe (no `xargs`: it turns exit codes into 123, and runs once on empty input):": (
        "vsms orders list -q --service wa --older-than 10m | vsms orders cancel - --yes",
    ),
    "Refuse unless it is exactly what you expect, and look before you leap:": (
        "vsms orders cancel --country AR --dry-run",
        "vsms orders cancel --country AR --expect 12 --yes --json",
    ),
    "What came back, as a sum (jq counts in binary floats, so it is rounded to cents):": (
        "vsms orders cancel --country AR --yes --json | jq 'map(.refund_amount // 0) | (add // 0) * 100 | round / 100'",
    ),
    "Act on the exit code:": (
        "vsms orders cancel --all --yes",
        "case $? in",
        "  0) ;;",
        '  3) echo "some are still open" ;;',
        "  8) vsms journal resolve ;;",
        "esac",
    ),
}


def text_of(topic: str, *, unicode: bool) -> str:
    """The topic's text, folded for 80 columns; lines to be copied stay whole."""
    match topic:
        case "exit-codes":
            codes = _table((str(code.value), code.meaning) for code in ExitCode)
            return f"{codes}\n{_folded(SEVERAL_ORDERS if unicode else SEVERAL_ORDERS.replace('→', '->'))}"
        case "environment":
            return f"{_table(ENVIRONMENT.items())}\n{_folded(PRECEDENCE)}\nSee also: vsms config show\n"
        case "formatting":
            from vsms_cli.cli.fields import FIELDS  # noqa: PLC0415 - it imports the commands' rows

            fields = _table((command, ", ".join(names)) for command, names in FIELDS.items())
            return (
                f"{_folded(STREAMS)}\n{_table(FORMATS.items())}\n{_folded(JSON)}\n{_folded(JSON_ERRORS)}\n"
                f"The fields of each command:\n\n{fields}"
            )
        case _:
            recipes = "\n".join(
                f"{_folded(what)}\n" + "".join(f"  {line}\n" for line in lines)
                for what, lines in RECIPES.items()
            )
            return f"{_folded(f'{STREAMS} {TWICE}')}\n{recipes}\nSee also: vsms help exit-codes\n"


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
