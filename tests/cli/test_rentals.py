"""Rentals: the same promise as for orders, with a window that closes instead of one that opens."""

from collections.abc import Callable
from typing import Any

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

HOUR = 3600.0


def rental_posts(server: FaultServer) -> int:
    return sum(request.operation == "rental-cancel" for request in server.requests)


def test_the_list_shows_the_active_ones_with_the_time_left_for_a_full_refund(
    live: Vsms, server: FaultServer
) -> None:
    young = server.add_rental(age_s=300)
    served = server.add_rental(age_s=2 * HOUR, service="wa", sms_count=3)
    server.add_rental(age_s=30 * HOUR, status="expired")

    rows = live("rentals", "list", "--json").json

    assert [row["id"] for row in rows] == [young, served]
    assert [row["service"] for row in rows] == [None, "wa"]
    assert [row["rental_type"] for row in rows] == ["full", "service"]
    assert [row["sms_received"] for row in rows] == [0, 3]
    assert (rows[0]["price"], rows[0]["status"]) == (2.5, "active")
    assert rows[0]["full_refund_until"] > rows[0]["created_at"]
    assert len(live("rentals", "list", "--all", "-q").out.split()) == 3
    assert len(live("rentals", "list", "--status", "expired", "-q").out.split()) == 1


def test_the_table_says_any_service_and_when_the_window_is_over(live: Vsms, server: FaultServer) -> None:
    server.add_rental(age_s=300)
    server.add_rental(age_s=2 * HOUR, service="wa")

    table = live("rentals", "list", "-o", "table").out

    assert "FULL REFUND" in table
    assert "any" in table
    assert "for 14:" in table or "for 15:" in table
    assert "over" in table


def test_one_by_a_whole_id_is_one_request_and_one_entry(live: Vsms, server: FaultServer) -> None:
    rental = server.add_rental()

    done = live("rentals", "cancel", rental, "--yes", "--json")

    row = done.json[0]
    assert (done.code, row["outcome"], row["refund_amount"]) == (0, "cancelled", 2.5)
    assert [request.operation for request in server.requests] == ["rental-cancel"]
    assert server.times_paid(rental) == 1
    entry = live("journal", "list", "--json").json[0]
    assert (entry["operation"], entry["order_id"], entry["outcome"]) == ("rental_cancel", rental, "cancelled")
    again = live("rentals", "cancel", rental, "--yes", "--json")
    assert (again.code, again.json[0]["outcome"]) == (0, "already_cancelled")
    assert server.times_paid(rental) == 1


def test_what_is_past_its_window_or_has_an_sms_is_told_before_anything_is_sent(
    live: Vsms, server: FaultServer
) -> None:
    late = server.add_rental(age_s=2 * HOUR)
    served = server.add_rental(age_s=60, sms_count=1)
    good = server.add_rental(age_s=120)

    tried = live("rentals", "cancel", late, served, good, "--dry-run", "--json")
    assert [row["outcome"] for row in tried.json] == ["too_late", "sms_received", "would_cancel"]
    assert tried.code == 3
    assert rental_posts(server) == 0

    done = live("rentals", "cancel", "--all", "--yes", "--json")
    assert {row["id"]: row["outcome"] for row in done.json} == {late: "too_late", good: "cancelled"}
    assert "1 rental left as it is: an SMS came" in done.err
    assert rental_posts(server) == 1


@pytest.mark.parametrize(
    ("outcome", "rental"), [("too_late", {"age_s": 2 * HOUR}), ("sms_received", {"sms_count": 2})]
)
def test_the_list_not_the_sentence_says_why_the_service_refuses(
    live: Vsms, server: FaultServer, outcome: str, rental: dict[str, Any]
) -> None:
    done = live("rentals", "cancel", server.add_rental(**rental), "--yes", "--json")

    assert (done.code, done.json[0]["outcome"]) == (5, outcome)
    assert rental_posts(server) == 1


@pytest.mark.parametrize("kind", ["reset", "500", "502", "empty-200", "captive-portal"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_the_list_and_paid_once(vsms: Vsms, kind: str, when: str) -> None:
    with FaultServer(pays_again=True) as server:
        rental = server.add_rental()
        server.fault("rental-cancel", kind, when=when)
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "0.3"}

        done = vsms("rentals", "cancel", rental, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
        assert server.times_paid(rental) == 1
        assert vsms("journal", "list", "--unresolved", "--json").json == []


def test_what_nothing_shows_is_unknown_and_settled_later(live: Vsms, server: FaultServer) -> None:
    rental = server.add_rental()
    server.fault("rental-cancel", "reset", when="after", times=None)
    server.fault("rentals", "401", times=None)

    lost = live("rentals", "cancel", rental, "--yes", "--json")
    assert (lost.code, lost.json[0]["outcome"]) == (8, "unknown")
    server.clear()
    done = live("journal", "resolve", "-o", "table")

    assert (done.code, server.times_paid(rental)) == (0, 1)
    assert f"{rental}  cancelled  $2.50 returned" in done.out


def test_an_id_of_any_safe_form_is_taken_from_the_service_and_an_unsafe_one_never(
    live: Vsms, server: FaultServer
) -> None:
    named = server.add_rental(rental_id="rent_42-x")
    unsafe = server.add_rental(rental_id="../orders")
    spoilt = server.add_rental(rental_id="rent_77$(touch x)")

    offered = live("rentals", "cancel", "rent_77", "--yes")
    assert (offered.code, "$(touch" in offered.err) == (5, False)

    done = live("rentals", "cancel", "--all", "--yes", "--json")
    assert {row["id"]: row["outcome"] for row in done.json} == {named: "cancelled"}
    assert "no request can name" in done.err
    assert server.times_paid(unsafe) == server.times_paid(spoilt) == 0
    for bad in ("../purchase", "a b", "", "x" * 100):
        assert live("rentals", "cancel", bad, "--yes").code == 2
    assert live("rentals", "cancel", "rent_4", "--yes").code == 2  # a beginning, and nobody is asked
    assert live("rentals", "show", "rent_4", "--json").json["id"] == named


def test_an_order_and_a_rental_are_not_taken_for_each_other(live: Vsms, server: FaultServer) -> None:
    order, rental = server.add_order(), server.add_rental()

    as_rental = live("rentals", "cancel", order, "--yes", "--json")
    as_order = live("orders", "cancel", rental, "--yes", "--json")

    assert (as_rental.code, as_order.code) == (5, 5)
    assert "`vsms orders cancel`" in as_rental.json[0]["error"]["hint"]
    assert "`vsms rentals cancel`" in as_order.json[0]["error"]["hint"]
    assert (server.status(order), server.status(rental)) == ("waiting", "active")


def test_a_deployment_without_rentals_says_so(live: Vsms, server: FaultServer) -> None:
    server.fault("rentals", "404", form="text", times=None)

    done = live("rentals", "list")

    assert done.code == 5
    assert "no rentals" in done.err


def test_the_audit_knows_rentals(live: Vsms, server: FaultServer) -> None:
    used = server.add_rental(age_s=5 * HOUR)
    lost = server.add_rental(age_s=6 * HOUR, status="cancelled")
    server.book.forget_refunds(lost)

    done = live("refunds", "audit", "--json")

    found = {row["id"]: row["verdict"] for row in done.json["orders"]}
    assert found == {used: "used", lost: "missing"}
    assert done.code == 9


def test_it_is_asked_about_with_its_rule(
    server: FaultServer, desk: Callable[..., Any], ended: Callable[..., Any]
) -> None:
    rental = server.add_rental()
    child = desk("rentals", "cancel", rental)
    child.expect_exact("Cancel 1 rental and return $2.50 to your balance? [y/N] ")
    assert "within 20 minutes" in child.before
    child.sendline("n")

    assert ended(child)[0] == 1
    assert server.status(rental) == "active"


def test_rentals_that_were_seen_complete_and_are_counted_beside_the_orders(
    live: Vsms, server: FaultServer
) -> None:
    order, rental = server.add_order(), server.add_rental()
    assert "rental" not in live("orders", "list").err
    live("rentals", "list")
    seen = len(server.requests)

    assert rental in live("__complete", "rentals", "cancel", "").out
    assert rental not in live("__complete", "orders", "cancel", "").out
    assert order not in live("__complete", "rentals", "show", "").out
    assert len(server.requests) == seen
    assert "1 rental beside them: `vsms rentals list`" in live("orders", "list").err


def test_a_sandbox_fault_of_a_rentals_cancel_is_settled(vsms: Vsms) -> None:
    from support.served import served  # noqa: PLC0415 - one test's

    with served(vsms, "--ephemeral", "--fault", "rental-cancel:reset-after") as running:
        env = {"VSMS_BASE_URL": running.base_url, "VSMS_TOKEN": "vsms_x", "VSMS_TIMEOUT": "1"}
        rows = vsms("rentals", "list", "--json", env=env).json
        good = next(row["id"] for row in rows if row["rental_type"] == "full")
        done = vsms("rentals", "cancel", good, "--yes", "--json", env=env)
        assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 6.0)


def test_what_the_service_refuses_is_answered_with_the_commands_of_rentals(
    live: Vsms, server: FaultServer
) -> None:
    """No command of rentals waits: what is told to be typed next has no --wait."""
    early, refused, odd = server.add_rental(), server.add_rental(), server.add_rental(status="frozen")
    server.fault("rental-cancel", "425")
    first = live("rentals", "cancel", early, "--yes", "-o", "table")
    server.fault("rental-cancel", "400")
    second = live("rentals", "cancel", refused, "--yes", "--json")
    third = live("rentals", "cancel", odd, "--dry-run", "--json")

    assert first.code == 5
    assert f"vsms rentals cancel {early}\n" in first.out + first.err
    assert "--wait" not in first.out + first.err
    assert second.json[0]["error"]["hint"] == "`vsms rentals show` says what applies to the rental now"
    assert "order" not in str(third.json[0]["error"])
