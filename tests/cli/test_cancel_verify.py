"""`orders cancel --verify` and `orders refund`: each refund compared with the ledger, by order and amount."""

import json
from decimal import Decimal
from typing import Any

import pytest

from cli.conftest import signed_in
from support.fault_server import FaultServer
from support.vsms import Vsms


def cut(server: FaultServer, order: str, *amounts: str) -> None:
    """Let the ledger say otherwise than the answer to the cancel did."""
    book = server.book
    with book.lock:
        book._ledger = [line for line in book._ledger if line.order_id != order or line.type == "purchase"]
        for amount in amounts:
            book.post("refund", Decimal(amount), order_id=order)


class Liar(FaultServer):
    """A service whose ledger shows other refunds than it promised."""

    amounts: tuple[str, ...] = ()

    def _plan(self, request: Any, *, commits: bool) -> Any:
        plan = super()._plan(request, commits=commits)
        if commits and request.operation == "cancel" and plan.answer.status == 200:
            cut(self, request.order_id, *self.amounts)
        return plan


def test_a_posted_refund_has_its_transaction_in_the_row_and_in_the_journal(
    live: Vsms, server: FaultServer
) -> None:
    orders = [server.add_order() for _ in range(3)]
    done = live("orders", "cancel", *orders, "--yes", "--verify", "--json")
    assert done.code == 0
    assert [row["verified"] for row in done.json] == ["posted"] * 3
    assert [row["transaction_id"] for row in done.json] == [
        server.book.refunds(order)[0].id for order in orders
    ]
    assert "ledger: 3 of 3 refunds posted" in done.err
    assert [r.operation for r in server.requests].count("transactions") == 1
    entries = {row["order_id"]: row["reference"] for row in live("journal", "list", "--json").json}
    assert entries == {order: server.book.refunds(order)[0].id for order in orders}
    story = live("journal", "show", "1", "-o", "table").out
    assert (
        f"refund posted: transaction {entries[live('journal', 'show', '1', '--json').json['order_id']]}"
        in story
    )


def test_a_hundred_orders_cost_one_reading_of_the_ledger(live: Vsms, server: FaultServer) -> None:
    for _ in range(100):
        server.add_order()
    done = live("orders", "cancel", "--all", "--yes", "--verify", "-o", "ndjson")
    assert done.code == 0
    assert "ledger: 100 of 100 refunds posted" in done.err
    asked = [request.target for request in server.requests if request.operation == "transactions"]
    assert len(asked) == 3  # a purchase and a refund each, and the server's opening deposit: three pages


def test_without_verify_the_keys_are_null_and_the_ledger_is_not_asked(
    live: Vsms, server: FaultServer
) -> None:
    (row,) = live("orders", "cancel", server.add_order(), "--yes", "--json").json
    assert (row["transaction_id"], row["verified"]) == (None, None)
    assert "transactions" not in {request.operation for request in server.requests}


@pytest.mark.one_form
@pytest.mark.parametrize(
    ("amounts", "verdict", "code"),
    [((), "missing", 9), (("0.3",), "short", 9), (("0.8", "0.8"), "twice", 0), (("0.1", "0.7"), "posted", 0)],
)
@pytest.mark.parametrize("by", ["ids", "filter"])
def test_what_the_ledger_does_not_show_in_full_is_said(
    vsms: Vsms, amounts: tuple[str, ...], verdict: str, code: int, by: str
) -> None:
    with Liar() as server:
        server.amounts = amounts
        live, order = signed_in(vsms, server), server.add_order()
        words = [order] if by == "ids" else ["--country", "AR"]
        done = live("orders", "cancel", *words, "--yes", "--verify", "--json")
        assert (done.code, done.json[0]["outcome"], done.json[0]["verified"]) == (code, "cancelled", verdict)
        assert ("next: vsms refunds audit" in done.err) == (verdict != "posted")


def test_a_person_gets_a_line_for_each_proof(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    out = live("orders", "cancel", order, "--yes", "--verify", "-o", "table").out
    (line,) = server.book.refunds(order)
    assert f"{order}  cancelled  $0.80 returned" in out
    assert f"{order}  posted  $0.80, transaction {line.id} at 20" in out


def test_a_row_waits_for_its_proof_in_every_machine_format(live: Vsms, server: FaultServer) -> None:
    rows = [
        json.loads(line)
        for line in live(
            "orders", "cancel", server.add_order(), server.add_order(), "--yes", "--verify", "-o", "ndjson"
        ).lines
    ]
    assert [row["verified"] for row in rows] == ["posted", "posted"]
    assert live("orders", "cancel", server.add_order(), "--yes", "--verify").rows[0][-1] == "posted"


@pytest.mark.one_form
def test_what_ended_before_is_proved_too_however_long_ago(live: Vsms, server: FaultServer) -> None:
    old = server.add_order(status="cancelled", age_s=9 * 86_400)
    lost = server.add_order(status="expired", age_s=9 * 86_400, refunds=[])
    done = live("orders", "cancel", old, lost, "--yes", "--verify", "--json")
    assert [(row["outcome"], row["verified"]) for row in done.json] == [
        ("already_cancelled", "posted"),
        ("expired", "missing"),
    ]
    assert done.code == 9


def test_a_ledger_that_can_not_be_read_proves_nothing_and_changes_no_outcome(
    live: Vsms, server: FaultServer
) -> None:
    server.fault("transactions", "503", times=None)
    done = live("orders", "cancel", server.add_order(), "--yes", "--verify", "--json")
    assert (done.code, done.json[0]["outcome"], done.json[0]["verified"]) == (0, "cancelled", None)
    assert "could not be compared with the ledger" in done.err


class Late(Liar):
    """Its ledger shows a refund when it is read for the second time."""

    reads = 0

    def _plan(self, request: Any, *, commits: bool) -> Any:
        if request.operation == "transactions":
            self.reads += 1
            if self.reads == 2:
                for order in self.book.orders("cancelled"):
                    self.book.post("refund", order.price, order_id=order.id)
        return super()._plan(request, commits=commits)


@pytest.mark.one_form
def test_a_refund_that_comes_a_moment_late_is_waited_for(vsms: Vsms) -> None:
    with Late() as server:
        order = server.add_order()
        done = signed_in(vsms, server)("orders", "cancel", order, "--yes", "--verify", "--json")
        assert (done.code, done.json[0]["verified"], server.reads) == (0, "posted", 2)


def test_orders_refund_reads_the_ledger_once_for_all_and_proves_what_it_cancelled(
    live: Vsms, server: FaultServer
) -> None:
    waiting = [server.add_order() for _ in range(2)]
    ended = [server.add_order(status=status) for status in ("expired", "cancelled", "completed")]
    missing = server.add_order(status="expired", refunds=[])
    done = live("orders", "refund", *waiting, *ended, missing, "--reason", "code-rejected", "--yes", "--json")
    rows = {row["id"]: row for row in done.json}
    assert [rows[order]["verified"] for order in waiting] == ["posted", "posted"]
    assert rows[waiting[0]]["transaction_id"] == server.book.refunds(waiting[0])[0].id
    assert rows[waiting[0]]["refunded_at"].endswith("Z")
    assert [rows[order]["verified"] for order in ended] == ["posted", "posted", None]
    assert (rows[missing]["outcome"], rows[missing]["verified"]) == ("requested", "missing")
    # Before, to the very end of it, as something is missing; and after.
    assert [r.operation for r in server.requests].count("transactions") == 1 + 4 + 1
