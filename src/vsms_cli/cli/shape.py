"""Which fields in which format: what --output, --json, --quiet and --fields come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import UsageMistake
from vsms_cli.render.documents import Document, Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`chosen` is whether the person picked the fields, so that a table shows them and no others."""

    format: Format
    fields: tuple[str, ...]
    chosen: bool

    @property
    def for_a_person(self) -> bool:
        return self.format is Format.TABLE

    def document(self, run: Runtime) -> Document:
        return Document(run.streams.out, self.format, self.fields)


def shape_of(run: Runtime, known: Sequence[str], *, ids: bool = True) -> Shape:
    """UsageMistake, listing the known ones, for a field that does not exist. Before any request."""
    format_ = run.format(ids=ids)
    said = run.output.fields
    if said is None:
        return Shape(format=format_, fields=tuple(known), chosen=False)
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    for name in names or ("",):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            raise UsageMistake(
                f"unknown field {name[:60]!r}", hint=f"{guess}the fields are {', '.join(known)}"
            )
    return Shape(format=format_, fields=names, chosen=True)
