"""Which orders `vsms orders cancel` takes, and what it refuses before anything is sent."""

import re

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms


def cancelled(server: FaultServer, orders: list[str]) -> list[bool]:
    return [server.status(order) == "cancelled" for order in orders]


def test_a_whole_id_with_yes_costs_exactly_one_request(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = live("orders", "cancel", order, "--yes")
    assert done.code == 0
    assert [(r.method, r.operation) for r in server.requests] == [("POST", "cancel")]
    assert done.rows == [[order, "cancelled", "cancelled", "0.80", "USD", "", ""]]
    assert "1 of 1 order cancelled, $0.80 returned to the balance" in done.err


def test_the_same_id_twice_and_in_another_case_is_one_request(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = live("orders", "cancel", order, order.upper(), order, "--yes", "-q")
    assert (done.code, done.out) == (0, f"{order}\n")
    assert server.posts(order) == server.times_paid(order) == 1


def test_ids_come_on_stdin_with_blank_lines_and_comments(live: Vsms, server: FaultServer) -> None:
    first, second = server.add_order(), server.add_order()
    text = f"# Argentina\n\n  {first.upper()}  \n{second} # too dear\n{first}\n\n"
    done = live("orders", "cancel", "-", "--yes", "-q", stdin=text)
    assert done.code == 0
    assert sorted(done.lines) == sorted([first, second])
    assert server.posts() == 2


@pytest.mark.parametrize("text", ["", "\n\n", "# nobody\n"])
def test_no_ids_on_stdin_is_a_word_and_no_failure(live: Vsms, server: FaultServer, text: str) -> None:
    done = live("orders", "cancel", "-", "--yes", "--json", stdin=text)
    assert (done.code, done.out) == (0, "[]\n")
    assert "no ids were given: nothing to cancel" in done.err
    assert server.requests == []


@pytest.mark.parametrize("text", ["not-an-id\n", "7e44c0\n", "../purchase\n"])
def test_a_line_that_is_no_whole_id_stops_before_any_request(
    live: Vsms, server: FaultServer, text: str
) -> None:
    order = server.add_order()
    done = live("orders", "cancel", "-", "--yes", stdin=f"{order}\n{text}")
    assert (done.code, done.out) == (2, "")
    assert server.requests == []


def test_filters_choose_among_the_active_ones(live: Vsms, server: FaultServer) -> None:
    orders = [
        server.add_order(country=country, service=service, age_s=age)
        for country, service, age in (
            ("AR", "wa", 300),
            ("AR", "tg", 600),
            ("BR", "wa", 600),
            ("AR", "wa", 700),
        )
    ]
    ended = server.add_order(status="completed")
    done = live(
        "orders", "cancel", "--country", "argentina", "--service", "WA", "--older-than", "10m", "--yes"
    )
    assert done.code == 0
    assert cancelled(server, orders) == [False, False, False, True]
    assert server.posts(ended) == 0


def test_ids_and_filters_together_are_the_ids_that_match(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order(country="AR"), server.add_order(country="BR"), server.add_order(country="AR")]
    done = live("orders", "cancel", *orders[:2], "--country", "AR", "--yes", "-q")
    assert (done.code, done.lines) == (0, orders[:1])
    assert cancelled(server, orders) == [True, False, False]


def test_all_takes_every_active_order(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order() for _ in range(4)]
    assert live("orders", "cancel", "--all", "--yes").code == 0
    assert cancelled(server, orders) == [True] * 4
    nothing = live("orders", "cancel", "--all", "--yes")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no order matches: nothing to cancel" in nothing.err


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ([], "no order was named"),
        (["--yes"], "--all for every active order"),
        (["--all", "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"], "--all and ids contradict"),
        (["-", "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11", "--yes"], "stands alone"),
        (["7e44c0", "--yes"], "is the beginning of an id, and --yes asks nobody"),
        (["--all", "--limit", "0"], "--limit must be 1 or more"),
        (["--all"], "add --yes"),
        (["7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"], "add --yes"),
        (["-"], "add --yes"),
        (["--country", ""], ""),
    ],
)
def test_what_is_not_clear_is_refused_before_any_request(
    live: Vsms, server: FaultServer, args: list[str], word: str
) -> None:
    server.add_order()
    done = live("orders", "cancel", *args)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert server.requests == []


def test_a_mistyped_country_cancels_nothing(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(country="BR")
    done = live("orders", "cancel", "--not-country", "Argentna", "--yes")
    assert done.code == 2
    assert "did you mean AR (Argentina)" in done.err
    assert server.status(order) == "waiting"


@pytest.mark.parametrize(("expected", "code"), [("2", 0), ("1", 2), ("3", 2), ("0", 2)])
def test_expect_refuses_unless_exactly_so_many_match(
    live: Vsms, server: FaultServer, expected: str, code: int
) -> None:
    orders = [server.add_order(), server.add_order()]
    done = live("orders", "cancel", "--all", "--expect", expected, "--yes")
    assert done.code == code
    assert cancelled(server, orders) == [code == 0] * 2
    if code:
        assert f"2 orders match, and --expect says {expected}; nothing was sent" in done.err


def test_expect_counts_ids_too_each_once(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    assert live("orders", "cancel", order, order, "--expect", "2", "--yes").code == 2
    assert server.requests == []
    assert live("orders", "cancel", order, order, "--expect", "1", "--yes").code == 0


def test_a_dry_run_takes_beginnings_sends_reads_alone_and_says_what_it_would_do(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    done = live("orders", "cancel", order[:13], "--dry-run", "--json")
    assert done.code == 0
    assert [(row["id"], row["outcome"], row["status"]) for row in done.json] == [
        (order, "would_cancel", "waiting")
    ]
    assert "1 of 1 order would be cancelled, $0.80 would return to the balance" in done.err
    assert {request.method for request in server.requests} == {"GET"}
    assert live("journal", "list").out == ""


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["waiting"], 0),
        (["cancelled", "expired"], 0),
        (["completed"], 5),
        (["waiting", "completed"], 3),
    ],
)
def test_a_dry_run_ends_as_a_real_run_would(
    live: Vsms, server: FaultServer, states: list[str], code: int
) -> None:
    orders = [server.add_order(status=status) for status in states]
    assert live("orders", "cancel", *orders, "--dry-run").code == code
    assert live("orders", "cancel", *orders, "--yes").code == code


def test_a_dry_run_and_yes_together_send_nothing(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    assert live("orders", "cancel", order, "--dry-run", "--yes").code == 0
    assert server.status(order) == "waiting"


def test_more_than_a_page_goes_on_page_after_page(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order(age_s=200 + number) for number in range(230)]
    done = live("orders", "cancel", "--all", "--yes", "-q")
    assert done.code == 0
    assert sorted(done.lines) == sorted(orders)
    assert cancelled(server, orders) == [True] * 230
    assert server.posts() == 230
    assert "230 of 230 orders cancelled, $184.00 returned" in done.err


def test_with_a_full_page_expect_cannot_be_sure_and_refuses(live: Vsms, server: FaultServer) -> None:
    for _ in range(200):
        server.add_order()
    done = live("orders", "cancel", "--all", "--expect", "200", "--yes")
    assert done.code == 2
    assert "200 orders match on a page that came back full, so more may" in done.err
    assert server.posts() == 0


def test_a_limit_beyond_a_page_takes_the_next_page_too(live: Vsms, server: FaultServer) -> None:
    for _ in range(207):
        server.add_order()
    done = live("orders", "cancel", "--all", "--limit", "203", "--yes", "--json")
    assert (done.code, len(done.json), server.posts()) == (0, 203, 203)
    assert "more may exist" not in done.err


def test_where_a_later_page_cannot_be_listed_the_earlier_ones_are_told(
    live: Vsms, server: FaultServer
) -> None:
    for _ in range(203):
        server.add_order()
    server.fault("orders", "500", skip=1, times=None)
    done = live("orders", "cancel", "--all", "--yes", "--json")
    assert done.code == 3
    assert [row["outcome"] for row in done.json] == ["cancelled"] * 200
    assert "200 of 200 orders cancelled, $160.00 returned to the balance" in done.err
    assert "next: vsms orders cancel --all --yes" in done.err


def test_an_id_of_no_order_matches_no_filter(live: Vsms, server: FaultServer) -> None:
    order, nobody = server.add_order(country="AR"), "00000000-0000-4000-8000-000000000000"
    done = live("orders", "cancel", order, nobody, "--country", "AR", "--expect", "1", "--yes", "--json")
    assert (done.code, [row["id"] for row in done.json]) == (0, [order])
    assert f"{nobody} is no order of this account" in done.err
    assert live("orders", "cancel", nobody, "--country", "AR", "--yes", "--json").out == "[]\n"


def test_beginnings_on_stdin_do_for_a_dry_run(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = live("orders", "cancel", "-", "--dry-run", "-q", stdin=f"{order[:8]}\n")
    assert (done.code, done.out, server.posts()) == (0, f"{order}\n", 0)
    assert live("orders", "cancel", "-", "--yes", stdin=f"{order[:8]}\n").code == 2
    assert live("orders", "cancel", "--all", "--expect", "-1", "--yes").code == 2


def test_a_dry_run_shows_the_plan_that_the_question_would(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(country="AR")
    asked = live("orders", "cancel", "--country", "AR", "--dry-run")
    assert re.search(rf"^{order} +\+54\d+ +AR", asked.err, re.MULTILINE)
    assert [row[:2] for row in asked.rows] == [[order, "would_cancel"]]
    seen = live.on_a_terminal("orders", "cancel", "--country", "AR", "--dry-run", columns=80)
    assert seen.out.count(order[:8]) == 1
    assert "1 of 1 order would be cancelled, $0.80 would return to the balance" in seen.out


def test_with_yes_the_plan_is_shown_in_a_log(live: Vsms, server: FaultServer) -> None:
    ready, young = server.add_order(country="AR", service="wa"), server.add_order(country="AR", age_s=20)
    done = live("orders", "cancel", "--country", "AR", "--yes")
    plan = done.err.partition("1 of 2 orders cancelled")[0]
    assert "Z cancelling 1 order: $0.80 returns to the balance\n" in plan
    assert re.search(rf"{ready} +\+54\d+ +AR +WhatsApp +\$0.80 +cancel +in 1", plan)
    assert re.search(rf"{young} +\+54\d+ +AR +WhatsApp +\$0.80 +opens in 1:\d\d +in 19", plan)
    assert [row[1] for row in done.rows] == ["too_early", "cancelled"]


def test_what_is_left_of_many_is_the_same_filters_to_type(live: Vsms, server: FaultServer) -> None:
    for _ in range(5):
        server.add_order(country="AR", age_s=20)
    url = ("--base-url", server.base_url)
    done = live(*url, "orders", "cancel", "--country", "AR", "--not-service", "tg", "--yes")
    again = f"vsms --base-url {server.base_url} orders cancel --country AR --not-service tg --wait --yes"
    assert f"next: {again}   (what is done counts as done)" in done.err


def test_the_line_to_type_stays_in_the_sandbox(vsms: Vsms) -> None:
    done = vsms.sandbox("orders", "cancel", "--country", "US", "--yes")
    assert "next: vsms --sandbox orders cancel " in done.err


def test_a_smaller_refund_of_an_order_that_was_listed_is_pointed_out(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    live("orders", "list")
    sent = len(server.requests)
    server.fault("cancel", "fields", fields={"refund_amount": 0.5}, when="after")
    done = live("orders", "cancel", order, "--yes")
    assert "1 refund smaller than the price" in done.err
    assert len(server.requests) == sent + 1


def test_nothing_that_came_back_is_pointed_out_whatever_was_known(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("cancel", "fields", fields={"refund_amount": 0}, when="after")
    done = live("orders", "cancel", order, "--yes")
    assert "1 refund smaller than the price" in done.err


def test_a_limit_counts_what_an_interrupted_run_has_done(live: Vsms, server: FaultServer) -> None:
    """Else the line to type would cancel orders that were not among the first N."""
    orders = [server.add_order(country="AR") for _ in range(9)]
    server.fault("cancel", "401", skip=2, times=None)
    done = live("orders", "cancel", "--country", "AR", "--limit", "7", "--yes")
    paid = sum(server.times_paid(order) for order in orders)
    assert 2 <= paid < 7
    assert f"next: vsms orders cancel --country AR --limit {7 - paid} --yes" in done.err


@pytest.mark.parametrize("flags", [["--dry-run"], ["--yes"]])
def test_the_plan_is_shown_also_where_nothing_can_be_cancelled(
    live: Vsms, server: FaultServer, flags: list[str]
) -> None:
    order = server.add_order(country="AR", status="completed")
    seen = live.on_a_terminal("orders", "cancel", order, "--newer-than", "30d", *flags, columns=80)
    text = re.sub(r"\x1b\[[0-9;]*m", "", seen.out)
    assert re.search(rf"{order[:8]} +\+54\d+ +AR +\S+ +\$0.80 +none: a code came", text)
    assert not [request for request in server.requests if request.method == "POST"]
