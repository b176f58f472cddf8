"""Printing what was read: one thing, or many, for a person or a machine."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from vsms_cli.cli.output_shape import Shape
from vsms_cli.cli.runtime import Runtime
from vsms_cli.render.documents import Row, cell, to_json
from vsms_cli.render.formats import Format

if TYPE_CHECKING:
    from vsms_cli.render.tables import Column

T = TypeVar("T")
_SEE_ALL = "widen the terminal, or add `-o table | less -S`"


def print_one(run: Runtime, shape: Shape, row: Row, *, text: Callable[[], str]) -> None:
    """One thing: in JSON an object, not an array of one; `text` is what a person reads."""
    if shape.for_a_person and not shape.chosen:
        run.streams.out.write(text())
    elif shape.format is Format.JSON:
        run.streams.out.line(to_json({name: row[name] for name in shape.fields}))
    else:
        print_rows(run, shape, [row], row=lambda each: each)


def print_rows(
    run: Runtime,
    shape: Shape,
    items: Iterable[T],
    *,
    row: Callable[[T], Row],
    columns: "Callable[[Sequence[T]], Sequence[Column]] | None" = None,
    none: str = "",
) -> None:
    """Many: for a machine each as it comes, `[]` in JSON where there are none; for a person a table with `columns`,
    or with the fields that were chosen. `none` is said where there are none.
    """
    found = False
    if shape.for_a_person:
        listed = list(items)
        if listed:
            found = True
            print_table(run, _columns(shape, listed, row, columns))
    else:
        document = shape.document(run)
        for item in items:  # there may be a hundred thousand
            found = True
            document.row(row(item))
        document.end()
    if none and not found:
        run.notify(none)


def print_table(run: Runtime, columns: "Sequence[Column]") -> None:
    """On stdout; stderr says which columns had no room."""
    from vsms_cli.render.tables import layout, left_out_words  # noqa: PLC0415 - Rich: for a person alone

    table = layout(columns, run.streams.out_surface)
    run.streams.out.write(table.text)
    if table.left_out:
        run.notify(left_out_words(table.left_out, _SEE_ALL))


def show_plan(run: Runtime, columns: "Sequence[Column]") -> None:
    """What is about to be done: on stderr, before the question."""
    from vsms_cli.render.tables import layout, left_out_words  # noqa: PLC0415 - as above

    table = layout(columns, run.streams.err_surface)
    run.streams.err.write(table.text)
    if table.left_out:
        run.notify(left_out_words(table.left_out))
    run.streams.err.line("")


def _columns(
    shape: Shape,
    items: Sequence[T],
    row: Callable[[T], Row],
    columns: "Callable[[Sequence[T]], Sequence[Column]] | None",
) -> "Sequence[Column]":
    if columns is not None and not shape.chosen:
        return columns(items)
    from vsms_cli.render.tables import field_columns  # noqa: PLC0415 - as above

    rows = [row(item) for item in items]
    return field_columns(shape.fields, [[cell(each[name]) for name in shape.fields] for each in rows])
