"""A service, or the sender of an SMS, whose text is an attack: through the front door."""

import json

import pytest

from support.fault_kinds import HOSTILE
from support.fault_server import FaultServer
from support.vsms import Done, Vsms

COMMANDS = (
    ("orders", "list", "--all"),
    ("orders", "show", "{completed}"),
    ("orders", "cancel", "{waiting}", "{completed}", "--yes"),
    ("orders", "refund", "{completed}", "--reason", "code-rejected", "--yes"),
    ("auth", "status"),
    ("journal", "list"),
)


def harmless(done: Done) -> None:
    for text in (done.out, done.err):
        assert not {char for char in text if char < " " or "\x7f" <= char <= "\x9f"} - {"\n", "\t"}
        assert not set("\u2028\u202e\u200b") & set(text)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("format_", ["table", "tsv", "csv", "json", "ndjson"])
def test_nothing_of_the_services_reaches_the_terminal_unescaped(
    live: Vsms, server: FaultServer, format_: str
) -> None:
    ids = {
        "completed": server.add_order(status="completed", country=HOSTILE, phone_number=HOSTILE),
        "waiting": server.add_order(service=HOSTILE, status="waiting"),
    }
    server.deliver(ids["completed"], HOSTILE, sender=HOSTILE)
    server.fault("cancel", "422", text=HOSTILE, times=None)
    server.fault("refund", "400", text=HOSTILE, times=None)
    for command in COMMANDS:
        harmless(live(*(part.format(**ids) for part in command), "-o", format_, "--debug"))


@pytest.mark.parametrize("kind", ["401", "403", "404", "500", "503", "redirect"])
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_an_error_of_the_services_is_told_harmlessly(
    live: Vsms, server: FaultServer, kind: str, form: str
) -> None:
    server.fault("any", kind, text=HOSTILE, form=form, location=f"/{form}", times=None)
    done = live("balance", "--debug")
    assert done.code in {4, 5, 6}
    harmless(done)


def test_json_gives_the_data_back_unchanged(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")
    server.deliver(order, HOSTILE, sender=HOSTILE)
    done = live("orders", "show", order, "--json")
    assert json.loads(done.out)["messages"][-1]["content"] == HOSTILE
    assert done.out.isascii()


def test_a_spreadsheet_runs_nothing(live: Vsms, server: FaultServer) -> None:
    server.add_order(country="=cmd()|x", service="@SUM(A1)", phone_number="+5491100")
    out = live("orders", "list", "-o", "csv").out
    assert ""","'=cmd()|x","'@SUM(A1)",""" in out
    assert ',"+5491100",' in out


def test_a_spreadsheet_that_splits_at_semicolons_or_reads_full_width_signs_runs_nothing(
    live: Vsms, server: FaultServer
) -> None:
    server.add_order(country="＝cmd()|x", service="a;=cmd()")  # noqa: RUF001 - these are meant
    out = live("orders", "list", "-o", "csv").out
    assert ""","'＝cmd()|x","a;=cmd()",""" in out  # noqa: RUF001 - as above


def test_what_nobody_sees_is_shown_and_accents_are_not_piled_up(live: Vsms, server: FaultServer) -> None:
    server.add_order(country="A\u3164R", service="w\ufe0fa\u2800" + "\u0301" * 1000)
    (row,) = live("orders", "list").rows
    assert row[2:4] == [r"A\u3164R", r"w\ufe0fa\u2800" + "\u0301" * 4 + r"\u0301" * 996]
