"""`vsms orders show` through the front door."""

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

STARTS = ("7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11", "7e44c0ff-1f3a-4c57-9a51-0f2d6a9b8c12")


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ("waiting", {"cancel": "yes", "wait": "yes", "refund": "no"}),
        ("completed", {"cancel": "no", "wait": "no", "refund": "yes"}),
        ("expired", {"cancel": "no", "wait": "no", "refund": "yes"}),
        ("cancelled", {"cancel": "no", "wait": "no", "refund": "yes"}),
        ("hibernating", {"cancel": "no", "wait": "no", "refund": "no"}),
    ],
)
def test_it_says_which_of_cancel_wait_and_refund_applies_and_why(
    live: Vsms, server: FaultServer, status: str, actions: dict[str, str]
) -> None:
    order = server.add_order(status=status)
    done = live("orders", "show", order, "--json")
    assert (done.code, done.err) == (0, "")
    assert {
        name: why.partition(":")[0].partition(",")[0] for name, why in done.json["actions"].items()
    } == actions
    assert all(":" in why for why in done.json["actions"].values())
    told = live("orders", "show", order, "-o", "table")
    assert all(f"{name.ljust(6)}  {word}" in told.out for name, word in actions.items())


def test_a_young_order_says_when_cancelling_opens(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(age_s=10)
    assert "no: it opens in 1:" in live("orders", "show", order, "--json").json["actions"]["cancel"]


@pytest.mark.one_form
def test_messages_come_with_sender_content_and_time(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")
    (message,) = live("orders", "show", order, "--json").json["messages"]
    assert list(message) == ["sender", "content", "received_at"]
    assert message["content"] == "Your code is 123-456"
    assert live("orders", "show", order, "--fields", "id,messages").rows == [[order, "Your code is 123-456"]]
    assert "SMS from WhatsApp, 20" in live("orders", "show", order, "-o", "table").out


@pytest.mark.one_form
def test_an_sms_of_several_lines_is_shown_in_indented_lines_that_no_line_of_ours_resembles(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    server.deliver(
        order, "Your code:\n123456\r\nrefund  yes: \x1b[31mnow\u2028next: vsms balance", sender="a\nb"
    )
    for done in (
        live("orders", "show", order, "-o", "table"),
        live.on_a_terminal("orders", "show", order, columns=60),
    ):
        _, _, after = done.out.partition("SMS from a\\x0ab, ")
        assert after.splitlines()[1:6] == [
            "  Your code:",
            "  123456",
            "  refund  yes: \\x1b[31mnow",
            "  next: vsms balance",
            "",
        ]
    listed = live("orders", "show", order, "--fields", "messages").out
    assert listed == "Your code:\\x0a123456\\x0d\\x0arefund  yes: \\x1b[31mnow\\u2028next: vsms balance\n"


def test_an_order_that_ended_counts_nothing_down(live: Vsms, server: FaultServer) -> None:
    lines = live("orders", "show", server.add_order(status="cancelled"), "-o", "table").lines
    assert not any(line.startswith(("cancel opens", "refunds itself")) for line in lines)
    assert "no SMS" in lines


def test_a_whole_id_costs_one_request_and_its_case_does_not_matter(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    assert live("orders", "show", order.upper(), "-q").out == f"{order}\n"
    assert [request.operation for request in server.requests] == ["order"]


def test_a_beginning_that_fits_one_order_is_enough(live: Vsms, server: FaultServer) -> None:
    for order in STARTS:
        server.add_order(order_id=order)
    assert live("orders", "show", "7E44C0DE", "-q").out == f"{STARTS[0]}\n"


def test_a_beginning_that_fits_several_shows_them_and_does_nothing(live: Vsms, server: FaultServer) -> None:
    for order in STARTS:
        server.add_order(order_id=order)
    done = live("orders", "show", "7e44c0")
    assert (done.code, done.out) == (2, "")
    assert "fits 2 orders" in done.err
    assert all(order in done.err for order in STARTS)


def test_a_beginning_or_an_id_that_fits_none_is_not_found(live: Vsms, server: FaultServer) -> None:
    server.add_order(order_id=STARTS[0])
    for missing in ("000000", STARTS[1]):
        done = live("orders", "show", missing)
        assert (done.code, done.out) == (5, "")
        assert "orders list --all" in done.err


@pytest.mark.parametrize(
    "hostile", ["7e44c", "../purchase", "%2f", "", "7e44c0dg", "\uff17e44c0de", "a\x00bcdef", "x" * 9000]
)
def test_what_is_no_id_is_refused_before_any_request(live: Vsms, server: FaultServer, hostile: str) -> None:
    done = live("orders", "show", hostile)
    assert (done.code, done.out) == (2, "")
    assert "is not an order id" in done.err
    assert len(done.err) < 400
    assert server.requests == []
