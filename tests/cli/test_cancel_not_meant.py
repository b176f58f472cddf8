"""What a cancel must not touch: an unclear country, what a page hides, what a wrong clock makes old."""

import json
from typing import Any

import pytest

from support.fault_server import FaultServer
from support.forms import http
from support.vsms import Vsms


@pytest.mark.parametrize("country", ["USA", "United States", "US ", "us-CA", "", None, "us"])
@pytest.mark.parametrize("option", ["--not-country", "--country"])
def test_a_negative_filter_cancels_no_order_whose_country_is_spelt_differently(
    live: Vsms, server: FaultServer, country: str | None, option: str
) -> None:
    spelt = server.add_order(country="US", extra={"country": country, "country_id": country})
    other = server.add_order(country="BR")

    done = live("orders", "cancel", option, "US", "--yes")

    assert done.code == 0
    same = country in {"United States", "US ", "us"}
    if option == "--not-country":
        assert (server.status(spelt), server.status(other)) == ("waiting", "cancelled")
    else:
        assert (server.status(spelt) == "cancelled", server.status(other)) == (same, "waiting")
    assert ("1 order has a country, a service or an age that can't be told" in done.err) != same


@pytest.mark.parametrize("count", [1, 2, 3])
def test_orders_that_share_a_spelling_of_their_own_are_known_no_better(
    live: Vsms, server: FaultServer, count: int
) -> None:
    spelt = [server.add_order(country="UK") for _ in range(count)]
    other = server.add_order(country="BR")

    done = live("orders", "cancel", "--not-country", "GB", "--yes")

    assert {server.status(order) for order in spelt} == {"waiting"}
    assert (done.code, server.status(other)) == (0, "cancelled")


def test_a_negative_filter_for_services_too(live: Vsms, server: FaultServer) -> None:
    named = server.add_order(
        service="wa", extra={"service": "WhatsApp Messenger", "service_id": "WhatsApp Messenger"}
    )
    other = server.add_order(service="tg")

    assert live("orders", "cancel", "--not-service", "wa", "--yes").code == 0
    assert (server.status(named), server.status(other)) == ("waiting", "cancelled")


def test_list_and_cancel_count_alike_what_they_can_not_judge(live: Vsms, server: FaultServer) -> None:
    server.add_order(extra={"country": None, "country_id": None})

    for command in (["orders", "list"], ["orders", "cancel", "--yes"]):
        done = live(*command, "--not-country", "US")
        assert "1 order has a country, a service or an age that can't be told" in done.err
    assert server.posts() == 0


def test_a_country_that_is_gone_from_the_catalogue_is_known_from_the_orders(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order(country="ZZ")
    server.add_order(country="AR")

    assert live("orders", "list", "--country", "zz", "-q").lines == [order]


def test_a_catalogue_that_can_not_be_read_fails_no_filter_by_code(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(country="AR")
    server.add_order(country="BR")
    server.fault("countries", "500", times=None)

    done = live("orders", "list", "--country", "AR", "-q")

    assert (done.code, done.lines) == (0, [order])
    assert live("orders", "cancel", "--not-country", "UZ", "--yes").code == 2, "mistyped: it widens nothing"
    assert server.posts() == 0


@pytest.mark.parametrize("count", [3, 200])
def test_a_page_shorter_than_its_count_may_hide_orders(live: Vsms, server: FaultServer, count: int) -> None:
    rows: list[dict[str, Any]] = [
        {"id": server.add_order(), "status": "waiting", "price_charged": 0.8} for _ in range(2)
    ]
    answer = json.dumps({"count": count, "orders": rows}).encode()
    server.fault("orders", raw=http(answer), times=None)

    done = live("orders", "cancel", "--all", "--expect", "2", "--yes")

    assert (done.code, server.posts()) == (2, 0), done.err
    assert "more may" in live("orders", "list").err
    done = live("orders", "cancel", "--all", "--yes", "--json")
    assert (done.code, len(done.json)) == (0, 2)
    assert "more may exist" in done.err


@pytest.mark.parametrize("offset", [-86400.0, 86400.0])
def test_an_age_filter_refuses_where_the_clocks_are_a_day_apart_and_nobody_is_asked(
    vsms: Vsms, offset: float
) -> None:
    with FaultServer(date_offset=offset) as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        order = server.add_order(age_s=30, cooldown_s=0)

        done = vsms("orders", "cancel", "--older-than", "10m", "--yes")

        assert (done.code, server.status(order)) == (2, "waiting")
        assert "clock and the service's are 1d 0h apart" in done.err
        assert vsms("orders", "cancel", "--older-than", "10m", "--dry-run").code == 0
        assert vsms("orders", "list", "--older-than", "10m").code == 0


def test_wait_never_waits_longer_than_an_order_can_live(live: Vsms, server: FaultServer) -> None:
    years = "2036-01-01T00:00:00Z"
    server.add_order(age_s=10, extra={"cancel_available_at": years, "expires_at": years})

    done = live("orders", "cancel", "--all", "--wait", "--yes", "--json")

    assert (done.code, done.json[0]["outcome"]) == (5, "too_early")
    assert "refunds itself before cancelling opens" in done.json[0]["error"]["message"]


def test_a_waiting_order_with_a_message_counts_as_one_whose_code_came(
    live: Vsms, server: FaultServer
) -> None:
    message = {"sender": "WhatsApp", "content": "123456", "received_at": None}
    order = server.add_order(country="AR", messages=[message])
    server.add_order(country="AR")
    row = {"id": order, "status": "waiting", "country_id": "AR", "price_charged": 0.8, "messages": [message]}
    server.fault("orders", raw=http(json.dumps({"orders": [row]}).encode()), times=None)

    for words in (["--all"], ["--country", "AR"]):
        done = live("orders", "cancel", *words, "--yes")
        assert (done.code, server.posts()) == (0, 0), done.err
    assert order in live("orders", "list", "-q").out
    planned = live("orders", "cancel", order, "--dry-run", "--json")
    assert (planned.code, planned.json[0]["outcome"]) == (5, "sms_received")
    shown = live("orders", "show", order, "--json").json
    assert shown["actions"]["cancel"].startswith("no: a code came")
    refund = live("orders", "refund", order, "--dry-run", "--json")
    assert refund.json[0]["outcome"] == "would_request"


@pytest.mark.one_form
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"messages": [{"sender": "x", "content": " ", "received_at": None}]}, "does not show its text"),
        ({"status": "on hold"}, "a status that no documentation names"),
        ({"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:20:00Z"}, "long after its time"),
    ],
)
def test_wait_ends_where_no_code_can_come(
    live: Vsms, server: FaultServer, fields: dict[str, Any], words: str
) -> None:
    order = server.add_order(extra=fields)

    done = live("orders", "wait", order)

    assert (done.code, done.out) == (6, "")
    assert words in done.err
