"""Figures about the orders of a period."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from datetime import datetime

_PLACES: Final = Decimal("0.0001")  # a rate of one in three is 0.3333


@record
class Group:
    """How the orders of a country, a service, or of all ended. Those that wait are in none of the numbers."""

    name: str
    completed: int
    cancelled: int
    expired: int

    @property
    def ended(self) -> int:
        return self.completed + self.cancelled + self.expired

    def share(self, count: int) -> Decimal | None:
        """Of the ended ones, from 0 to 1; None where none ended."""
        if not self.ended:
            return None
        return (Decimal(count) / self.ended).quantize(_PLACES, rounding=ROUND_HALF_UP)

    @property
    def success_rate(self) -> Decimal | None:
        return self.share(self.completed)


@record
class Stats:
    """Money in dollars, as the ledger moved it since then; orders bought since then, of those that are listed.

    `unread` counts ledger lines that can't be read, or not their amount, and are in no sum.
    """

    since: datetime
    spent: Decimal
    returned: Decimal
    orders: int
    waiting: int
    all: Group
    by_country: tuple[Group, ...]
    by_service: tuple[Group, ...]
    median_seconds_to_code: int | None
    codes_measured: int
    full: bool
    unread: int = 0

    @property
    def net(self) -> Decimal:
        return self.spent - self.returned
