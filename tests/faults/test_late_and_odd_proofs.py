"""Ledgers that lag, statuses that nobody documents, orders that vanish: what proves a refund, and what does not yet."""

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


@pytest.mark.parametrize("lag_s", [2.0, 6.0])
def test_verify_waits_for_a_ledger_that_lags(vsms: Vsms, lag_s: float) -> None:
    with FaultServer(ledger_lag_s=lag_s) as server:
        order = server.add_order()

        done = scene(vsms, server).cancel(order, args=("--verify",))

        assert (done.code, done.json[0]["verified"]) == (0, "posted"), done.err
        assert "can't be seen in the ledger yet: reading it for 10 s" in done.err


def test_a_refund_that_is_on_its_way_is_not_asked_for(vsms: Vsms) -> None:
    with FaultServer(ledger_lag_s=60.0) as server:
        stage, order = scene(vsms, server), server.add_order()
        assert stage.cancel(order).code == 0

        done = stage.run("orders", "refund", order, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"], done.json[0]["error"]["code"]) == (
            5,
            "not_eligible",
            "pending",
        )
        assert server.posts(order, "refund") == 0


def test_what_the_journal_saw_cancelled_is_so_though_it_can_not_be_read(stage: Scene) -> None:
    order = stage.server.add_order()
    assert stage.cancel(order).code == 0
    stage.server.fault("order", "502", times=None)

    again = stage.cancel(order)

    assert (again.code, again.json[0]["outcome"]) == (0, "already_cancelled")


@pytest.mark.parametrize("status", ["canceled", "refunded", "void"])
def test_the_ledger_tells_what_became_of_an_order_whose_status_is_in_no_document(
    stage: Scene, status: str
) -> None:
    order = stage.server.add_order(extra={"status": status})
    stage.server.fault("cancel", "reset", when="after")

    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)
    assert stage.server.posts(order) == 1


def test_the_ledger_tells_what_became_of_an_order_that_is_gone(stage: Scene) -> None:
    order = stage.server.add_order()
    stage.server.fault("cancel", "reset", when="after")
    stage.server.fault("order", "404", times=None)

    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)


def test_a_404_is_checked_by_one_reading(stage: Scene) -> None:
    order = stage.server.add_order(status="cancelled")
    stage.server.fault("cancel", "404")

    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert (done.code, done.json[0]["outcome"]) == (0, "already_cancelled")


@pytest.mark.parametrize("done_all_the_same", [False, True])
def test_a_202_is_no_refund_whatever_it_says(stage: Scene, *, done_all_the_same: bool) -> None:
    order = stage.server.add_order()
    body = '{"success": true, "status": "cancelled", "refund_amount": 0.80}'
    stage.server.fault("cancel", "202", when="after" if done_all_the_same else "before", text=body)

    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
    assert stage.server.posts(order) == (1 if done_all_the_same else 2)


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_web_page_with_425_is_no_word_about_an_order_that_is_old_enough(stage: Scene, kind: str) -> None:
    order = stage.server.add_order(age_s=300)
    stage.server.fault("cancel", "425", form="html", when=kind)

    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)
    assert stage.server.times_paid(order) == 1


def test_a_second_swap_is_compared_with_the_number_that_the_first_one_gave(vsms: Vsms) -> None:
    with FaultServer(read_lag_s=3.0) as server:
        stage, order = scene(vsms, server), server.add_order(age_s=300, lifetime_s=36_000)
        words = ("orders", "swap", order, "--yes", "--json")
        first = stage.run(*words)
        server.advance(300)

        second = stage.run(*words)

        known = server.order(order)
        assert known is not None
        assert (first.json["outcome"], second.json["outcome"], known.swaps) == ("swapped", "swapped", 2)
        assert second.json["previous_number"] == first.json["phone_number"]
        assert second.json["phone_number"] == known.phone_number


def test_what_was_cancelled_from_here_a_moment_ago_is_pending_whatever_the_service_calls_the_time(
    vsms: Vsms,
) -> None:
    with FaultServer(ledger_lag_s=60.0, date_offset=3600.0) as server:
        stage, order = scene(vsms, server), server.add_order()
        assert stage.run("orders", "cancel", order, "--yes").code == 0

        audited = stage.run("refunds", "audit", "--all", "--json")

        assert (audited.code, audited.json["orders"][0]["verdict"]) == (0, "pending")
