"""Reading the ledger whole: each line once, whatever moves, and whatever the service does not heed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest

from ops.world import ORDER, START, World, line, order, order_id
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.money import Transaction
from vsms_cli.domain.pages import LedgerPage
from vsms_cli.ops.ledger import ago, lines_since, refunds_by_order, refunds_of, total_of

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
        stretch = tuple(self.lines[start : start + self.page])
        return LedgerPage(transactions=stretch, total=len(self.lines) if self.count is None else self.count)

    def read(self, **how: str) -> list[str]:
        return [line.id for line in lines_since(cast("Service", self), None, **how)]


def numbered(count: int, *, start: int = 0) -> list[Transaction]:
    return [line(ORDER, Decimal(1), number=start + number) for number in range(count)]


def ids(lines: list[Transaction]) -> list[str]:
    return [each.id for each in lines]


def test_a_ledger_at_rest_costs_one_call_a_page() -> None:
    ledger = Moving(numbered(30))
    assert ledger.read() == ids(ledger.lines)
    assert ledger.asked == [0, 10, 20]


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


def test_a_count_that_no_line_bears_out_costs_one_more_reading() -> None:
    ledger = Moving(numbered(10), count=1000)
    assert len(ledger.read()) == 10
    assert ledger.asked == [0, 10, 0, 10]


def test_a_service_that_does_not_heed_the_offset_is_found_out() -> None:
    with pytest.raises(BadAnswer, match="repeats a page"):
        Moving(numbered(30), heeds_offset=False).read()


def test_a_service_that_sends_all_at_once_is_taken_at_its_word() -> None:
    ledger = Moving(numbered(30), page=1000)
    assert len(ledger.read()) == 30
    assert ledger.asked == [0]


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
    found = lines_since(service, START - timedelta(days=1), type_="refund")
    assert [each.id for each in found] == ["t2", "t4"]


def test_since_hangs_on_the_services_clock_which_the_first_answer_sets() -> None:
    moments = iter([START + timedelta(days=1), START])
    ledger = Moving([line(ORDER, Decimal(1), at=START)])
    assert len(list(lines_since(cast("Service", ledger), lambda: next(moments)))) == 1
    assert ledger.since == [START + timedelta(days=1), START]


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
    found = refunds_by_order(world.service, known)
    assert {key: total_of(lines) for key, lines in found.items()} == {
        known[0].id: Decimal("0.90"),
        known[1].id: Decimal("0.80"),
    }
    assert len(world.service.times("ledger")) == 2  # pages of two lines: one reading
    assert refunds_of(world.service, known[2]) == []
    assert refunds_by_order(world.service, []) == {}
