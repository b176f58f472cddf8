"""Machine formats: TSV, CSV, JSON, NDJSON and ids. Plain writes, the same bytes whatever the terminal.

JSON: RFC 3339 times in UTC ending in `Z`, money as a number with the API's digits, null for unknown, all text
escaped to ASCII. TSV and CSV: null is empty, text passes `safe`. In CSV text is quoted, because a spreadsheet may
split at a semicolon too, and a cell that it would run is defused with an apostrophe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import plain_digits
from vsms_cli.domain.times import rfc3339
from vsms_cli.render.formats import Format
from vsms_cli.render.safe import safe

if TYPE_CHECKING:
    from vsms_cli.render.streams import Out

Value = str | int | Decimal | datetime | None | Mapping[str, "Value"] | Sequence["Value"]
Row = Mapping[str, Value]


# The full-width ones too: a spreadsheet for Chinese or Japanese takes them for the others.
_RUNS_IN_A_SPREADSHEET: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - see above
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class Document:
    """Rows in one machine format. `row` writes at once where the format allows it; JSON waits for `end`.

    Without a row nothing is written but JSON's `[]`: CSV's header comes with the first.
    """

    def __init__(self, out: Out, format_: Format, fields: Sequence[str]) -> None:
        self._out = out
        self._format = format_
        self._fields = fields
        self._kept: list[str] = []
        self._begun = False

    def row(self, row: Row) -> None:
        chosen = {name: row[name] for name in self._fields}
        match self._format:
            case Format.JSON:
                self._kept.append(to_json(chosen))
            case Format.NDJSON:
                self._out.line(to_json(chosen))
            case Format.CSV:
                if not self._begun:
                    self._out.line(",".join(self._fields))
                self._out.line(",".join(_csv_cell(value) for value in chosen.values()))
            case Format.IDS:
                if row["id"] is not None:
                    self._out.line(cell(row["id"]))
            case _:
                self._out.line("\t".join(cell(value) for value in chosen.values()))
        self._begun = True

    def end(self) -> None:
        if self._format is Format.JSON:
            inner = ",\n  ".join(self._kept)
            self._out.line(f"[\n  {inner}\n]" if self._kept else "[]")


def to_json(value: Value) -> str:
    """One line of JSON, in ASCII. The standard library would make a float of a Decimal."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return plain_digits(value)
        case datetime():
            return json.dumps(rfc3339(value))
        case str():
            return json.dumps(value)
        case Mapping():
            return "{" + ", ".join(f"{json.dumps(key)}: {to_json(item)}" for key, item in value.items()) + "}"
        case _:
            return "[" + ", ".join(to_json(item) for item in value) + "]"


def cell(value: Value) -> str:
    """A value in one cell of TSV or CSV: whole, on one line."""
    match value:
        case None:
            return ""
        case str():
            return safe(value)
        case Decimal():
            return plain_digits(value)
        case datetime():
            return rfc3339(value)
        case Mapping():
            return _in_words(value)
        case bool() | int():
            return to_json(value)
        case _:
            return " | ".join(cell(item) for item in value)


def _in_words(value: Row) -> str:
    """An error's sentence, an SMS's text, else each key with its value."""
    for name in ("message", "content"):
        if name in value:
            return cell(value[name])
    return "; ".join(f"{name}: {cell(item)}" for name, item in value.items())


def _csv_cell(value: Value) -> str:
    """Text between quotes, quotes doubled (RFC 4180); numbers, times and what is unknown as they are."""
    text = cell(value)
    if text.startswith(_RUNS_IN_A_SPREADSHEET) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if isinstance(value, str | Mapping | Sequence) else text
