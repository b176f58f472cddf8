"""The token: its form, where it is looked for, and where it is kept."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from vsms_cli.domain.errors import KeyringUnusable, TokenMissing, UsageMistake
from vsms_cli.domain.record_class import record
from vsms_cli.store.base_url import DEFAULT_BASE_URL, service_name
from vsms_cli.store.settings import Settings, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


LONGEST_TOKEN: Final = 512  # characters; the vendor's are 37, a gateway's bearer may be longer

LONGEST_LINE: Final = 4096  # characters of a file or of stdin that are read for a token
_TOKEN: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_TOKEN}}}", re.ASCII)
_PREFIX: Final = "vsms_"  # the vendor's reference pages
LONG_ENOUGH: Final = 12  # characters from which the last 4 give nothing away
COPY_IT_ANEW: Final = "copy the token anew from the account's page, whole and alone"
_HOW_TO_GET_ONE: Final = "run `vsms auth login`, set VSMS_TOKEN, or try things out with --sandbox"


class Origin(StrEnum):
    """The places where a token is looked for, in this order."""

    TOKEN = "VSMS_TOKEN"  # noqa: S105 - the name of a variable
    TOKEN_FILE = "VSMS_TOKEN_FILE"  # noqa: S105 - as above
    VENDOR = "VIRTUALSMS_API_KEY"
    KEYRING = "keyring"
    FILE = "insecure file"


@record
class TokenSource:
    """Where a token came from or went. `description` is for people: `keyring (SecretService)`."""

    what: Origin
    description: str

    @property
    def from_environment(self) -> bool:
        return self.what in _VARIABLES


@record
class Found:
    """A token of good form, which says nothing of its validity. Its repr does not show it."""

    token: str
    source: TokenSource

    def __repr__(self) -> str:
        return f"Found(source={self.source!r})"


class Stored(Protocol):
    """The tokens that are kept; see `store.token_store`."""

    def read(self, service: str, profile: str) -> Found | None: ...
    def knows(self, service: str) -> bool:
        """Whether somebody signed in there, on this machine."""
        ...


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
            f"{whose} is not a valid token: 1 to {LONGEST_TOKEN} printable ASCII characters, no blank",
            hint=f"{COPY_IT_ANEW}; nothing was sent",
        )
    return token


def mask(token: str) -> str:
    """`vsms_…abcd`; of a token under 12 characters nothing is shown."""
    if len(token) < LONG_ENOUGH:
        return "…"
    return f"{_PREFIX if token.startswith(_PREFIX) else ''}…{token[-4:]}"


def check_new_token(token: str) -> str:
    """One to be stored. A shorter one could not be told from good text, and would never be redacted."""
    if len(token) < LONG_ENOUGH:
        raise TokenMissing(
            f"the token is shorter than {LONG_ENOUGH} characters, so it could not be kept out of what is printed",
            hint=f"{COPY_IT_ANEW}; nothing was sent",
        )
    return token


def read_token_line(stream: _Lines) -> str:
    """The token in the first line of stdin, checked. TokenMissing where there is none."""
    try:
        line = stream.readline(LONGEST_LINE + 1)
    except (OSError, ValueError) as exc:  # closed, or not text
        raise TokenMissing("no token could be read from standard input", hint=_HOW_TO_GET_ONE) from exc
    return check_token(line, whose="the line on standard input")


def environment_token_variable(env: Mapping[str, str]) -> str | None:
    """The variable that supplies the token, whatever it holds; an empty one counts as unset."""
    return next((origin.value for origin in _VARIABLES if env.get(origin.value)), None)


def refuse_contradiction(env: Mapping[str, str], settings: Settings) -> None:
    """UsageMistake where `--profile` asks for a stored token, and a variable supplies another."""
    variable = environment_token_variable(env)
    if variable is not None and settings.profile.source is Source.OPTION:
        raise UsageMistake(
            f"--profile contradicts the token in {variable}",
            hint=f"leave out --profile, or unset {variable}",
        )


def find_token(env: Mapping[str, str], settings: Settings, store: Callable[[], Stored]) -> Found:
    """The first that is set: VSMS_TOKEN, VSMS_TOKEN_FILE, VIRTUALSMS_API_KEY, the profile's stored one, for which
    alone the token store is opened.

    A bad one is an error and never falls through to the next. UsageMistake where `--profile` contradicts a
    variable; TokenMissing where there is none or its form is wrong; KeyringUnusable where the keyring can't
    tell.
    """
    profile = settings.profile
    variable = environment_token_variable(env)
    if variable is not None:
        refuse_contradiction(env, settings)
        _refuse_host_of_config(variable, settings, store)
        return _from_environment(Origin(variable), env[variable])
    service = service_name(settings.base_url.value)
    try:
        found = store().read(service, profile.value)
    except KeyringUnusable as exc:
        raise KeyringUnusable(
            f"no token: no variable gives one, and {exc.message}",
            hint=f"{exc.hint}. To try things out: --sandbox",
        ) from exc
    if found is None:
        host = service.partition(":")[2]
        raise TokenMissing(f"no token for profile {profile.value} at {host}", hint=_HOW_TO_GET_ONE)
    return found


def _refuse_host_of_config(variable: str, settings: Settings, store: Callable[[], Stored]) -> None:
    """A file that somebody else may have written must not send a variable's token to a host of his."""
    url = settings.base_url
    if url.source is not Source.CONFIG or url.value == DEFAULT_BASE_URL:
        return
    service = service_name(url.value)
    if not store().knows(service):
        raise UsageMistake(
            f"the token in {variable} is not sent to {service.partition(':')[2]}, which config.toml alone names",
            hint="name it with --base-url or VSMS_BASE_URL, or sign in there once: `vsms auth login`",
        )


def _from_environment(origin: Origin, text: str) -> Found:
    if origin is not Origin.TOKEN_FILE:
        source = TokenSource(what=origin, description=f"environment variable {origin}")
        return Found(token=check_token(text, whose=f"the value of {origin}"), source=source)
    source = TokenSource(what=origin, description=f"{text} ({origin})")
    from vsms_cli.store.named_token_file import first_line  # noqa: PLC0415 - for this variable alone

    return Found(token=first_line(Path(text)), source=source)


def keep_out_of_core_dumps() -> None:
    """A crash of the interpreter leaves no file with the token in it, where the system allows that to be said."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource  # noqa: PLC0415 - Windows has none

            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def take_environment() -> dict[str, str]:
    """This process's environment. The variables that hold a token are taken out of it, so that no child gets them."""
    taken = dict(os.environ)
    for origin in _VARIABLES:
        os.environ.pop(origin.value, None)
    return taken
