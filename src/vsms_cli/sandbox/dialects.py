"""The same answers in other forms, as other deployments may send them: scripts and `vsms` can be tried against them.

Nothing but the form changes: the database, the statuses and what the answers mean are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vsms_cli.sandbox.response_bodies import Json

    Row = Mapping[str, Json]

DIALECTS: Final[Mapping[str, str]] = {
    "go": "null for an empty list, a zero time for one that is over, nine digits of a second, a float's noise in"
    " amounts, a cancel's answer without order_id",
    "strings": "numbers as text, times with a blank and no zone",
    "envelope": 'everything under "data"',
    "mixed": "each row of a list in another of these forms, and in some more",
    "legacy": "orders as a bare list in the names of older deployments, as the vendor's Go client reads them",
}
"""Name → what differs from the documents."""

_SUCCESS: Final = 300  # below it
_GO_ZERO: Final = "0001-01-01T00:00:00Z"
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d+))?Z", re.ASCII)
_AMOUNTS: Final = ("price_charged", "amount", "price")
_OLDER_NAMES: Final = {
    "id": "order_id",
    "service_id": "service",
    "country_id": "country",
    "price_charged": "price",
}


def told(dialect: str, content: Row, *, status: int) -> Json:
    """The JSON of an answer in one of DIALECTS."""
    return _TELL[dialect](content, success=status < _SUCCESS)


# A field


def _each(change: Callable[[str, Json], Json]) -> Callable[[str, Json], Json]:
    """`change` for every field, however deep; it is given the name of the field, or of the list that a value is in."""

    def changed(name: str, value: Json) -> Json:
        if isinstance(value, Mapping):
            return {key: changed(key, field) for key, field in value.items()}
        if isinstance(value, list | tuple):
            return change(name, [changed(name, item) for item in value])
        return change(name, value)

    return changed


def _time(value: str, write: Callable[[re.Match[str]], str]) -> str:
    found = _TIME.fullmatch(value)
    return value if found is None else write(found)


def _with_nine_digits(value: str) -> str:
    return _time(value, lambda at: f"{at[1]}T{at[2]}.{(at[3] or '').ljust(9, '0')}Z")


def _without_zone(value: str) -> str:
    return _time(value, lambda at: f"{at[1]} {at[2]}{'.' if at[3] else ''}{at[3] or ''}")


def _with_noise(amount: Decimal) -> Decimal:
    """As a binary float's arithmetic leaves it: 0.30000000000000004."""
    exact = Decimal(repr(float(amount)))
    return exact + exact.copy_abs().scaleb(-16).quantize(Decimal("1e-17")) if exact else exact


def _as_go(_name: str, value: Json) -> Json:
    match value:
        case []:
            return None
        case Decimal():
            return _with_noise(value)
        case str():
            return _with_nine_digits(value)
        case _:
            return value


def _as_text(_name: str, value: Json) -> Json:
    match value:
        case bool():
            return value
        case int() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case str():
            return _without_zone(value)
        case _:
            return value


# A row of a list: one of the forms in which it may come


def _changing(name: str, change: Callable[[Json], Json]) -> Callable[[Row], Row]:
    return lambda row: {key: change(value) if key == name else value for key, value in row.items()}


def _bought(write: Callable[[str], Json]) -> Callable[[Row], Row]:
    return _changing("created_at", lambda value: write(str(value)))


def _amount(write: Callable[[Decimal], Json]) -> Callable[[Row], Row]:
    def changed(row: Row) -> Row:
        return {
            key: write(value) if key in _AMOUNTS and isinstance(value, Decimal) else value
            for key, value in row.items()
        }

    return changed


def _seconds(value: str) -> float:
    return datetime.fromisoformat(value).timestamp()


def _rules_as_text(row: Row) -> Row:
    rules = row.get("rules")
    if not isinstance(rules, Mapping):
        return row
    return {**row, "rules": {key: str(value) for key, value in rules.items()}}


ROW_FORMS: Final[Mapping[str, Callable[[Row], Row]]] = {
    "as documented": lambda row: row,
    "price as text": _amount(lambda amount: format(amount, "f")),
    "price of a binary float": _amount(_with_noise),
    "time with a blank": _bought(_without_zone),
    "time with nine digits": _bought(_with_nine_digits),
    "time as text of seconds": _bought(lambda value: f"{_seconds(value):.6f}"),
    "time as microseconds": _bought(lambda value: round(_seconds(value) * 10**6)),
    "number as a number": _changing("phone_number", lambda value: int(str(value).strip("+"))),
    "status in capitals": _changing("status", lambda value: str(value).upper()),
    "id in capitals": _changing("id", lambda value: str(value).upper()),
    "rules as text": _rules_as_text,
    "names of the detail": lambda row: {_OLDER_NAMES.get(key, key): value for key, value in row.items()},
}
"""Name → a row of the list of orders in that form. What a row has not is left alone, so that ledger lines may pass."""

_ORDER_ONLY: Final = frozenset(
    {"status in capitals", "id in capitals", "rules as text", "names of the detail"}
)


def _in_turn(rows: Sequence[Json], forms: Sequence[str]) -> list[Json]:
    return [
        ROW_FORMS[forms[number % len(forms)]](row) if isinstance(row, Mapping) else row
        for number, row in enumerate(rows)
    ]


# An answer


def _go(content: Row, *, success: bool) -> Json:  # noqa: ARG001 - a refusal has the same form
    written = _each(_as_go)("", {key: _over(value) for key, value in content.items()})
    if not isinstance(written, Mapping):
        return written
    return {
        key: value for key, value in written.items() if not (key == "order_id" and "refund_amount" in content)
    }


def _over(value: Json) -> Json:
    """The times of orders that ended, at which nothing opens any more, are not set."""
    if isinstance(value, list | tuple):
        return [_over(row) for row in value]
    if not isinstance(value, Mapping) or value.get("status") in {None, "waiting"}:
        return value
    return {key: _GO_ZERO if key.endswith("_available_at") else field for key, field in value.items()}


def _strings(content: Row, *, success: bool) -> Json:  # noqa: ARG001 - a refusal has the same form
    return _each(_as_text)("", content)


def _envelope(content: Row, *, success: bool) -> Json:
    return {"success": True, "data": content} if success else {"success": False, **content}


def _mixed(content: Row, *, success: bool) -> Json:  # noqa: ARG001 - refusals have no rows
    lines = [name for name in ROW_FORMS if name not in _ORDER_ONLY]
    forms = {"orders": list(ROW_FORMS), "transactions": lines, "rentals": lines}
    return {
        key: _in_turn(value, forms[key]) if key in forms and isinstance(value, list | tuple) else value
        for key, value in content.items()
    }


def _legacy(content: Row, *, success: bool) -> Json:
    orders = content.get("orders")
    if isinstance(orders, list | tuple):
        return [ROW_FORMS["names of the detail"](row) for row in orders if isinstance(row, Mapping)]
    rentals = content.get("rentals")
    if isinstance(rentals, list | tuple):
        return list(rentals)
    if "balance" in content:
        return {"balance_usd": content["balance"]}
    if "refund_amount" in content:
        return {**content, "refunded": success}
    messages = content.get("messages")
    if not isinstance(messages, list | tuple):
        return content
    rest = {key: value for key, value in content.items() if key != "messages"}
    first = messages[0] if messages else None
    return {**rest, "sms_text": first["content"]} if isinstance(first, Mapping) else rest


_TELL: Final = {"go": _go, "strings": _strings, "envelope": _envelope, "mixed": _mixed, "legacy": _legacy}
