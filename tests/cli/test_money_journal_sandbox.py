"""`vsms balance`, `vsms journal` and `vsms sandbox` through the front door."""

import json
import re
import signal
import stat
import subprocess
import time
from decimal import Decimal

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms


def test_the_balance_in_every_format(live: Vsms, server: FaultServer) -> None:
    assert live("balance").out == "50.00\tUSD\n"
    assert live("balance", "--json").out == '{"balance": 50.00, "currency": "USD"}\n'
    assert live("balance", "-o", "csv").out == 'balance,currency\n50.00,"USD"\n'
    assert live("balance", "-o", "ndjson").json == {"balance": 50, "currency": "USD"}
    assert live("balance", "-o", "table").out == "$50.00\n"
    assert live("balance", "--fields", "balance").out == "50.00\n"
    assert {request.operation for request in server.requests} == {"balance"}


def test_the_balance_has_no_ids(live: Vsms) -> None:
    done = live("balance", "-q")
    assert (done.code, done.out) == (2, "")
    assert "no ids to print" in done.err
    assert live("balance", env={"VSMS_OUTPUT": "ids"}).out == "50.00\tUSD\n"


def test_the_journal_tells_what_was_sent_and_what_came_of_it(live: Vsms, server: FaultServer) -> None:
    order, asked = server.add_order(), server.add_order(status="completed")
    live("orders", "cancel", order, "--yes")
    live("orders", "refund", asked, "--reason", "code-rejected", "--yes")
    done = live("journal", "list", "--json")
    assert done.code == 0
    assert [(row["id"], row["operation"], row["order_id"], row["outcome"]) for row in done.json] == [
        ("2", "refund", asked, "requested"),
        ("1", "cancel", order, "cancelled"),
    ]
    assert server.token not in done.out
    shown = live("journal", "show", "1", "--json").json
    assert shown["events"][0]["message"] == "intended to cancel"
    told = live("journal", "show", "1", "-o", "table").out
    assert "outcome          cancelled" in told
    assert "returned         $0.80" in told
    assert "reference" not in told
    assert live("journal", "list", "-q").lines == ["2", "1"]
    table = live("journal", "list", "-o", "table").out
    assert "OUTCOME" in table
    assert order in table


def test_an_empty_journal_is_a_word_and_no_failure(live: Vsms) -> None:
    for args in (["list"], ["list", "--unresolved"]):
        done = live("journal", *args)
        assert (done.code, done.out, done.err) == (0, "", "no entries\n")
    assert live("journal", "list", "--json").out == "[]\n"
    assert live("journal", "resolve").err == "nothing to resolve\n"


@pytest.mark.parametrize("number", ["9", "0", "x", "-1"])
def test_an_entry_that_is_none_is_said(live: Vsms, number: str) -> None:
    done = live("journal", "show", number)
    assert done.code in {1, 2}
    assert done.out == ""
    assert "Traceback" not in done.err


def test_resolve_reads_what_became_of_a_lost_cancel(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("cancel", "reset", when="after")
    server.fault("order", "500", times=None)
    server.fault("transactions", "500", times=None)
    assert live("orders", "cancel", order, "--yes").code == 8
    assert [row["outcome"] for row in live("journal", "list", "--unresolved", "--json").json] == ["unknown"]
    done = live("journal", "resolve")
    assert done.code == 8
    assert "1 entry read, 1 still not known" in done.err
    server.clear()
    done = live("journal", "resolve", "--json")
    assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)
    assert server.posts(order) == 1
    assert live("journal", "list", "--unresolved").out == ""


def test_resolve_stops_at_once_where_the_token_is_refused(live: Vsms, server: FaultServer) -> None:
    server.fault("any", "close", when="before", times=None)
    orders = [server.add_order() for _ in range(3)]
    assert live("orders", "cancel", *orders, "--yes").code == 8
    server.clear()
    server.fault("any", "401", times=None)
    before = len(server.requests)
    done = live("journal", "resolve", "--json")
    assert (done.code, done.out) == (4, "[]\n")
    assert "refuses the token" in done.err
    assert len(server.requests) == before + 1
    assert len(live("journal", "list", "--unresolved", "--json").json) == 3


def test_resolve_asked_to_end_while_another_process_has_the_order_says_so_in_whole_json(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    live.measured = False
    server.fault("cancel", "timeout", when="before")
    started = []
    for words in (("orders", "cancel", order, "--yes"), ("journal", "resolve", "--json")):
        started.append(
            subprocess.Popen(
                live.command(*words),
                env=live.environment({"VSMS_TIMEOUT": "30"}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        until = time.monotonic() + 20
        while not server.posts(order):
            assert time.monotonic() < until
            time.sleep(0.02)
    holder, resolving = started
    try:
        assert resolving.stderr is not None
        assert "another process has the order" in resolving.stderr.readline()
        resolving.send_signal(signal.SIGTERM)
        out, err = resolving.communicate(timeout=20)
    finally:
        holder.kill()
        holder.communicate()
    assert (resolving.returncode, out) == (143, "[]\n"), err
    assert "0 of 1 entry read, 1 still not known" in err


def test_a_refund_request_whose_answer_was_lost_is_not_repeated_by_another_name_of_its_host(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order(status="completed")
    server.fault("refund", "reset", when="before")
    assert live("orders", "refund", order, "--reason", "code-rejected", "--yes").code == 8
    elsewhere = {"VSMS_BASE_URL": server.base_url.replace("127.0.0.1", "localhost")}
    again = live.process(
        "orders", "refund", order, "--reason", "code-rejected", "--yes", "--json", env=elsewhere
    )
    assert (again.code, again.json[0]["outcome"]) == (8, "unknown"), again.err
    assert server.posts(order) == 1


@pytest.fixture
def lost(live: Vsms, server: FaultServer) -> str:
    """A refund request whose answer was lost: entry 1."""
    order = server.add_order(status="completed")
    server.fault("refund", "reset", when="before")
    assert live("orders", "refund", order, "--reason", "code-rejected", "--yes").code == 8
    return order


def test_what_support_tells_closes_a_refund_request_whose_answer_was_lost(
    live: Vsms, server: FaultServer, lost: str
) -> None:
    open_ = live("journal", "resolve")
    assert open_.code == 8
    assert "close what they tell you: `vsms journal resolve 1 --as requested`, or `--as failed`" in open_.err
    done = live("journal", "resolve", "1", "--as", "requested", "--json")
    assert (done.code, done.json[0]["outcome"], done.json[0]["detail"]) == (
        0, "requested", "nothing showed it: closed by hand",
    )  # fmt: skip
    assert live("journal", "list", "--unresolved").out == ""
    again = live("orders", "refund", lost, "--reason", "code-rejected", "--yes", "--json")
    assert (again.code, again.json[0]["outcome"]) == (0, "already_requested")
    assert server.posts(lost) == 1


def test_after_failed_it_may_be_asked_for_anew(live: Vsms, server: FaultServer, lost: str) -> None:
    assert live("journal", "resolve", "1", "--as", "failed").code == 0
    again = live("orders", "refund", lost, "--reason", "code-rejected", "--yes", "--json")
    assert (again.code, again.json[0]["outcome"], server.posts(lost)) == (0, "requested", 2)


def test_what_can_be_read_goes_before_any_word(live: Vsms, server: FaultServer, lost: str) -> None:
    server.book.post("credit", Decimal("0.80"), order_id=lost)
    done = live("journal", "resolve", "1", "--as", "failed", "--json")
    assert (done.code, done.json[0]["outcome"]) == (0, "already_refunded")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--as", "failed"), "name it"),
        (("1", "--as", "cancelled"), "say requested or failed"),
        (("9",), "no entry 9"),
    ],
)
def test_a_word_that_fits_no_entry_closes_nothing(
    live: Vsms, server: FaultServer, lost: str, args: tuple[str, ...], words: str
) -> None:
    before = len(server.requests)
    done = live("journal", "resolve", *args)
    assert done.code in {1, 2}
    assert words in done.err
    assert len(server.requests) == before
    assert [row["order_id"] for row in live("journal", "list", "--unresolved", "--json").json] == [lost]


def test_one_entry_is_resolved_and_a_closed_one_needs_nothing(
    live: Vsms, server: FaultServer, lost: str
) -> None:
    other = server.add_order(status="completed")
    server.fault("refund", "reset", when="before")
    live("orders", "refund", other, "--reason", "code-rejected", "--yes")
    server.book.post("credit", Decimal("0.80"), order_id=lost)
    server.book.post("credit", Decimal("0.80"), order_id=other)
    done = live("journal", "resolve", "2", "-o", "table")
    assert (done.code, other in done.out, lost in done.out) == (0, True, False)
    assert live("journal", "resolve", "2").err.startswith("nothing to resolve\n")


def test_each_host_has_its_own_entries(live: Vsms, server: FaultServer) -> None:
    live("orders", "cancel", server.add_order(), "--yes")
    assert live.sandbox("journal", "list").out == ""
    assert len(live("journal", "list").lines) == 1


def test_the_journal_is_private_and_never_holds_the_token(live: Vsms, server: FaultServer) -> None:
    live("orders", "cancel", server.add_order(), "--yes")
    files = list(live.state_dir.glob("journal*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not any(server.token.encode() in path.read_bytes() for path in files)


def test_the_sandbox_begins_with_orders_in_every_state_and_a_ledger_that_adds_up(vsms: Vsms) -> None:
    orders = vsms.sandbox("orders", "list", "--all", "--json").json
    assert len(orders) >= 12
    assert len({order["country"] for order in orders}) >= 4
    young = [o for o in orders if o["status"] == "waiting" and o["cancel_available_at"] > o["created_at"]]
    assert len(young) >= 2
    dry = vsms.sandbox("orders", "cancel", "--all", "--dry-run", "--json")
    assert [row["outcome"] for row in dry.json].count("too_early") == 2


def test_the_sandbox_needs_no_token_and_says_that_it_is_one(vsms: Vsms) -> None:
    done = vsms("balance", env={"VSMS_SANDBOX": "1"})
    assert (done.code, done.err) == (0, "sandbox: no network, no token, no money\n")
    assert vsms("--sandbox", "balance").out == done.out == vsms("balance", "--sandbox").out


def test_advancing_the_clock_refunds_what_still_waits(vsms: Vsms) -> None:
    waiting = vsms.sandbox("orders", "list", "--json").json
    before = Decimal(vsms.sandbox("balance", "--fields", "balance").out)
    done = vsms("sandbox", "advance", "20m")
    assert (done.code, done.out) == (0, "")
    assert "in the sandbox it is 20" in done.err
    assert vsms.sandbox("orders", "list").out == ""
    owed = sum(Decimal(str(order["price"])) for order in waiting)
    assert Decimal(vsms.sandbox("balance", "--fields", "balance").out) == before + owed


def test_the_sandbox_stays_until_it_is_reset(vsms: Vsms) -> None:
    vsms.sandbox("orders", "cancel", "--country", "GB", "--yes")
    assert vsms.sandbox("orders", "list", "--country", "GB").out == ""
    done = vsms("sandbox", "reset")
    assert (done.code, done.out) == (0, "")
    assert len(vsms.sandbox("orders", "list", "--country", "GB").lines) == 1


def test_an_sms_can_be_delivered(vsms: Vsms) -> None:
    order = vsms.sandbox("orders", "list", "--country", "GB", "-q").lines[0]
    assert vsms("sandbox", "deliver", order[:8], "Your code is 123456").code == 0
    shown = vsms.sandbox("orders", "show", order, "--json").json
    assert (shown["status"], shown["messages"][-1]["content"]) == ("completed", "Your code is 123456")
    assert vsms.sandbox("orders", "cancel", order, "--yes").code == 5
    assert vsms("sandbox", "deliver", order, "again").code == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["advance", "20x"], 2),
        (["advance"], 2),
        (["deliver", "000000", "hi"], 5),
        (["deliver", "../x", "hi"], 2),
        (["reset", "--scenario", "none"], 2),
    ],
)
def test_a_lever_used_wrongly_says_how(vsms: Vsms, args: list[str], code: int) -> None:
    done = vsms("sandbox", *args)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("vsms: ")


def test_debug_tells_each_request_and_never_the_token(live: Vsms, server: FaultServer) -> None:
    done = live("balance", "--debug", "--json")
    assert json.loads(done.out)
    assert "debug: " in done.err
    assert "/customer/balance" in done.err
    assert server.token not in done.err


def test_every_command_that_is_told_stays_in_the_sandbox(vsms: Vsms) -> None:
    """By whatever way it is printed: an error, a result, a remark."""
    order = vsms.sandbox("orders", "list", "-q").out.split()[-1]
    young = vsms.sandbox("orders", "list", "--newer-than", "100s", "-q").out.split()[0]
    told = [
        vsms.sandbox("orders", "wait", order, "--timeout", "1s"),
        vsms.sandbox("orders", "show", "00000000-0000-4000-8000-000000000000"),
        vsms.sandbox("orders", "cancel", young, "--yes", "-o", "table"),
        vsms.sandbox("journal", "show", "99"),
        vsms.sandbox("rentals", "cancel", "zz0000zz", "--yes"),
    ]
    for done in told:
        text = done.out + done.err
        assert "vsms --sandbox " in text
        assert "vsms --sandbox --sandbox" not in text
        assert re.search(r"vsms (?!--sandbox)(orders|rentals|journal|refunds) ", text) is None, text
