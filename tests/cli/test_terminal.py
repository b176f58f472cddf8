"""What a person meets on a real terminal: the questions, the tables, colour, and narrow or plain terminals."""

import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

QUESTION = r"\[y/N\] "
LINE_ABOUT_WAITING = "Waiting is free: with no SMS an order refunds itself in full."
Terminal = Callable[..., Any]
Ended = Callable[[Any], tuple[int | None, str]]


def shown(child: Any) -> str:
    """What stands above the question."""
    child.expect(QUESTION)
    return str(child.before.replace("\r\n", "\n"))


@pytest.mark.parametrize("answer", ["y", " YES "])
def test_yes_cancels_what_was_shown(server: FaultServer, desk: Terminal, answer: str, ended: Ended) -> None:
    order = server.add_order()
    child = desk("orders", "cancel", order[:13])
    shown(child)
    later = server.add_order()
    child.sendline(answer)
    code, text = ended(child)
    assert code == 0
    assert f"{order}  cancelled  $0.80 returned" in text
    assert "1 of 1 order cancelled, $0.80 returned to the balance" in text
    assert (server.status(order), server.status(later)) == ("cancelled", "waiting")


@pytest.mark.parametrize("answer", ["n\n", "\n", "yess\n", "\x04", "\xff\n"])
def test_anything_else_declines_and_sends_nothing(
    server: FaultServer, desk: Terminal, answer: str, ended: Ended
) -> None:
    order = server.add_order()
    child = desk("orders", "cancel", "--all")
    shown(child)
    os.write(child.child_fd, answer.encode("latin-1"))
    code, text = ended(child)
    assert code == 1
    assert "declined; nothing was sent" in text
    assert "Traceback" not in text
    assert server.posts(order) == 0


def test_ids_that_are_typed_are_asked_for_first(server: FaultServer, desk: Terminal, ended: Ended) -> None:
    order = server.add_order()
    child = desk("orders", "cancel", "-")
    child.expect("type or paste the ids, one a line; Ctrl-D ends them")
    child.sendline(order)
    child.sendeof()
    shown(child)
    child.sendline("y")
    assert ended(child)[0] == 0
    assert server.status(order) == "cancelled"


def test_after_ctrl_c_in_a_run_that_waits_the_line_to_type_waits_too(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    young = server.add_order(age_s=0)
    child = desk("orders", "cancel", young, "--yes", "--wait", columns=60)
    child.expect("too young, next in")
    child.sendintr()
    code, text = ended(child)
    assert code == 130
    assert f"next: vsms orders cancel \\\n      {young} --wait\n" in text


def test_ctrl_c_at_the_question_is_130(server: FaultServer, desk: Terminal, ended: Ended) -> None:
    order = server.add_order()
    child = desk("orders", "cancel", order)
    shown(child)
    child.sendintr()
    code, text = ended(child)
    assert code == 130
    assert text.endswith("\nended by Ctrl-C\n")
    assert server.posts() == 0


def test_the_preview_shows_each_order_the_sum_and_when_each_refunds_itself(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    orders = [server.add_order(price=Decimal(price)) for price in ("0.80", "1.25")]
    young, came = server.add_order(age_s=30), server.add_order(status="completed")
    child = desk("orders", "cancel", *orders, young, came, NO_COLOR="1")
    above = shown(child)
    assert "Cancel 2 orders and return $2.05 to your balance? " in above
    assert LINE_ABOUT_WAITING in above
    lines = {line.split()[0]: line for line in above.splitlines() if line[:1].isalnum()}
    assert re.search(r"cancel +in 1[45]:\d\d$", lines[orders[0]])
    assert re.search(r"opens in 1:\d\d +in 19:\d\d$", lines[young])
    assert lines[came].endswith("none: a code came  -")
    child.sendline("y")
    code, text = ended(child)
    assert code == 3
    assert "2 of 4 orders cancelled, $2.05 returned to the balance; 1 SMS received, 1 too early" in text


def test_where_nothing_can_be_cancelled_nothing_is_asked(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    young = server.add_order(age_s=10)
    code, text = ended(desk("orders", "cancel", young))
    assert code == 5
    assert "[y/N]" not in text
    assert f"next: vsms orders cancel {young} --wait" in text


def test_waiting_for_young_orders_is_asked_for_and_counted_down(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    for _ in range(2):
        server.add_order(age_s=0, cooldown_s=4)
    child = desk("orders", "cancel", "--all", "--wait")
    assert re.search(r"cancel in 0:0\d", shown(child))
    child.sendline("y")
    code, text = ended(child)
    assert code == 0
    assert "2 orders too young, next in 0:0" in text
    assert "2 of 2 orders cancelled" in text


def test_each_page_is_shown_and_confirmed_in_its_own_right(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    for number in range(203):
        server.add_order(age_s=200 + number)
    child = desk("orders", "cancel", "--all", NO_COLOR="1")
    assert "Cancel 200 orders and return $160.00" in shown(child)
    child.sendline("y")
    assert "Cancel 3 orders and return $2.40" in shown(child)
    assert server.posts() == 200
    child.sendline("n")
    code, text = ended(child)
    assert code == 3
    assert "200 of 200 orders cancelled" in text
    assert server.posts() == 200


def test_the_table_has_every_column_with_two_countdowns(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    young, old = server.add_order(age_s=45), server.add_order(age_s=300)
    code, text = ended(desk("orders", "list", columns=140, NO_COLOR="1"))
    assert code == 0
    head, first, second = text.splitlines()
    assert head.split() == [
        "ID",
        "NUMBER",
        "COUNTRY",
        "SERVICE",
        "STATUS",
        "PRICE",
        "AGE",
        "CANCELLABLE",
        "AUTO-REFUND",
    ]
    assert re.fullmatch(rf"{young} +\+54\d+ +AR +wa +waiting +\$0.80 +0:4\d +in 1:1\d +in 19:1\d", first)
    assert re.fullmatch(rf"{old} +\+54\d+ +AR +wa +waiting +\$0.80 +5:0\d +now +in 1[45]:\d\d", second)


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        (1, ["NUMBER"]),
        (40, ["ID", "NUMBER", "STATUS"]),
        (80, ["ID", "NUMBER", "COUNTRY", "SERVICE", "STATUS", "CANCELLABLE", "AUTO-REFUND"]),
    ],
)
def test_a_narrow_terminal_shows_the_number_and_as_much_of_the_id_as_a_command_takes(
    live: Vsms, server: FaultServer, columns: int, titles: list[str]
) -> None:
    orders = [server.add_order(), server.add_order(status="completed")]
    done = live.on_a_terminal("orders", "list", "--all", columns=columns, env={"NO_COLOR": "1"})
    assert done.code == 0
    head, first, *_ = done.out.splitlines()
    assert head.split() == titles
    assert "no room for" in done.out
    if "ID" in titles:
        beginning = first.split()[0]
        assert live("orders", "show", beginning, "-q").out.strip() in orders
        assert len(beginning) == 8


def test_services_have_names_once_the_catalogue_was_read_and_numbers_one_form(
    live: Vsms, server: FaultServer
) -> None:
    for number in ("5491100982465", "+54 911-0098-2466", "(54) 9110098 2467"):
        server.add_order(phone_number=number)
    before = live.on_a_terminal("orders", "list").out
    assert before.count(" wa ") == 3
    assert all(f"  +549110098246{digit}  " in before for digit in "567")
    assert live("orders", "list", "--service", "wa").code == 0  # reads the catalogue
    asked = len(server.requests)
    after = live.on_a_terminal("orders", "list").out
    assert after.count(" WhatsApp ") == 3
    assert [request.operation for request in server.requests[asked:]] == ["orders"]
    assert [row[3] for row in live("orders", "list").rows] == ["wa"] * 3


def test_a_column_that_says_nothing_gives_its_room_to_the_others(live: Vsms, server: FaultServer) -> None:
    server.add_order(status="completed", age_s=900)
    done = live.on_a_terminal("orders", "list", "--status", "completed", columns=80, env={"NO_COLOR": "1"})
    assert done.out.splitlines()[0].split() == [
        "ID",
        "NUMBER",
        "COUNTRY",
        "SERVICE",
        "STATUS",
        "PRICE",
        "AGE",
    ]
    assert "no room" not in done.out


def test_without_a_reason_that_is_one_nothing_is_asked_for(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    came = server.add_order(status="completed")
    for answers in (["\n"], ["none\n", "0\n", "x\n"], ["\x04"]):
        child = desk("orders", "refund", came)
        for answer in answers:
            child.expect_exact("Reason (1-5): ")
            child.send(answer)
        code, text = ended(child)
        assert code == 1
        assert "declined; nothing was sent" in text
    assert server.posts() == 0


def test_a_table_that_goes_to_a_file_has_every_column_uncut(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(country="X" * 100, status="completed")
    server.add_order()
    for args in (["orders", "list", "--all"], ["refunds", "audit", "--all"]):
        done = live(*args, "-o", "table", env={"COLUMNS": "60"})
        assert order in done.out
        assert "X" * 100 in done.out
        assert "no room" not in done.err
    assert "AUTO-REFUND" in live("orders", "list", "--all", "-o", "table").out


def test_no_color_and_a_dumb_terminal_get_no_escapes_and_force_color_gets_them_in_a_pipe(
    live: Vsms, server: FaultServer, terminal: Terminal, ended: Ended
) -> None:
    server.add_order()
    assert "\x1b[" in ended(terminal("orders", "list"))[1]
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        assert "\x1b" not in ended(terminal("orders", "list", **env))[1]
    assert "\x1b" not in ended(terminal("--no-color", "orders", "cancel", "--all", "--dry-run"))[1]
    assert "\x1b[" in live("orders", "list", "-o", "table", env={"FORCE_COLOR": "1"}).out
    assert "\x1b" not in live("orders", "list", env={"FORCE_COLOR": "1"}).out


def test_a_piped_stdout_gets_rows_while_the_question_stands_on_the_terminal(
    live: Vsms, server: FaultServer, terminal: Terminal, ended: Ended
) -> None:
    order, file = server.add_order(), live.home / "rows"
    words = " ".join(f"'{word}'" for word in live.command("orders", "cancel", "--all"))
    child = terminal(program=["/bin/sh", "-c", f"{words} > {file}"])
    assert "Cancel 1 order and return $0.80" in shown(child)
    child.sendline("y")
    code, text = ended(child)
    assert code == 0
    assert "1 of 1 order cancelled" in text
    assert file.read_text().startswith(f"{order}\tcancelled\t")


def test_a_terminal_that_takes_ascii_alone_is_shown_ascii(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    server.add_order(status="waiting", country="Türkiye")
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, text = ended(desk("orders", "list", columns=140, **env))
    assert code == 0
    assert "T\\xfcrkiye" in text
    code, text = ended(desk("orders", "cancel", "--all", "--yes", **env))
    assert code == 0
    assert text.isascii()
    assert "cancelled" in text


def test_the_refund_question_states_the_services_rule(
    server: FaultServer, desk: Terminal, ended: Ended
) -> None:
    waiting, completed = server.add_order(), server.add_order(status="completed")
    child = desk(
        "orders", "refund", waiting[:13], completed, "--note", "it said no", columns=80, NO_COLOR="1"
    )
    child.expect_exact("Reason (1-5): ")
    asked = str(child.before.replace("\r\n", "\n"))
    child.sendline("6")
    child.expect_exact("Reason (1-5): ")
    child.sendline("2")
    child.expect_exact("\n")
    above = shown(child)
    assert "Reason given for the credit: code-invalid." in above
    assert "Note: it said no" in above
    assert "a code that the platform accepted and that was used is not\n  refunded." in above, "at a blank"
    assert "cancelling returns the full price" in above
    assert (
        "Cancel 1 order and return $0.80 to your balance and ask for a manual credit for\n  1 order? "
        in above
    )
    lines = {line.split()[0]: line for line in asked.splitlines() if line[:1].isalnum()}
    assert lines[waiting[:8]].endswith("$0.80          cancel")
    assert lines[completed[:8]].endswith("$0.80  123456  ask for credit")
    child.sendline("n")
    assert ended(child)[0] == 1
    assert server.posts() == 0
