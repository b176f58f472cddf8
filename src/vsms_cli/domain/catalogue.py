"""Countries and services by code or by name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Sequence


@record
class Entry:
    """A country (ISO 3166-1 alpha-2) or a service (`wa`), with the name that people know it by."""

    code: str
    name: str


@record
class Catalogue:
    """What the service sells, as it says itself. It changes rarely (vendor's live run)."""

    countries: tuple[Entry, ...]
    services: tuple[Entry, ...]

    @property
    def service_names(self) -> dict[str, str]:
        """By their codes in small letters."""
        return {entry.code.casefold(): entry.name for entry in self.services}

    def country(self, text: str) -> str:
        """The code of a country given by code or name, in any case."""
        return _find(text, self.countries, kind="country")

    def service(self, text: str) -> str:
        """The code of a service given by code or name, in any case."""
        return _find(text, self.services, kind="service")


def code_of(value: str | None, entries: Sequence[Entry]) -> str | None:
    """The code that an order's country or service stands for, given by code or by name, in any case; None where it
    can't be told.
    """
    wanted = (value or "").strip().casefold()
    for entry in entries:
        if wanted == entry.code.casefold():  # codes first: another's name may be the same word
            return entry.code
    named = {entry.code for entry in entries if wanted and wanted == entry.name.casefold()}
    return named.pop() if len(named) == 1 else None


def _find(text: str, entries: Sequence[Entry], *, kind: str) -> str:
    code = code_of(text, entries)
    if code is not None:
        return code
    wanted = text.strip().casefold()
    if not wanted:
        raise UsageMistake(f"an empty {kind}", hint=f"give a code or a name of a {kind}")
    named = list(dict.fromkeys(entry.code for entry in entries if wanted == entry.name.casefold()))
    if named:
        raise UsageMistake(
            f"{kind} {text[:60]!r} fits several: {', '.join(named[:10])}", hint="give it by its code"
        )
    names = {entry.name.casefold(): entry for entry in entries}
    codes = {entry.code.casefold(): entry for entry in entries}
    near = [names[name] for name in get_close_matches(wanted, names, n=3, cutoff=0.6)]
    near += [codes[code] for code in get_close_matches(wanted, codes, n=3, cutoff=0.5)]
    guess = "did you mean {}?" if near else "the nearest are {}"
    near = near or [names[name] for name in get_close_matches(wanted, names, n=3, cutoff=0.0)]
    listed = ", ".join(dict.fromkeys(f"{entry.code} ({entry.name})" for entry in near[:3]))
    raise UsageMistake(
        f"unknown {kind} {text[:60]!r}",
        hint=guess.format(listed) if listed else f"give a {kind} by its code or its English name",
    )
