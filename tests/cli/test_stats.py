"""`vsms stats` through the front door."""

import json
import re
from datetime import timedelta
from decimal import Decimal

from support.fault_server import FaultServer
from support.vsms import Vsms


def sms(server: FaultServer, *, age_s: float, after_s: float, **more: str) -> str:
    """A completed order whose code came so long after the purchase."""
    at = server.book.now() - timedelta(seconds=age_s - after_s)
    message = {"sender": "WhatsApp", "content": "123", "received_at": at}
    return server.add_order(status="completed", age_s=age_s, messages=[message], **more)  # type: ignore[arg-type] # the options of add_order, by name


def filled(server: FaultServer) -> None:
    for after in (10, 20, 90):
        sms(server, age_s=3600, after_s=after)
    server.add_order(status="cancelled", age_s=3600, price=Decimal("0.1"))
    server.add_order(status="expired", age_s=3600, price=Decimal("0.2"), country="BR", service="tg")
    server.add_order()


def test_the_figures_are_those_of_orders_and_ledger(live: Vsms, server: FaultServer) -> None:
    filled(server)
    done = live("stats", "--json")
    assert done.code == 0
    found = json.loads(done.out, parse_float=Decimal)
    assert (found["spent"], found["returned"], found["net"]) == (
        Decimal("3.5"),
        Decimal("0.3"),
        Decimal("3.2"),
    )
    assert (found["orders"], found["waiting"], found["completed"], found["cancelled"], found["expired"]) == (
        6, 1, 3, 1, 1,
    )  # fmt: skip
    assert (found["completed_share"], found["cancelled_share"]) == (Decimal("0.6"), Decimal("0.2"))
    assert (found["median_seconds_to_code"], found["codes_measured"]) == (20, 3)
    assert found["by_country"][0] == {
        "country": "AR", "ended": 4, "completed": 3, "cancelled": 1, "expired": 0, "success_rate": Decimal("0.75"),
    }  # fmt: skip
    assert [group["service"] for group in found["by_service"]] == ["wa", "tg"]
    assert "the newest 3 completed orders" in done.err


def test_a_pipe_gets_rows_and_a_terminal_bars(live: Vsms, server: FaultServer) -> None:
    filled(server)
    rows = live("stats").rows
    assert ["money", "net", "3.20", ""] in rows
    assert ["country", "AR", "0.7500", "4"] in rows
    assert (
        live("stats", "-o", "ndjson").lines[0]
        == '{"what": "money", "name": "spent", "value": 3.50, "orders": null}'
    )
    assert live("stats", "-o", "csv").lines[0] == "what,name,value,orders"
    table = live("stats", "-o", "table").out
    assert "time to the code  0:20 (median)" in table
    assert any(line.startswith("AR") and "75%" in line and "3 of 4" in line for line in table.splitlines())
    assert ("█" * 18 in table) or ("#" * 18 in table)
    narrow = live.on_a_terminal("stats", columns=60).out
    assert "█" * 9 + "░" * 3 in narrow
    assert all(len(line) <= 60 for line in re.sub(r"\x1b\[[\d;]*m", "", narrow).splitlines())
    assert live("stats", "-o", "table", "--fields", "name,value").lines[0].split() == ["NAME", "VALUE"]
    assert list(live("stats", "--json", "--fields", "net,spent").json) == ["net", "spent"]


def test_since_narrows_it(live: Vsms, server: FaultServer) -> None:
    filled(server)
    found = live("stats", "--since", "30m", "--json").json
    assert (found["orders"], found["spent"], found["completed_share"]) == (1, 0.8, None)
    assert live("stats", "--since", "30m", "-o", "table").out.startswith("orders")


def test_at_most_20_details_are_read(live: Vsms, server: FaultServer) -> None:
    for number in range(25):
        sms(server, age_s=3600 + number, after_s=number)
    found = live("stats", "--json").json
    assert (found["codes_measured"], [r.operation for r in server.requests].count("order")) == (20, 20)


def test_an_account_without_orders_has_nothing_to_divide_by(live: Vsms) -> None:
    found = live("stats", "--json").json
    assert (found["spent"], found["completed_share"], found["median_seconds_to_code"]) == (0, None, None)
    assert live("stats", "-o", "table").out.splitlines()[-1].startswith("net ")
    assert live("stats", "-q").code == 2


def test_names_of_the_service_are_shown_harmless(live: Vsms, server: FaultServer) -> None:
    server.add_order(status="expired", age_s=3600, country="\x1b[31mAR", service="=cmd()")
    for form in ("table", "tsv", "csv"):
        assert "\x1b" not in live("stats", "-o", form).out
