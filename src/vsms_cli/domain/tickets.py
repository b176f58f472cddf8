"""The right to send one request that moves money."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from vsms_cli.domain.record_class import record


class Operation(StrEnum):
    """The requests that move money at the service."""

    CANCEL = "cancel"
    REFUND = "refund"
    RENTAL = "rental_cancel"
    SWAP = "swap"  # moves none, but a second one would take yet another number

    @property
    def noun(self) -> str:
        """What it is about, as messages name it; the group of commands is its plural."""
        return _NOUNS_AND_VERBS[self][0]

    @property
    def verb(self) -> str:
        """What is done to it."""
        return _NOUNS_AND_VERBS[self][1]

    @property
    def command(self) -> str:
        """The command that sends it."""
        return f"{self.noun}s {self.verb}"


_NOUNS_AND_VERBS: Final = {
    Operation.CANCEL: ("order", "cancel"),
    Operation.REFUND: ("order", "refund"),
    Operation.RENTAL: ("rental", "cancel"),
    Operation.SWAP: ("order", "swap"),
}


@record
class Ticket:
    """Proof that an intent is on disk. Only the journal makes one: `begin` after its commit, and `ticket_of` for an
    entry that is there already, with which its outcome is recorded.

    `idempotency_key` goes out as `X-Idempotency-Key` and stays the same when the request is repeated. Whether
    the server honours it is not documented, so nothing relies on it.
    """

    entry: int
    operation: Operation
    order_id: str
    idempotency_key: str
