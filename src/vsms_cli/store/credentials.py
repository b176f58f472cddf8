"""The token: its form, where it is looked for, and where it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self

from vsms_cli.domain.errors import KeyringUnusable, TokenMissing, UsageMistake
from vsms_cli.store.base_url import service_name
from vsms_cli.store.keyring_store import PATIENCE_S, PATIENCE_WITH_PERSON_S, OsKeyring
from vsms_cli.store.profiles import Place, Profiles
from vsms_cli.store.settings import Settings, Source
from vsms_cli.store.token_file import TokenFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vsms_cli.store.paths import Paths

LONGEST_TOKEN: Final = 512  # characters; the vendor's are 37, a gateway's bearer may be longer

_LONGEST_LINE: Final = 4096  # characters of a file or of stdin that are read for a token
_TOKEN: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_TOKEN}}}", re.ASCII)
_PREFIX: Final = "vsms_"  # the vendor's reference pages
_LONG_ENOUGH: Final = 12  # characters from which the last 4 give nothing away
_HOW_TO_GET_ONE: Final = "run `vsms auth login`, set VSMS_TOKEN, or try things out with --sandbox"


class Origin(StrEnum):
    """The places where a token is looked for, in this order."""

    TOKEN = "VSMS_TOKEN"  # noqa: S105 - the name of a variable
    TOKEN_FILE = "VSMS_TOKEN_FILE"  # noqa: S105 - as above
    VENDOR = "VIRTUALSMS_API_KEY"
    KEYRING = "keyring"
    FILE = "insecure file"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource:
    """Where a token came from or went. `description` is for people: `keyring (SecretService)`."""

    what: Origin
    description: str

    @property
    def from_environment(self) -> bool:
        return self.what in _VARIABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A token of good form, which says nothing of its validity. Its repr does not show it."""

    token: str = field(repr=False)
    source: TokenSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a logout did. `unasked`: why the keyring could not be asked, where none was known to be in it."""

    found: bool
    unasked: KeyringUnusable | None = None


class _Lines(Protocol):
    def readline(self, limit: int = ..., /) -> str: ...


_VARIABLES: Final = (Origin.TOKEN, Origin.TOKEN_FILE, Origin.VENDOR)


def check_token(text: str, *, whose: str = "the token") -> str:
    """The token, trimmed. TokenMissing where its form is wrong; the message repeats no part of it."""
    token = text.strip()
    if not token:
        raise TokenMissing(f"{whose} is empty", hint=_HOW_TO_GET_ONE)
    if _TOKEN.fullmatch(token) is None:
        raise TokenMissing(
            f"{whose} is not one: a token is 1 to {LONGEST_TOKEN} printable ASCII characters, no blank",
            hint="copy it anew from the account's page, whole and alone; nothing was sent",
        )
    return token


def mask(token: str) -> str:
    """`vsms_…abcd`; of a token under 12 characters nothing is shown."""
    if len(token) < _LONG_ENOUGH:
        return "…"
    return f"{_PREFIX if token.startswith(_PREFIX) else ''}…{token[-4:]}"


def read_token_line(stream: _Lines) -> str:
    """The token in the first line of stdin, checked. TokenMissing where there is none."""
    try:
        line = stream.readline(_LONGEST_LINE + 1)
    except (OSError, ValueError) as exc:  # closed, or not text
        raise TokenMissing("no token could be read from standard input", hint=_HOW_TO_GET_ONE) from exc
    return check_token(line, whose="the line on standard input")


def environment_token_variable(env: Mapping[str, str]) -> str | None:
    """The variable that supplies the token, whatever it holds; an empty one counts as unset."""
    return next((origin.value for origin in _VARIABLES if env.get(origin.value)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The stored tokens: the OS keyring, the insecure file, and the note of which profile lies where."""

    paths: Paths
    keyring: OsKeyring

    @classmethod
    def at(cls, paths: Paths, *, interactive: bool) -> Self:
        """`interactive`: stdin and stderr are terminals, so that a person may have to unlock the keyring."""
        patience = PATIENCE_WITH_PERSON_S if interactive else PATIENCE_S
        return cls(paths=paths, keyring=OsKeyring(patience_s=patience))

    @property
    def file(self) -> TokenFile:
        return TokenFile(path=self.paths.insecure_tokens)

    @property
    def profiles(self) -> Profiles:
        return Profiles(path=self.paths.profiles)

    def read(self, service: str, profile: str) -> Found | None:
        """None where there is none. KeyringUnusable where the keyring can't tell; else as `TokenFile`."""
        place = self.profiles.place_of(service, profile)
        if place is not Place.KEYRING:
            token = self.file.read(service, profile)
            if token is not None:
                return self._found(token, self._in_file())
            if place is Place.FILE:
                return None
        entry = self.keyring.read(service, profile)
        return None if entry.token is None else self._found(entry.token, _in_keyring(entry.backend))

    def store(self, service: str, profile: str, token: str, *, insecure: bool) -> TokenSource:
        """Keep it, in the file only if asked to. KeyringUnusable: nothing was stored anywhere."""
        self.profiles.place_of(service, profile)  # a corrupt note shows before anything is stored
        if insecure:
            self.file.store(service, profile, token)
            self.profiles.remember(service, profile, Place.FILE)
            return self._in_file()
        backend = self.keyring.store(service, profile, token)
        self.profiles.remember(service, profile, Place.KEYRING)
        self.file.delete(service, profile)
        return _in_keyring(backend)

    def delete(self, service: str, profile: str) -> Removal:
        """Remove it from both places. KeyringUnusable where one was put in the keyring and may still be."""
        place = self.profiles.place_of(service, profile)
        found = self.file.delete(service, profile)
        unasked = None
        try:
            found = self.keyring.delete(service, profile) or found
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


def find_token(env: Mapping[str, str], settings: Settings, vault: Vault) -> Found:
    """The first that is set: VSMS_TOKEN, VSMS_TOKEN_FILE, VIRTUALSMS_API_KEY, the profile's stored one.

    A bad one is an error and never falls through to the next. UsageMistake where `--profile` contradicts a
    variable; TokenMissing where there is none or its form is wrong; KeyringUnusable where the keyring can't
    tell.
    """
    profile = settings.profile
    variable = environment_token_variable(env)
    if variable is not None:
        if profile.source is Source.OPTION:
            raise UsageMistake(
                f"--profile contradicts the token in {variable}",
                hint=f"leave out --profile, or unset {variable}",
            )
        return _from_environment(Origin(variable), env[variable])
    service = service_name(settings.base_url.value)
    found = vault.read(service, profile.value)
    if found is None:
        host = service.partition(":")[2]
        raise TokenMissing(f"no token for profile {profile.value} at {host}", hint=_HOW_TO_GET_ONE)
    return found


def _from_environment(origin: Origin, text: str) -> Found:
    if origin is not Origin.TOKEN_FILE:
        source = TokenSource(what=origin, description=f"environment variable {origin}")
        return Found(token=check_token(text, whose=f"the value of {origin}"), source=source)
    source = TokenSource(what=origin, description=f"{text} ({origin})")
    return Found(token=_first_line(Path(text)), source=source)


def _first_line(path: Path) -> str:
    whose = f"the first line of {path} (VSMS_TOKEN_FILE)"
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE + 1)
    except OSError as exc:
        raise TokenMissing(
            f"{path} (VSMS_TOKEN_FILE) can't be read: {exc.strerror}",
            hint="correct or unset VSMS_TOKEN_FILE; nothing else was tried",
        ) from exc
    # A byte that is not UTF-8 fails the check as U+FFFD; some editors put a mark before the text.
    return check_token(line.decode("utf-8-sig", errors="replace"), whose=whose)


def _in_keyring(backend: str) -> TokenSource:
    return TokenSource(what=Origin.KEYRING, description=f"keyring ({backend})")
