"""Tokens in a file that only its owner may read, for machines without a keyring: `--insecure-storage`."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import TokenMissing
from vsms_cli.domain.record_class import record
from vsms_cli.store.paths import refuse_shared
from vsms_cli.store.profiles import Table, parse_table, remove_entry, write_table

if TYPE_CHECKING:
    from pathlib import Path


@record
class TokenFile:
    """`tokens.json`, 0600, not encrypted.

    TokenMissing where others may read it or where it can't be read, ConfigBroken where it is corrupt,
    VsmsError where it can't be written.
    """

    path: Path

    def read(self, service: str, profile: str) -> str | None:
        return self._read().get(service, {}).get(profile)

    def store(self, service: str, profile: str, token: str) -> None:
        table = self._read()
        table.setdefault(service, {})[profile] = token
        write_table(self.path, table)

    def delete(self, service: str, profile: str) -> bool:
        """Whether something was there."""
        table = self._read()
        if not remove_entry(table, service, profile):
            return False
        write_table(self.path, table)
        return True

    def _read(self) -> Table:
        refuse_shared(self.path)
        try:
            with self.path.open("rb") as file:
                if os.name == "posix":
                    self._refuse_if_shared(os.fstat(file.fileno()).st_mode)
                content = file.read()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise TokenMissing(f"the token file {self.path} can't be read: {exc.strerror}") from exc
        return parse_table(self.path, content)

    def _refuse_if_shared(self, mode: int) -> None:
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise TokenMissing(
                f"the token file {self.path} is open to others (mode {stat.S_IMODE(mode):04o}): not used",
                hint=f"chmod 600 {shlex.quote(str(self.path))}; if others may have read it, make a new token",
            )
