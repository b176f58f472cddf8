"""A JSON object of the service's, read field by field: what is absent is None, what is of another type an error."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NoReturn

from vsms_cli.api.strict_json import decode
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LARGEST_AMOUNT: Final = Decimal(10) ** 9  # dollars; beyond it an amount is an error, not money
_MOST_DECIMALS: Final = 12
_YEARS: Final = range(1970, 2200)  # beyond them a time is an error, and sums with it would leave the calendar
_HINT: Final = "this may not be the API: check the base URL, or run with --debug"


class Row:
    """A JSON object, read field by field. A field that is absent or null is None; one of another type is an error."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            bad(f"{where} is not a JSON object")
        self._fields: Mapping[str, object] = value
        self.where = where

    def value(self, *names: str) -> object:
        return next((self._fields[name] for name in names if self._fields.get(name) is not None), None)

    def text(self, *names: str) -> str | None:
        value = self.value(*names)
        if value is not None and not isinstance(value, str):
            bad(f"{self.where}: {names[0]} is not text")
        return value

    def money(self, *names: str) -> Decimal | None:
        value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            bad(f"{self.where}: {names[0]} is not a number")
        amount = Decimal(value)
        exponent = amount.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -_MOST_DECIMALS or abs(amount) > _LARGEST_AMOUNT:
            bad(f"{self.where}: {names[0]} is no amount of money")
        return amount

    def time(self, *names: str) -> datetime | None:
        text = self.text(*names)
        if not text:
            return None
        try:
            moment = parse_rfc3339(text)
        except ValueError:
            bad(f"{self.where}: {names[0]} is not a time")
        if moment.year not in _YEARS:
            bad(f"{self.where}: {names[0]} is not a time of this age")
        return moment

    def rows(self, name: str) -> list[object]:
        value = self.value(name)
        if not isinstance(value, list):
            bad(f"{self.where}: {name} is not a list")
        return value

    def must_be_about(self, order_id: str) -> None:
        said = self.text("order_id")
        if self.value("success") is not True or said is None or said.lower() != order_id:
            bad("the answer does not say that it succeeded, and for this order")


def decode_body(body: bytes) -> object:
    if not body.strip():
        bad("the answer is empty")
    if body.lstrip()[:1] == b"<":
        bad(
            "a web page came instead of an answer: this is not the API (a captive portal, or a wrong base URL?)"
        )
    try:
        return decode(body)
    except ValueError as exc:
        raise BadAnswer(f"the answer is broken: {exc}", hint=_HINT) from None


def bad(why: str) -> NoReturn:
    raise BadAnswer(why, hint=_HINT)
