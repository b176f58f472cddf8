"""The ledger as proof: its lines, each once, whatever moves while it is read; and what they say of orders.

The service's filters are asked for and then applied once more here: a deployment that ignores one must not make
another sum of the same ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import BadAnswer, RefusedByAnother, RequestRefused

if TYPE_CHECKING:
    from vsms_cli.domain.money import LedgerPage, Transaction
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.ports import Service
    from vsms_cli.domain.refund_verdicts import Dossier

_PAGE: Final = 100  # lines, the reference pages' largest page, which is asked for
_MOST_PAGES: Final = 100_000  # ten million lines; a ledger that never ends must not keep us for ever
_MOST_PASSES: Final = 4  # over a ledger whose lines move while it is read
_MOST_STEPS_BACK: Final = 10_000  # in one reading; a count that falls without end is none
_NOTHING_NEW: Final = 3  # so many pages in a row without a new line are the end
_ROUND: Final = 10  # a page of 10, 20 or 50 lines may be a full one, whatever limit was asked for
_CLOCK_OFF: Final = timedelta(minutes=1)  # more than a slow answer takes
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Since = datetime | Callable[[], datetime | None] | None
"""From when on; a function where that depends on the service's clock, which the first answer sets."""


def ago(now: datetime, span: timedelta) -> datetime:
    """`span` before now; 1970 for one that leaves the calendar."""
    return _EARLIEST if span >= now - _EARLIEST else now - span


class Reading:
    """One reading of the ledger from `since` on, to its end: an empty page, or pages that bring nothing new.

    The service's count is a hint: it may be missing, or that of one page, or stop at a thousand. It saves a request
    where it agrees with a page that is shorter than a full one, and it tells where more must be there. Some services
    count `offset` in pages: then the second page seems to be empty, and the pages are asked for by their number.

    New lines push the others on, so that one comes twice; lines that leave pull them back, so that one would be
    passed over. Both show: by the whole line, and by a count that fell, or that says more than was seen.

    A count that says too little hides lines. Before something is called missing, `rest` looks for them.
    """

    def __init__(self, service: Service, since: Since, *, type_: str | None = None) -> None:
        self._service = service
        self._asked_since = since
        self._type = type_
        self._since = self._moment()
        self._seen: set[int] = set()  # hashes of lines: a hundred thousand of them must not fill the memory
        self._pages = 0
        self._largest = 0  # rows of a page
        self._total: int | None = None  # the last count
        # Rows there were all the while: what comes meanwhile need not be read.
        self._fewest: int | None = None
        self._count_is_wrong = False
        self._steps_back = 0
        self._offset_may_count_pages = False
        self._before: datetime | None = None  # of the line that came last
        self._rises = self._falls = False  # whether a line was newer, or older, than the one before it
        self._ignores_offset = False
        self._whole_otherwise = False
        self.left_out = 0
        """Rows that are no lines, so far."""

    @property
    def unshown(self) -> int:
        """After the end: how many more rows the service counts than it shows."""
        return 0 if self._complete else (self._fewest or 0) - self._found

    @property
    def _found(self) -> int:
        return len(self._seen) + self.left_out

    @property
    def _complete(self) -> bool:
        return self._count_is_wrong or self._fewest is None or self._found >= self._fewest

    @property
    def newest_first(self) -> bool:
        """Whether the lines came so."""
        return self._falls and not self._rises

    @property
    def whole(self) -> bool:
        """After `rest`: whether nothing speaks for lines that were not shown."""
        return self._whole_otherwise or (self._complete and (self._counts or not self._ignores_offset))

    @property
    def _counts(self) -> bool:
        """Whether the service counts its lines, as far as can be seen."""
        return self._fewest is not None and not self._count_is_wrong

    def lines(self) -> Iterator[Transaction]:
        """Each line once: two are one only if they are equal in every field. A line without a time counts as in time.

        BadAnswer where the ledger can't be read to its end: half a ledger proves nothing missing.
        """
        return self._wanted(self._passes())

    def rest(self) -> Iterator[Transaction]:
        """After `lines`: what is behind an end that the count alone showed, or that pages of another kind hid."""
        return self._wanted(self._behind_the_end())

    def _behind_the_end(self) -> Iterator[Transaction]:
        with _refused_where_nothing_is():
            yield from self._pass(start=self._found, trusts_count=False)
        # A count that agrees with one page may be that page's; one that agrees with several is right.
        if not (self._counts and self._complete and self._found > self._largest):
            with _refused_where_nothing_is():
                yield from self._pass(start=1, step=1)
        if not self._complete and self._since is not None:  # the count may be that of the whole ledger
            everything = Reading(self._service, None, type_=self._type)
            yield from (line for line in everything.lines() if self._is_new(line))
            self._whole_otherwise = not everything.unshown

    def _wanted(self, lines: Iterable[Transaction]) -> Iterator[Transaction]:
        for line in lines:
            in_time = self._since is None or line.created_at is None or line.created_at >= self._since
            if in_time and (self._type is None or line.kind == self._type.lower()):
                yield line

    def _passes(self) -> Iterator[Transaction]:
        for _ in range(_MOST_PASSES):
            before = len(self._seen)
            yield from self._pass()
            if self._offset_may_count_pages or not self._complete:
                yield from self._pass(start=1, step=1)
            # Fewer than the service counts, and yet a pass brought nothing new: it counts something twice.
            if self._complete or len(self._seen) == before:
                return
        raise BadAnswer(
            f"the ledger moves too fast to be read whole: {self._found} of {self._fewest} lines",
            hint="try again in a moment",
        )

    def _pass(
        self, *, start: int = 0, step: int | None = None, trusts_count: bool = True
    ) -> Iterator[Transaction]:
        """Pages from `start` on; the next one begins `step` further, else behind the last line. Without `trusts_count`
        an empty page alone is the end, or pages that bring nothing new.
        """
        first = step is None and trusts_count
        offset, nothing_new, left_out = start, 0, 0 if first else self.left_out
        last: LedgerPage | None = None
        while True:
            page = self._page(offset)
            back = self._fallen(page, offset, by_lines=first)
            if back:
                offset, last = max(0, offset - back), None
                continue
            before = len(self._seen)
            yield from (line for line in page.transactions if self._is_new(line))
            left_out += page.left_out if first or len(self._seen) > before else 0
            self.left_out = max(self.left_out, left_out)
            nothing_new = 0 if len(self._seen) > before else nothing_new + 1
            offset += step or page.rows
            if page.rows and page == last and self._repeated(page, offset, nothing_new):
                return
            self._ignores_offset |= not trusts_count and nothing_new > 0 and page.rows > 0
            if not page.rows:
                self._offset_may_count_pages = step is None and self._only(last, offset)
                return
            if first and self._is_last(page, offset):
                return
            if nothing_new >= _NOTHING_NEW and (step is not None or not self._more_behind(offset)):
                return
            last = page

    def _page(self, offset: int) -> LedgerPage:
        self._pages += 1
        if self._pages > _MOST_PAGES:
            raise BadAnswer("the ledger does not end", hint="give a shorter --since")
        page = self._service.transactions(type_=self._type, since=self._since, offset=offset)
        self._largest = max(self._largest, page.rows)
        if self._pages == 1 and callable(self._asked_since):
            before, self._since = self._since, self._moment()
            if before is not None and self._since is not None and abs(self._since - before) > _CLOCK_OFF:
                return self._service.transactions(type_=self._type, since=self._since, offset=offset)
        return page

    def _is_new(self, line: Transaction) -> bool:
        mark = hash(line)
        if mark in self._seen:
            return False
        self._seen.add(mark)
        if line.created_at is not None:
            before, self._before = self._before, line.created_at
            self._rises |= before is not None and line.created_at > before
            self._falls |= before is not None and line.created_at < before
        return True

    def _fallen(self, page: LedgerPage, offset: int, *, by_lines: bool) -> int:
        """By how much the count fell since the page before: so many lines have moved to a page before."""
        before, self._total = self._total, page.total
        if page.total is None:
            return 0
        least = page.rows + (offset if by_lines and page.rows else 0)
        if page.total < least or (not page.total and self._seen):
            self._count_is_wrong = True  # it counts a page, or nothing
        if self._count_is_wrong:
            return 0
        self._fewest = page.total if self._fewest is None else min(self._fewest, page.total)
        if not by_lines or not offset or before is None or page.total >= before:
            return 0
        self._steps_back += 1
        return before - page.total if self._steps_back <= _MOST_STEPS_BACK else 0

    def _repeated(self, page: LedgerPage, end: int, nothing_new: int) -> bool:
        """The same page again: whether it is all there is. BadAnswer where more is behind it that is not shown."""
        full = page.rows == (page.limit or _PAGE)
        if nothing_new and self._complete and not full and not self._more_behind(end):
            return True
        if nothing_new + 1 >= _NOTHING_NEW:
            raise BadAnswer(
                "the service repeats a page of the ledger and shows no more",
                hint="nothing was changed: ask support@virtualsms.io, or try again later",
            )
        return False

    def _is_last(self, page: LedgerPage, end: int) -> bool:
        """Whether nothing is behind this page: the count says so, and the page is shorter than the others, or than the
        service says a page can be.
        """
        if self._count_is_wrong or page.total != end:
            return False
        if page.rows < self._largest:
            return True
        return page.limit is not None and page.rows < page.limit and page.rows % _ROUND != 0

    def _more_behind(self, offset: int) -> bool:
        """Whether the count says that there is more: lines that came meanwhile may have pushed it there."""
        return not self._count_is_wrong and offset < (self._total or 0)

    def _only(self, first: LedgerPage | None, end: int) -> bool:
        """Whether the page before the empty one was the first, and was full, or by the count not all."""
        if first is None or first.rows != end:
            return False
        return end >= (first.limit or _PAGE) or not self._complete

    def _moment(self) -> datetime | None:
        return self._asked_since() if callable(self._asked_since) else self._asked_since


@contextmanager
def _refused_where_nothing_is() -> Iterator[None]:
    """Some services refuse a page behind the last one. What stands in front of a service says nothing of its pages."""
    try:
        yield
    except RefusedByAnother:
        raise
    except RequestRefused:
        return


def dossiers_of(
    service: Service,
    orders: Sequence[Order],
    *,
    early: timedelta | None = None,
    listed: Iterable[str] | None = None,
    to_the_end: bool = False,
) -> dict[str, Dossier]:
    """What the ledger has of each order, from one reading of it for all, from `early` before the first purchase on: a
    day, where nothing is said, and less proves nothing missing. `listed` are the account's orders where they are known;
    they are listed here where a line's order depends on them. `to_the_end`: nothing is to be called missing that the
    end of the ledger may have hidden.
    """
    # A cancel whose answer is valid asks no ledger, and starts sooner without these.
    from vsms_cli.domain.ledger_matching import DATED_EARLY, Ledger  # noqa: PLC0415 - as said
    from vsms_cli.domain.refund_verdicts import Dossier  # noqa: PLC0415 - as said

    if not orders:
        return {}
    bought = [order.created_at for order in orders]
    since = None if None in bought else ago(min(at for at in bought if at is not None), early or DATED_EARLY)
    ledger = Ledger([*(order.id for order in orders), *(listed or ())])
    reading = Reading(service, since)
    ledger.add_all(reading.lines())
    dossiers = {order.id: Dossier.of(ledger, order.id, order) for order in orders}
    if to_the_end and not all(dossier.whole for dossier in dossiers.values()):
        ledger.add_all(reading.rest())
        ledger.whole, ledger.newest_first = reading.whole, reading.newest_first
        dossiers = {order.id: Dossier.of(ledger, order.id, order) for order in orders}
    if listed is None and any(map(_hangs_on_the_list, dossiers.values())):
        ledger.know(order.id for order in service.orders(status=None).orders)
    return dossiers


def _hangs_on_the_list(dossier: Dossier) -> bool:
    """Whether a line names an order that may be another one of the account's."""
    from vsms_cli.domain.ledger_matching import Doubt  # noqa: PLC0415 - as in `dossiers_of`

    possible = None if dossier.whole else dossier.possible_refund
    return possible is not None and possible.doubt is Doubt.OTHER_ID
