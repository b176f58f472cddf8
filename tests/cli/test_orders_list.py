"""`vsms orders list` through the front door."""

import csv
import io
import json
from decimal import Decimal

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

FIELDS = [
    *("id", "phone_number", "country", "service", "status", "price", "currency"),
    *("created_at", "expires_at", "cancel_available_at"),
]


def countries(vsms: Vsms, *args: str) -> list[str]:
    done = vsms.sandbox("orders", "list", "--fields", "country", *args)
    assert done.code == 0, done.err
    return done.lines


def test_the_active_orders_come_newest_first_and_nothing_else(vsms: Vsms) -> None:
    done = vsms.sandbox("orders", "list", "--json")
    assert (done.code, done.err) == (0, "sandbox: no network, no token, no money\n")
    assert {row["status"] for row in done.json} == {"waiting"}
    assert all(list(row) == FIELDS for row in done.json)
    bought = [row["created_at"] for row in done.json]
    assert bought == sorted(bought, reverse=True)
    assert all(at.endswith("Z") for at in bought)


def test_all_shows_every_state(vsms: Vsms) -> None:
    states = {row["status"] for row in vsms.sandbox("orders", "list", "--all", "--json").json}
    assert states == {"waiting", "completed", "expired", "cancelled"}


@pytest.mark.parametrize("said", [["expired"], ["expired", "CANCELLED"]])
def test_a_status_in_any_case_replaces_the_active_ones_and_repeating_it_means_or(
    vsms: Vsms, said: list[str]
) -> None:
    options = [part for status in said for part in ("--status", status)]
    rows = vsms.sandbox("orders", "list", "--json", *options).json
    assert {row["status"] for row in rows} == {status.lower() for status in said}


@pytest.mark.parametrize("name", ["AR", "ar", "Argentina", "aRGENTINA"])
def test_a_country_is_given_by_code_or_name_in_any_case(vsms: Vsms, name: str) -> None:
    assert countries(vsms, "--country", name) == ["AR"] * 5


def test_repeating_a_filter_means_or_and_different_ones_mean_and(vsms: Vsms) -> None:
    assert sorted(countries(vsms, "--country", "GB", "--country", "br")) == ["BR", "BR", "GB"]
    assert countries(vsms, "--country", "GB", "--country", "BR", "--service", "whatsapp") == ["BR"]
    assert set(countries(vsms, "--not-country", "AR", "--not-country", "US")) == {"BR", "DE", "GB"}
    assert countries(vsms, "--not-service", "WhatsApp", "--not-service", "go") == ["BR", "AR"]


def test_ages_and_a_limit_choose_too(vsms: Vsms) -> None:
    assert countries(vsms, "--newer-than", "2m") == ["US", "BR"]
    assert countries(vsms, "--older-than", "10m") == ["AR", "GB", "BR"]
    assert countries(vsms, "--older-than", "10m", "--newer-than", "17m") == ["AR", "GB"]
    assert countries(vsms, "--limit", "3") == ["US", "BR", "DE"]
    assert countries(vsms, "--country", "AR", "--older-than", "300s", "--limit", "1") == ["AR"]


@pytest.mark.parametrize(
    ("option", "value", "near"),
    [
        ("--country", "Argentna", "AR (Argentina)"),
        ("--not-country", "Brasil", "BR (Brazil)"),
        ("--service", "watsapp", "wa (WhatsApp)"),
        ("--status", "wating", "waiting"),
        ("--fields", "contry", "country"),
        ("--output", "jsn", "json"),
    ],
)
def test_what_is_unknown_names_the_nearest(vsms: Vsms, option: str, value: str, near: str) -> None:
    done = vsms.sandbox("orders", "list", option, value)
    assert (done.code, done.out) == (2, "")
    assert f"did you mean {near}" in done.err


def test_a_mistake_in_a_filter_is_found_before_any_request(live: Vsms, server: FaultServer) -> None:
    for mistake in (
        ["--older-than", "5"],
        ["--limit", "0"],
        ["--status", "x"],
        ["--all", "--status", "expired"],
    ):
        assert live("orders", "list", *mistake).code == 2
    assert server.requests == []


def test_tsv_is_the_default_in_a_pipe_with_whole_values_and_no_header(vsms: Vsms) -> None:
    rows = vsms.sandbox("orders", "list").rows
    assert {len(row) for row in rows} == {len(FIELDS)}
    assert all(len(row[0]) == 36 for row in rows)
    assert rows == vsms.sandbox("orders", "list", "-o", "tsv").rows


def test_codes_that_came_are_read_where_they_are_asked_for(live: Vsms, server: FaultServer) -> None:
    waiting, came = server.add_order(), server.add_order(status="completed", age_s=900)
    textless = server.add_order(status="completed", age_s=950, messages=[{"sender": "x", "content": "hello"}])
    assert live("orders", "list", "--all", "--fields", "id,code").rows == [
        [waiting, ""],
        [came, "123456"],
        [textless, ""],
    ]
    assert [request.operation for request in server.requests].count("order") == 2
    assert live("orders", "list", "--all", "--json", "--fields", "code").json[0] == {"code": None}
    assert list(live("orders", "list", "--json").json[0]) == FIELDS


def test_every_format_holds_the_same(vsms: Vsms) -> None:
    ids = vsms.sandbox("orders", "list", "-q").lines
    assert len(ids) == 10
    assert vsms.sandbox("orders", "list", "-o", "ids").lines == ids
    assert [row["id"] for row in vsms.sandbox("orders", "list", "-o", "json").json] == ids
    ndjson = [json.loads(line) for line in vsms.sandbox("orders", "list", "-o", "ndjson").lines]
    assert [row["id"] for row in ndjson] == ids
    table = list(csv.DictReader(io.StringIO(vsms.sandbox("orders", "list", "-o", "csv").out)))
    assert [row["id"] for row in table] == ids
    assert list(table[0]) == FIELDS
    shown = vsms.sandbox("orders", "list", "-o", "table").out
    assert all(order_id in shown for order_id in ids)
    assert "\x1b" not in shown


def test_fields_come_as_asked_for_in_that_order_in_every_format(vsms: Vsms) -> None:
    asked = ("orders", "list", "--limit", "1", "--fields", "status, id")
    assert list(vsms.sandbox(*asked, "--json").json[0]) == ["status", "id"]
    assert vsms.sandbox(*asked).rows[0][0] == "waiting"
    assert vsms.sandbox(*asked, "-o", "csv").lines[0] == "status,id"
    assert vsms.sandbox(*asked, "-o", "table").lines[0].split() == ["STATUS", "ID"]


def test_the_environment_chooses_a_format_and_an_option_goes_before_it(vsms: Vsms) -> None:
    env = {"VSMS_OUTPUT": "json", "VSMS_SANDBOX": "1"}
    assert len(vsms("orders", "list", env=env).json) == 10
    assert len(vsms("orders", "list", "-q", env=env).lines) == 10
    assert vsms("orders", "list", env=env | {"VSMS_OUTPUT": "jsn"}).code == 2


def test_two_formats_contradict_each_other(vsms: Vsms) -> None:
    done = vsms.sandbox("orders", "list", "--json", "-q")
    assert (done.code, done.out) == (2, "")
    assert "two formats asked for: ids and json" in done.err


@pytest.mark.parametrize(
    ("format_", "out"),
    [("json", "[]\n"), ("ndjson", ""), ("tsv", ""), ("csv", ""), ("ids", ""), ("table", "")],
)
def test_no_match_is_a_word_on_stderr_and_no_failure(vsms: Vsms, format_: str, out: str) -> None:
    done = vsms.sandbox("orders", "list", "--country", "FR", "-o", format_)
    assert (done.code, done.out) == (0, out)
    assert "no orders match" in done.err


@pytest.mark.parametrize("format_", ["tsv", "csv", "json", "ndjson", "ids"])
def test_machine_formats_are_the_same_bytes_whatever_the_width(
    live: Vsms, server: FaultServer, format_: str
) -> None:
    for _ in range(3):
        server.add_order()
    narrow, wide = (
        live("orders", "list", "-o", format_, env={"COLUMNS": width, "FORCE_COLOR": "1"})
        for width in ("20", "400")
    )
    assert narrow.out == wide.out
    assert "\x1b" not in narrow.out


def test_money_keeps_the_digits_of_the_service(live: Vsms, server: FaultServer) -> None:
    server.add_order(extra={"price": None})
    server.add_order(price=Decimal("1.10"), country="BR")
    done = live("orders", "list", "--country", "BR", "--json")
    assert '"price": 1.10' in done.out
    assert '"price": null' in live("orders", "list", "--country", "AR", "--json").out


def test_a_full_page_says_that_more_may_exist(live: Vsms, server: FaultServer) -> None:
    for _ in range(200):
        server.add_order()
    done = live("orders", "list", "-q")
    assert (done.code, len(done.lines)) == (0, 200)
    assert "a page of 200 orders came back full: more may exist" in done.err
    assert [request.target.partition("?")[2] for request in server.requests] == ["limit=200&status=waiting"]


def test_an_account_with_a_long_history_is_listed_with_one_request(live: Vsms, server: FaultServer) -> None:
    for _ in range(210):
        server.add_order(status="completed")
    order = server.add_order(age_s=1000)
    assert live("orders", "list", "-q").lines == [order]
    assert [request.target.partition("?")[2] for request in server.requests] == ["limit=200&status=waiting"]


@pytest.mark.parametrize("status", ["pending", "created"])
def test_an_older_name_of_waiting_is_listed_too(live: Vsms, server: FaultServer, status: str) -> None:
    order = server.add_order(status=status)
    assert live("orders", "list", "-q").lines == [order]
    assert len(server.requests) == 2


def test_an_older_deployment_with_bare_arrays_is_read(vsms: Vsms) -> None:
    with FaultServer(older=True) as server:
        order = server.add_order()
        env = {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        assert vsms("orders", "list", "-q", env=env).lines == [order]
        assert vsms("balance", "--json", env=env).json["balance"] == 49.2


def test_an_unknown_status_is_shown_and_cancelled_by_its_id_alone(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="hibernating")
    assert live("orders", "list", "--all", "--fields", "status").out == "hibernating\n"
    for words in (["--all"], ["--country", "AR"]):
        done = live("orders", "cancel", *words, "--yes")
        assert (done.code, server.posts()) == (0, 0)
        assert "1 order left as it is: the status is not known" in done.err
    named = live("orders", "cancel", order, "--dry-run", "--json")
    assert (named.code, named.json[0]["outcome"]) == (0, "would_cancel"), "who names it may try"


def test_the_catalogue_is_asked_once_a_day(live: Vsms, server: FaultServer) -> None:
    server.add_order()
    for _ in range(2):
        assert len(live("orders", "list", "--country", "Argentina").lines) == 1
    assert sum(request.operation == "countries" for request in server.requests) == 1


def test_a_refused_token_and_a_service_that_is_gone_have_their_own_codes(
    live: Vsms, server: FaultServer
) -> None:
    refused = live("orders", "list", env={"VSMS_TOKEN": "vsms_wrong"})
    assert (refused.code, refused.out) == (4, "")
    assert "vsms_wrong" not in refused.err
    gone = live(
        "orders", "list", "--json", env={"VSMS_BASE_URL": f"http://127.0.0.1:{server.closed_port()}/x"}
    )
    assert (gone.code, gone.out) == (6, "")
    assert json.loads(gone.err.splitlines()[-1])["error"]["code"] == "unreachable"
