"""An entry as the journal's table holds it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.entries import JournalEntry
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = (
    "entry, at, host, operation, order_id, idempotency_key, price, outcome, refund_amount, reference, detail,"
    " updated_at, in_doubt, time_limit_s, monotonic_s"
)


def entry_of(row: Sequence[object]) -> JournalEntry:
    """The entry in a row of `COLUMNS`. ValueError where it can't be meant."""
    entry, at, host, operation, order_id, key, price, outcome, amount, reference, detail, *since = row
    updated_at, in_doubt, time_limit, monotonic = since
    return JournalEntry(
        entry=int(str(entry)),
        at=parse_rfc3339(str(at)),
        host=str(host),
        operation=Operation(str(operation)),
        order_id=str(order_id),
        idempotency_key=str(key),
        price=amount_of(price),
        outcome=None if outcome is None else str(outcome),
        refund_amount=amount_of(amount),
        reference=None if reference is None else str(reference),
        detail=None if detail is None else str(detail),
        updated_at=parse_rfc3339(str(updated_at)),
        in_doubt=bool(in_doubt),
        time_limit=None if time_limit is None else float(str(time_limit)),
        monotonic=None if monotonic is None else float(str(monotonic)),
    )


def amount_of(text: object) -> Decimal | None:
    """ValueError where it is none."""
    if text is None:
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{str(text)[:40]!r} is no amount") from None
    if not amount.is_finite():
        raise ValueError(f"{amount} is no amount")
    return amount


def text_of(amount: Decimal | None) -> str | None:
    """None for what `amount_of` refuses: a row that can't be read back makes the journal a damaged one."""
    return None if amount is None or not amount.is_finite() else str(amount)


def text_of_price(price: Decimal | None) -> str | None:
    """None too for one below zero, which a service may name and nobody pays."""
    return None if price is None or (price.is_finite() and price < 0) else text_of(price)
