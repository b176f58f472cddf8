"""The stored tokens: in the OS keyring, or in a file where somebody asked for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from vsms_cli.domain.errors import KeyringUnusable
from vsms_cli.domain.record_class import record
from vsms_cli.store.keyring_store import TIME_LIMIT_S, TIME_LIMIT_WITH_PERSON_S, OsKeyring
from vsms_cli.store.profiles import Place, Profiles
from vsms_cli.store.token_file import TokenFile
from vsms_cli.store.token_lookup import Found, Origin, TokenSource, check_token

if TYPE_CHECKING:
    from vsms_cli.store.paths import Paths


@record
class Removal:
    """What a logout did. `unasked`: why the keyring could not be asked, where none was known to be in it."""

    found: bool
    unasked: KeyringUnusable | None = None


@record
class TokenStore:
    """The stored tokens: the OS keyring, the insecure file, and the note of which profile lies where."""

    paths: Paths
    keyring: OsKeyring

    @classmethod
    def at(cls, paths: Paths, *, interactive: bool) -> Self:
        """`interactive`: stdin and stderr are terminals, so that a person may have to unlock the keyring."""
        patience = TIME_LIMIT_WITH_PERSON_S if interactive else TIME_LIMIT_S
        return cls(paths=paths, keyring=OsKeyring(time_limit_s=patience))

    @property
    def file(self) -> TokenFile:
        return TokenFile(path=self.paths.insecure_tokens)

    @property
    def profiles(self) -> Profiles:
        return Profiles(path=self.paths.profiles)

    def knows(self, service: str) -> bool:
        """Whether some profile signed in there."""
        return bool(self.profiles.names(service))

    def read(self, service: str, profile: str) -> Found | None:
        """None where there is none. KeyringUnusable where the keyring can't tell; else as `TokenFile`."""
        place = self.profiles.place_of(service, profile)
        if place is not Place.KEYRING:
            token = self.file.read(service, profile)
            if token is not None:
                return self._found(token, self._in_file())
            if place is Place.FILE:
                return None
        backend = self.profiles.backend_of(service, profile)
        entry = self.keyring.read(service, profile, backend=backend)
        return None if entry.token is None else self._found(entry.token, _in_keyring(entry.backend))

    def store(self, service: str, profile: str, token: str, *, insecure: bool) -> TokenSource:
        """Keep it, in the file only if asked to. KeyringUnusable: nothing was stored anywhere."""
        self.profiles.place_of(service, profile)  # a corrupt note shows before anything is stored
        if insecure:
            self.file.store(service, profile, token)
            if self.file.read(service, profile) != token:
                raise KeyringUnusable(f"{self.file.path} does not give back what was stored in it")
            self.profiles.remember(service, profile, Place.FILE)
            return self._in_file()
        backend = self.keyring.store(service, profile, token)
        self.profiles.remember(service, profile, Place.KEYRING, backend=backend)
        self.file.delete(service, profile)
        return _in_keyring(backend)

    def delete(self, service: str, profile: str) -> Removal:
        """Remove it from both places. KeyringUnusable where one was put in the keyring and may still be."""
        place = self.profiles.place_of(service, profile)
        found = self.file.delete(service, profile)
        unasked = None
        try:
            backend = self.profiles.backend_of(service, profile)
            found = self.keyring.delete(service, profile, backend=backend) or found
        except KeyringUnusable as exc:
            if place is Place.KEYRING:
                raise
            unasked = exc
        self.profiles.forget(service, profile)
        return Removal(found=found, unasked=unasked)

    def _in_file(self) -> TokenSource:
        return TokenSource(what=Origin.FILE, description=f"{self.file.path} (not encrypted)")

    @staticmethod
    def _found(token: str, source: TokenSource) -> Found:
        return Found(token=check_token(token, whose=f"what is stored in {source.description}"), source=source)


def _in_keyring(backend: str) -> TokenSource:
    return TokenSource(what=Origin.KEYRING, description=f"keyring ({backend})")
