"""The service's countries and services, kept for a day: they change rarely, and a filter should cost no request."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.catalogue import Catalogue, Entry
from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.paths import read_own, write_private

if TYPE_CHECKING:
    from pathlib import Path

_FRESH_FOR: Final = timedelta(days=1)


class CatalogueCache:
    """The catalogue of one host in the cache directory. A cache: whatever is wrong with it, it is empty."""

    def __init__(self, cache_dir: Path, *, host: str) -> None:
        self._file = cache_dir / f"catalogue-{host.replace(':', '_')}.json"

    def read(self, *, however_old: bool = False) -> Catalogue | None:
        """The catalogue where one of the last day is there."""
        try:
            value = json.loads(read_own(self._file))
            age = datetime.now(UTC) - parse_rfc3339(value["at"])
            if not (however_old or timedelta(0) <= age < _FRESH_FOR):
                return None
            return Catalogue(countries=_entries(value["countries"]), services=_entries(value["services"]))
        except (OSError, ConfigBroken, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def write(self, catalogue: Catalogue) -> None:
        value = {
            "at": rfc3339(datetime.now(UTC)),
            "countries": [[entry.code, entry.name] for entry in catalogue.countries],
            "services": [[entry.code, entry.name] for entry in catalogue.services],
        }
        try:
            write_private(self._file, json.dumps(value).encode())
        except (OSError, ConfigBroken):  # ConfigBroken: there is no home directory
            return  # the next run asks the service again


def _entries(pairs: object) -> tuple[Entry, ...]:
    if not isinstance(pairs, list):
        raise TypeError("not a list")
    return tuple(Entry(code=str(code), name=str(name)) for code, name in pairs)
