"""Proof after cancelling: the refunds of a run, compared with the ledger and told."""

from collections.abc import Mapping, Sequence

from vsms_cli.cli.output_shape import Shape
from vsms_cli.cli.result_output import print_marked
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import StreamClosed, VsmsError
from vsms_cli.domain.orders import Order
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import PlannedRefund
from vsms_cli.domain.proofs import Proof, Verified, Wanted
from vsms_cli.domain.record_class import replace
from vsms_cli.ops.verify import verify
from vsms_cli.render.results import proof_line, proof_summary

_REFUNDED = frozenset({Outcome.CANCELLED, Outcome.ALREADY_CANCELLED, Outcome.EXPIRED})


def wanted_of(results: Sequence[Result], orders: Mapping[str, Order]) -> list[Wanted]:
    """The refunds that the results promise; `orders` are those that were looked at before."""
    unseen = Order(id="", status="")
    return [
        Wanted(
            order_id=result.order_id,
            price=result.price if result.price is not None else orders.get(result.order_id, unseen).price,
            said=result.refund_amount,
            bought_at=orders.get(result.order_id, unseen).created_at,
            # One that an earlier run sent may be as old as the journal.
            just_cancelled=result.outcome is Outcome.CANCELLED and not result.settled_by_reading,
        )
        for result in results
        if result.outcome in _REFUNDED
    ]


def prove(run: Runtime, wanted: Sequence[Wanted]) -> dict[str, Proof]:
    """The proof of each; none of any where the ledger can't be read, which is said."""
    if not wanted:
        return {}
    try:
        return verify(run.context, wanted)
    except VsmsError as exc:
        run.notify(f"the refunds could not be compared with the ledger: {exc.message}")
        run.notify_next("vsms refunds audit")
        return {}


def tell_proofs(run: Runtime, shape: Shape, proofs: Sequence[Proof]) -> StreamClosed | None:
    """A line each for a person, where a machine has its keys; and the sum. What kept it from being read, if it was."""
    if not proofs:
        return None
    closed: StreamClosed | None = None
    try:
        for proof in proofs if shape.for_a_person else ():
            print_marked(run, proof_line(proof))
    except StreamClosed as exc:
        closed = exc
    run.notify(proof_summary(proofs))
    if any(proof.verified is not Verified.POSTED for proof in proofs):
        run.notify_next("vsms refunds audit   (what is late may still come: five minutes are its grace)")
    return closed


def verified_of(item: PlannedRefund, result: Result, proof: Proof | None) -> Verified | None:
    """What the ledger said of one order of `orders refund`; None where nothing was due yet."""
    if proof is not None:
        return proof.verified
    if item.verified is None and result.outcome is Outcome.ALREADY_REFUNDED:  # it ended after the look
        return Verified.POSTED
    return item.verified


def with_proof(result: Result, proof: Proof | None) -> Result:
    if proof is None or proof.transaction is None:
        return result
    line = proof.transaction
    return replace(result, transaction_id=line.id, refunded_at=line.created_at)
