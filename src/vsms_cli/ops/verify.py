"""Proof after a cancel: each refund compared with the ledger by its order and its amount, and noted in the journal."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalUnusable, OrderNotFound, UsageMistake
from vsms_cli.domain.proofs import Proof, Verified, Wanted, prove
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.ledger import ago, dossiers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.ports import Journal
    from vsms_cli.domain.refund_verdicts import Dossier
    from vsms_cli.ops.context import Context

_PAUSES_S: Final = (
    0.5,
    0.5,
    2.0,
    3.0,
    4.0,
)  # between readings: a ledger may lag as far behind as any other read
_SAID_AFTER_S: Final = 1.0
_BOOKED_EARLY: Final = timedelta(minutes=1)  # a purchase may be booked a moment before its order is
_RECENT: Final = timedelta(hours=1)  # an order just cancelled was bought less than its 20 minutes ago
_SETTLED: Final = frozenset({Verified.POSTED, Verified.TWICE})


def verify(context: Context, wanted: Sequence[Wanted]) -> dict[str, Proof]:
    """The proof for each order; none for one of which the run was asked to end before it was proved that nothing came
    back. VsmsError where the ledger can't be read: nothing is proved then. The ledger is read once for all orders, and
    again for 10 seconds only while one is missing.
    """
    orders = [_dated(context, each).order for each in wanted]
    told = False
    # A refund is near its purchase; that none came only a wider look proves.
    proofs = _proofs(dossiers_of(context.service, orders, early=_BOOKED_EARLY, listed=()))
    for number, pause in enumerate(_PAUSES_S, start=1):
        left = sum(proof.verified not in _SETTLED for proof in proofs.values())
        if not left:
            break
        if pause > _SAID_AFTER_S and not told:
            told = True
            context.notify(f"{left} of the refunds can't be seen in the ledger yet: reading it for 10 s")
        if context.stop.wait(pause):
            proofs = {key: proof for key, proof in proofs.items() if proof.verified in _SETTLED}
            break
        last = number == len(_PAUSES_S)
        proofs = _proofs(dossiers_of(context.service, orders, to_the_end=last))
    for proof in proofs.values():
        note_reference(context.journal, proof.order_id, proof.transaction)
    return proofs


def _dated(context: Context, wanted: Wanted) -> Wanted:
    """With the time of the purchase, which bounds how much of the ledger is read."""
    if wanted.bought_at is not None:
        return wanted
    if wanted.just_cancelled:
        return replace(wanted, bought_at=ago(context.clock.now(), _RECENT))
    try:
        order = context.service.order(wanted.order_id)
    except (OrderNotFound, UsageMistake):  # a rental
        return wanted
    return replace(
        wanted, price=order.price if wanted.price is None else wanted.price, bought_at=order.created_at
    )


def _proofs(dossiers: Mapping[str, Dossier]) -> dict[str, Proof]:
    return {order_id: prove(dossier) for order_id, dossier in dossiers.items()}


def note_reference(journal: Journal, order_id: str, refund: Transaction | None) -> None:
    """Let the journal's entry of a cancel name the refund's transaction. The proof stands without it."""
    if refund is None:
        return
    with suppress(JournalUnusable):
        entry = journal.last_cancel(order_id) or journal.last_cancel(order_id, Operation.RENTAL)
        if entry is not None and not entry.unsettled and entry.reference is None:
            journal.refer(entry, refund.id, f"refund posted: transaction {refund.id}")
