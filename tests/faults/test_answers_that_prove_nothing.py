"""Rows 4 to 14, 17 and 22: a cancel whose answer is lost, broken or wrong, before and after the commit.

All of them run in one command, an order each, so that five are waited for at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from faults.scene import Scene, posts_of, scene
from support.fault_server import FaultServer
from support.vsms import Done, Vsms


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault, and whether a whole answer came."""

    row: int
    kind: str
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([str(self.row), self.kind, *(str(value)[:20] for value in self.options.values())])


WRONG = [
    Wrong(4, "timeout"),
    Wrong(4, "stall-in-head"),
    Wrong(4, "stall-in-body"),
    Wrong(6, "close"),
    Wrong(6, "reset"),
    Wrong(6, "half-close"),
    Wrong(6, "body-reset"),
    Wrong(7, "stops-reading", {"seconds": 1.0}),
    *(Wrong(8, str(status), {"form": form}) for status in (500, 502, 503, 504) for form in ("json", "html")),
    Wrong(8, "599", {"form": "text"}),
    Wrong(9, "head-cut-short"),
    Wrong(9, "body-cut-short"),
    Wrong(9, "length-too-small"),
    Wrong(9, "chunked-cut-short"),
    Wrong(9, "chunked-no-end"),
    Wrong(9, "broken-chunked"),
    Wrong(9, "http10-half"),
    Wrong(9, "garbage"),
    *(
        Wrong(10, kind)
        for kind in (
            *("invalid-json", "not-utf8", "nan", "duplicate-key", "deep-nesting"),
            *("long-number", "lone-surrogate", "a-scalar", "an-array"),
        )
    ),
    Wrong(11, "captive-portal"),
    Wrong(12, "empty-200"),
    Wrong(12, "204"),
    Wrong(13, "success-false"),
    Wrong(13, "other-id"),
    Wrong(13, "missing-fields"),
    *(
        Wrong(13, "amount", {"text": text})
        for text in ("null", "-0.80", "99999999", '"eighty"', "1e9999999", "1e99999999999999999999", "true")
    ),
    Wrong(14, "giant-body", {"size": 4 * 1024 * 1024}),
    Wrong(14, "endless-body"),
    Wrong(14, "huge-headers"),
    Wrong(14, "gzip-bomb", {"size": 8 * 1024 * 1024}),
    Wrong(15, "drip-head"),
    Wrong(15, "drip-body"),
    *(Wrong(17, "redirect", {"status": status}) for status in (301, 302, 303, 307, 308)),
    Wrong(17, "redirect-loop"),
    Wrong(22, "408"),
    Wrong(22, "409"),
]


@dataclass(frozen=True, slots=True)
class Campaign:
    stage: Scene
    done: Done
    orders: dict[tuple[str, str], str]

    def told(self, wrong: Wrong, when: str) -> dict[str, Any]:
        order = self.orders[str(wrong), when]
        row: dict[str, Any] = next(row for row in self.done.json if row["id"] == order)
        return row

    def posts(self, wrong: Wrong, when: str) -> list[bool]:
        return list(posts_of(self.stage.server, self.orders[str(wrong), when]))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with FaultServer(pays_again=True) as server:
        stage = scene(Vsms(tmp_path_factory.mktemp("campaign")), server)
        orders = {}
        for wrong in WRONG:
            for when in ("before", "after"):
                order = orders[str(wrong), when] = server.add_order()
                server.fault("cancel", wrong.kind, when=when, order_id=order, **wrong.options)
        yield Campaign(stage, stage.cancel(*orders.values()), orders)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_nothing_was_done_so_it_is_read_and_cancelled_once_more(campaign: Campaign, wrong: Wrong) -> None:
    row = campaign.told(wrong, "before")

    assert (row["outcome"], row["refund_amount"]) == ("cancelled", 0.8)
    assert campaign.posts(wrong, "before") == [False, True]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_it_was_done_so_it_is_read_and_never_sent_again(campaign: Campaign, wrong: Wrong) -> None:
    row = campaign.told(wrong, "after")

    assert (row["outcome"], row["refund_amount"], row["error"]) == ("cancelled", 0.8, None)
    assert campaign.posts(wrong, "after") == [True]


def test_the_run_as_a_whole_is_a_success_and_leaves_nothing_open(campaign: Campaign) -> None:
    assert campaign.done.code == 0
    assert f"{len(WRONG) * 2} of {len(WRONG) * 2} orders cancelled" in campaign.done.err
    assert campaign.stage.run("journal", "list", "--unresolved", "--json").json == []


def test_the_same_key_goes_with_both_requests(campaign: Campaign) -> None:
    order = campaign.orders[str(WRONG[0]), "before"]
    keys = [r.headers["x-idempotency-key"] for r in campaign.stage.server.requests
            if r.method == "POST" and r.order_id == order]  # fmt: skip

    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_redirect_takes_nothing_to_another_server(stage: Scene) -> None:
    with FaultServer() as elsewhere:
        order = stage.server.add_order()
        stage.server.fault(
            "any", "redirect", times=None, location=f"{elsewhere.base_url}/customer/cancel/{order}"
        )

        assert stage.cancel(order).code == 8
        assert stage.run("balance").code == 6
        assert elsewhere.connections == 0


@pytest.mark.parametrize("kind", ["close", "reset", "timeout"])
def test_a_request_that_takes_effect_after_its_connection_is_gone_is_waited_for(
    vsms: Vsms, kind: str
) -> None:
    with FaultServer(pays_again=True) as server:
        stage = scene(vsms, server, timeout=1)
        order = server.add_order()
        server.fault("cancel", kind, when="late", late_s=1.5 if kind == "timeout" else 0.6)

        done = stage.cancel(order)

        assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
        assert (server.posts(order), server.times_paid(order)) == (1, 1)


@dataclass(frozen=True, slots=True)
class Behind:
    """Something between the service and us: what answers, and how long after that the service is done, in seconds."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    late_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}-{self.options.get('form', '')}-{self.late_s}"


BEHIND = [
    *(Behind(str(status), {"form": "html"}, late_s=2.0) for status in (408, 499, 502, 504, 520, 522, 524)),
    *(Behind(str(status), {"form": "json"}, late_s=1.5) for status in (500, 503, 202, 409)),
    *(
        Behind(str(status), {"form": form})
        for status in (403, 404, 410)
        for form in ("html", "text", "empty")
    ),
]


@pytest.mark.parametrize("refused", ["400", "425", "500", "404"])
@pytest.mark.parametrize("lag_s", [1.0, 3.0])
def test_reads_that_lag_behind_what_was_done_never_make_it_failed(
    vsms: Vsms, lag_s: float, refused: str
) -> None:
    with FaultServer(pays_again=False, read_lag_s=lag_s) as server:
        stage = scene(vsms, server, timeout=0.5)
        orders = [server.add_order() for _ in range(3)]
        server.fault("cancel", "500", when="after", order_id=orders[0])
        server.fault("cancel", "409", when="after", order_id=orders[1])
        server.fault("cancel", "missing-fields", when="after", order_id=orders[2])
        for order in orders:
            server.fault("cancel", refused, order_id=order)

        done = stage.run("orders", "cancel", *orders, "--yes", "--json")

        assert (done.code, [row["outcome"] for row in done.json]) == (0, ["cancelled"] * 3)
        assert [row["refund_amount"] for row in done.json] == [0.8] * 3
        assert [server.times_paid(order) for order in orders] == [1, 1, 1]


def test_a_gateway_that_answers_before_the_service_is_done_is_settled_and_paid_once(vsms: Vsms) -> None:
    with FaultServer(pays_again=True) as server:
        stage = scene(vsms, server, timeout=3)
        orders = {}
        for behind in BEHIND:
            orders[str(behind)] = order = server.add_order()
            when = "late" if behind.late_s else "after"
            server.fault(
                "cancel", behind.kind, when=when, late_s=behind.late_s, order_id=order, **behind.options
            )

        done = stage.cancel(*orders.values())

        assert {row["id"]: row["outcome"] for row in done.json} == dict.fromkeys(orders.values(), "cancelled")
        assert {server.times_paid(order) for order in orders.values()} == {1}


@pytest.mark.parametrize("status", ["403", "404"])
@pytest.mark.parametrize("form", ["html", "text"])
def test_a_page_of_something_in_front_of_the_service_is_not_its_word(
    stage: Scene, status: str, form: str
) -> None:
    orders = [stage.server.add_order() for _ in range(8)]
    for order in orders[:3]:
        stage.server.fault("cancel", status, form=form, order_id=order)

    done = stage.cancel(args=("--all",))

    assert (done.code, {row["outcome"] for row in done.json}) == (0, {"cancelled"})
    read = stage.run("orders", "show", orders[0])
    assert read.code == 0
    stage.server.fault("any", status, form=form, times=None)
    for args in (["balance"], ["orders", "show", orders[0]], ["orders", "list"]):
        refused = stage.run(*args)
        assert refused.code == 6
        assert "this is not the API" in refused.err


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_410_is_read(stage: Scene, status: str) -> None:
    order = stage.server.add_order(status=status)
    stage.server.fault("cancel", "410", order_id=order)

    done = stage.run("orders", "cancel", order, "--yes", "--json")

    ends = {"expired": "expired", "cancelled": "already_cancelled"}
    assert (done.code, done.json[0]["outcome"]) == (0, ends[status])


def test_what_the_order_never_shows_the_ledger_does(vsms: Vsms) -> None:
    with FaultServer(read_lag_s=600.0) as server:
        stage = scene(vsms, server, timeout=0.5)
        order = server.add_order()
        server.fault("cancel", "500", when="after")

        done = stage.run("orders", "cancel", order, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)


def test_a_commit_that_nothing_shows_in_time_is_unknown_and_settled_later(vsms: Vsms) -> None:
    with FaultServer(pays_again=True) as server:
        stage = scene(vsms, server, timeout=0.5)
        orders = [server.add_order() for _ in range(2)]
        for order in orders:
            server.fault("cancel", "500", when="before", order_id=order)
            server.fault("cancel", "500", when="late", late_s=13.0, order_id=order)

        done = stage.run("orders", "cancel", *orders, "--yes", "--json")

        assert (done.code, [row["outcome"] for row in done.json]) == (8, ["unknown"] * 2)
        server.wait_for_late()
        again = stage.run("orders", "cancel", orders[0], "--yes", "--json")
        resolved = stage.run("journal", "resolve", "--json")
        assert (again.json[0]["outcome"], again.json[0]["refund_amount"]) == ("cancelled", 0.8)
        assert (resolved.code, resolved.json[0]["outcome"]) == (0, "cancelled")
        assert [server.times_paid(order) for order in orders] == [1, 1]
        assert stage.run("journal", "resolve").err == "nothing to resolve\n"
