"""What people type: aliases, phone numbers, comma lists, dates, and the habits of other command lines."""

from datetime import UTC, datetime, timedelta

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms
from vsms_cli.cli.command_tree import GROUPS


@pytest.mark.parametrize("words", [[], *([group] for group in GROUPS)])
def test_bare_it_prints_its_help_on_stdout_and_ends_well(vsms: Vsms, words: list[str]) -> None:
    bare, asked = vsms(*words), vsms(*words, "--help")

    assert (bare.code, bare.err) == (0, "")
    assert bare.out == asked.out
    assert bare.out.startswith("Usage: vsms")
    assert len(bare.out.splitlines()) > 10


def test_ls_is_list(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    assert live("orders", "ls", "-q").out == f"{order}\n"
    assert live("journal", "ls").code == 0


@pytest.mark.parametrize(
    "written", ["+5491155550100", "5491155550100", "+54 911 5555-0100", "54-911-5555-0100"]
)
def test_an_order_is_named_by_its_phone_number(live: Vsms, server: FaultServer, written: str) -> None:
    order = server.add_order(phone_number="+5491155550100")
    server.add_order()

    assert live("orders", "show", written, "--json").json["id"] == order
    assert live("orders", "cancel", written, "--dry-run", "--json").json[0]["id"] == order
    refused = live("orders", "cancel", written, "--yes")
    assert refused.code == 2
    assert "is a phone number, and --yes asks nobody" in refused.err
    assert server.posts(order) == 0


def test_a_number_that_several_orders_had_is_refused_with_their_ids(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order(phone_number="+5491155550100", status=s) for s in ("waiting", "expired")]

    done = live("orders", "show", "+5491155550100")
    assert done.code == 2
    assert all(order in done.err for order in orders)
    assert live("orders", "show", "+5491155550199").code == 5


def test_options_that_may_be_repeated_take_commas(live: Vsms, server: FaultServer) -> None:
    here = {server.add_order(country=country) for country in ("AR", "BR")}
    server.add_order(country="US")
    ended = server.add_order(country="US", status="completed")
    gone = server.add_order(country="US", status="expired")

    assert set(live("orders", "list", "--country", "AR,br", "-q").out.split()) == here
    assert set(live("orders", "list", "--not-country", "US, GB", "-q").out.split()) == here
    by_status = live("orders", "list", "--status", "completed,expired", "-q").out.split()
    assert set(by_status) == {ended, gone}


def test_a_month_of_the_ledger_is_asked_for_by_dates(live: Vsms, server: FaultServer) -> None:
    days = 86_400
    old, new = server.add_order(age_s=40 * days), server.add_order(age_s=3 * days)
    middle = server.add_order(age_s=20 * days)
    today = datetime.now(UTC).astimezone()
    since, until = (f"{today - timedelta(days=ago):%Y-%m-%d}" for ago in (30, 10))

    done = live("transactions", "list", "--type", "purchase", "--since", since, "--until", until, "--json")
    assert [row["order_id"] for row in done.json] == [middle]
    rows = live("transactions", "list", "--since", since, "--fields", "order_id").out.split()
    assert new in rows
    assert old not in rows
    assert live("refunds", "audit", "--since", since, "--json").json["totals"]["orders"] == 2
    assert live("stats", "--since", since).code == 0
    assert live("transactions", "list", "--since", "yesterday").code == 2
    assert "2026-11-01" in live("transactions", "list", "--since", "2026-13-01").err


@pytest.mark.parametrize("timeout", ["5", "0.5", "5m"])
def test_the_time_limit_is_seconds_or_a_duration(live: Vsms, server: FaultServer, timeout: str) -> None:
    server.add_order()

    assert live("orders", "list", "--timeout", timeout).code == 0
    assert live("orders", "list", "--timeout", "soon").code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["orders", "cancel", "--force"], "use --yes"),
        (["orders", "cancel", "--confirm"], "use --yes"),
        (["orders", "cancel", "--no-input"], "use --yes"),
        (["orders", "list", "--format", "json"], "use -o"),
        (["orders", "list", "--columns", "id"], "use --fields"),
        (["orders", "list", "--watch"], "use `vsms orders watch`"),
        (["orders", "list", "--jq", "."], "use --json"),
        (["orders", "list", "--contry", "AR"], "did you mean --country?"),
        (["orders", "list", "--json", "id,status"], "fields are chosen with --fields"),
        (["-V"], "use --version"),
        (["version"], "use `vsms --version`"),
        (["whoami"], "use `vsms auth status`"),
        (["get"], "use `vsms orders show`"),
        (["config", "get", "output"], "use `vsms config show`"),
        (["journal", "describe", "1"], "use `vsms journal show`"),
        (["ls"], "unknown command 'ls'"),
        (["cancel"], "did you mean `vsms orders cancel`"),
        (["ordrs", "list"], "did you mean orders?"),
        (["config", "set"], "`vsms config path` prints the file"),
        (["buy"], "vsms buys nothing, on purpose"),
        (["orders", "purchase"], "vsms buys nothing, on purpose"),
        (["orders", "list", "-o", "wide"], "`vsms help formatting`"),
        (["orders", "list", "--limit", "0"], "leave it out for all"),
        (["orders", "show", "3400"], "6 characters do"),
        (["--base-url", "virtualsms.io", "balance"], "write it as https://"),
    ],
)
def test_a_habit_of_another_command_line_is_answered_by_name(vsms: Vsms, words: list[str], hint: str) -> None:
    done = vsms(*words)

    assert done.code == 2
    assert hint in done.err


@pytest.mark.parametrize("option", ["--sort", "--force", "--confirm"])
def test_no_harmful_option_is_offered(vsms: Vsms, option: str) -> None:
    done = vsms("orders", "list", option)

    assert done.code == 2
    assert "did you mean" not in done.err


def test_an_empty_country_is_no_country(live: Vsms) -> None:
    done = live("orders", "list", "--country", "")

    assert done.code == 2
    assert "did you mean" not in done.err
    assert "nearest" not in done.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("order", "list"), "use `vsms orders`; to buy, the website: vsms buys nothing, on purpose"),
        (("refund", "audit"), "did you mean `vsms refunds` or `vsms orders refund`?"),
        (("rental", "list"), "did you mean `vsms rentals`?"),
    ],
)
def test_a_group_without_its_s_is_answered_with_the_group(
    live: Vsms, typed: tuple[str, ...], meant: str
) -> None:
    done = live(*typed)
    assert (done.code, done.out) == (2, "")
    assert meant in done.err


def test_an_outcome_that_does_not_exist_is_refused_for_a_closed_entry_too(
    live: Vsms, server: FaultServer
) -> None:
    live("orders", "cancel", server.add_order(), "--yes")
    assert live("journal", "resolve", "1", "--as", "bogus").code == 2
