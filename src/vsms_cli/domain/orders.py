"""An order and the rules of its life.

waiting → completed (an SMS arrived) | expired (nothing came in time) | cancelled (by the user, refunded).
Those four are the live values (the vendor's live run of 2026-05-24); older material has more names.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from decimal import Decimal

CANCEL_COOLDOWN: Final = timedelta(seconds=120)  # the vendor's live run: 425 until then
ORDER_LIFE: Final = timedelta(minutes=20)  # the vendor's help page: then it refunds itself
PREFIX_LENGTH: Final = 6  # the shortest beginning of an id that a person may type

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().-]{6,24}", re.ASCII)  # as people write phone numbers
_HEX_DIGITS: Final = 32  # of a UUID
_BETWEEN_DIGITS: Final = re.compile(r"[ ().-]", re.ASCII)  # as people write phone numbers
_UUID_SHAPE: Final = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"


class Phase(StrEnum):
    """What a status means. UNKNOWN is a status that no source names: shown, never assumed cancellable."""

    WAITING = "waiting"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


_PHASES: Final[dict[str, Phase]] = {
    "waiting": Phase.WAITING,
    "completed": Phase.COMPLETED,
    "expired": Phase.EXPIRED,
    "cancelled": Phase.CANCELLED,
    # Names of older material (reference pages and SDKs).
    "pending": Phase.WAITING,
    "created": Phase.WAITING,
    "sms_received": Phase.COMPLETED,
    "received": Phase.COMPLETED,
    "confirmed": Phase.COMPLETED,
}

KNOWN_STATUSES: Final = (*_PHASES, "failed")
"""Every status that any source names, the four live ones first."""


@record
class Message:
    """An SMS that arrived. All text is the sender's: hostile until shown through `render.safe`."""

    sender: str
    content: str
    received_at: datetime | None


@record
class Order:
    """One order, whichever of the API's two shapes it came in.

    `id` is a lower-case UUID, or the service's own text where that is none, or empty: such an order is shown, and no
    request is made about it. `status` is empty where the service says none. `price` is in dollars; what it did not say
    is None. `messages` is None in a listing, which does not carry them.
    """

    id: str
    status: str
    phone_number: str | None = None
    country: str | None = None
    service: str | None = None
    price: Decimal | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    cancel_available_at: datetime | None = None
    cancel_cooldown: timedelta | None = None
    swap_available_at: datetime | None = None
    messages: tuple[Message, ...] | None = None

    @property
    def phase(self) -> Phase:
        """COMPLETED also where the status still says that it waits, and an SMS is there already."""
        phase = _PHASES.get(self.status.strip().lower(), Phase.UNKNOWN)
        return Phase.COMPLETED if phase is Phase.WAITING and self.messages else phase

    @property
    def active(self) -> bool:
        """Whether the service lists it as one that waits."""
        return _PHASES.get(self.status.strip().lower()) is Phase.WAITING

    @property
    def undocumented(self) -> bool:
        """Whether no source names its status, or it has none."""
        return self.status.strip().lower() not in KNOWN_STATUSES

    @property
    def nameable(self) -> bool:
        """Whether a request can name it: by a UUID alone."""
        return is_whole_id(self.id)

    @property
    def cancel_opens_at(self) -> datetime | None:
        """When cancelling opens: as the server says, else purchase + its cooldown, else purchase + 120 s."""
        if self.cancel_available_at is not None:
            return self.cancel_available_at
        if self.created_at is None:
            return None
        cooldown = CANCEL_COOLDOWN if self.cancel_cooldown is None else self.cancel_cooldown
        return self.created_at + cooldown

    @property
    def refunds_itself_at(self) -> datetime | None:
        """When it ends and refunds itself if no SMS comes: as the server says, else purchase + 20 minutes."""
        if self.expires_at is not None:
            return self.expires_at
        return None if self.created_at is None else self.created_at + ORDER_LIFE

    @property
    def lives_until(self) -> datetime | None:
        """When its time is over at the latest."""
        return self.refunds_itself_at

    def too_young(self, now: datetime) -> bool:
        """Whether a cancel sent now would be answered 425. Unknown age counts as old enough: the server decides."""
        opens = self.cancel_opens_at
        return self.phase is Phase.WAITING and opens is not None and opens > now


@record
class OrderPage:
    """One page of a listing; `full` says that there may be more behind it."""

    orders: tuple[Order, ...]
    full: bool


def parse_order_id(text: str) -> str:
    """A whole order id, in lower case.

    Only a UUID passes: an id of `../purchase` in a URL would turn a cancel into a purchase.
    """
    wanted = text.lower()
    if _UUID.fullmatch(wanted) is None:
        raise UsageMistake(
            f"{_shown(text)} is not an order id",
            hint="an id is a UUID such as 7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11: see `vsms orders list`",
        )
    return wanted


def parse_id_or_beginning(text: str) -> str:
    """A whole id, the beginning of one (at least 6 characters), or the order's phone number as `+` and digits."""
    wanted = text.lower()
    if len(wanted) < len(_UUID_SHAPE) and _fits_shape(wanted):
        if len(wanted) >= PREFIX_LENGTH:
            return wanted
        raise UsageMistake(
            f"{_shown(text)} is not an order id, and too short for the beginning of one",
            hint=f"{PREFIX_LENGTH} characters do, or the order's phone number",
        )
    if _NUMBER.fullmatch(text.strip()) is not None:
        return with_plus(text.strip())
    return parse_order_id(text)


def is_number(text: str) -> bool:
    """Whether it is a phone number as `parse_id_or_beginning` gives it."""
    return text.startswith("+")


def canonical_id(text: str) -> str | None:
    """The id in lower case with its hyphens, from one in capitals, with blanks, or without hyphens; None from a text
    that is no UUID. For the service's own words alone: what a person types goes through `parse_order_id`.
    """
    bare = "".join(text.split()).replace("-", "").lower()
    if len(bare) != _HEX_DIGITS:
        return None
    wanted = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
    return wanted if is_whole_id(wanted) else None


def id_in(text: str) -> str | None:
    """The one id in a text such as a path; None where there is none, or more than one."""
    found = set(_UUID.findall(text.lower()))
    return found.pop() if len(found) == 1 else None


def is_whole_id(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def same_number(one: str, other: str) -> bool:
    """Whether both are one phone number: the API gives it with or without `+`."""
    return one.strip().removeprefix("+") == other.strip().removeprefix("+")


def with_plus(number: str) -> str:
    """A phone number in one form, `+` and its digits; a text that is no number stays as it is."""
    digits = _BETWEEN_DIGITS.sub("", number).removeprefix("+")
    return f"+{digits}" if digits.isascii() and digits.isdigit() else number


def _fits_shape(beginning: str) -> bool:
    hexadecimal = frozenset("0123456789abcdef")
    return all(
        char == "-" if shape == "-" else char in hexadecimal
        for char, shape in zip(beginning, _UUID_SHAPE, strict=False)
    )


def _shown(text: str) -> str:
    """The mistaken id, cut short: it may be 9 kB of anything."""
    longest = 60
    return repr(text if len(text) <= longest else text[:longest] + "…")
