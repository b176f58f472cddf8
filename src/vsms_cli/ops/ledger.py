"""The ledger as proof: its lines, each once, whatever moves while it is read; and what they say of orders.

The service's filters are asked for and then applied once more here: a deployment that ignores one must not make
another sum of the same ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.audit import Dossier, is_loose, sum_of
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.money import PURCHASE
from vsms_cli.domain.orders import canonical_id

if TYPE_CHECKING:
    from decimal import Decimal

    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.pages import LedgerPage
    from vsms_cli.domain.ports import Service

_MOST_PAGES: Final = 100_000  # ten million lines; a ledger that never ends must not keep us for ever
_MOST_PASSES: Final = 4  # over a ledger whose lines move while it is read
_SAME_AGAIN: Final = 3  # so often the same page in a row, and the service does not heed `offset`
_PAGE: Final = 100  # lines, the reference pages' largest page: one that is as long may hide more
_CLOCK_OFF: Final = timedelta(minutes=1)  # more than a slow answer takes
_MARGIN: Final = timedelta(
    days=1
)  # a refund may be dated before its order: by a clock, or a time zone left out
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Since = datetime | Callable[[], datetime | None] | None
"""From when on; a function where that hangs on the service's clock, which the first answer sets."""


def ago(now: datetime, span: timedelta) -> datetime:
    """`span` before now; 1970 for one that leaves the calendar."""
    return _EARLIEST if span >= now - _EARLIEST else now - span


def lines_since(service: Service, since: Since, *, type_: str | None = None) -> Iterator[Transaction]:
    """The ledger's lines from `since` on, page by page, each once: two lines are one only if they are equal in every
    field. A line without a time counts as in time.

    BadAnswer where the ledger can't be read to its end: half a ledger proves nothing missing.
    """
    reading = _Reading(service, since, type_)
    for line in reading.lines():
        in_time = reading.since is None or line.created_at is None or line.created_at >= reading.since
        if in_time and (type_ is None or line.kind == type_.lower()):
            yield line


class _Reading:
    """The service's count is a hint: it may be missing, that of one page, or wrong. The end is a page that is
    empty, brings nothing new, or is shorter than a page can be.

    New lines push the others on, so that one comes twice; lines that leave pull them back, so that one would be passed
    over. Both show: by the line, and by a count that fell or that more lines were said to be there.
    """

    def __init__(self, service: Service, since: Since, type_: str | None) -> None:
        self._service = service
        self._asked_since = since
        self._type = type_
        self._seen: set[int] = set()  # hashes of lines: a hundred thousand of them must not fill the memory
        self._pages = 0
        self._total = 0
        self._fewest: int | None = (
            None  # lines there were all the while: what comes meanwhile need not be read
        )
        self.since = self._moment()

    def lines(self) -> Iterator[Transaction]:
        for _ in range(_MOST_PASSES):
            before = len(self._seen)
            yield from self._pass()
            # Fewer than the service counts, and yet a pass brought nothing new: it counts something twice.
            if self._fewest is None or len(self._seen) >= self._fewest or len(self._seen) == before:
                return
        raise BadAnswer(
            f"the ledger moves too fast to be read whole: {len(self._seen)} of {self._fewest} lines",
            hint="try again in a moment",
        )

    def _pass(self) -> Iterator[Transaction]:
        offset, same = 0, 1
        last: tuple[int, int | None] | None = None
        while True:
            page = self._page(offset)
            if self._fell(page, offset):
                offset, last = max(0, offset - self._fallen), None
                continue
            if not page.rows:
                return
            first = (hash(page.transactions), page.total)
            same = same + 1 if first == last else 1
            last = first
            new = list(self._new(page))
            yield from new
            if not new and self._ends(page, offset, same):
                return
            offset += page.rows
            if self._is_last(page, offset):
                return

    @staticmethod
    def _is_last(page: LedgerPage, end: int) -> bool:
        """Whether a page that ends at `end` is the last: one that is shorter than the service says a page can be, or
        that reaches the count. A count of no more than its page may be that of the page alone.
        """
        counted = page.total or 0
        if page.limit is not None and page.rows < page.limit and counted <= end:
            return True
        return end >= counted > page.rows

    def _fell(self, page: LedgerPage, offset: int) -> bool:
        """Whether lines left between two pages, by the count; `_fallen` is how many."""
        if page.total is None or page.total <= page.rows:  # of this page alone, it may be
            return False
        self._fallen = self._total - page.total if offset else 0
        self._total = page.total
        self._fewest = page.total if self._fewest is None else min(self._fewest, page.total)
        return self._fallen > 0

    def _ends(self, page: LedgerPage, offset: int, same: int) -> bool:
        """Whether a page without anything new is the end. BadAnswer where more must be there, or may be, and the
        service shows the same again.
        """
        more = page.total is not None and page.total > max(offset, page.rows)
        if (more and same >= _SAME_AGAIN) or (same > 1 and not more and page.rows >= _PAGE):
            raise BadAnswer(
                "the service repeats a page of the ledger and shows no more",
                hint="nothing was changed: ask support@virtualsms.io, or try again later",
            )
        return not more

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
            if hash(line) not in self._seen:
                self._seen.add(hash(line))
                yield line

    def _moment(self) -> datetime | None:
        return self._asked_since() if callable(self._asked_since) else self._asked_since


@dataclass(frozen=True, slots=True)
class Ledger:
    """Lines by the order that they name, oldest first; and those that may be anybody's refund."""

    by_order: dict[str, list[Transaction]]
    loose: tuple[Transaction, ...]

    def dossier(
        self, order_id: str, order: Order | None, *, seen_ended_at: datetime | None = None
    ) -> Dossier:
        return Dossier(
            order_id=order_id,
            order=order,
            lines=tuple(self.by_order.get(order_id, ())),
            loose=self.loose,
            seen_ended_at=seen_ended_at,
        )


def sorted_out(lines: Iterable[Transaction], *, wanted: frozenset[str] | None = None) -> Ledger:
    """The lines of each order, or of those that are `wanted` alone."""
    by_order: dict[str, list[Transaction]] = {}
    loose: list[Transaction] = []
    for line in lines:
        if not line.order_id:
            loose += [line] if is_loose(line) else []
        elif wanted is None or line.order_id in wanted or is_loose(line):
            by_order.setdefault(line.order_id, []).append(line)
    for order_id, own in list(by_order.items()):
        own.sort(key=lambda line: line.created_at or _EARLIEST)
        # An id that can't be read names nothing, unless a purchase was booked under the very same.
        if canonical_id(order_id) is None and not any(line.kind == PURCHASE for line in own):
            loose += [line for line in by_order.pop(order_id) if is_loose(line)]
    return Ledger(by_order, tuple(loose))


def refunds_of(service: Service, order: Order) -> list[Transaction]:
    """The lines that certainly gave this order's price back, or took it away again; none where nothing is left."""
    dossier = dossiers_of(service, [order])[order.id]
    return list(dossier.refunds) if dossier.refunded > 0 else []


def dossiers_of(service: Service, orders: Sequence[Order]) -> dict[str, Dossier]:
    """What the ledger has of each order, from one reading of it for all."""
    if not orders:
        return {}
    bought = [order.created_at for order in orders]
    since = None if None in bought else min(at for at in bought if at is not None) - _MARGIN
    found = sorted_out(lines_since(service, since), wanted=frozenset(order.id for order in orders))
    return {order.id: found.dossier(order.id, order) for order in orders}


def total_of(lines: Iterable[Transaction]) -> Decimal:
    return sum_of(lines)
