"""Scripted trouble, over the wire: what each fault does to the client, and what it did to the order."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from sandbox.caller import KEY, Caller, assert_adds_up, serving
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.fault_injection import KINDS, Fault, FaultInjection, seconds_in
from vsms_cli.sandbox.routing import Sandbox


@contextmanager
def client_in(caller: Caller, *faults: str, **options: float) -> Iterator[httpx.Client]:
    trouble = FaultInjection(map(Fault.read, faults), latency_s=options.get("latency_s", 0.0))
    with (
        serving(caller.sandbox, trouble=trouble) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": KEY}, trust_env=False, timeout=1) as client,
    ):
        yield client


def oldest(caller: Caller) -> str:
    return str(caller.orders(status="waiting")[-1]["id"])


SILENT: dict[str, type[httpx.HTTPError]] = {
    "timeout": httpx.ReadTimeout,
    "reset": httpx.ReadError,
    "close": httpx.RemoteProtocolError,
    "cut": httpx.RemoteProtocolError,
}


@pytest.mark.parametrize("when", ["", "-before", "-after"])
@pytest.mark.parametrize("kind", SILENT)
def test_a_fault_without_an_answer_leaves_the_order_as_it_says(caller: Caller, kind: str, when: str) -> None:
    order = oldest(caller)
    with client_in(caller, f"cancel:{kind}{when}") as client:
        with pytest.raises(SILENT[kind]):
            client.post(f"/customer/cancel/{order}")
        status = client.get(f"/customer/order/{order}").json()["status"]
    assert status == ("cancelled" if when == "-after" else "waiting")
    assert_adds_up(caller.book)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "status", "looks"),
    [
        ("500", 500, lambda body: "error" in json.loads(body)),
        ("502", 502, lambda body: "error" in json.loads(body)),
        ("599", 599, lambda body: "error" in json.loads(body)),
        ("html", 200, lambda body: body.startswith(b"<!doctype html>")),
        ("empty", 200, lambda body: body == b""),
        ("invalid-json", 200, lambda body: body == b'{"success": tru'),
    ],
)
def test_a_wrong_answer_is_well_framed(
    caller: Caller, kind: str, status: int, looks: Callable[[bytes], bool], when: str
) -> None:
    order = oldest(caller)
    with client_in(caller, f"cancel:{kind}-{when}") as client:
        answer = client.post(f"/customer/cancel/{order}")
        assert answer.status_code == status
        assert looks(answer.content)
        after = client.get(f"/customer/order/{order}").json()["status"]
    assert after == ("cancelled" if when == "after" else "waiting")


def test_slow_is_the_right_answer_late(caller: Caller) -> None:
    with client_in(caller, "balance:slow:1:200ms") as client:
        began = time.monotonic()
        assert client.get("/customer/balance").json()["success"] is True
        assert time.monotonic() - began >= 0.2


def test_a_fault_hits_as_often_as_it_says_and_its_operation_alone(caller: Caller) -> None:
    faults = ("balance:500:2", "balance:429:1:7", "order:404:always", "any:503")
    with client_in(caller, *faults) as client:
        balance = [client.get("/customer/balance") for _ in range(5)]
        assert [answer.status_code for answer in balance] == [500, 500, 429, 503, 200]
        assert balance[2].headers["Retry-After"] == "7"
        order = oldest(caller)
        assert {client.get(f"/customer/order/{order}").status_code for _ in range(4)} == {404}
        assert client.post(f"/customer/order/{order}").status_code == 405  # not that operation


def test_every_answer_comes_late_by_the_latency(caller: Caller) -> None:
    with client_in(caller, latency_s=0.1) as client:
        began = time.monotonic()
        client.get("/customer/balance")
        client.get("/nowhere")
        assert time.monotonic() - began >= 0.2


def test_the_rate_limit_is_each_keys_own_and_slides() -> None:
    now = 1000.0
    trouble = FaultInjection(rate_limit=3, clock=lambda: now)
    assert [trouble.over_limit("a") for _ in range(4)] == [None, None, None, 60]
    assert trouble.over_limit("b") is None
    now += 59.5
    assert trouble.over_limit("a") == 1
    now += 0.5
    assert [trouble.over_limit("a") for _ in range(4)] == [None, None, None, 60]


def test_past_the_rate_limit_nothing_is_done_and_the_answer_says_when(caller: Caller) -> None:
    lines: list[str] = []
    order = oldest(caller)
    with (
        serving(caller.sandbox, trouble=FaultInjection(rate_limit=1), log=lines.append) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": KEY}, trust_env=False) as client,
    ):
        client.get("/customer/balance")
        refused = client.post(f"/customer/cancel/{order}")
    assert refused.status_code == 429
    assert 59 <= int(refused.headers["Retry-After"]) <= 60
    assert caller.get(f"/customer/order/{order}")["status"] == "waiting"
    assert lines[1].startswith(f"POST /api/v1/customer/cancel/{order} 429 ")


def test_the_hold_goes_before_the_services_two_minutes(book: Database) -> None:
    Caller(sandbox=Sandbox(book, seed=7), book=book)
    at_once = Caller(sandbox=Sandbox(book, hold=timedelta()), book=book)
    later = Caller(sandbox=Sandbox(book, hold=timedelta(hours=1)), book=book)
    order = at_once.buy()["order_id"]
    assert later.post(f"/customer/cancel/{order}")[0] == 425
    assert at_once.post(f"/customer/cancel/{order}")[0] == 200


def test_every_kind_that_is_named_can_be_asked_for() -> None:
    for kind in KINDS:
        assert Fault.read(f"cancel:{'500' if kind == 'STATUS' else kind}").count == 1
    assert Fault.read("any:timeout-after:always:1m") == Fault(
        operation="any", kind="timeout", done=True, count=None, seconds=60.0
    )
    assert seconds_in("1.5") == 1.5
