"""How a ledger may be told: the answer as the reference pages have it, made into another form of the same truth.

Each form leaves the ledger true. What `vsms` may say of it differs: see `PROVES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """By which rule a page is cut from the ledger, and what its answer counts."""

    start: Callable[[int, int], int] = lambda offset, _size: offset
    size: Callable[[int], int] = lambda limit: limit
    count: Callable[[int, int], Any] = lambda lines, _on_page: lines


def _rows(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Answer], Answer]:
    return lambda answer: {**answer, "transactions": [change(row) for row in answer["transactions"]]}


def _refunds(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Answer], Answer]:
    return _rows(lambda row: change(row) if row["type"] == "refund" else row)


def _without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: {key: value for key, value in row.items() if key not in names}


def _page_alone(answer: Answer) -> Answer:
    return {**answer, "count": len(answer["transactions"])}


def _count(value: Any) -> Callable[[Answer], Answer]:
    return lambda answer: _without("limit")({**answer, "count": value})


def _shares_the_purchase_s_id(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": f"tx-{row['order_id']}"} if row["order_id"] else row


def _internal(order_id: str | None) -> str | None:
    """The number of the order in the service's own database."""
    return None if order_id is None else str(int(order_id[:8], 16))


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "amount": Decimal(row["amount"]).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)}


LEDGER_FORMS: Final[dict[str, Callable[[Answer], Answer]]] = {
    "as documented": lambda answer: answer,
    # paging
    "the count is the page's": _page_alone,
    "the count is the page's, and no limit": lambda answer: _without("limit")(_page_alone(answer)),
    "no count": _without("count", "limit"),
    "the count is null": _count(None),
    "the count is text": _count("240"),
    "the count is 0": _count(0),
    # matching
    "refunds without an order": _refunds(_without("order_id")),
    "refunds with an order that can't be read": _refunds(lambda row: {**row, "order_id": "order 17"}),
    "orders without hyphens": _rows(
        lambda row: {**row, "order_id": (row["order_id"] or "").replace("-", "") or None}
    ),
    "orders with blanks and capitals": _rows(
        lambda row: {**row, "order_id": f" {row['order_id'].upper()} " if row["order_id"] else None}
    ),
    "refunds of another type": _refunds(lambda row: {**row, "type": "reversal"}),
    "refunds of another type, without an order": _refunds(
        lambda row: _without("order_id")({**row, "type": "reversal"})
    ),
    "refunds with Go's id of no order": _refunds(
        lambda row: {**row, "order_id": "00000000-0000-0000-0000-000000000000"}
    ),
    "orders by another id": _rows(lambda row: {**row, "order_id": _internal(row["order_id"])}),
    "purchases without an order": _rows(
        lambda row: _without("order_id")(row) if row["type"] == "purchase" else row
    ),
    "refunds dated in another time zone": _refunds(
        lambda row: {**row, "created_at": row["created_at"] - timedelta(hours=8)}
    ),
    "types in capitals": _rows(lambda row: {**row, "type": row["type"].upper()}),
    "refund and purchase share an id": _rows(_shares_the_purchase_s_id),
    # amounts
    "rounded to cents": _rows(_rounded),
}
"""Name → what becomes of the answer to one page."""

CERTAIN: Final = frozenset(LEDGER_FORMS) - {
    "refunds without an order",
    "refunds with an order that can't be read",
    "refunds of another type",
    "refunds of another type, without an order",
    "refunds with Go's id of no order",
    "orders by another id",
}
"""The forms in which a refund that is there is proved; in the others it only might be it."""

AS_DOCUMENTED: Final = Paging()
PAGINGS: Final[dict[str, Paging]] = {
    "pages of 50": Paging(size=lambda limit: min(limit, 50)),
    "pages of 50, and the count is the page's": Paging(
        size=lambda limit: min(limit, 50), count=lambda _lines, on_page: on_page
    ),
    "pages of 7, and no count": Paging(size=lambda limit: min(limit, 7), count=lambda *_: None),
    "all at once": Paging(start=lambda *_: 0, size=lambda _limit: 10_000),
    "offset counts pages": Paging(start=lambda offset, size: offset * size),
    "offset counts pages, from 1": Paging(start=lambda offset, size: max(0, offset - 1) * size),
    "offset counts pages, and no count": Paging(
        start=lambda offset, size: offset * size, count=lambda *_: None
    ),
    "the count stops at 100": Paging(count=lambda lines, _on_page: min(lines, 100)),
    "the count stops at 150": Paging(count=lambda lines, _on_page: min(lines, 150)),
    "the count stops at 200": Paging(count=lambda lines, _on_page: min(lines, 200)),
    "the count is too large": Paging(count=lambda lines, _on_page: lines + 900),
}
"""Other rules by which all of the ledger can still be read. Their names do as a form too."""
