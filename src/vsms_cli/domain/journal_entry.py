"""What the journal remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.tickets import Operation


@record
class JournalEntry:
    """What was intended and what came of it. `outcome` is None while nothing is known.

    `in_doubt` is whether a request of it may have been carried out unseen: after two answers that proved nothing
    an order that still waits is `failed`, which is true for now, and a commit may yet come.

    `time_limit` is that of its requests, in seconds: for so long one may be on its way. `monotonic` is `updated_at` in
    seconds by the monotonic clock. Version 0.1.0 wrote neither.
    """

    entry: int
    at: datetime
    host: str
    operation: Operation
    order_id: str
    idempotency_key: str
    price: Decimal | None
    outcome: str | None
    refund_amount: Decimal | None
    reference: str | None
    detail: str | None
    updated_at: datetime
    in_doubt: bool = False
    time_limit: float | None = None
    monotonic: float | None = None

    @property
    def unresolved(self) -> bool:
        return self.outcome is None or self.outcome == "unknown"

    @property
    def unsettled(self) -> bool:
        """Whether the order is to be read before anything more is sent about it."""
        return self.unresolved or self.in_doubt


@record
class JournalEvent:
    """An event of an entry."""

    at: datetime
    what: str
