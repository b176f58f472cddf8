"""A rental: a number for hours or days, under the refund rule of orders.

In full within 20 minutes of the purchase and before the first SMS; past that it runs to its end (the SDKs). Nobody has
seen one on the live service: what is assumed about rentals stands here, in `api.wire` (the row and the cancel's
answer), in `api.client` (the paths) and in `ops.rental_policy` (what a refusal means).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.record_class import record

FULL_REFUND_WINDOW: Final = timedelta(minutes=20)  # the SDKs' refund rule, for both tiers
ANY_SERVICE: Final = "any"
"""What is shown as the service of a rental that takes every sender's SMS (`rental_type` full)."""

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_PHASES: Final[dict[str, Phase]] = {
    "active": Phase.WAITING,  # the SDKs' filter; the others are ASSUMED
    "pending": Phase.WAITING,
    "cancelled": Phase.CANCELLED,
    "canceled": Phase.CANCELLED,
    "refunded": Phase.CANCELLED,
    "expired": Phase.EXPIRED,
    "completed": Phase.EXPIRED,
    "ended": Phase.EXPIRED,
    "released": Phase.EXPIRED,
}
STATUSES: Final = tuple(_PHASES)
"""Every status of a rental that is understood, `active` first."""


@record
class Rental(Order):
    """One rental. `created_at` is when it was bought, `ends_at` when its time is over; `sms_count` counts the SMS
    that came, None where that is not known. `id` need not be a UUID: the documents do not say.
    """

    kind: str | None = None
    hours: int | None = None
    sms_count: int | None = None
    ends_at: datetime | None = None

    @property
    def phase(self) -> Phase:
        """WAITING while it runs and no SMS came, COMPLETED once one came, EXPIRED when it ran to its end."""
        phase = _PHASES.get(self.status.strip().lower(), Phase.UNKNOWN)
        return Phase.COMPLETED if phase is Phase.WAITING and self.sms_count else phase

    @property
    def active(self) -> bool:
        return _PHASES.get(self.status.strip().lower()) is Phase.WAITING

    @property
    def undocumented(self) -> bool:
        return self.status.strip().lower() not in _PHASES

    @property
    def nameable(self) -> bool:
        """Whether it is safe in a path: no other id of the service's is ever put into a request."""
        return is_rental_id(self.id)

    @property
    def cancel_opens_at(self) -> datetime | None:
        """No source names a time before which a rental can't be cancelled."""
        return None

    @property
    def refunds_itself_at(self) -> datetime | None:
        """Never: past its window a rental runs to its end and is paid for."""
        return None

    @property
    def full_refund_until(self) -> datetime | None:
        """The end of the window; None where the purchase's time is not known."""
        return None if self.created_at is None else self.created_at + FULL_REFUND_WINDOW

    @property
    def lives_until(self) -> datetime | None:
        return self.ends_at

    def too_late(self, now: datetime) -> bool:
        """Whether nothing comes back any more: it ended, or its window is over. What is not known is not too late."""
        end = self.full_refund_until
        return self.phase is Phase.EXPIRED or (end is not None and end <= now)


def is_rental_id(text: str) -> bool:
    return _SAFE_ID.fullmatch(text) is not None


def parse_rental_id(text: str) -> str:
    """A rental's id, or a beginning of one. UsageMistake for text that would not be safe in a path."""
    wanted = text.strip()
    if not is_rental_id(wanted):
        raise UsageMistake(
            f"{text[:60]!r} is not a rental's id", hint="letters, digits, - and _: see `vsms rentals list`"
        )
    return wanted
