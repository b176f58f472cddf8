"""Proof after a cancel: each refund compared with the ledger by its order and its amount, and noted in the journal."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from vsms_cli.domain.errors import JournalUnusable, OrderNotFound, UsageMistake
from vsms_cli.domain.proofs import Proof, Verified, Wanted, prove
from vsms_cli.domain.records import record
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.ledger import ago, dossiers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vsms_cli.domain.audit import Dossier
    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.ports import Clock, Service, Stop

_READS: Final = 3  # the ledger may show a refund a moment after the order shows the cancel
_PAUSE_S: Final = 0.5
_BOOKED_EARLY: Final = timedelta(minutes=1)  # a purchase may be booked a moment before its order is
_RECENT: Final = timedelta(hours=1)  # an order just cancelled was bought less than its 20 minutes ago
_SETTLED: Final = frozenset({Verified.POSTED, Verified.TWICE})


class References(Protocol):
    """The journal, where a cancel's entry can name the refund's transaction."""

    def last_cancel(self, order_id: str, operation: Operation = ...) -> JournalEntry | None: ...
    def refer(self, entry: JournalEntry, reference: str, what: str) -> None: ...


@record
class Verifier:
    """Reads the ledger once for all orders, and again only while one is missing."""

    service: Service
    journal: References
    clock: Clock
    stop: Stop

    def verify(self, wanted: Sequence[Wanted]) -> dict[str, Proof]:
        """The proof for each order; none for one of which the run was asked to end before it was proved that nothing
        came back. VsmsError where the ledger can't be read: nothing is proved then.
        """
        if not wanted:
            return {}
        orders = [self._dated(each).order for each in wanted]
        # A refund is near its purchase; that none came only a wider look proves.
        proofs = _proofs(dossiers_of(self.service, orders, early=_BOOKED_EARLY, listed=()))
        for _ in range(_READS - 1):
            if all(proof.verified in _SETTLED for proof in proofs.values()):
                break
            if self.stop.wait(_PAUSE_S):
                proofs = {key: proof for key, proof in proofs.items() if proof.verified in _SETTLED}
                break
            proofs = _proofs(dossiers_of(self.service, orders))
        for proof in proofs.values():
            note_reference(self.journal, proof.order_id, proof.transaction)
        return proofs

    def _dated(self, wanted: Wanted) -> Wanted:
        """With the time of the purchase, which bounds how much of the ledger is read."""
        if wanted.bought_at is not None:
            return wanted
        if wanted.just_cancelled:
            recent = ago(self.clock.now(), _RECENT)
            return Wanted(order_id=wanted.order_id, price=wanted.price, said=wanted.said, bought_at=recent)
        try:
            order = self.service.order(wanted.order_id)
        except (OrderNotFound, UsageMistake):  # a rental
            return wanted
        price = order.price if wanted.price is None else wanted.price
        return Wanted(order_id=wanted.order_id, price=price, said=wanted.said, bought_at=order.created_at)


def _proofs(dossiers: Mapping[str, Dossier]) -> dict[str, Proof]:
    return {order_id: prove(dossier) for order_id, dossier in dossiers.items()}


def note_reference(journal: References, order_id: str, refund: Transaction | None) -> None:
    """Let the journal's entry of a cancel name the refund's transaction. The proof stands without it."""
    if refund is None:
        return
    with suppress(JournalUnusable):
        entry = journal.last_cancel(order_id) or journal.last_cancel(order_id, Operation.RENTAL)
        if entry is not None and not entry.unsettled and entry.reference is None:
            journal.refer(entry, refund.id, f"refund posted: transaction {refund.id}")
