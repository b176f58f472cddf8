"""The right to send one request that moves money."""

from __future__ import annotations

from enum import StrEnum

from vsms_cli.domain.records import record


class Operation(StrEnum):
    """The requests that move money at the service."""

    CANCEL = "cancel"
    REFUND = "refund"
    RENTAL = "rental_cancel"
    SWAP = "swap"  # moves none, but a second one would take yet another number

    @property
    def command(self) -> str:
        """The command that sends it."""
        return {"rental_cancel": "rentals cancel"}.get(self.value, f"orders {self.value}")

    @property
    def noun(self) -> str:
        """What it is about, as messages name it; the group of commands is its plural."""
        return "rental" if self is Operation.RENTAL else "order"


@record
class Ticket:
    """Proof that an intent is on disk. Only `Journal.begin` makes one, after its commit.

    `idempotency_key` goes out as `X-Idempotency-Key` and stays the same when the request is repeated. Whether
    the server honours it is not documented, so nothing relies on it.
    """

    entry: int
    operation: Operation
    order_id: str
    idempotency_key: str
