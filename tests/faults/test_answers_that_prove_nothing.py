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
        for text in ("null", "-0.80", "99999999", '"0.80"', "1e9999999", "1e99999999999999999999", "true")
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


def test_a_commit_that_comes_after_failed_was_said_is_found_and_never_paid_again(
    stage: Scene, service: FaultServer
) -> None:
    order = service.add_order()
    stage.vsms.env["VSMS_TIMEOUT"] = "2"
    service.fault("cancel", "503", when="before")
    service.fault("cancel", "503", when="late", late_s=1.0)

    said = stage.cancel(order).json[0]
    again = stage.cancel(order).json[0]

    assert (said["outcome"], again["outcome"], again["refund_amount"]) == ("failed", "cancelled", 0.8)
    assert (service.posts(order), service.times_paid(order)) == (2, 1)
    assert [row["outcome"] for row in stage.run("journal", "list", "--json").json] == ["cancelled"]


def test_resolve_finds_it_too(stage: Scene, service: FaultServer) -> None:
    order = service.add_order()
    stage.vsms.env["VSMS_TIMEOUT"] = "2"
    service.fault("cancel", "503", when="before")
    service.fault("cancel", "503", when="late", late_s=0.5)
    assert stage.cancel(order).json[0]["outcome"] == "failed"

    resolved = stage.run("journal", "resolve", "--json")

    assert (resolved.code, resolved.json[0]["outcome"]) == (0, "cancelled")
    assert stage.run("journal", "resolve").err == "nothing to resolve\n"
