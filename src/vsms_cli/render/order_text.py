"""An order's facts as a person reads them: `?` for what is not known, `-` for what does not apply."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.orders import Order, Phase, is_whole_id, with_plus
from vsms_cli.domain.rentals import ANY_SERVICE, Rental
from vsms_cli.domain.sms_code import code_in, newest
from vsms_cli.domain.times import rfc3339, short_duration
from vsms_cli.render.line_wrapping import beginning, columns_of
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "?"
NOTHING: Final = "-"
_TEXT_SHOWN: Final = 16  # columns of an SMS without a code: a table must not give way to it


def number(phone_number: str | None) -> str:
    """A phone number, in one form."""
    return UNKNOWN if phone_number is None else shown(with_plus(phone_number))


def country(order: Order | None) -> str:
    if isinstance(order, Rental) and not order.country:  # the service lists rentals without one
        return NOTHING
    return _text(None if order is None else order.country)


def service(order: Order | None, names: Mapping[str, str]) -> str:
    """By its name, where the catalogue that `names` has by code knows it."""
    if isinstance(order, Rental) and not order.service:
        return ANY_SERVICE
    code = None if order is None else order.service
    return _text(None if code is None else names.get(code.strip().casefold(), code))


def status(order: Order | None) -> str:
    return _text(None if order is None else order.status)


def code(order: Order | None) -> str:
    """The code in the newest SMS, the beginning of a text without one, or nothing where none came."""
    message = newest((order and order.messages) or ())
    text = "" if message is None else shown(code_in(message.content) or message.content)
    return text if columns_of(text) <= _TEXT_SHOWN else f"{beginning(text, _TEXT_SHOWN - 1)}…"


def moment(at: datetime | None) -> str:
    """To the second."""
    return UNKNOWN if at is None else rfc3339(at.replace(microsecond=0))


def age(order: Order, now: datetime) -> str:
    return UNKNOWN if order.created_at is None else short_duration(now - order.created_at)


def cancellable(order: Order | None, now: datetime) -> str:
    """`now`, `in 1:12`, or NOTHING for an order that can't be cancelled any more, or has no id to name it by."""
    if order is None or order.phase is not Phase.WAITING or not is_whole_id(order.id):
        return NOTHING
    at = order.cancel_opens_at
    return "now" if at is None or at <= now else f"in {short_duration(at - now)}"


def auto_refund(order: Order | None, now: datetime) -> str:
    """`in 12:31`, or NOTHING for an order that has ended."""
    at = None if order is None else order.refunds_itself_at
    if order is None or order.phase is not Phase.WAITING or at is None:
        return NOTHING
    return f"in {short_duration(at - now)}" if at - now > timedelta(0) else "any moment"


def full_refund(order: Order | None, now: datetime) -> str:
    """Of a rental: `for 12:31` while it is refunded in full, `over` after that; NOTHING where it does not apply."""
    if not isinstance(order, Rental) or order.phase is not Phase.WAITING:
        return NOTHING
    until = order.full_refund_until
    if until is None:
        return UNKNOWN
    return f"for {short_duration(until - now)}" if until > now else "over"


def sms_count(order: Order) -> str:
    count = order.sms_count if isinstance(order, Rental) else None
    return UNKNOWN if count is None else str(count)


def _text(value: str | None) -> str:
    return shown(value) if value else UNKNOWN


def waiting_words(order: Order, *, now: datetime) -> str:
    shown = "the order" if order.phone_number is None else number(order.phone_number)
    return f"waiting for a code to {shown}; refunds itself {auto_refund(order, now)}"
