"""Answers in another form than the documents have: one table, for the readers, the front door and the campaigns.

A form changes one row of a list of orders, or a whole answer. `understood` are the keys of `orders list --json` that
come out as of the row as it is documented; what is not in it is unreadable, and null.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
ABSENT: Final = object()
ALL: Final = frozenset({"id", "phone_number", "country", "service", "status", "price", "created_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`change` makes the odd row of a good one. `path` is the JSON path, below `orders[]`, that the deviations have for
    it; None where it is as documented. `listed` is whether it is shown among the active orders, `cancelled` whether
    `orders cancel --all` cancels it.
    """

    name: str
    change: Callable[[Row], Any]
    path: str | None = None
    unreadable: frozenset[str] = frozenset()
    listed: bool = True
    cancelled: bool = True
    noticed: bool = (
        False  # whether a notice says that something can't be read: what is absent or null is not that
    )

    def __str__(self) -> str:
        return self.name


def with_(**fields: Any) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        changed = {**row, **fields}
        return {key: value for key, value in changed.items() if value is not ABSENT}

    return change


def bought(form: Callable[[datetime], Any]) -> Callable[[Row], Row]:
    """The same moment, written in another way."""
    return lambda row: {**row, "created_at": form(datetime.fromisoformat(row["created_at"]).astimezone(UTC))}


ROWS: Final[tuple[Form, ...]] = (
    Form(name="as documented", change=with_()),
    # money
    Form(
        name="price as text",
        path="price_charged",
        change=lambda row: {**row, "price_charged": str(row["price_charged"])},
    ),
    Form(name="price with an exponent", path="price_charged", change=with_(price_charged="8.0e-1")),
    Form(
        name="price of a binary float", path="price_charged", change=with_(price_charged=0.8000000000000001)
    ),
    Form(name="price as text with blanks", path="price_charged", change=with_(price_charged=" 0.80 ")),
    Form(
        name="price null",
        path="price_charged",
        change=with_(price_charged=None),
        unreadable=frozenset({"price"}),
    ),
    Form(
        name="price is a word",
        path="price_charged",
        noticed=True,
        change=with_(price_charged="cheap"),
        unreadable=frozenset({"price"}),
    ),
    Form(
        name="price negative",
        path="price_charged",
        noticed=True,
        change=with_(price_charged=-0.8),
        unreadable=frozenset({"price"}),
    ),
    Form(
        name="price absurd",
        path="price_charged",
        noticed=True,
        change=with_(price_charged=1e30),
        unreadable=frozenset({"price"}),
    ),
    Form(
        name="price true",
        path="price_charged",
        noticed=True,
        change=with_(price_charged=True),
        unreadable=frozenset({"price"}),
    ),
    # times
    Form(name="time with a blank", path="created_at", change=bought(lambda at: f"{at:%Y-%m-%d %H:%M:%S}")),
    Form(name="time without a zone", path="created_at", change=bought(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}")),
    Form(name="time in small letters", change=bought(lambda at: f"{at:%Y-%m-%dt%H:%M:%Sz}")),
    Form(
        name="time with nine digits",
        change=bought(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}000Z"),
    ),
    Form(
        name="time with nine digits and +0000",
        path="created_at",
        change=bought(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.123456789+0000"),
    ),
    Form(name="time as seconds", path="created_at", change=bought(lambda at: int(at.timestamp()))),
    Form(
        name="time as milliseconds", path="created_at", change=bought(lambda at: int(at.timestamp() * 1000))
    ),
    Form(
        name="time as text of seconds", path="created_at", change=bought(lambda at: f"{at.timestamp():.6f}")
    ),
    Form(
        name="time as microseconds",
        path="created_at",
        change=bought(lambda at: round(at.timestamp() * 10**6)),
    ),
    Form(
        name="time as nanoseconds", path="created_at", change=bought(lambda at: int(at.timestamp()) * 10**9)
    ),
    Form(
        name="time as Go prints it",
        path="created_at",
        change=bought(lambda at: f"{at:%Y-%m-%d %H:%M:%S}.123456789 +0000 UTC"),
    ),
    Form(
        name="time as PostgreSQL prints it",
        path="created_at",
        change=bought(lambda at: f"{at:%Y-%m-%d %H:%M:%S}.123456+00"),
    ),
    Form(
        name="Go's zero time",
        path="created_at",
        change=with_(created_at="0001-01-01T00:00:00Z"),
        unreadable=frozenset({"created_at"}),
    ),
    Form(
        name="Go's zero time for the cooldown",
        path="cancel_available_at",
        change=with_(cancel_available_at="0001-01-01T00:00:00Z"),
    ),
    Form(
        name="time empty",
        path="created_at",
        change=with_(created_at=""),
        unreadable=frozenset({"created_at"}),
    ),
    Form(
        name="time is a word",
        path="created_at",
        noticed=True,
        change=with_(created_at="yesterday"),
        unreadable=frozenset({"created_at"}),
    ),
    # texts
    Form(
        name="number as a number",
        path="phone_number",
        change=lambda row: {**row, "phone_number": int(row["phone_number"].strip("+"))},
    ),
    Form(name="service as a number", path="service_id", change=with_(service_id=7), unreadable=frozenset()),
    Form(
        name="number is an object",
        path="phone_number",
        noticed=True,
        change=with_(phone_number={}),
        unreadable=frozenset({"phone_number"}),
    ),
    Form(
        name="number null",
        path="phone_number",
        change=with_(phone_number=None),
        unreadable=frozenset({"phone_number"}),
    ),
    Form(
        name="number empty",
        path="phone_number",
        change=with_(phone_number=""),
        unreadable=frozenset({"phone_number"}),
    ),
    Form(
        name="country null",
        path="country_id",
        change=with_(country_id=None),
        unreadable=frozenset({"country"}),
    ),
    # status
    Form(name="status in capitals", path="status", change=with_(status="WAITING")),
    Form(name="status with blanks", path="status", change=with_(status=" Waiting ")),
    Form(
        name="status empty",
        path="status",
        noticed=True,
        change=with_(status=""),
        unreadable=frozenset({"status"}),
        cancelled=False,
    ),
    Form(
        name="status null",
        path="status",
        noticed=True,
        change=with_(status=None),
        unreadable=frozenset({"status"}),
        cancelled=False,
    ),
    Form(
        name="status missing",
        path="status",
        noticed=True,
        change=with_(status=ABSENT),
        unreadable=frozenset({"status"}),
        cancelled=False,
    ),
    Form(name="status undocumented", path="status", change=with_(status="on hold"), cancelled=False),
    # ids
    Form(name="id in capitals", path="id", change=lambda row: {**row, "id": row["id"].upper()}),
    Form(name="id without hyphens", path="id", change=lambda row: {**row, "id": row["id"].replace("-", "")}),
    Form(name="id is a number", path="id", noticed=True, change=with_(id=12345), cancelled=False),
    Form(name="id is no UUID", path="id", noticed=True, change=with_(id="ord_abc"), cancelled=False),
    Form(
        name="id null",
        path="id",
        noticed=True,
        change=with_(id=None),
        unreadable=frozenset({"id"}),
        cancelled=False,
    ),
    Form(
        name="id missing",
        path="id",
        noticed=True,
        change=with_(id=ABSENT),
        unreadable=frozenset({"id"}),
        cancelled=False,
    ),
    # rows
    Form(name="row null", path="", noticed=True, change=lambda _row: None, listed=False, cancelled=False),
    Form(name="row text", path="", noticed=True, change=lambda _row: "x", listed=False, cancelled=False),
    Form(name="row a list", path="", noticed=True, change=lambda _row: [], listed=False, cancelled=False),
    # rules
    Form(
        name="rules as text",
        path="rules.cancel_cooldown_seconds",
        change=with_(rules={"cancel_cooldown_seconds": "120"}),
    ),
    Form(name="rules are no object", path="rules", noticed=True, change=with_(rules="two minutes")),
    # older names
    Form(name="status pending", change=with_(status="pending")),
    Form(
        name="names of the detail",
        change=lambda row: {
            {
                "id": "order_id",
                "price_charged": "price",
                "country_id": "country",
                "service_id": "service",
            }.get(k, k): v
            for k, v in row.items()
        },
    ),
)

ENVELOPES: Final[dict[str, Callable[[list[Any]], bytes]]] = {
    "as documented": lambda rows: _json({"count": len(rows), "orders": rows}),
    "bare array": lambda rows: _json(rows),  # noqa: PLW0108 - _json is defined below
    "data": lambda rows: _json({"success": True, "data": rows}),
    "data with the list": lambda rows: _json({"data": {"orders": rows, "count": len(rows)}}),
    "items": lambda rows: _json({"items": rows}),
    "data with items": lambda rows: _json({"success": True, "data": {"items": rows, "total": len(rows)}}),
    "the list in a page": lambda rows: _json({"orders": {"data": rows, "total": len(rows)}}),
    "a null list beside it": lambda rows: _json({"orders": None, "data": rows}),
    "a byte-order mark": lambda rows: b"\xef\xbb\xbf" + _json({"orders": rows}),
    "no count": lambda rows: _json({"orders": rows}),
}

EMPTY: Final[dict[str, bytes]] = {
    "null": b'{"count": 0, "orders": null}',
    "a bare null list": b'{"orders": null}',
    "no list, and a count of 0": b'{"count": 0}',
    "data null": b'{"data": null}',
    "data with a null list": b'{"success": true, "data": {"orders": null, "count": 0}}',
    "an empty object": b'{"orders": {}}',
    "a bare array": b"[]",
    "data": b'{"success": true, "data": []}',
}

FAILED: Final[dict[str, bytes]] = {
    "an error": b'{"error": "maintenance until noon"}',
    "no success": b'{"success": false, "error": "maintenance until noon"}',
    "no success, and a message": b'{"success": false, "message": "maintenance until noon"}',
    "an error that is an object": b'{"error": {"code": 503, "message": "maintenance until noon"}}',
    "a list of errors": b'{"errors": [{"detail": "maintenance until noon"}]}',
    "an error in data": b'{"data": {"error": "maintenance until noon"}}',
    "a message alone": b'{"status": "error", "message": "maintenance until noon"}',
    "RFC 7807": b'{"title": "Busy", "detail": "maintenance until noon", "status": 503}',
}


def odd_row(form: Form, row: Row) -> Any:
    return form.change(copy.deepcopy(row))


def http(body: bytes) -> bytes:
    """The whole answer, for a server that sends it as it is."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
