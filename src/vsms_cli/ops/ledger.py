"""The ledger as proof: what was paid back for one order."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from vsms_cli.domain.money import REFUNDING_TYPES, Transaction
from vsms_cli.domain.orders import Order
from vsms_cli.domain.ports import Service

_MOST_PAGES: Final = 200  # 20,000 lines; a ledger that never ends must not keep us for ever


def lines_since(
    service: Service, since: datetime | None, *, type_: str | None = None
) -> Iterator[Transaction]:
    """The ledger's lines from `since` on, page by page; a line that moves between two pages comes once."""
    seen: set[str] = set()
    offset = 0
    for _ in range(_MOST_PAGES):
        page = service.transactions(type_=type_, since=since, offset=offset)
        for line in page.transactions:
            if line.id not in seen:
                seen.add(line.id)
                yield line
        offset += len(page.transactions)
        if not page.transactions or offset >= page.total:
            return


def refunds_of(service: Service, order: Order) -> list[Transaction]:
    """The lines that gave this order's price back."""
    return [
        line
        for line in lines_since(service, order.created_at)
        if line.order_id == order.id and line.type in REFUNDING_TYPES and line.amount > 0
    ]


def total_of(lines: Iterable[Transaction]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
