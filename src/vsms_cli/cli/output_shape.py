"""Which fields in which format: what --output, --json, --quiet and --fields come to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.record_class import record, replace
from vsms_cli.render.formats import Format

if TYPE_CHECKING:
    from vsms_cli.render.documents import Document


_PROOF_FIELDS = frozenset({"transaction_id", "verified"})


@record
class Shape:
    """`chosen` is whether the person picked the fields, so that a table shows them and no others."""

    format: Format
    fields: tuple[str, ...]
    chosen: bool

    @property
    def for_a_person(self) -> bool:
        return self.format is Format.TABLE

    def document(self, run: Runtime) -> "Document":
        from vsms_cli.render.documents import Document  # noqa: PLC0415 - not before there is a row

        return Document(run.streams.out, self.format, self.fields)


def shape_of(
    run: Runtime, fields: Sequence[str], *, on_request: Sequence[str] = (), ids: bool = True
) -> Shape:
    """UsageMistake, listing the known ones, for a field that does not exist. Before any request. What is `on_request`
    is printed only where --fields names it.
    """
    known = (*fields, *on_request)
    format_ = run.format(ids=ids)
    said = run.output.fields
    if said is None:
        return Shape(format=format_, fields=tuple(fields), chosen=False)
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    for name in names or ("",):
        if name not in known:
            raise unknown_word("field", name, known)
    return Shape(format=format_, fields=names, chosen=True)


def proof_columns(shape: Shape, *, verify: bool) -> Shape:
    """Without --verify the two columns, empty throughout, are left out of TSV and CSV, which scripts read by their
    place. JSON names its keys and always has them.
    """
    if verify or shape.chosen or shape.format not in {Format.TSV, Format.CSV}:
        return shape
    return replace(shape, fields=tuple(name for name in shape.fields if name not in _PROOF_FIELDS))
