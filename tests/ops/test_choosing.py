"""Which orders are meant, what becomes of them without a request, and what the ledger says."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ops.world import ORDER, PRICE, START, World, line, order, order_id
from vsms_cli.domain.catalogue import Catalogue, Entry
from vsms_cli.domain.errors import OrderNotFound, UsageMistake
from vsms_cli.domain.orders import Message, Phase
from vsms_cli.ops.advice import advice_for
from vsms_cli.ops.cancel_plan import ORDERS as OF_ORDERS
from vsms_cli.ops.cancel_plan import plan_for_ids, plan_for_orders, plan_unseen, targets_of
from vsms_cli.ops.ledger import Reading, dossiers_of
from vsms_cli.ops.listing import active_orders, orders_with
from vsms_cli.ops.selection import Filters, complete, ids_in, ids_or_beginnings, whole_ids

CATALOGUE = Catalogue(
    countries=(Entry(code="AR", name="Argentina"), Entry(code="BR", name="Brazil")),
    services=(Entry(code="wa", name="WhatsApp"), Entry(code="tg", name="Telegram")),
)
ORDERS = [
    order(id_=order_id(1), country="AR", service="wa", age_s=30),
    order(id_=order_id(2), country="BR", service="wa", age_s=300),
    order(id_=order_id(3), country="ar", service="tg", age_s=900),
    order(id_=order_id(4), created_at=None),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [1, 2, 3, 4]),
        (Filters(countries=("AR",)), [1, 3]),
        (Filters(countries=("argentina", "Brazil")), [1, 2, 3]),
        (Filters(not_countries=("AR",)), [2]),
        (Filters(services=("WHATSAPP",)), [1, 2]),
        (Filters(countries=("AR",), services=("wa",)), [1]),
        (Filters(not_services=("wa", "tg")), []),
        (Filters(older_than=timedelta(minutes=1)), [2, 3]),
        (Filters(newer_than=timedelta(minutes=10)), [1, 2]),
        (Filters(older_than=timedelta(minutes=1), newer_than=timedelta(minutes=10)), [2]),
        (Filters(limit=2), [1, 2]),
        (Filters(countries=("AR",), limit=1), [1]),
    ],
)
def test_filters_choose(filters: Filters, expected: list[int]) -> None:
    chosen = filters.resolved(CATALOGUE, ORDERS).split(ORDERS, now=START)[0]

    assert [known.id for known in chosen] == [order_id(number) for number in expected]
    assert filters.given == (filters != Filters())


STRANGE = ["USA", "United Kingdom?", "us-CA", "", None, "U5", "?"]
FAMILIAR = {"US": "US", "us": "US", " US ": "US", "United States": "US", "united states ": "US"}
LANDS = Catalogue(
    countries=(Entry(code="US", name="United States"), Entry(code="BR", name="Brazil")), services=()
)


@pytest.mark.parametrize("country", STRANGE)
def test_a_country_that_can_not_be_told_matches_no_filter_and_is_counted(country: str | None) -> None:
    orders = [order(id_=order_id(1), country=country), order(id_=order_id(2), country="BR")]

    for filters, expected in (
        (Filters(not_countries=("US",)), [order_id(2)]),
        (Filters(countries=("US",)), []),
    ):
        chosen, unjudged = filters.resolved(LANDS, orders).split(orders, now=START)
        assert ([known.id for known in chosen], unjudged) == (expected, 1)


@pytest.mark.parametrize("country", FAMILIAR)
def test_a_country_spelt_in_another_way_is_the_same_country(country: str) -> None:
    orders = [order(id_=order_id(1), country=country), order(id_=order_id(2), country="BR")]

    assert Filters(not_countries=("US",)).resolved(LANDS, orders).split(orders, now=START) == ([orders[1]], 0)
    assert Filters(countries=("US",)).resolved(LANDS, orders).split(orders, now=START) == ([orders[0]], 0)


def test_a_code_that_is_gone_from_the_catalogue_is_wanted_as_it_is_written_and_never_known_not_to_be_excluded() -> (
    None
):
    one = [order(id_=order_id(1), country="AR"), order(id_=order_id(2), country="BR")]
    two = [*one, order(id_=order_id(3), country="ar")]

    assert Filters(countries=("AR",)).resolved(LANDS, one).split(one, now=START)[0] == one[:1]
    assert Filters(not_countries=("AR",)).resolved(LANDS, two).split(two, now=START)[0] == [two[1]]
    # It may be another spelling of what is excluded, as "UK" is of "GB": however many orders have it.
    assert Filters(not_countries=("US",)).resolved(LANDS, one).split(one, now=START) == ([one[1]], 1)
    assert Filters(not_countries=("US",)).resolved(LANDS, two).split(two, now=START) == ([two[1]], 2)


def test_without_a_catalogue_codes_match_as_they_are_and_no_mistyped_one_widens_a_run() -> None:
    orders = [order(id_=order_id(1), country="AR"), order(id_=order_id(2), country="United States")]

    assert Filters(countries=("ar",)).resolved(None, orders).split(orders, now=START) == (orders[:1], 1)
    assert Filters(countries=("BR",)).resolved(None, orders).split(orders, now=START) == ([], 1)
    assert Filters(not_countries=("AR",)).resolved(None, orders).split(orders, now=START) == ([], 1)
    for unknown in ("US", "Argentina", "AT"):
        with pytest.raises(UsageMistake):
            Filters(not_countries=(unknown,)).resolved(None, orders)


def test_an_order_that_has_a_message_already_matches_no_filter() -> None:
    message = Message(sender="WhatsApp", content="123456", received_at=None)
    orders = [order(id_=order_id(1), country="AR", messages=(message,)), order(id_=order_id(2), country="AR")]

    for filters in (Filters(countries=("AR",)), Filters(older_than=timedelta(minutes=1))):
        chosen = filters.resolved(CATALOGUE, orders).split(orders, now=START)
        assert chosen == ([orders[1]], 1)
    assert orders[0].phase is Phase.COMPLETED


@pytest.mark.parametrize("filters", [Filters(countries=("Argentinia",)), Filters(not_services=("whatsap",))])
def test_an_unknown_name_is_a_mistake_that_names_the_nearest(filters: Filters) -> None:
    with pytest.raises(UsageMistake) as caught:
        filters.resolved(CATALOGUE, ORDERS)
    assert "did you mean" in caught.value.hint
    assert filters.need_catalogue


def test_ids_come_once_in_the_order_given() -> None:
    one, two = order_id(1), order_id(2)

    assert whole_ids([two, one.upper(), one]) == [two, one]
    assert ids_in(["", "# none", f"{two} # a note", one, two]) == [two, one, two]
    assert ids_or_beginnings(["00000001-", one]) == ["00000001-", one]


def test_a_beginning_must_fit_exactly_one_listed_order() -> None:
    assert complete(["00000002", order_id(2)], ORDERS) == [order_id(2)]
    with pytest.raises(OrderNotFound):
        complete(["abcdef"], ORDERS)
    with pytest.raises(UsageMistake) as caught:
        complete(["000000"], ORDERS)
    assert order_id(4) in caught.value.message


def test_too_many_that_fit_are_not_all_listed() -> None:
    with pytest.raises(UsageMistake) as caught:
        complete(["000000"], [order(id_=order_id(number)) for number in range(50)])
    assert "50 orders" in caught.value.message
    assert caught.value.message.endswith("…")


def test_active_orders_are_those_that_wait_newest_first() -> None:
    world = World()
    world.holds(*ORDERS, order("cancelled", id_=order_id(5)))

    listing = active_orders(world.service)

    assert [known.id for known in listing.orders] == [order_id(n) for n in (1, 2, 3, 4)]
    assert not listing.full


def test_a_full_page_is_said_to_be_full() -> None:
    world = World()
    world.holds(*(order(id_=order_id(number)) for number in range(200)))

    assert active_orders(world.service).full
    assert orders_with(world.service, []).full


def test_orders_by_status_are_asked_for_status_by_status() -> None:
    world = World()
    world.holds(*ORDERS, order("cancelled", id_=order_id(5)), order("expired", id_=order_id(6)))

    listing = orders_with(world.service, ["cancelled", "expired", "cancelled"])

    assert {known.id for known in listing.orders} == {order_id(5), order_id(6)}
    assert len(world.service.times("list")) == 2


@pytest.mark.parametrize(
    ("status", "age_s", "foreseen", "sends"),
    [
        ("waiting", 300, "would_cancel", True),
        ("waiting", 30, "too_early", False),
        ("cancelled", 300, "already_cancelled", False),
        ("expired", 300, "expired", False),
        ("completed", 300, "sms_received", False),
        ("strange", 300, "failed", False),
    ],
)
def test_what_needs_no_request_is_foreseen(*, status: str, age_s: float, foreseen: str, sends: bool) -> None:
    known = order(status, age_s=age_s)
    plan = plan_for_orders(OF_ORDERS, [known], now=START, wait=False)
    patient = plan_for_orders(OF_ORDERS, [known], now=START, wait=True)

    assert plan.items[0].foreseen.outcome.value == foreseen
    assert bool(targets_of(plan)) == sends
    assert bool(targets_of(patient)) == (sends or foreseen == "too_early")


@pytest.mark.parametrize(
    ("status", "foreseen"), [("strange", "would_cancel"), ("", "would_cancel"), ("failed", "failed")]
)
def test_an_order_of_an_undocumented_status_is_cancelled_by_its_id_alone(
    world: World, status: str, foreseen: str
) -> None:
    world.holds(order(status))

    plan = plan_for_ids(OF_ORDERS, world.service, [ORDER], now=world.time.now, wait=False)

    assert plan.items[0].foreseen.outcome.value == foreseen


def test_a_few_ids_are_read_and_many_are_listed_first(world: World) -> None:
    world.holds(*(order(id_=order_id(number)) for number in range(9)))

    few = plan_for_ids(OF_ORDERS, world.service, [ORDER, order_id(99)], now=world.time.now, wait=False)
    reads = len(world.service.times("read"))
    many = plan_for_ids(
        OF_ORDERS, world.service, [order_id(n) for n in range(9)], now=world.time.now, wait=False
    )

    assert [item.foreseen.outcome.value for item in few.items] == ["would_cancel", "not_found"]
    assert (reads, len(world.service.times("read"))) == (2, 2)
    assert many.total == 9 * PRICE


def test_a_whole_id_with_yes_costs_no_look_up() -> None:
    plan = plan_unseen(OF_ORDERS, [ORDER], wait=True, prices={})

    assert [target.order_id for target in targets_of(plan)] == [ORDER]
    assert not plan.total_is_known


def test_the_ledger_is_read_to_its_end_and_a_line_that_moved_comes_once() -> None:
    world = World()
    world.service.ledger = [line(ORDER, Decimal(n // 2 + 1), number=n // 2) for n in range(9)]

    assert [x.id for x in Reading(world.service, None).lines()] == ["t0", "t1", "t2", "t3", "t4"]


def test_only_what_came_back_for_this_order_counts() -> None:
    world = World()
    world.service.ledger = [
        line(ORDER, PRICE, number=1),
        line(ORDER, PRICE, "admin_credit", number=2),
        line(ORDER, PRICE, "deposit", number=3),
        line(ORDER, -PRICE, "refund", number=4),
        line(order_id(1), PRICE, number=5),
        line(None, PRICE, number=6),
    ]

    dossier = dossiers_of(world.service, [order()])[ORDER]

    assert ([x.id for x in dossier.refunds], dossier.refunded) == (["t1", "t2", "t4"], PRICE)


@pytest.mark.parametrize(
    ("status", "yes"),
    [
        ("waiting", {"cancel", "wait"}),
        ("completed", {"refund"}),
        ("expired", {"refund"}),
        ("cancelled", {"refund"}),
        ("strange", set()),
    ],
)
def test_advice_names_what_applies(status: str, yes: set[str]) -> None:
    advice = advice_for(order(status), now=START)

    assert {name for name, text in advice.items() if text.startswith("yes")} == yes
    assert all(text.startswith(("yes", "no")) for text in advice.values())


def test_advice_for_a_young_order_says_when_it_opens() -> None:
    assert "1:30" in advice_for(order(age_s=30), now=START)["cancel"]
