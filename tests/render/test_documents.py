"""Machine formats and the streams that they are written to."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from vsms_cli.domain.errors import StreamClosed
from vsms_cli.render.documents import Document, cell, to_json
from vsms_cli.render.formats import Format
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.status_line import ProgressLine
from vsms_cli.render.streams import Err, Out, Streams, Surface
from vsms_cli.render.tables import Column, field_columns, layout, short_ids


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, _text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (Decimal("0.80"), "0.80"),
        (Decimal("1E+3"), "1000"),
        (datetime(2026, 5, 24, 12, tzinfo=UTC), '"2026-05-24T12:00:00Z"'),
        ("é\u2028", '"\\u00e9\\u2028"'),
        ([{"a": None}], '[{"a": null}]'),
    ],
)
def test_json_keeps_digits_and_escapes_text(value: object, text: str) -> None:
    assert to_json(value) == text  # type: ignore[arg-type] # every case is a Value
    json.loads(text)


def test_a_cell_is_empty_for_unknown_and_joins_what_is_nested() -> None:
    assert cell(None) == ""
    assert cell([{"content": "a\nb", "sender": "x"}, {"content": "c"}]) == r"a\x0ab | c"
    assert cell({"cancel": "yes", "wait": None}) == "cancel: yes; wait: "


@pytest.mark.parametrize("format_", [f for f in Format if f not in {Format.JSON, Format.TABLE}])
def test_without_rows_nothing_is_written(format_: Format) -> None:
    stream = io.StringIO()
    Document(Out(stream), format_, ["id"]).end()
    assert stream.getvalue() == ""


def test_a_spreadsheet_runs_no_cell_text_is_quoted_and_numbers_stay_numbers() -> None:
    stream = io.StringIO()
    document = Document(Out(stream), Format.CSV, ["id", "a", "b", "c"])
    document.row({"id": "=1", "a": "+5491100", "b": Decimal("-0.80"), "c": '-2"'})
    document.row({"id": "＝1", "a": "＋5", "b": None, "c": [{"content": "－x;@y"}, {"content": "＠"}]})  # noqa: RUF001 - these are meant
    assert stream.getvalue().splitlines() == [
        "id,a,b,c",
        '"\'=1","+5491100",-0.80,"\'-2"""',
        '"\'＝1","\'＋5",,"\'－x;@y | ＠"',  # noqa: RUF001 - as above
    ]


@pytest.mark.parametrize(
    "error", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")]
)
def test_a_stdout_that_nobody_reads_raises_and_a_stderr_never_does(error: Exception) -> None:
    out = Out(Gone(error))
    for _ in range(2):
        with pytest.raises(StreamClosed):
            out.line("x")
    err = Err(Gone(error))
    err.line("x")
    err.line("x")


def test_streams_that_are_not_there_are_no_terminals() -> None:
    assert not Err(None).is_terminal
    Err(None).line("x")
    with pytest.raises(StreamClosed, match="stdout is closed"):
        Out(None).line("x")


def streams(stream: io.StringIO, *, colour: bool) -> Streams:
    return Streams(
        out=Out(stream),
        err=Err(stream),
        colour=colour,
        err_colour=colour,
        width=80,
        redraws=stream.isatty(),
    )


def test_a_progress_line_is_drawn_on_a_terminal_and_leaves_no_trace() -> None:
    stream = Terminal()
    progress = ProgressLine(streams(stream, colour=True), total=2)
    progress.ended()
    assert "████████████░░░░░░░░░░░░ 1/2" in stream.getvalue()
    progress.hide()
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_a_wait_is_counted_down_for_one_order_too_and_without_colour() -> None:
    stream = Terminal()
    progress = ProgressLine(streams(stream, colour=False), total=1)
    progress.waiting("1 order too young", timedelta(seconds=72))
    progress.waiting("1 order too young", timedelta(seconds=71))
    assert stream.getvalue().count("too young, next in 1:1") == 2
    assert stream.getvalue().count("\n") == 0


def test_elsewhere_a_wait_is_said_once() -> None:
    stream = io.StringIO()
    progress = ProgressLine(streams(stream, colour=False), total=2)
    progress.waiting("2 orders too young", timedelta(seconds=72))
    progress.waiting("2 orders too young", timedelta(seconds=71))
    assert stream.getvalue() == "2 orders too young, next in 1:12\n"


def test_without_a_terminal_a_wait_that_became_far_longer_is_told_again() -> None:
    stream = io.StringIO()
    progress = ProgressLine(streams(stream, colour=False), total=2)
    for seconds in (2, 1, 60, 59, 1, 60):
        progress.waiting("rate limit", timedelta(seconds=seconds))
    assert stream.getvalue().splitlines() == ["rate limit, next in 0:02", "rate limit, next in 1:00"]


@pytest.mark.parametrize(("stream", "total"), [(io.StringIO(), 2), (Terminal(), 1)])
def test_elsewhere_or_for_one_order_there_is_no_bar(stream: io.StringIO, total: int) -> None:
    progress = ProgressLine(streams(stream, colour=True), total=total)
    progress.ended()
    progress.hide()
    assert stream.getvalue() == ""


ORDERS = ("7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11", "0b44c0de-1f3a-4c57-9a51-0f2d6a9b8c12")
COLUMNS = (
    Column(title="ID", cells=ORDERS, keep=9, ids=True),
    Column(title="LEAST", cells=("a" * 30, "b"), keep=1),
    Column(title="MORE", cells=("b", "$10"), keep=2, right=True),
    Column(title="NOTHING", cells=("-", ""), keep=3),
)


@pytest.mark.parametrize(
    ("width", "lines", "left_out"),
    [
        (74, [f"{ORDERS[0]}  {'a' * 30}     b", f"{ORDERS[1]}  {'b':30}   $10"], ()),
        (73, [f"7e44c0de  {'a' * 30}     b", f"0b44c0de  {'b':30}   $10"], ()),
        (43, [f"7e44c0de  {'a' * 26}…     b", f"0b44c0de  {'b':27}   $10"], ()),
        (40, [f"7e44c0de  {'a' * 23}…     b", f"0b44c0de  {'b':24}   $10"], ()),
        (39, ["7e44c0de     b", "0b44c0de   $10"], ("LEAST",)),
        (1, ["7e44c0de", "0b44c0de"], ("LEAST", "MORE")),
    ],
)
def test_ids_are_shortened_first_then_cells_are_cut_then_columns_go(
    width: int, lines: list[str], left_out: tuple[str, ...]
) -> None:
    table = layout(COLUMNS, Surface(width=width))

    assert table.text.splitlines()[1:] == lines
    assert table.left_out == left_out
    assert "NOTHING" not in table.text


def test_where_there_is_no_terminal_every_column_is_there_uncut() -> None:
    table = layout(COLUMNS, Surface(width=None))

    assert table.text.splitlines()[0].split() == ["ID", "LEAST", "MORE", "NOTHING"]
    assert all(text in table.text for text in (*ORDERS, "a" * 30))
    assert table.left_out == ()


def test_text_of_the_services_takes_no_more_than_an_honest_one_whatever_room_there_is() -> None:
    columns = (
        Column(title="NUMBER", cells=("9" * 100, "+15550100"), keep=9, most=8),
        Column(title="COUNTRY", cells=("AR", "北" * 100), keep=1, text=True, most=8),
    )

    for width in (20, 200):
        assert layout(columns, Surface(width=width)).text.splitlines() == [
            *("NUMBER    COUNTRY", "9999999…  AR", "+155501…  北北北…"),
        ]
    assert "…" not in layout(columns, Surface(width=None)).text
    assert "99999...  AR" in layout(columns, Surface(width=80, unicode=False)).text


def test_what_was_asked_for_by_name_stays_whole_and_in_place() -> None:
    columns = field_columns(["id", "code"], [[ORDERS[0], "北" * 9]])

    whole = [f"{'ID':36}  CODE", f"{ORDERS[0]}  {'北' * 9}"]
    assert layout(columns, Surface(width=56)).text.splitlines() == whole
    narrow = [f"{'ID':36}  CO", "  DE", f"{ORDERS[0]}  北", f"  {'北' * 8}"]
    assert layout(columns, Surface(width=40)).text.splitlines() == narrow


def test_ids_are_shortened_to_what_still_tells_them_apart() -> None:
    alike = ("7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11", "7e44c0de-1f4a-4c57-9a51-0f2d6a9b8c11", "ord_1234567890")

    assert short_ids(alike) == ("7e44c0de-1f3", "7e44c0de-1f4", "ord_1234567890")
    assert short_ids((alike[0], alike[0])) == ("7e44c0de",) * 2


def test_wide_characters_count_as_what_they_take() -> None:
    columns = (
        Column(title="A", cells=("北京" * 20, "x"), keep=2),
        Column(title="B", cells=("1", "2"), keep=3),
    )

    first, second = layout(columns, Surface(width=30)).text.splitlines()[1:]

    assert first == f"{'北京' * 6}北…  1"
    assert second == f"x{' ' * 26}  2"


def test_a_sentence_is_folded_at_blanks_and_words_stay_whole() -> None:
    order = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
    assert folded("short", 20) == "short"
    assert folded(f"      see {order} for more", 44) == f"      see\n        {order}\n        for more"
    assert folded("a b", None) == "a b"


@given(
    words=st.lists(st.text("aé北e\u0301`", max_size=60)),
    width=st.integers(20, 60),
    begin=st.integers(0, 60),
    indent=st.sampled_from([None, 1, 40]),
)
def test_a_line_that_goes_on_is_indented_whatever_it_holds(
    words: list[str], width: int, begin: int, indent: int | None
) -> None:
    line = " " * begin + " ".join(words)
    found = folded(line, width, indent=indent)
    lines = found.split("\n")
    assert all(cell_len(part) <= width for part in lines)
    assert all(part.startswith(" ") for part in lines[1:])
    assert found.replace("\n", "").replace(" ", "") == line.replace(" ", "")
