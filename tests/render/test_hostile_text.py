"""Hostile text in every field, through every format: harmless for people, unchanged for programs."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vsms_cli.domain.errors import Problem
from vsms_cli.domain.journal_entry import JournalEntry, JournalEvent
from vsms_cli.domain.orders import Message, Order
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import CancelPlan, PlannedCancel
from vsms_cli.domain.tickets import Operation
from vsms_cli.render.details import entry_details, order_details
from vsms_cli.render.documents import Document, Row
from vsms_cli.render.errors import problem_lines
from vsms_cli.render.formats import Format
from vsms_cli.render.order_tables import cancel_plan_columns, journal_columns, order_columns
from vsms_cli.render.results import result_line
from vsms_cli.render.rows import (
    CANCEL_FIELDS,
    JOURNAL_FIELDS,
    ORDER_DETAIL_FIELDS,
    REFUND_FIELDS,
    journal_row,
    order_detail_row,
    result_row,
)
from vsms_cli.render.safe import safe, shown
from vsms_cli.render.streams import Out, Surface
from vsms_cli.render.tables import field_columns, layout

NOW = datetime(2026, 5, 24, 12, tzinfo=UTC)
ID = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
PLAIN = Surface(width=None)
EVIL = (
    "\x1b[31mred\x1b[0m",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b2J\x90q\x9c",
    "nul\x00 bell\x07 back\x08 delete\x7f",
    "one\rtwo\r\nthree\nfour\x0bfive\x0csix\x85seven\u2028eight\u2029nine\ttab",
    "\u202eoverride\u2066isolate\u2069\u200fmark",
    "zero\u200bwidth\u200d\ufeff\u2060",
    "lone \ud800 surrogate, private \ue000, none \U000e0041",
    "[/x][bold]no[/bold] :+1: {0} %s \\x1b",
    "=cmd()|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    "e" + "\u0301" * 50,
    "",
)
texts = st.one_of(st.sampled_from(EVIL), st.text(max_size=30), st.lists(st.sampled_from(EVIL)).map("".join))


def harmless(text: str, *, lines: int | None = None) -> None:
    """No control, bidi or format character but the line ends that are ours."""
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {
        "\t"
    }
    assert not bad
    if lines is not None:
        assert len(text.splitlines()) == lines


def order_of(text: str) -> Order:
    return Order(
        id=ID, status=text, phone_number=text, country=text, service=text, price=Decimal("0.80"), created_at=NOW,
        messages=(Message(sender=text, content=text, received_at=NOW),),
    )  # fmt: skip


def problem_of(text: str) -> Problem:
    return Problem(code="failed", message=text, hint=text)


def entry_of(text: str) -> JournalEntry:
    return JournalEntry(
        entry=1, at=NOW, host="h", operation=Operation.CANCEL, order_id=ID, idempotency_key="k", price=None,
        outcome=None, refund_amount=None, reference=text, detail=text, updated_at=NOW,
    )  # fmt: skip


def order_row_of(text: str) -> Row:
    return order_detail_row(order_of(text), {"cancel": text, "wait": "no", "refund": "no"})


def result_row_of(text: str) -> Row:
    return result_row(
        Result(
            operation=Operation.REFUND, order_id=ID, outcome=Outcome.BY_HAND, status=text, request_id=text,
            transaction_id=text,
            support_message=text, problem=problem_of(text),
        ),
        None,
    )  # fmt: skip


ROWS: Sequence[tuple[Sequence[str], Callable[[str], Row]]] = (
    (ORDER_DETAIL_FIELDS, order_row_of),
    (CANCEL_FIELDS, result_row_of),
    (REFUND_FIELDS, result_row_of),
    (JOURNAL_FIELDS, lambda text: journal_row(entry_of(text))),
)


def printed(format_: Format, fields: Sequence[str], row: Row) -> str:
    stream = io.StringIO()
    document = Document(Out(stream), format_, fields)
    document.row(row)
    document.row(row)
    document.end()
    return stream.getvalue()


def originals(value: object) -> object:
    """What a JSON reader must get back."""
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dict():
            return {key: originals(item) for key, item in value.items()}
        case list() | tuple():
            return [originals(item) for item in value]
        case _:
            return value


@pytest.mark.parametrize(("fields", "make"), ROWS, ids=["orders", "cancel", "refund", "journal"])
@settings(deadline=None, max_examples=30)
@given(text=texts)
def test_every_field_of_every_row_is_harmless_in_every_machine_format(
    fields: Sequence[str], make: Callable[[str], Row], text: str
) -> None:
    row = make(text)
    tsv = printed(Format.TSV, fields, row)
    harmless(tsv, lines=2)
    assert {len(line.split("\t")) for line in tsv.splitlines()} == {len(fields)}
    table = printed(Format.CSV, fields, row)
    harmless(table, lines=3)
    cells = list(csv.reader(io.StringIO(table)))
    assert {len(line) for line in cells} == {len(fields)}
    for cell in cells[1]:
        assert not cell.startswith(("=", "@"))
        assert cell[:1] not in {"+", "-"} or cell[1:].replace(".", "").isdigit()
    for format_ in (Format.JSON, Format.NDJSON):
        told = printed(format_, fields, row)
        assert told.isascii()
        harmless(told)
        decoded = json.loads(told)[0] if format_ is Format.JSON else json.loads(told.splitlines()[0])
        assert decoded == originals({name: row[name] for name in fields})
    if "id" in row:
        harmless(printed(Format.IDS, fields, row), lines=2)


@settings(deadline=None, max_examples=25)
@given(text=texts, colour=st.booleans(), width=st.integers(20, 300))
def test_tables_are_harmless_and_a_line_an_order(text: str, colour: bool, width: int) -> None:  # noqa: FBT001 - given
    order = order_of(text)
    foreseen = Result(operation=Operation.CANCEL, order_id=ID, outcome=Outcome.WOULD_CANCEL)
    plan = CancelPlan(items=(PlannedCancel(order_id=ID, order=order, foreseen=foreseen),))
    tables = (
        order_columns([order, order], now=NOW, names={"wa": text}),
        journal_columns([entry_of(text)] * 2),
        cancel_plan_columns(CancelPlan(items=plan.items * 2), now=NOW, names={}),
    )
    for columns in tables:
        ours = table = layout(columns, Surface(width=width, colour=colour)).text
        for style in ("\x1b[1m", "\x1b[36m", "\x1b[0m"):
            ours = ours.replace(style, "")
        assert colour or "\x1b" not in table
        harmless(ours, lines=3)
    harmless(layout(field_columns(["status", "id"], [[text, ID]] * 2), Surface(width=width)).text)


@settings(deadline=None, max_examples=30)
@given(text=texts)
def test_sentences_details_and_errors_are_harmless(text: str) -> None:
    failed = Result(operation=Operation.CANCEL, order_id=ID, outcome=Outcome.FAILED, problem=problem_of(text))
    harmless(result_line(failed, now=NOW)[1], lines=1)
    for outcome in Outcome:
        result = Result(
            operation=Operation.REFUND,
            order_id=ID,
            outcome=outcome,
            request_id=text,
            transaction_id=text,
            problem=problem_of(text),
        )
        harmless(result_line(result, now=NOW)[1], lines=1)
    for as_json in (True, False):
        for line in problem_lines(problem_of(text), as_json=as_json, width=None):
            harmless(line, lines=1)
    harmless(order_details(order_of(text), {"cancel": text}, now=NOW, names={}, surface=PLAIN))
    harmless(entry_details(entry_of(text), [JournalEvent(at=NOW, what=text)], PLAIN), lines=9)


@given(text=texts)
def test_safe_text_is_one_line_and_stays_as_it_is_when_made_safe_again(text: str) -> None:
    once = safe(text)
    harmless(once)
    assert len(once.splitlines()) <= 1
    assert safe(once) == once
    assert "\t" not in once


def test_a_character_is_shown_as_its_escape() -> None:
    assert safe("\x1b[2J\x00\x9b\u202e\U000e0041") == r"\x1b[2J\x00\x9b\u202e\U000e0041"
    assert safe("Zürich ✓ 北京") == "Zürich ✓ 北京"


# Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt, and two that are drawn as nothing.
UNSEEN = (
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
    *(0x2800, 0x1D159),
)


def test_a_character_that_nobody_sees_is_shown_as_its_escape() -> None:
    for char in map(chr, UNSEEN):
        assert safe(f"a{char}b") == f"a{char.encode('unicode_escape').decode()}b"


def test_of_a_pile_of_accents_four_are_drawn() -> None:
    assert safe("e" + "\u0301" * 6 + "x\u0302") == "e" + "\u0301" * 4 + r"\u0301\u0301" + "x\u0302"
    for text in ("שָׁלוֹם", "हिन्दी", "ที่นี่", "Việt Nam".replace("ệ", "e\u0323\u0302")):
        assert safe(text) == text


def test_a_megabyte_is_cut_for_a_person_and_kept_for_a_program() -> None:
    text = "\x1b]0;x\x07" * 200_000
    assert len(shown(text)) < 20_000
    assert shown(text).endswith("characters)")
    assert json.loads(printed(Format.NDJSON, ["id"], {"id": text}).splitlines()[0])["id"] == text
    columns = order_columns([order_of(text)], now=NOW, names={})
    assert len(layout(columns, Surface(width=80)).text) < 400


def test_an_age_that_is_not_known_is_a_question_mark() -> None:
    order = Order(id=ID, status="waiting")
    columns = order_columns([order], now=NOW + timedelta(days=1), names={})
    line = layout(columns, PLAIN).text.splitlines()[1]
    assert line.split() == [ID, "?", "?", "?", "waiting", "?", "?", "now", "-"]
