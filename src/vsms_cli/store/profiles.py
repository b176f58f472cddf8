"""Which profiles are known at which host and where each one's token lies. Never a token."""

from __future__ import annotations

import contextlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import ConfigBroken, VsmsError
from vsms_cli.domain.record_class import record
from vsms_cli.store.paths import read_own, write_private

if TYPE_CHECKING:
    from pathlib import Path

Table = dict[str, dict[str, str]]
"""{service: {profile: text}}, the one shape of the JSON files here."""


class Place(StrEnum):
    """Where a stored token lies."""

    KEYRING = "keyring"
    FILE = "file"


@record
class Profiles:
    """`profiles.json`. ConfigBroken where it is corrupt, VsmsError where it can't be read or written."""

    path: Path

    def names(self, service: str) -> tuple[str, ...]:
        return tuple(sorted(self._read().get(service, {})))

    def place_of(self, service: str, profile: str) -> Place | None:
        """None where nothing was ever stored from here: the keyring may hold a token all the same."""
        text = self._noted(service, profile)
        try:
            return None if text is None else Place(text.partition(":")[0])
        except ValueError as exc:
            raise corrupt(self.path) from exc

    def backend_of(self, service: str, profile: str) -> str:
        """The keyring's backend that took the token; empty where that was not noted, as by version 0.1."""
        return (self._noted(service, profile) or "").partition(":")[2]

    def remember(self, service: str, profile: str, place: Place, *, backend: str = "") -> None:
        table = self._read()
        table.setdefault(service, {})[profile] = f"{place}:{backend}" if backend else place.value
        write_table(self.path, table)

    def forget(self, service: str, profile: str) -> None:
        table = self._read()
        if remove_entry(table, service, profile):
            write_table(self.path, table)

    def _noted(self, service: str, profile: str) -> str | None:
        return self._read().get(service, {}).get(profile)

    def _read(self) -> Table:
        try:
            content = read_own(self.path)
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise VsmsError(f"{self.path} can't be read: {exc.strerror}") from exc
        return parse_table(self.path, content)


def parse_table(path: Path, content: bytes) -> Table:
    """ConfigBroken, which repeats nothing of the content, where it is not such a table."""
    found: object = None
    # What is decoded may be a token, and a decoder's error carries the text: it is not kept as a cause.
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(content)
    if not isinstance(found, dict):
        raise corrupt(path)
    table: Table = {}
    for service, profiles in found.items():
        if not isinstance(profiles, dict) or not all(isinstance(text, str) for text in profiles.values()):
            raise corrupt(path)
        table[service] = profiles
    return table


def write_table(path: Path, table: Table) -> None:
    """VsmsError where it can't be written; the old file is whole then."""
    try:
        write_private(path, json.dumps(table, indent=2, sort_keys=True).encode() + b"\n")
    except OSError as exc:
        raise VsmsError(f"{path} can't be written: {exc.strerror}") from exc


def remove_entry(table: Table, service: str, profile: str) -> bool:
    """Whether it was there."""
    profiles = table.get(service, {})
    if profiles.pop(profile, None) is None:
        return False
    if not profiles:
        del table[service]
    return True


def corrupt(path: Path) -> ConfigBroken:
    return ConfigBroken(f"{path} is corrupt", hint="move it aside, then `vsms auth login` writes a new one")
