"""Proof after a cancel: each refund held against the ledger by its order and its amount, and noted in the journal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from vsms_cli.domain.errors import JournalUnusable, OrderNotFound
from vsms_cli.domain.orders import Order
from vsms_cli.domain.proofs import Proof, Wanted, prove
from vsms_cli.ops.ledger import ago, lines_since, sorted_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.ports import Clock, Service, Stop

_READS: Final = 3  # the ledger may show a refund a moment after the order shows the cancel
_PAUSE_S: Final = 0.5
_MARGIN: Final = timedelta(
    seconds=10
)  # between the clock that dates answers and the one that dates the ledger
_RECENT: Final = timedelta(hours=1)  # an order just cancelled was bought less than its 20 minutes ago


class References(Protocol):
    """The journal, where a cancel's entry can name the refund's transaction."""

    def last_cancel(self, order_id: str) -> JournalEntry | None: ...
    def refer(self, entry: JournalEntry, reference: str, what: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Reads the ledger once for all orders, and again only while one is missing."""

    service: Service
    journal: References
    clock: Clock
    stop: Stop

    def verify(self, wanted: Sequence[Wanted], *, began: float) -> dict[str, Proof]:
        """The proof for each order; the run that cancelled them began at `began` on the monotonic clock. VsmsError
        where the ledger can't be read: nothing is proved then.
        """
        if not wanted:
            return {}
        proofs = self._look_since_the_run_began(wanted, began)
        known: list[Wanted] = []
        for _ in range(_READS):
            if proofs and not any(proof.verified.owed for proof in proofs.values()):
                break
            if proofs and self.stop.wait(_PAUSE_S):
                break
            known = known or [self._dated(each) for each in wanted]
            proofs = self._look(known, _earliest(known))
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
        except OrderNotFound:
            return wanted
        price = order.price if wanted.price is None else wanted.price
        return Wanted(order_id=wanted.order_id, price=price, said=wanted.said, bought_at=order.created_at)

    def _look_since_the_run_began(self, wanted: Sequence[Wanted], began: float) -> dict[str, Proof]:
        """A line an order, as the purchases are older: enough where the prices are known and nothing is amiss."""
        if any(each.price is None or not each.just_cancelled for each in wanted):
            return {}
        lasted = timedelta(seconds=max(0.0, self.clock.monotonic() - began))
        return self._look(wanted, ago(self.clock.now(), lasted + _MARGIN))

    def _look(self, wanted: Sequence[Wanted], since: datetime | None) -> dict[str, Proof]:
        found = sorted_out(
            lines_since(self.service, since), wanted=frozenset(each.order_id for each in wanted)
        )
        return {each.order_id: prove(each, found.dossier(each.order_id, _order_of(each))) for each in wanted}


def note_reference(journal: References, order_id: str, refund: Transaction | None) -> None:
    """Let the journal's entry of a cancel name the refund's transaction. The proof stands without it."""
    if refund is None:
        return
    with suppress(JournalUnusable):
        entry = journal.last_cancel(order_id)
        if entry is not None and not entry.unsettled and entry.reference is None:
            journal.refer(entry, refund.id, f"refund posted: transaction {refund.id}")


def _earliest(wanted: Sequence[Wanted]) -> datetime | None:
    times = [each.bought_at for each in wanted]
    return None if None in times else min(at for at in times if at is not None)


def _order_of(wanted: Wanted) -> Order:
    price = wanted.said if wanted.price is None else wanted.price
    return Order(id=wanted.order_id, status="", price=price, created_at=wanted.bought_at)
