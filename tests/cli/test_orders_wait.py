"""`vsms orders wait` through the front door."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.fault_kinds import HOSTILE
from support.fault_server import FaultServer
from support.vsms import Vsms

Terminal = Callable[..., Any]
Ended = Callable[[Any], tuple[int | None, str]]


def test_the_code_alone_is_printed(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")

    done = live("orders", "wait", order[:8])

    assert (done.code, done.out, done.err) == (0, "123456\n", "")


def test_as_json_it_is_the_whole_message(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.deliver(order, "no digits here", sender="Telegram")

    row = live("orders", "wait", order, "--json").json

    assert list(row) == ["id", "code", "sender", "content", "received_at"]
    assert (row["id"], row["code"], row["sender"], row["content"]) == (
        order,
        None,
        "Telegram",
        "no digits here",
    )
    assert live("orders", "wait", order).out == "no digits here\n"
    assert live("orders", "wait", order, "--fields", "sender,content").out == "Telegram\tno digits here\n"
    assert live("orders", "wait", order, "-o", "csv").lines[0] == "id,code,sender,content,received_at"
    assert live("orders", "wait", order, "-q").out == f"{order}\n"


@pytest.mark.parametrize("args", [[], ["-o", "table"], ["-o", "tsv"], ["--json"]])
def test_a_hostile_message_is_shown_harmless(live: Vsms, server: FaultServer, args: list[str]) -> None:
    order = server.add_order()
    server.deliver(order, HOSTILE, sender=HOSTILE)

    done = live("orders", "wait", order, *args)

    assert done.code == 0
    assert len(done.lines) == 1
    assert not {char for char in done.out + done.err if (char < " " and char not in "\n\t") or char == "\x9b"}


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_refunded_instead_is_5(live: Vsms, server: FaultServer, status: str) -> None:
    order = server.add_order(status=status)

    done = live("orders", "wait", order, "--json")

    assert (done.code, done.out) == (5, "")
    assert json.loads(done.err)["error"]["code"] == "refunded"


def test_the_timeout_is_124_and_not_the_request_s(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    done = live("orders", "wait", order, "--timeout", "1s")

    assert (done.code, done.out) == (124, "")
    assert "no code came within the timeout" in done.err
    assert server.posts() == 0


@pytest.mark.parametrize(
    "args",
    [["7e44c0", "--cancel-after", "1s"], ["../purchase"], ["7e44c0", "--timeout", "5x"], ["x", "--json"], []],
)
def test_wrong_use_sends_nothing(live: Vsms, server: FaultServer, args: list[str]) -> None:
    done = live("orders", "wait", *args)

    assert (done.code, done.out) == (2, "")
    assert server.requests == []


def test_it_cancels_when_the_time_is_up(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    done = live("orders", "wait", order, "--cancel-after", "1s")

    assert (done.code, done.out) == (5, "")
    assert "cancelled  $0.80 returned" in done.err
    assert server.times_paid(order) == server.posts(order) == 1
    (entry,) = live("journal", "list", "--json").json
    assert (entry["operation"], entry["outcome"]) == ("cancel", "cancelled")


def test_a_hold_longer_than_the_time_is_said_and_what_came_back_is_not_doubted(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order(age_s=0, cooldown_s=3)

    done = live("orders", "wait", order, "--cancel-after", "1s")

    assert done.code == 5
    assert "the time is up, but cancelling opens in 0:0" in done.err
    assert "cancelled  $0.80 returned" in done.err
    assert "no code came: it was cancelled" in done.err
    assert "whether the money is back" not in done.err


def test_the_bell_rings_on_the_terminal_and_never_into_the_data(
    live: Vsms, server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    order = server.add_order(status="completed")
    assert ended(desk("orders", "wait", order, "--bell"))[1].replace("\a", "<bell>") == "<bell>123456\n"
    assert "\a" not in ended(desk("orders", "wait", order))[1]
    piped = live("orders", "wait", order, "--bell")
    assert (piped.out, "\a" in piped.err) == ("123456\n", False)


def test_a_code_that_comes_while_it_cancels_wins(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("cancel", "400", text="Cannot cancel order with status: completed")
    # The read before the cancel still shows it waiting; the one after shows the code.
    server.fault("order", "fields", fields={"status": "waiting", "messages": []}, times=2)
    server.deliver(order, "Your code is 4711")

    done = live("orders", "wait", order, "--cancel-after", "1s")

    assert (done.code, done.out) == (0, "4711\n"), done.err
    assert server.times_paid(order) == 0


def test_a_failed_read_is_a_note(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")
    server.fault("order", "503", times=1)

    done = live("orders", "wait", order, "--timeout", "1s")

    assert (done.code, done.out) == (0, "123456\n")
    assert "reading again in" in done.err


def test_an_unknown_order_is_5_and_a_refused_token_4(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    assert live("orders", "wait", "0" * 8 + order[8:]).code == 5
    assert live("orders", "wait", order, env={"VSMS_TOKEN": "vsms_wrong"}).code == 4


def test_an_sms_that_arrives_in_the_sandbox_ends_it(vsms: Vsms) -> None:
    order = vsms.sandbox("orders", "list", "--country", "DE", "-q").lines[0]
    waiting = subprocess.Popen(
        vsms.command("--sandbox", "orders", "wait", order, "--timeout", "30s"),
        env=vsms.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.5)
    vsms("sandbox", "deliver", order, "G-482913 is your code")
    out, _ = waiting.communicate(timeout=30)

    assert (waiting.returncode, out) == (0, "482913\n")


def test_a_terminal_sees_the_countdown_and_ctrl_c_is_130(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    order = server.add_order()
    child = desk("orders", "wait", order)
    child.expect(r"refunds itself in 1[45]:\d\d")
    child.expect(r"refunds itself in 1[45]:\d\d")
    child.sendintr()
    code, text = ended(child)

    assert code == 130
    assert "Traceback" not in text
    assert server.posts() == 0


def test_a_plain_terminal_and_a_pipe_see_none(server: FaultServer, desk: Terminal, ended: Ended) -> None:
    order = server.add_order()
    code, text = ended(desk("orders", "wait", order, "--timeout", "1s", columns=60, TERM="dumb"))

    assert code == 124
    assert all(len(line) <= 60 for line in text.splitlines())
    assert "\x1b" not in text
    assert "refunds itself in" not in text


@pytest.mark.parametrize(
    ("trouble", "code"), [({"kind": "timeout"}, 6), ({"kind": "429", "retry_after": "80"}, 124)]
)
def test_the_timeout_holds_for_a_service_that_hangs_or_asks_for_a_pause(
    live: Vsms, server: FaultServer, trouble: dict[str, str], code: int
) -> None:
    order = server.add_order()
    options: dict[str, Any] = dict(trouble)
    server.fault("order", options.pop("kind"), times=None, **options)
    began = time.monotonic()
    done = live("orders", "wait", order, "--timeout", "1s", env={"VSMS_TIMEOUT": "20"})
    server.release()
    assert done.code == code
    assert time.monotonic() - began < 10  # one second, one last read of two, and a busy machine


def test_a_rate_limit_that_leaves_no_turn_is_a_timeout(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = live("orders", "wait", order, "--timeout", "1s", env={"VSMS_RATE_LIMIT": "1"})
    again = live("orders", "wait", order, "--timeout", "1s", env={"VSMS_RATE_LIMIT": "1"})
    assert (done.code, again.code) == (124, 124)
    assert "no code came within the timeout" in again.err
