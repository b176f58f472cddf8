"""Printing what was read: one thing, or many, for a person or a machine."""

from collections.abc import Callable, Sequence

from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import Shape
from vsms_cli.render.documents import Row, cell, to_json
from vsms_cli.render.formats import Format


def print_one(run: Runtime, shape: Shape, row: Row, *, for_a_person: Callable[[], str]) -> None:
    """One thing: in JSON an object, not an array of one; `for_a_person` is the text on a terminal."""
    if shape.for_a_person and not shape.chosen:
        run.streams.out.write(for_a_person())
    elif shape.format is Format.JSON:
        run.streams.out.line(to_json({name: row[name] for name in shape.fields}))
    else:
        print_rows(run, shape, [row], table=for_a_person)


def print_rows(run: Runtime, shape: Shape, rows: Sequence[Row], *, table: Callable[[], str]) -> None:
    """Many: `[]` in JSON where there are none; `table` is the text on a terminal, unless fields were chosen."""
    if not shape.for_a_person:
        document = shape.document(run)
        for row in rows:
            document.row(row)
        document.end()
    elif rows:
        run.streams.out.write(_chosen_fields(run, shape, rows) if shape.chosen else table())


def _chosen_fields(run: Runtime, shape: Shape, rows: Sequence[Row]) -> str:
    from vsms_cli.render.tables import fields_table  # noqa: PLC0415 - Rich: terminals only

    cells = [[cell(row[name]) for name in shape.fields] for row in rows]
    return fields_table(shape.fields, cells, width=run.streams.width, colour=run.streams.colour)
