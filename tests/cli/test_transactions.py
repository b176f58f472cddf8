"""`vsms transactions list` through the front door."""

import json
from decimal import Decimal

import pytest

from support.fault_server import FaultServer
from support.long_ledger import base_url, long_ledger
from support.vsms import Vsms

KEYS = [
    *("id", "created_at", "type", "amount", "currency", "order_id", "description"),
    *("balance_before", "balance_after"),
]


def test_each_line_of_the_ledger_with_its_digits(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="cancelled", price=Decimal("0.10"))

    done = live("transactions", "list", "--json")

    assert done.code == 0
    assert [list(row) for row in done.json] == [KEYS] * 3
    assert {row["type"]: row["amount"] for row in done.json} == {
        "deposit": 50,
        "purchase": -0.1,
        "refund": 0.1,
    }
    assert '"amount": -0.10,' in done.out
    assert {row["order_id"] for row in done.json} == {order, None}
    assert all(row["created_at"].endswith("Z") for row in done.json)
    assert [row["id"] for row in done.json] == [line.id for line in server.book.ledger]


def test_every_format_has_the_same_lines(live: Vsms, server: FaultServer) -> None:
    server.add_order(status="expired")
    ids = [line.id for line in server.book.ledger]

    assert live("transactions", "list", "-q").lines == ids
    assert [row[0] for row in live("transactions", "list").rows] == ids
    assert [json.loads(line)["id"] for line in live("transactions", "list", "-o", "ndjson").lines] == ids
    assert live("transactions", "list", "-o", "csv").lines[0] == ",".join(KEYS)
    table = live("transactions", "list", "-o", "table").out
    assert table.startswith("AT")
    assert "-$0.80" in table
    assert live("transactions", "list", "-o", "table", "--fields", "amount,type").lines[0].split() == [
        "AMOUNT",
        "TYPE",
    ]


def test_type_order_since_and_limit_narrow_it(live: Vsms, server: FaultServer) -> None:
    old = server.add_order(status="expired", age_s=7200)
    new = server.add_order(status="completed")

    def listed(*args: str) -> list[tuple[str, str]]:
        rows = live("transactions", "list", "--json", *args).json
        return [(row["type"], row["order_id"] or "") for row in rows]

    assert listed("--type", "refund") == [("refund", old)]
    assert sorted(listed("--order", old)) == [("purchase", old), ("refund", old)]
    assert listed("--order", new[:8]) == [("purchase", new)]
    assert listed("--type", "purchase", "--since", "1h") == [("purchase", new)]
    assert len(listed("--limit", "2")) == 2
    assert listed("--order", old, "--type", "purchase", "--limit", "5") == [("purchase", old)]


def test_a_whole_id_costs_no_look_up(live: Vsms, server: FaultServer) -> None:
    live("transactions", "list", "--order", server.add_order())
    assert [request.operation for request in server.requests] == ["transactions"]


def test_several_pages_come_whole_and_a_limit_reads_no_page_more(vsms: Vsms) -> None:
    with long_ledger(350) as service:
        vsms.env |= {"VSMS_TOKEN": "vsms_made_up", "VSMS_BASE_URL": base_url(service)}
        ids = vsms("transactions", "list", "-q").lines
        assert (len(ids), len(set(ids)), service.requests) == (350, 350, 4)
        assert len(vsms("transactions", "list", "-q", "--limit", "150").lines) == 150
        assert service.requests == 6


def test_no_match_is_a_word_and_no_failure(live: Vsms) -> None:
    done = live("transactions", "list", "--type", "credit")
    assert (done.code, done.out, done.err) == (0, "", "no transactions match\n")
    assert live("transactions", "list", "--type", "credit", "--json").out == "[]\n"
    assert live("transactions", "list", "--type", "credit", "-o", "table").out == ""


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--type", "refnd"], "did you mean refund?"),
        (["--order", "../purchase"], "is not an order id"),
        (["--order", "7e4"], "is not an order id"),
        (["--since", "yesterday"], "is not a duration"),
        (["--limit", "0"], "--limit must be 1 or more"),
        (["--fields", "amuont"], "did you mean amount?"),
    ],
)
def test_what_is_not_clear_is_refused_before_any_request(
    live: Vsms, server: FaultServer, args: list[str], word: str
) -> None:
    done = live("transactions", "list", *args)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert server.requests == []


def test_a_beginning_that_fits_no_listed_order_is_not_found(live: Vsms, server: FaultServer) -> None:
    server.add_order()
    assert live("transactions", "list", "--order", "ffffff-").code in {2, 5}
    assert live("transactions", "list", "--order", "0" * 8).code == 5


def test_a_span_beyond_the_calendar_is_everything(live: Vsms) -> None:
    assert len(live("transactions", "list", "--since", "999999d", "-q").lines) == 1


def test_a_clock_that_is_wrong_by_a_day_is_set_right_by_the_service(vsms: Vsms) -> None:
    with FaultServer(clock_offset=-86_400) as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        order = server.add_order(age_s=60)
        done = vsms("transactions", "list", "--since", "10m", "--type", "purchase", "--json")
        assert [row["order_id"] for row in done.json] == [order]


def test_text_of_the_service_is_shown_harmless(live: Vsms, server: FaultServer) -> None:
    server.book.post("credit", Decimal(1), description="\x1b]0;owned\x07\u202e=cmd()")
    for form in ("tsv", "csv", "table"):
        out = live("transactions", "list", "-o", form, env={"COLUMNS": "300"}).out
        assert "\x1b" not in out
        assert "\\x1b]0;owned" in out


def test_a_reader_that_leaves_ends_it(vsms: Vsms) -> None:
    done = vsms.process(
        prefix=[
            "sh",
            "-c",
            '"$@" --sandbox transactions list -o ndjson | head -1; exit ${PIPESTATUS:-0}',
            "sh",
        ]
    )
    assert len(done.lines) == 1
    assert "Traceback" not in done.err
