"""Reading the ledger whole: each line once, whatever moves, and whatever the service does not heed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest

from ops.world import ORDER, START, World, line, order, order_id
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.money import LedgerPage, Transaction
from vsms_cli.ops.ledger import Reading, ago, dossiers_of

if TYPE_CHECKING:
    from vsms_cli.domain.ports import Service


@dataclass(slots=True)
class Moving:
    """A ledger of which `between` makes another before each page but the first."""

    lines: list[Transaction]
    between: Callable[["Moving"], None] = lambda _self: None
    page: int = 10
    heeds_offset: bool = True
    count: int | None = None
    says_count: bool = True
    counts_page: bool = False
    limit: int | None = None  # as it is said
    first_page: int | None = None  # where `offset` counts pages
    asked: list[int] = field(default_factory=list)
    since: list[datetime | None] = field(default_factory=list)

    def transactions(
        self, *, type_: str | None = None, since: datetime | None = None, offset: int = 0
    ) -> LedgerPage:
        del type_
        if self.asked:
            self.between(self)
        self.asked.append(offset)
        self.since.append(since)
        start = offset if self.heeds_offset else 0
        if self.first_page is not None:
            start = max(0, offset - self.first_page) * self.page
        stretch = tuple(self.lines[start : start + self.page])
        total = len(self.lines) if self.count is None else self.count
        total = len(stretch) if self.counts_page else total
        return LedgerPage(transactions=stretch, total=total if self.says_count else None, limit=self.limit)

    def read(self, **how: str) -> list[str]:
        return [line.id for line in Reading(cast("Service", self), None, **how).lines()]


def numbered(count: int, *, start: int = 0) -> list[Transaction]:
    return [line(ORDER, Decimal(1), number=start + number) for number in range(count)]


def ids(lines: list[Transaction]) -> list[str]:
    return [each.id for each in lines]


def test_a_ledger_at_rest_costs_one_call_a_page() -> None:
    ledger = Moving(numbered(29))
    assert ledger.read() == ids(ledger.lines)
    assert ledger.asked == [0, 10, 20]


def test_behind_a_full_page_one_more_is_asked_for_whatever_the_count_says() -> None:
    ledger = Moving(numbered(30))
    assert ledger.read() == ids(ledger.lines)
    assert ledger.asked == [0, 10, 20, 30]


@pytest.mark.parametrize(
    ("length", "limit", "calls"), [(7, 100, 1), (7, None, 2), (50, 100, 2), (50, None, 2)]
)
def test_a_short_page_is_the_last_where_the_service_says_how_long_one_can_be(
    length: int, limit: int | None, calls: int
) -> None:
    ledger = Moving(numbered(length), page=100, limit=limit)
    assert len(ledger.read()) == length
    assert len(ledger.asked) == calls


def test_pages_that_are_smaller_than_asked_for_are_read_to_the_end() -> None:
    ledger = Moving(numbered(135), page=50, limit=100, counts_page=True)
    assert ledger.read() == ids(ledger.lines)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("says_count", [True, False])
def test_a_service_that_counts_its_offset_in_pages_is_read_to_the_end(
    first: int, *, says_count: bool
) -> None:
    ledger = Moving(numbered(240), page=100, says_count=says_count, first_page=first)
    assert sorted(ledger.read()) == sorted(ids(ledger.lines))


def test_lines_that_come_meanwhile_push_the_others_and_none_comes_twice() -> None:
    before = tuple(numbered(30))
    ledger = Moving([*before], lambda self: self.lines.insert(0, numbered(1, start=100 + len(self.asked))[0]))
    found = ledger.read()
    assert len(found) == len(set(found))
    assert set(found) >= {each.id for each in before}


def test_lines_that_leave_pull_the_others_back_and_none_is_lost() -> None:
    def leave(self: Moving) -> None:
        del self.lines[0]

    ledger = Moving(numbered(30), leave)
    found = ledger.read()
    assert len(found) == len(set(found))
    assert set(found) >= set(ids(ledger.lines))


def test_lines_in_another_order_each_time_are_read_again_until_all_were_seen() -> None:
    ledger = Moving(numbered(30))

    def turn(self: Moving) -> None:
        if len(self.asked) < 3:
            self.lines[:] = self.lines[5:] + self.lines[:5]

    ledger.between = turn
    assert sorted(ledger.read()) == sorted(ids(ledger.lines))


def test_a_ledger_that_shows_other_lines_each_time_is_no_proof() -> None:
    def turn(self: Moving) -> None:
        self.lines[:] = numbered(10, start=10 * len(self.asked))

    ledger = Moving(numbered(10), turn, count=1000)
    with pytest.raises(BadAnswer, match="moves too fast to be read whole"):
        ledger.read()


def test_a_count_that_no_line_bears_out_costs_one_more_reading_and_is_said() -> None:
    ledger = Moving(numbered(10), count=1000)
    reading = Reading(cast("Service", ledger), None)
    assert len(list(reading.lines())) == 10
    assert reading.unshown == 990
    assert ledger.asked.count(0) == 2


@pytest.mark.parametrize("count", [0, 5, 10, 15, 20, 30])
@pytest.mark.parametrize("says_count", [True, False])
def test_a_count_that_is_wrong_or_missing_hides_no_line(count: int, *, says_count: bool) -> None:
    ledger = Moving(numbered(35), count=count, says_count=says_count)

    assert ledger.read() == ids(ledger.lines)


def test_two_lines_are_one_only_if_they_are_equal() -> None:
    bought = line(ORDER, Decimal("-0.80"), "purchase", number=7)
    ledger = Moving([line(ORDER, Decimal("0.80"), number=7), bought, bought])

    assert len(ledger.read()) == 2


def test_a_full_page_that_comes_again_without_a_count_is_no_proof() -> None:
    with pytest.raises(BadAnswer, match="repeats a page"):
        Moving(numbered(240), page=100, heeds_offset=False, says_count=False).read()
    with pytest.raises(BadAnswer, match="repeats a page"):
        Moving(numbered(240), page=100, heeds_offset=False, count=100).read()


def test_a_short_page_that_comes_again_is_the_whole_ledger() -> None:
    ledger = Moving(numbered(7), page=100, heeds_offset=False, says_count=False)

    assert len(ledger.read()) == 7


def test_a_service_that_does_not_heed_the_offset_is_found_out() -> None:
    with pytest.raises(BadAnswer, match="repeats a page"):
        Moving(numbered(30), heeds_offset=False).read()


def test_a_service_that_sends_all_at_once_is_taken_at_its_word() -> None:
    ledger = Moving(numbered(30), page=1000)
    assert len(ledger.read()) == 30
    assert ledger.asked == [0, 30]  # a count that is its page's length may be that of the page alone


def test_a_service_that_heeds_neither_type_nor_time_is_filtered_here() -> None:
    world = World()
    world.service.ledger = [
        line(ORDER, Decimal(-1), "purchase", number=1),
        line(ORDER, Decimal(1), "Refund", number=2),
        line(ORDER, Decimal(1), "refund", number=3, at=START - timedelta(days=9)),
        Transaction(
            id="t4", amount=Decimal(1), type="refund", description="", order_id=None,
            balance_before=None, balance_after=None, created_at=None,
        ),
    ]  # fmt: skip
    service = cast("Service", Moving(world.service.ledger))
    found = Reading(service, START - timedelta(days=1), type_="refund").lines()
    assert [each.id for each in found] == ["t2", "t4"]


def test_since_hangs_on_the_services_clock_which_the_first_answer_sets() -> None:
    moments = iter([START + timedelta(days=1), START])
    ledger = Moving([line(ORDER, Decimal(1), at=START)])
    assert len(list(Reading(cast("Service", ledger), lambda: next(moments)).lines())) == 1
    assert ledger.since[:2] == [START + timedelta(days=1), START]


def test_a_span_that_leaves_the_calendar_begins_in_1970() -> None:
    assert ago(START, timedelta(days=999_999)).year == 1970
    assert ago(START, timedelta(days=1)) == START - timedelta(days=1)


def test_what_was_paid_back_for_many_orders_comes_from_one_reading() -> None:
    world = World()
    known = [order(id_=order_id(number)) for number in range(3)]
    world.holds(*known)
    for each in known[:2]:
        world.service.pay(each.id)
    world.service.pay(known[0].id, Decimal("0.1"), "admin_credit")
    found = dossiers_of(world.service, known)
    assert {key: dossier.refunded for key, dossier in found.items()} == {
        known[0].id: Decimal("0.90"),
        known[1].id: Decimal("0.80"),
        known[2].id: Decimal(0),
    }
    assert len(world.service.times("ledger")) == 2  # pages of two lines: one reading
    assert dossiers_of(world.service, []) == {}


def test_a_refund_that_was_taken_away_again_is_none() -> None:
    world = World()
    for amount in ("0.80", "-0.80"):
        world.service.pay(ORDER, Decimal(amount))

    assert dossiers_of(world.service, [order()])[ORDER].refunded == 0


def test_a_refund_that_is_dated_before_its_order_is_seen() -> None:
    world = World()
    known = order()
    assert known.created_at is not None
    world.service.ledger = [line(ORDER, Decimal("0.80"), at=known.created_at - timedelta(hours=12))]

    assert dossiers_of(world.service, [known])[ORDER].refunded == Decimal("0.80")
