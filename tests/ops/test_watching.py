"""The live table's board: what waits, least time left on top, and what became of what no longer does."""

import pytest

from ops.world import START, World, order, order_id
from vsms_cli.domain.errors import TokenRefused, Unreachable
from vsms_cli.domain.orders import Message
from vsms_cli.domain.record_class import replace
from vsms_cli.ops.selection import Filters
from vsms_cli.ops.watching import Board, look

FIRST, SECOND = order_id(1), order_id(2)
SMS = Message(sender="", content="4711", received_at=START)


@pytest.fixture
def world() -> World:
    made = World()
    made.holds(
        order(id_=SECOND, age_s=60, country="BR"),
        order(id_=FIRST, age_s=600, country="AR"),
    )
    return made


def seen(world: World, before: Board | None = None, filters: Filters | None = None) -> Board:
    return look(world.service, world.time, filters or Filters(), before or Board())


def ids(board: Board) -> list[str]:
    return [row.order.id for row in board.rows]


def test_the_least_time_left_is_on_top(world: World) -> None:
    assert ids(seen(world)) == [FIRST, SECOND]


def test_filters_choose_and_what_they_leave_out_is_not_read(world: World) -> None:
    board = seen(world, seen(world), Filters(countries=("BR",)))

    assert ids(board) == [SECOND]
    assert world.service.times("read") == []


def test_what_is_no_longer_listed_is_read_once_and_stays_below(world: World) -> None:
    before = seen(world)
    world.holds(order("completed", id_=FIRST, messages=(SMS,)))

    board = seen(world, seen(world, before))

    assert ids(board) == [SECOND, FIRST]
    assert board.ended[0].message == SMS
    assert len(world.service.times("read", FIRST)) == 1


def test_what_can_not_be_read_stays_and_is_read_again(world: World) -> None:
    before = seen(world)
    world.service.become(FIRST, "cancelled")
    world.service.reads = [Unreachable("gone")]

    unread = seen(world, before)
    board = seen(world, unread)

    assert {row.order.id for row in unread.waiting} == {FIRST, SECOND}
    assert board.ended[0].order.status == "cancelled"


def test_an_order_that_the_service_forgot_is_said_to_be_not_found(world: World) -> None:
    before = seen(world)
    del world.service.orders_by_id[FIRST]

    assert seen(world, before).ended[0].order.status == "not found"


def test_a_refused_token_ends_it(world: World) -> None:
    before = seen(world)
    world.service.become(FIRST, "cancelled")
    world.service.reads = [TokenRefused("no")]

    with pytest.raises(TokenRefused):
        seen(world, before)


def test_an_order_cancelled_by_a_key_moves_at_once(world: World) -> None:
    board = seen(world)
    ended = board.without(replace(board.waiting[0].order, status="cancelled"))

    assert ids(ended) == [SECOND, FIRST]
    assert ended.ended[0].order.status == "cancelled"
