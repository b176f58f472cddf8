"""Rows 36 and 37: hostile text in every field is shown harmless, hostile ids are refused before any request."""

import pytest

from faults.scene import Scene
from support.fault_kinds import HOSTILE

BIDI_AND_BREAKS = (
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\x85"
)
IDS = [
    *("", " ", ".", "..", "../purchase", "..%2fpurchase", "%2f", "?", "#", "a/b", "-", "--", "a b"),
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11/../../purchase",
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c1\u0661",  # an Arabic digit
    "７e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",  # noqa: RUF001 - a full-width digit is what is tested
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11\x00",
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11\nx",
    "{7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11}",
    "7e44c0de1f3a4c579a510f2d6a9b8c11",
    "7e44c0" * 1500,
]


@pytest.mark.parametrize(
    "text", [HOSTILE, BIDI_AND_BREAKS, "A" * 100_000, "=cmd()|' /C calc'!A0", "[/x]", ":+1:"]
)
@pytest.mark.parametrize("output", ["tsv", "csv", "json", "ndjson", "table"])
def test_hostile_text_in_every_field_is_one_harmless_line(stage: Scene, text: str, output: str) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", "hostile-text", text=text, times=None)

    listed = stage.run("orders", "list", "-o", output)
    shown = stage.run("orders", "show", order, "-o", output)

    assert (listed.code, shown.code) == (0, 0)
    if output == "tsv":
        assert len(listed.lines) == 1
        assert len(listed.lines[0].split("\t")) == 10
    for done in (listed, shown):
        assert not set(done.out) & set("\u2028\u2029\u202e\u2066\u200b\u200f\ufeff")
        if output == "csv":
            assert not [cell for line in done.lines for cell in line.split(",") if cell.startswith("=")]


@pytest.mark.parametrize("status", ["400", "402", "503"])
def test_hostile_text_in_an_error_is_one_harmless_line(stage: Scene, status: str) -> None:
    order = stage.server.add_order()
    stage.server.fault("cancel", status, text=HOSTILE, times=None, order_id=order)
    stage.server.fault(
        "order", status, text=HOSTILE, times=None, order_id=order
    )  # or a 503 is asked for a minute

    told = stage.run("orders", "cancel", order, "--yes")
    stage.cancel(stage.server.add_order())

    assert len(told.lines) == 1
    assert stage.run("journal", "show", "1").code == 0


def test_a_service_that_says_the_token_back_does_not_get_it_shown(stage: Scene) -> None:
    for status in ("400", "401", "500"):
        stage.server.clear()
        stage.server.fault("any", status, text=f"bad key {stage.server.token}", times=None)
        stage.cancel(stage.server.add_order())
        stage.run("--debug", "balance")
    journal = stage.vsms.state_dir / "journal.db"
    held = b"".join(path.read_bytes() for path in journal.parent.glob("journal.db*"))

    assert stage.server.token.encode() not in held


@pytest.mark.parametrize(
    ("command", "bad"),
    # A bare - means ids on stdin to cancel.
    [(what, bad) for what in ("cancel", "show", "refund") for bad in IDS if (what, bad) != ("cancel", "-")],
)
def test_a_hostile_id_is_refused_before_any_request(stage: Scene, command: str, bad: str) -> None:
    args = ["--yes"] if command != "show" else []

    done = stage.run("orders", command, *args, "--", bad)

    assert done.code == 2, done.err
    assert len(done.err) < 2000
    assert stage.server.connections == 0


@pytest.mark.parametrize(
    "bad", [text for text in IDS if text.strip() and "\n" not in text and text[0] != "#"]
)
def test_a_hostile_id_on_stdin_stops_the_whole_list(stage: Scene, bad: str) -> None:
    good = stage.server.add_order()

    done = stage.run("orders", "cancel", "-", "--yes", stdin=f"{good}\n{bad}\n")

    assert done.code == 2
    assert stage.server.connections == 0
