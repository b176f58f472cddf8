"""What a caller sends, read strictly: whatever is malformed is a 400, never a surprise further in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NoReturn

from vsms_cli.sandbox.catalogue import COUNTRIES, PRODUCTS, Country, Product
from vsms_cli.sandbox.response_bodies import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,4000}")  # above some 4300 digits Python refuses to read a number
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HIGHEST_LIMIT: Final = 200
_ANY_OFFSET: Final = 10**9  # no database is as long, and SQLite's integers end at 2**63
_REASON_LENGTH: Final = 64
_NOTE_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that found its route. `order_id` is as it stood in the path, or empty."""

    order_id: str
    query: Mapping[str, str]
    body: bytes

    def limit(self, *, default: int, largest: int) -> int:
        """Refused outside of 1 to 200 (the vendor's live run); a list that gives fewer gives `largest`."""
        limit = self._integer("limit", default)
        if not 1 <= limit <= _HIGHEST_LIMIT:
            raise refusal(400, "Invalid limit: 1 to 200")
        return min(limit, largest)

    def offset(self) -> int:
        return min(max(self._integer("offset", 0), 0), _ANY_OFFSET)

    def time(self, name: str, *, end_of_day: bool) -> datetime | None:
        """An RFC 3339 time, or a day of which the first or the last moment is meant."""
        text = self.query.get(name, "").replace(" ", "+")  # a + that was not escaped arrives as a blank
        if not text:
            return None
        try:
            read = datetime.fromisoformat(text)
            if read.tzinfo is None:
                read = read.replace(tzinfo=UTC)
            if end_of_day and _DAY.fullmatch(text):
                read = datetime.combine(read, time.max, tzinfo=UTC)
            return read.astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            raise refusal(400, f"Invalid {name}: expected RFC3339 or YYYY-MM-DD") from exc

    def text(self, name: str) -> str | None:
        return self.query.get(name) or None

    def json(self) -> Mapping[str, object]:
        """The body, which must be one JSON object; no body is an empty one."""
        if not self.body.strip():
            return {}
        try:
            read = json.loads(self.body, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as exc:
            raise refusal(400, "Invalid request body") from exc
        if not isinstance(read, dict):
            raise refusal(400, "Invalid request body")
        return read

    def _integer(self, name: str, default: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not _INTEGER.fullmatch(text):
            raise refusal(400, f"Invalid {name}")
        return int(text)


def plea(call: Call) -> tuple[str, str]:
    """Why a refund is asked for, and a note. The fields are assumed: no public source names them."""
    fields = call.json()
    reason = _bounded(fields, "reason", most=_REASON_LENGTH) or "other"
    return reason, _bounded(fields, "note", most=_NOTE_LENGTH)


def choice(service: object, country: object) -> tuple[Product, Country]:
    """What is to be bought or priced. Country codes in capitals; names are refused, as the live service does."""
    if not service or not country:
        raise refusal(400, "service and country are required")
    product = PRODUCTS.get(service.lower()) if isinstance(service, str) else None
    if product is None:
        raise refusal(400, "Invalid service")
    place = COUNTRIES.get(country) if isinstance(country, str) else None
    if place is None:
        raise refusal(400, "Invalid country")
    return product, place


def _bounded(fields: Mapping[str, object], name: str, *, most: int) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str) or len(value) > most or not storable(value):
        raise refusal(400, f"Invalid {name}")
    return value


def storable(text: str) -> bool:
    """Half a surrogate pair is no text: neither SQLite nor UTF-8 takes it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
