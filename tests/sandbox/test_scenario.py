from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from sandbox.caller import Caller, Wristwatch, assert_adds_up
from vsms_cli.sandbox import scenario
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.orders import Status
from vsms_cli.sandbox.routing import Sandbox
from vsms_cli.sandbox.scenario import Past, Scenario
from vsms_cli.sandbox.tables import moment


def test_the_first_start_has_every_state_and_many_countries_and_services(caller: Caller) -> None:
    orders = caller.orders()
    assert len(orders) >= 14
    assert {order["status"] for order in orders} == {"waiting", "completed", "expired", "cancelled"}
    assert {order["country_id"] for order in orders} >= {"US", "GB", "AR", "BR", "DE"}
    assert {order["service_id"] for order in orders} >= {"wa", "tg", "go", "ig"}
    assert {str(order["price_charged"]) for order in orders} >= {"0.80", "0.35", "1.20", "0.15"}
    assert {order["phone_number"].startswith("+") for order in orders} == {True, False}
    assert all(UUID(order["id"]).version == 4 for order in orders)
    assert_adds_up(caller.book)


def test_two_orders_are_too_young_to_cancel_and_the_others_that_wait_are_not(
    caller: Caller, watch: Wristwatch
) -> None:
    ages = [watch.time - moment(order["created_at"]) for order in caller.orders(status="waiting")]
    young = [age for age in ages if age < timedelta(seconds=120)]
    assert young == [timedelta(seconds=30), timedelta(seconds=75)]
    assert max(ages) < timedelta(minutes=20)


def test_the_orders_in_the_wrong_country_are_all_old_enough_to_cancel(
    caller: Caller, watch: Wristwatch
) -> None:
    wrong = [order for order in caller.orders(status="waiting") if order["country_id"] == "AR"]
    assert len(wrong) == 5
    ages = [watch.time - moment(order["created_at"]) for order in wrong]
    assert all(timedelta(minutes=5) <= age <= timedelta(minutes=12) for age in ages)
    assert [caller.post(f"/customer/cancel/{order['id']}")[0] for order in wrong] == [200] * 5


def test_only_completed_orders_have_a_message(caller: Caller) -> None:
    for order in caller.orders():
        shown = caller.get(f"/customer/order/{order['id']}")
        assert bool(shown["messages"]) is (order["status"] == "completed")


def test_the_ledger_tells_deposits_credits_purchases_and_refunds(caller: Caller) -> None:
    kinds = Counter(line["type"] for line in caller.ledger())
    assert kinds["deposit"] == 3
    assert kinds["credit"] == 1
    rentals = caller.get("/rentals", status="all")["rentals"]
    assert kinds["purchase"] == len(caller.orders()) + len(rentals)
    assert kinds["refund"] == sum(order["status"] in {"expired", "cancelled"} for order in caller.orders())


def test_american_and_british_numbers_are_those_kept_for_fiction(caller: Caller) -> None:
    numbers = {(order["country_id"], order["phone_number"].removeprefix("+")) for order in caller.orders()}
    american = [number for country, number in numbers if country == "US"]
    british = [number for country, number in numbers if country == "GB"]
    assert american
    assert british
    assert all(number[4:9] == "55501" and len(number) == 11 for number in american)
    assert all(number.startswith("447700900") and len(number) == 12 for number in british)


def test_a_seed_gives_the_same_ids_and_no_seed_other_ones(tmp_path: Path) -> None:
    ids = []
    for number, seed in enumerate((1, 1, 2, None, None)):
        book = Database.open(tmp_path / f"{number}.db")
        ids.append([order["id"] for order in Caller(sandbox=Sandbox(book, seed=seed), book=book).orders()])
        book.close()
    assert ids[0] == ids[1]
    assert len({tuple(each) for each in ids}) == 4


def test_a_reset_brings_back_the_first_start_and_the_right_time(caller: Caller, watch: Wristwatch) -> None:
    before = caller.orders()
    caller.sandbox.advance(timedelta(days=3))
    caller.buy()
    caller.post(f"/customer/refund/{caller.orders(status='completed')[0]['id']}")
    caller.sandbox.reset("default", seed=7)
    assert caller.orders() == before
    assert caller.sandbox.advance(timedelta()) == watch.time
    assert_adds_up(caller.book)


def test_an_unknown_scenario_names_the_known_and_changes_nothing(caller: Caller) -> None:
    before = caller.orders()
    with pytest.raises(ValueError, match=r"'lost'.*default"):
        caller.sandbox.reset("lost")
    assert caller.orders() == before


def test_a_story_can_leave_a_refund_unpaid(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = timedelta(hours=1)
    lost = Past(product="wa", country="AR", age=hour, status=Status.EXPIRED, refunded=False)
    unlucky = Scenario(money=scenario.SCENARIOS["default"].money, orders=(lost,))
    monkeypatch.setattr(scenario, "SCENARIOS", {"unlucky": unlucky})
    caller.sandbox.reset("unlucky")
    (order,) = caller.orders()
    assert order["status"] == "expired"
    assert caller.balance() == Decimal("72.20")
    assert caller.post(f"/customer/refund/{order['id']}")[0] == 202


def test_lost_refunds_are_missing_short_and_doubled_and_the_ledger_adds_up_all_the_same(
    caller: Caller,
) -> None:
    caller.sandbox.reset("lost-refunds", seed=7)
    back: dict[str, Decimal] = {}
    balance = Decimal(0)
    for line in reversed(caller.ledger()):
        assert line["balance_before"] == balance
        balance = line["balance_after"]
        if "order_id" in line and line["type"] != "purchase":
            back[line["order_id"]] = back.get(line["order_id"], Decimal(0)) + line["amount"]
    assert balance == caller.balance()
    ended = [order for order in caller.orders() if order["status"] in {"expired", "cancelled"}]
    shares = Counter(
        (back.get(order["id"], Decimal(0)) / order["price_charged"]).quantize(Decimal("0.1"))
        for order in ended
    )
    assert shares == {Decimal(0): 2, Decimal("0.4"): 1, Decimal(2): 1, Decimal(1): len(ended) - 4}
    lost = next(order for order in ended if order["id"] not in back)
    assert caller.post(f"/customer/refund/{lost['id']}", reason="not-refunded")[0] == 202
