"""A ledger told in another form: a refund that is there is never called missing, and never asked for."""

from datetime import timedelta
from decimal import Decimal

import pytest

from faults.scene import PRICE, scene
from support.fault_server import FaultServer
from support.ledger_forms import CERTAIN, LEDGER_FORMS, PAGINGS
from support.vsms import Done, Vsms

HOUR = 3600


def verdict_of(done: Done, order: str) -> str:
    return next(str(row["verdict"]) for row in done.json["orders"] if row["id"] == order)


def refund_requests(server: FaultServer) -> int:
    return sum(request.operation == "refund" for request in server.requests)


@pytest.mark.parametrize("form", LEDGER_FORMS)
@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_a_refund_that_is_there_is_not_missing_and_not_asked_for(vsms: Vsms, form: str, status: str) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order(status=status, age_s=HOUR)

        audited = stage.run("refunds", "audit", "--json")
        asked = stage.run("refunds", "audit", "--request", "--yes", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "--json")

        proved = form in CERTAIN
        assert (audited.code, asked.code) == (0, 0)
        assert verdict_of(audited, order) == ("refunded" if proved else "unjudged")
        assert refunded.json[0]["outcome"] == ("already_refunded" if proved else "not_eligible")
        assert refunded.code == (0 if proved else 5)
        assert refund_requests(server) == 0
        if not proved:
            assert "might be" in audited.err
            assert "might be this refund" in refunded.json[0]["error"]["message"]


@pytest.mark.parametrize("form", LEDGER_FORMS)
def test_verify_finds_it_or_says_that_it_can_not_be_told(vsms: Vsms, form: str) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order()

        done = stage.run("orders", "cancel", order, "--yes", "--verify", "--json")

        assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
        assert done.json[0]["verified"] == ("posted" if form in CERTAIN else "unjudged")


@pytest.mark.parametrize("form", sorted(CERTAIN))
def test_what_is_missing_is_found_in_every_form(vsms: Vsms, form: str) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[])

        audited = stage.run("refunds", "audit", "--json")

        assert (audited.code, verdict_of(audited, order)) == (9, "missing")


@pytest.mark.parametrize("form", [*(form for form in LEDGER_FORMS if "count" in form), *PAGINGS])
@pytest.mark.parametrize("length", [104, 240])
def test_a_ledger_of_many_pages_is_read_to_its_end(vsms: Vsms, form: str, length: int) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        old = server.add_order(status="cancelled", age_s=2 * HOUR, refunds=[])
        refund_at = server.book.now() - timedelta(hours=2)
        server.book.post("refund", PRICE, order_id=old, at=refund_at)
        for _ in range(length - len(server.book.ledger)):
            server.book.post("deposit", PRICE)

        listed = stage.run("transactions", "list", "--json")
        audited = stage.run("refunds", "audit", "--json")

        assert (listed.code, len({row["id"] for row in listed.json})) == (0, length)
        assert (audited.code, verdict_of(audited, old)) == (0, "refunded")
        assert ("900 lines of the ledger more than it shows" in listed.err) == (
            form == "the count is too large"
        )


@pytest.mark.parametrize("form", PAGINGS)
def test_what_is_missing_is_found_by_every_rule_of_paging(vsms: Vsms, form: str) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        for _ in range(120):
            server.book.post("deposit", PRICE)

        audited = stage.run("refunds", "audit", "--json")

        assert (audited.code, verdict_of(audited, order)) == (9, "missing")


@pytest.mark.parametrize(
    ("price", "back"), [("0.124", "0.12"), ("0.125", "0.13"), ("0.30000000000000004", "0.3")]
)
def test_less_than_a_cent_is_neither_short_nor_twice(vsms: Vsms, price: str, back: str) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(
            status="cancelled", age_s=HOUR, price=Decimal(price), refunds=[Decimal(back)]
        )

        audited = stage.run("refunds", "audit", "--json")

        assert (audited.code, verdict_of(audited, order)) == (0, "refunded")


def test_a_refund_that_was_taken_back_is_missing(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[PRICE, -PRICE])

        audited = stage.run("refunds", "audit", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "--json")

        assert (audited.code, verdict_of(audited, order)) == (9, "missing")
        assert refunded.json[0]["outcome"] == "requested"


def test_an_order_without_a_price_is_said_to_be_in_no_sum(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        server.add_order(status="completed", age_s=40 * 24 * HOUR)  # its purchase is outside the window
        server.add_order(status="completed", age_s=HOUR)
        unpriced = server.add_order(
            status="completed", age_s=HOUR, extra={"price": None, "price_charged": None}
        )
        server.book.forget_purchase(unpriced)

        audited = stage.run("refunds", "audit", "--json")

        assert audited.json["totals"]["unpriced"] == 1
        assert "the price of 1 order is not known" in audited.err


def test_a_refund_of_a_million_for_an_order_of_a_dollar_is_remarked_on(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[Decimal(1_000_000)])

        audited = stage.run("refunds", "audit", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "-o", "table")

        assert verdict_of(audited, order) == "twice"
        assert "$1000000.00 came back: that may be a mistake of the service" in audited.err
        assert "$999999.20 more than its price" in refunded.out


def test_a_refund_dated_before_its_order_counts(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        early = server.book.now().replace(microsecond=0).timestamp() - 8 * HOUR
        server.book.post(
            "refund", PRICE, order_id=order, at=type(server.book.now()).fromtimestamp(early).astimezone()
        )

        audited = stage.run("refunds", "audit", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "--json")

        assert (audited.code, verdict_of(audited, order)) == (0, "refunded")
        assert refunded.json[0]["outcome"] == "already_refunded"
