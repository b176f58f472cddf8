"""A ledger told in another form: a refund that is there is never called missing, and never asked for."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from faults.scene import PRICE, Scene, scene
from support.fault_server import FaultServer
from support.forms import http
from support.ledger_forms import CERTAIN, LEDGER_FORMS, PAGINGS
from support.vsms import Done, Vsms

HOUR = 3600
_MILLION = Decimal(1_000_000)


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
            assert "might be its refund, so nothing" in refunded.json[0]["error"]["message"]


@pytest.mark.parametrize("form", LEDGER_FORMS)
def test_verify_finds_it_or_says_that_it_can_not_be_told(vsms: Vsms, form: str) -> None:
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order()

        done = stage.run("orders", "cancel", order, "--yes", "--verify", "--json")

        assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
        assert done.json[0]["verified"] == ("posted" if form in CERTAIN else "unjudged")


@pytest.mark.parametrize("form", sorted(CERTAIN))
def test_our_own_cancel_whose_answer_was_lost_is_ours_in_every_form(vsms: Vsms, form: str) -> None:
    """Also where the ledger dates it hours before the purchase: then its time tells nothing."""
    with FaultServer(ledger_form=form) as server:
        stage = scene(vsms, server)
        order = server.add_order(age_s=300)
        server.fault("cancel", "500", form="html", when="after")

        done = stage.run("orders", "cancel", order, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"], server.times_paid(order)) == (0, "cancelled", 1)


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
        assert "paid at least $0.80, returned $0.00, missing $0.00" in audited.err


def test_a_refund_of_a_million_for_an_order_of_a_dollar_is_remarked_on(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[Decimal(1_000_000)])

        audited = stage.run("refunds", "audit", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "-o", "table")

        assert verdict_of(audited, order) == "twice"
        assert "$1000000.00 came back: that may be a mistake of the service" in audited.err
        assert "$999999.20 more than its price" in refunded.out


class _Generous(FaultServer):
    """It gives back a million, and says so."""

    def _plan(self, request: Any, *, commits: bool) -> Any:
        plan = super()._plan(request, commits=commits)
        if request.operation == "cancel" and plan.answer.status == 200:
            if commits:
                self.book.post("refund", _MILLION - PRICE, order_id=request.order_id)
            plan.answer.payload["refund_amount"] = _MILLION
        return plan


@pytest.mark.parametrize("by", ["id", "filter"])
def test_a_cancel_that_gives_back_a_million_is_remarked_on_without_verify(vsms: Vsms, by: str) -> None:
    with _Generous() as server:
        stage = scene(vsms, server)
        order = server.add_order()
        which = (order,) if by == "id" else ("--country", "AR")

        done = stage.run("orders", "cancel", *which, "--yes", "-o", "table")

        assert f"{order}  cancelled  $1000000.00 returned, $999999.20 more than its price" in done.out


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


def with_purchase(server: FaultServer, took: str, **how: object) -> str:
    """An order whose purchase took something else than its price."""
    order = server.add_order(**how)  # type: ignore[arg-type] # the options of add_order, by name
    known = server.order(order)
    assert known is not None
    server.book.forget_purchase(order)
    server.book.post("purchase", -Decimal(took), order_id=order, at=known.created_at)
    return order


@pytest.mark.parametrize(
    ("took", "verified", "code"), [("0.80", "posted", 0), ("1.00", "short", 9), ("0.50", "twice", 0)]
)
@pytest.mark.parametrize("by", ["id", "filter"])
def test_verify_holds_what_came_back_against_what_the_purchase_took(
    vsms: Vsms, took: str, verified: str, code: int, by: str
) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = with_purchase(server, took)
        which = (order,) if by == "id" else ("--country", "AR")

        done = stage.run("orders", "cancel", *which, "--yes", "--verify", "--json")

        assert (done.code, done.json[0]["verified"]) == (code, verified)


def test_verify_says_why_it_can_not_tell(vsms: Vsms) -> None:
    with FaultServer(ledger_form="refunds without an order") as server:
        stage = scene(vsms, server)
        order = server.add_order()

        done = stage.run("orders", "cancel", order, "--yes", "--verify", "-o", "table")

        (line,) = (line for line in server.book.ledger if line.type == "refund")
        assert f"{order}  unjudged  transaction {line.id} of $0.80 names no order, and might be" in done.out
        assert "0 of 1 refund posted; 1 unjudged" in done.err


@pytest.mark.parametrize("kind", ["reversal", "chargeback", "debit"])
def test_a_refund_that_a_line_of_another_type_may_have_taken_back_is_unjudged(vsms: Vsms, kind: str) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR)
        server.book.post(kind, -PRICE, order_id=order)

        audited = stage.run("refunds", "audit", "--json")
        refunded = stage.run("orders", "refund", order, "--yes", "--json")

        assert (audited.code, verdict_of(audited, order)) == (0, "unjudged")
        (line,) = (line for line in server.book.ledger if line.type == kind)
        assert audited.json["orders"][0]["reason"] == "possible_reversal"
        assert audited.json["orders"][0]["candidate"] == line.id
        assert "might have taken its refund back" in audited.err
        assert (refunded.code, refunded.json[0]["outcome"]) == (5, "not_eligible")
        assert refund_requests(server) == 0


def test_a_fee_beside_a_refund_is_none(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR)
        server.book.post("fee", Decimal("-0.05"), order_id=order)

        assert verdict_of(stage.run("refunds", "audit", "--json"), order) == "refunded"


@pytest.mark.parametrize("kind", ["reversal", "bonus", "deposit", ""])
def test_a_credit_for_a_code_is_not_asked_for_where_a_line_of_the_order_may_be_it(
    vsms: Vsms, kind: str
) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="completed", age_s=HOUR)
        server.book.post(kind, PRICE, order_id=order)

        refunded = stage.run("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")

        assert (refunded.code, refunded.json[0]["error"]["code"]) == (5, "unjudged")
        assert verdict_of(stage.run("refunds", "audit", "--json"), order) == "unjudged"
        assert refund_requests(server) == 0


def test_what_somebody_asked_for_before_is_said_before_what_might_be_there(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        assert stage.run("orders", "refund", order, "--yes").code == 0
        server.book.post("credit", PRICE)

        done = stage.run("orders", "refund", order, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"]) == (0, "already_requested")


def test_a_person_sees_which_orders_are_unjudged_and_why_and_no_flood(vsms: Vsms) -> None:
    with FaultServer(ledger_form="refunds of another type") as server:
        stage = scene(vsms, server)
        orders = [server.add_order(status="cancelled", age_s=HOUR) for _ in range(8)]

        done = stage.run("refunds", "audit", "-o", "table", env={"COLUMNS": "200"})

        assert done.code == 0
        assert done.out.count("\nunjudged") == len(orders)
        assert all(order in done.out for order in orders)
        assert "possible refund" in done.out
        assert "8 orders: 8 unjudged; paid $0.00" in done.err
        assert done.err.count(" is of type 'reversal', and might be its refund") == 5
        assert "  and 3 more" in done.err
        assert "next" not in done.err


def test_lines_that_can_not_be_counted_are_counted(stage: Scene) -> None:
    lost = stage.server.add_order(status="cancelled", age_s=HOUR, refunds=[])
    bought = {"id": "t-1", "type": "purchase", "amount": -0.8, "order_id": lost}
    odd = {
        "id": "t-2",
        "type": "refund",
        "amount": "much",
        "order_id": "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",
    }
    body = {"count": 3, "limit": 100, "transactions": [bought, None, odd]}
    stage.server.fault("transactions", raw=http(json.dumps(body).encode()), times=None)

    audited = stage.run("refunds", "audit", "--json")

    assert (audited.code, verdict_of(audited, lost)) == (9, "missing")
    assert audited.json["totals"]["unread"] == 2
    assert "returned at least $0.00" in audited.err
    for said in (audited.err, stage.run("stats").err):
        assert "2 lines of the ledger can't be read, or not the amount: in no sum" in said


def test_a_refund_that_was_rounded_up_is_not_called_twice(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(
            status="cancelled", age_s=HOUR, price=Decimal("0.125"), refunds=[Decimal("0.13")]
        )

        done = stage.run("orders", "refund", order, "--yes", "--json")

        assert (done.json[0]["outcome"], done.json[0]["verified"]) == ("already_refunded", "posted")


def test_a_refund_of_no_order_counts_in_stats_and_one_that_was_taken_back_does_not(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        server.add_order(status="cancelled", age_s=HOUR, refunds=[PRICE, -PRICE])
        server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        server.book.post("refund", PRICE)
        server.book.post("credit", Decimal(5))

        stats = stage.run("stats", "--json").json

        assert (stats["spent"], stats["returned"]) == (1.6, 0.8)


def test_an_order_whose_id_is_no_uuid_is_one_order_however_the_ledger_spells_it(stage: Scene) -> None:
    bought = {"id": "t-1", "type": "purchase", "amount": -0.8, "order_id": "ord_ab12"}
    back = {"id": "t-2", "type": "refund", "amount": 0.8, "order_id": " ORD_AB12"}
    order = {"id": "ord_AB12", "status": "cancelled", "price_charged": 0.8}
    ledger = {"count": 2, "limit": 100, "transactions": [back, bought]}
    stage.server.fault("transactions", raw=http(json.dumps(ledger).encode()), times=None)
    stage.server.fault("orders", raw=http(json.dumps({"count": 1, "orders": [order]}).encode()), times=None)

    audited = stage.run("refunds", "audit", "--json")

    assert [(row["id"], row["verdict"]) for row in audited.json["orders"]] == [("ord_AB12", "refunded")]


@pytest.mark.parametrize(("form", "code", "verdict"), [("json", 9, "missing"), ("html", 6, None)])
def test_a_page_behind_the_last_one_may_be_refused_by_the_service_and_by_nothing_before_it(
    vsms: Vsms, form: str, code: int, verdict: str | None
) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        server.fault("transactions", "400", form=form, skip=1, times=None)

        audited = stage.run("refunds", "audit", "--json")

        assert audited.code == code, audited.err
        assert verdict is None or verdict_of(audited, order) == verdict
