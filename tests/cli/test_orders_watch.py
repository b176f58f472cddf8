"""`vsms orders watch` on a terminal of its own."""

import json
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pexpect
import pytest

from support.fault_kinds import HOSTILE
from support.fault_server import FaultServer
from support.forms import http
from support.vsms import Vsms

Terminal = Callable[..., Any]
Ended = Callable[[Any], tuple[int | None, str]]
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
OURS = re.compile(r"\x1b\[(?:\?(?:1049|25|7)[hl]|H|2J|2K|J|[0-9;]*m)")


@pytest.fixture
def watch(desk: Terminal) -> Callable[..., Any]:
    """A live table that has been read once; read every second."""

    def start(*args: str, shows: str = "waiting, ", **env: str) -> Any:
        child = desk("orders", "watch", "--interval", "1", *args, **env)
        child.expect_exact("\x1b[?1049h")
        child.expect(shows)
        return child

    return start


def left(child: Any) -> str:
    """What is on the normal screen after the live table; the terminal is as it was."""
    child.expect_exact(LEAVE)
    child.expect(pexpect.EOF)
    text = str(child.before)
    child.close()
    assert "\x1b[?1049h" not in text
    assert "Traceback" not in text
    return text


def echoes(child: Any) -> bool:
    return bool(child.getecho())


def test_the_least_time_left_is_on_top_and_q_leaves_the_last_state(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    young, old = server.add_order(age_s=60), server.add_order(age_s=900)
    child = watch(shows="2 orders waiting")
    child.expect(old)
    child.expect(young)
    child.send("q")
    text = left(child)

    assert child.exitstatus == 0
    assert text.index(old) < text.index(young)
    assert server.posts() == 0


def test_countdowns_tick_between_two_reads(server: FaultServer, desk: Terminal) -> None:
    server.add_order(age_s=60)
    child = desk("orders", "watch", "--interval", "60")
    seen: set[str] = set()
    while len(seen) < 3:
        child.expect(r"in (1[89]:\d\d)")
        seen.add(child.match[1])
    child.send("q")
    left(child)

    assert sum(request.operation == "orders" for request in server.requests) == 1


def test_a_code_that_arrives_is_shown_and_so_is_a_refund(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    order, other = server.add_order(), server.add_order(age_s=400)
    child = watch(shows="2 orders waiting")
    server.deliver(order, "Your code is 482-913")
    child.expect("482913")
    child.expect("1 order waiting, 1 code came")
    server.advance(900)
    child.expect("expired")
    child.send("q")
    text = left(child)

    assert "482913" in text
    assert re.search(rf"{other}.*expired", text)


def test_the_bell_rings_once_for_a_code(server: FaultServer, watch: Callable[..., Any]) -> None:
    order = server.add_order()
    child = watch("--bell", shows="1 order waiting")
    server.deliver(order, "Your code is 482-913")
    child.expect_exact("\a")
    child.expect("482913")
    time.sleep(1.2)  # another read of the same
    child.send("q")
    assert "\a" not in left(child)


def test_in_the_sandbox_it_says_so(desk: Terminal) -> None:
    child = desk("orders", "watch", VSMS_SANDBOX="1")
    child.expect("sandbox: 10 orders waiting, 0 codes came")
    child.send("q")
    left(child)


def test_a_hostile_sms_is_shown_harmless(server: FaultServer, watch: Callable[..., Any]) -> None:
    order = server.add_order(phone_number=HOSTILE)
    child = watch()
    server.deliver(order, HOSTILE)
    child.expect("CODE")
    child.expect("1 code came")
    child.send("q")
    text = child.before + left(child)

    rest = OURS.sub("", text)
    assert not {char for char in rest if (char < " " and char not in "\r\n") or "\x7f" <= char < "\xa0"}


@pytest.mark.parametrize(("answer", "outcome"), [("y", "cancelled"), ("n", "waiting"), ("\r", "waiting")])
def test_c_cancels_the_selected_order_after_a_question(
    server: FaultServer, watch: Callable[..., Any], answer: str, outcome: str
) -> None:
    first, second = server.add_order(age_s=900), server.add_order(age_s=300)
    child = watch(shows=f"> +.*{first}")
    child.send("\x1b[B")
    child.expect(f"> +.*{second}")
    child.send("c")
    child.expect(rf"Cancel \+54\d+, wa, {second[:8]} and return \$0.80\? \[y/N\]")
    child.send(answer)
    child.expect(r"\$0.80 returned" if answer == "y" else "not cancelled")
    child.send("q")
    left(child)

    assert (server.status(first), server.status(second)) == ("waiting", outcome)
    assert server.posts(second) == server.times_paid(second) == (answer == "y")


def test_a_young_order_is_not_asked_about(server: FaultServer, watch: Callable[..., Any]) -> None:
    server.add_order(age_s=5)
    child = watch()
    child.send("c")
    child.expect("too early: cancelling opens in 1:")
    child.send("q")
    left(child)

    assert server.posts() == 0


def test_an_order_that_no_request_can_name_is_shown_harmless_and_never_cancelled(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    row = {
        "id": "ord_\x1b]0;x\x07",
        "status": "waiting",
        "created_at": "2020-01-01T00:00:00Z",
        "price_charged": "?",
    }
    server.fault("orders", raw=http(json.dumps({"orders": [row, None]}).encode()), times=None)
    child = watch(shows=re.escape("ord_\\x1b]0;x\\x07"))
    child.send("c")
    child.expect("no request can name it")
    time.sleep(1.2)  # another read of the same
    child.send("q")
    text = left(child)

    assert child.exitstatus == 0
    assert {request.operation for request in server.requests} == {"orders"}
    assert "3 values of the service's answers can't be read" in text
    assert "\x1b]0" not in text


def test_failed_reads_are_a_note_and_it_goes_on(server: FaultServer, watch: Callable[..., Any]) -> None:
    order = server.add_order()
    child = watch()
    server.fault("orders", "503", times=2)
    child.expect("status 503.*reading again in")
    second = server.add_order(age_s=10)
    child.expect("2 orders waiting")
    child.send("q")
    text = left(child)

    assert order in text
    assert second in text


def test_a_refused_token_ends_it_with_4(server: FaultServer, desk: Terminal) -> None:
    server.add_order()
    child = desk("orders", "watch", VSMS_TOKEN="vsms_wrong")
    assert "refuses the token" in left(child)
    assert child.exitstatus == 4


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_restores_the_terminal_and_leaves_the_last_state(
    server: FaultServer, watch: Callable[..., Any], number: int, code: int
) -> None:
    order = server.add_order()
    child = watch()
    child.expect(order)
    child.kill(number)
    text = left(child)

    assert order in text
    assert child.exitstatus == code


def test_keys_are_not_echoed_and_afterwards_they_are_again(
    server: FaultServer, desk: Terminal, vsms: Vsms
) -> None:
    server.add_order()
    words = " ".join(f"'{word}'" for word in vsms.command("orders", "watch"))
    child = desk(program=["bash", "-c", f"{words}; stty -a; read -r"])
    child.expect("1 order waiting")
    assert not echoes(child)
    child.send("q")
    child.expect(" icanon iexten echo ")
    assert echoes(child)


def test_a_crash_restores_the_terminal(
    server: FaultServer, desk: Terminal, vsms: Vsms, empty_path: Any
) -> None:
    server.add_order()
    # Python imports this before anything else: what breaks is the system's, nothing of ours is named.
    (empty_path / "sitecustomize.py").write_text(
        "import select\ndef broken(*given):\n    raise RuntimeError('of the system')\nselect.select = broken\n"
    )
    child = desk("orders", "watch", PYTHONPATH=str(empty_path))
    assert "crashed: RuntimeError" in left(child)
    assert child.exitstatus == 1
    assert "VSMS_TOKEN" in vsms.env


def test_without_a_terminal_it_is_wrong_use(live: Vsms, server: FaultServer) -> None:
    done = live("orders", "watch")

    assert (done.code, done.out) == (2, "")
    assert "needs a terminal" in done.err
    assert server.requests == []


@pytest.mark.parametrize("args", [["--interval", "0"], ["--interval", "x"], ["--limit", "0"]])
def test_wrong_use_is_said_before_anything_is_asked(live: Vsms, server: FaultServer, args: list[str]) -> None:
    assert live("orders", "watch", *args).code == 2
    assert server.requests == []


def test_a_plain_terminal_is_refused(server: FaultServer, desk: Terminal, ended: Ended) -> None:
    code, text = ended(desk("orders", "watch", TERM="dumb"))

    assert code == 2
    assert "\x1b" not in text
    assert server.requests == []


@pytest.mark.parametrize("columns", [40, 400])
def test_filters_and_widths_as_in_list(server: FaultServer, desk: Terminal, columns: int) -> None:
    wanted = server.add_order(country="AR")
    other = server.add_order(country="BR")
    child = desk(
        "orders", "watch", "--country", "AR", columns=columns, NO_COLOR="1", LC_ALL="C", PYTHONUTF8="0"
    )
    child.expect("1 order waiting")
    child.expect(wanted[:8])
    child.send("q")
    text = left(child)

    assert wanted[: 8 if columns < 100 else None] in text
    assert other[:8] not in text
    assert not re.search(r"\x1b\[[0-9;]*m", text)


def test_a_second_ctrl_c_in_the_middle_of_a_cancel_gives_the_terminal_back(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    server.add_order()
    server.fault("cancel", "timeout", times=None)
    child = watch(shows="1 order waiting", VSMS_TIMEOUT="20")
    child.send("c")
    child.expect("Cancel .* and return")
    child.send("y")
    child.expect("cancelling")
    deadline = time.monotonic() + 10
    while not server.posts() and time.monotonic() < deadline:
        time.sleep(0.02)
    child.kill(signal.SIGINT)
    time.sleep(0.3)
    child.kill(signal.SIGINT)
    child.expect_exact(LEAVE)
    child.expect(pexpect.EOF)
    assert echoes(child)
    child.close()
    server.release()
    assert child.exitstatus == 130


def test_keys_that_come_together_are_each_a_key_but_none_answers_a_question(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    orders = [server.add_order(age_s=age) for age in (900, 800, 700)]
    child = watch(shows="3 orders waiting")
    child.send("jjcy")  # down, down, cancel: and a y that was typed before there was a question
    child.expect(f"Cancel .*, {orders[2][:8]} and return")
    child.send("y")
    child.expect("cancelled")
    child.send("q")
    left(child)
    assert [server.status(order) for order in orders] == ["waiting", "waiting", "cancelled"]


def test_a_low_terminal_says_how_many_orders_it_does_not_show(
    server: FaultServer, watch: Callable[..., Any]
) -> None:
    for _ in range(30):
        server.add_order()
    child = watch()
    child.setwinsize(12, 100)
    child.expect(r"2\d more, up and down")
    child.send("q")
    left(child)
