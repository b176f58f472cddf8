"""An entry as the journal's table holds it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.entries import JournalEntry
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = (
    "entry, at, host, operation, order_id, idempotency_key, price, outcome, refund_amount, reference, detail,"
    " updated_at, in_doubt"
)


def entry_of(row: Sequence[object]) -> JournalEntry:
    """The entry in a row of `COLUMNS`. ValueError or ArithmeticError where it can't be meant."""
    (
        entry,
        at,
        host,
        operation,
        order_id,
        key,
        price,
        outcome,
        amount,
        reference,
        detail,
        updated_at,
        in_doubt,
    ) = row
    return JournalEntry(
        entry=int(str(entry)),
        at=parse_rfc3339(str(at)),
        host=str(host),
        operation=Operation(str(operation)),
        order_id=str(order_id),
        idempotency_key=str(key),
        price=None if price is None else Decimal(str(price)),
        outcome=None if outcome is None else str(outcome),
        refund_amount=None if amount is None else Decimal(str(amount)),
        reference=None if reference is None else str(reference),
        detail=None if detail is None else str(detail),
        updated_at=parse_rfc3339(str(updated_at)),
        in_doubt=bool(in_doubt),
    )


def text_of(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
