"""The ledger as proof: its lines, each once, whatever moves while it is read; and what was paid back.

The service's filters are asked for and then applied once more here: a deployment that ignores one must not make
another sum of the same ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.money import REFUNDING_TYPES, Transaction

if TYPE_CHECKING:
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.pages import LedgerPage
    from vsms_cli.domain.ports import Service

_MOST_PAGES: Final = 100_000  # ten million lines; a ledger that never ends must not keep us for ever
_MOST_PASSES: Final = 4  # over a ledger whose lines move while it is read
_SAME_AGAIN: Final = 3  # so often the same page in a row, and the service does not heed `offset`
_CLOCK_OFF: Final = timedelta(minutes=1)  # more than a slow answer takes
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Since = datetime | Callable[[], datetime | None] | None
"""From when on; a function where that hangs on the service's clock, which the first answer sets."""


def ago(now: datetime, span: timedelta) -> datetime:
    """`span` before now; 1970 for one that leaves the calendar."""
    return _EARLIEST if span >= now - _EARLIEST else now - span


def lines_since(service: Service, since: Since, *, type_: str | None = None) -> Iterator[Transaction]:
    """The ledger's lines from `since` on, page by page, each once. A line without a time counts as in time.

    BadAnswer where the ledger can't be read to its end: half a ledger proves nothing missing.
    """
    reading = _Reading(service, since, type_)
    for line in reading.lines():
        in_time = reading.since is None or line.created_at is None or line.created_at >= reading.since
        if in_time and (type_ is None or line.type.lower() == type_.lower()):
            yield line


class _Reading:
    """New lines push the others on, so that one comes twice; lines that leave pull them back, so that one would
    be passed over. Both show: by the id, and by a count that fell or that more lines were said to be there.
    """

    def __init__(self, service: Service, since: Since, type_: str | None) -> None:
        self._service = service
        self._asked_since = since
        self._type = type_
        self._seen: set[str] = set()
        self._pages = 0
        self._total = 0
        self._fewest = 0  # lines there were all the while: what comes meanwhile need not be read
        self.since = self._moment()

    def lines(self) -> Iterator[Transaction]:
        for _ in range(_MOST_PASSES):
            before = len(self._seen)
            yield from self._pass()
            # Fewer than the service counts, and yet a pass brought nothing new: it counts something twice.
            if len(self._seen) >= self._fewest or len(self._seen) == before:
                return
        raise BadAnswer(
            f"the ledger moves too fast to be read whole: {len(self._seen)} of {self._fewest} lines",
            hint="try again in a moment",
        )

    def _pass(self) -> Iterator[Transaction]:
        offset, same = 0, 1
        last: tuple[str, int] | None = None
        while True:
            page = self._page(offset)
            fallen = self._total - page.total if offset else 0
            self._total = page.total
            self._fewest = min(self._fewest, page.total) if self._pages > 1 else page.total
            if fallen > 0:
                offset, last = max(0, offset - fallen), None
                continue
            first = (page.transactions[0].id, page.total) if page.transactions else None
            same = same + 1 if first is not None and first == last else 1
            if same >= _SAME_AGAIN:
                raise BadAnswer(
                    "the service repeats a page of the ledger and shows no more",
                    hint="nothing was changed: ask support@virtualsms.io, or try again later",
                )
            last = first
            yield from self._new(page)
            offset += len(page.transactions)
            if not page.transactions or offset >= page.total:
                return

    def _page(self, offset: int) -> LedgerPage:
        self._pages += 1
        if self._pages > _MOST_PAGES:
            raise BadAnswer("the ledger does not end", hint="give a shorter --since")
        page = self._service.transactions(type_=self._type, since=self.since, offset=offset)
        if self._pages == 1 and callable(self._asked_since):
            before, self.since = self.since, self._moment()
            if before is not None and self.since is not None and abs(self.since - before) > _CLOCK_OFF:
                return self._service.transactions(type_=self._type, since=self.since, offset=offset)
        return page

    def _new(self, page: LedgerPage) -> Iterator[Transaction]:
        for line in page.transactions:
            if line.id not in self._seen:
                self._seen.add(line.id)
                yield line

    def _moment(self) -> datetime | None:
        return self._asked_since() if callable(self._asked_since) else self._asked_since


def lines_by_order(lines: Iterable[Transaction]) -> dict[str, list[Transaction]]:
    """The lines of each order, oldest first; lines of no order are left out."""
    found: dict[str, list[Transaction]] = {}
    for line in lines:
        if line.order_id:
            found.setdefault(line.order_id, []).append(line)
    for own in found.values():
        own.sort(key=lambda line: line.created_at or _EARLIEST)
    return found


def refunds_of(service: Service, order: Order) -> list[Transaction]:
    """The lines that gave this order's price back."""
    return refunds_by_order(service, [order]).get(order.id, [])


def refunds_by_order(service: Service, orders: Sequence[Order]) -> dict[str, list[Transaction]]:
    """The lines that gave these orders' prices back, oldest first; from one reading of the ledger for all."""
    if not orders:
        return {}
    bought = [order.created_at for order in orders]
    since = None if None in bought else min(at for at in bought if at is not None)
    wanted = {order.id for order in orders}
    return lines_by_order(
        line
        for line in lines_since(service, since)
        if line.order_id in wanted and line.type.lower() in REFUNDING_TYPES and line.amount > 0
    )


def total_of(lines: Iterable[Transaction]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
