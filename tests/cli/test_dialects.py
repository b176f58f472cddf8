"""The same book, served in other forms: every command says of it what it says of the documented one."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.served import Served, served
from support.vsms import Done, Vsms
from vsms_cli.sandbox.dialects import DIALECTS

READS = [
    ["orders", "list"],
    ["orders", "list", "--all"],
    ["orders", "list", "--country", "Argentina"],
    ["orders", "list", "--not-country", "AR", "--service", "wa"],
    ["orders", "list", "--older-than", "5m"],
    ["orders", "list", "--status", "completed"],
    ["transactions", "list"],
    ["refunds", "audit"],
    ["balance"],
    ["rentals", "list"],
    ["rentals", "list", "--all"],
    ["rentals", "cancel", "--all", "--dry-run"],
    ["orders", "cancel", "--country", "AR", "--dry-run"],
    ["orders", "cancel", "--all", "--wait", "--dry-run"],
]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest, vsms: Vsms) -> Iterator[Served]:
    assert vsms("sandbox", "reset").code == 0
    with served(vsms, "--dialect", str(request.param)) as running:
        yield running


def ask(vsms: Vsms, server: Served, *args: str) -> Done:
    return vsms(*args, env={"VSMS_BASE_URL": server.base_url, "VSMS_TOKEN": server.token})


def alike(value: Any) -> Any:
    """Without what moves between two looks at a clock, and with money as a number."""
    match value:
        case dict():
            return {
                key: alike(each) or None if key == "messages" else alike(each)
                for key, each in value.items()
                if key not in {"age", "retry_at"}
            }
        case list():
            return [alike(each) for each in value]
        case str() if value[:1] in "+0123456789" and value.strip("+").isdigit():
            return value.strip("+")
        case _:
            return value


def test_every_read_says_the_same_of_the_same_book(vsms: Vsms, dialect: Served) -> None:
    for command in READS:
        documented = vsms.sandbox(*command, "--json")
        other = ask(vsms, dialect, *command, "--json")
        assert other.code == documented.code, (command, other.err)
        assert alike(other.json) == alike(documented.json), command


def test_an_order_is_shown_cancelled_and_refunded_alike(vsms: Vsms, dialect: Served) -> None:
    listed = ask(vsms, dialect, "orders", "list", "--country", "AR", "--json").json
    one, other, *rest = [row["id"] for row in listed]
    shown = ask(vsms, dialect, "orders", "show", one, "--json")
    assert alike(shown.json) == alike(vsms.sandbox("orders", "show", one, "--json").json)
    before = vsms.sandbox("balance", "--json").json["balance"]

    by_id = ask(vsms, dialect, "orders", "cancel", one, "--yes", "--json", "--verify")
    refunded = ask(vsms, dialect, "orders", "refund", other, "--yes", "--json")
    many = ask(vsms, dialect, "orders", "cancel", "--country", "AR", "--yes", "--json", "--verify")

    for done, outcome in ((by_id, "cancelled"), (refunded, "cancelled"), (many, "cancelled")):
        assert done.code == 0, done.err
        assert {row["outcome"] for row in done.json} == {outcome}
    assert {row["verified"] for row in (*by_id.json, *many.json)} == {"posted"}
    assert len(many.json) == len(rest)
    back = sum(row["refund_amount"] for done in (by_id, refunded, many) for row in done.json)
    assert vsms.sandbox("balance", "--json").json["balance"] == pytest.approx(before + back)
    assert (
        ask(vsms, dialect, "orders", "cancel", one, "--yes", "--json").json[0]["outcome"]
        == "already_cancelled"
    )
    swapped = ask(vsms, dialect, "orders", "swap", listed[-1]["id"], "--yes", "--json")
    assert swapped.json["outcome"] == "already_cancelled"


def test_the_doctor_names_what_differs(vsms: Vsms, dialect: Served) -> None:
    done = ask(vsms, dialect, "doctor", "--json")

    told = [row for row in done.json if row["status"] == "warning" and "documented is" in row["detail"]]
    assert told
    assert all(
        "[]" in row["detail"] or "data" in row["detail"] or "balance" in row["detail"] or ":" in row["detail"]
        for row in told
    )


def test_an_unknown_dialect_is_refused(vsms: Vsms) -> None:
    done = vsms("sandbox", "serve", "--dialect", "cobol")

    assert done.code == 2
    assert "go, strings, envelope, mixed, legacy" in done.err
