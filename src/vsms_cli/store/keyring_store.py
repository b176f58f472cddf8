"""The operating system's keyring, with a time limit for each call.

A locked or broken keyring service may never answer, and nothing can end a thread that waits for it. So all
that touches the `keyring` package, its import too, runs in a daemon thread that is waited for only so long.
"""

from __future__ import annotations

import contextlib
import re
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from vsms_cli.domain.errors import KeyringUnusable
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend

TIME_LIMIT_S: Final = 3.0  # a Secret Service answers in 0.05 to 0.3 s
TIME_LIMIT_WITH_PERSON_S: Final = 60.0  # somebody may be typing the keyring's password

WAYS_ON: Final = (
    "unlock or install a keyring service, set VSMS_TOKEN, or `vsms auth login --insecure-storage` "
    "(an unencrypted 0600 file in the config directory)"
)

_LONGEST_REASON: Final = 200  # characters of a backend's own words
_RECOMMENDED: Final = 1  # the priority from which `keyring` itself recommends a backend (its documentation)
_OWN_BACKENDS: Final = "keyring.backends."

_RECORDED: Final = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)?")

T = TypeVar("T")


@record
class Entry:
    """What the keyring holds. `token` is None where it answered and has none."""

    token: str | None
    backend: str

    def __repr__(self) -> str:
        return f"Entry(backend={self.backend!r})"


@record
class OsKeyring:
    """Each call answers within `time_limit_s` seconds or raises KeyringUnusable: reason and ways on."""

    time_limit_s: float = TIME_LIMIT_S

    def read(self, service: str, profile: str, *, backend: str = "") -> Entry:
        """`backend`: the name of the one that stored it, where that is known. It is asked first, which saves 30 ms:
        to choose one, `keyring` loads all that it has.
        """

        def work(chosen: KeyringBackend) -> Entry:
            return Entry(token=chosen.get_password(service, profile), backend=_name(chosen))

        found = self._ask(work, recorded=backend)
        return self._ask(work) if backend and found.token is None else found

    def store(self, service: str, profile: str, token: str) -> str:
        """The name of the backend that holds it. It was read back; else KeyringUnusable, nothing is left."""

        def work(backend: KeyringBackend) -> str:
            backend.set_password(service, profile, token)
            try:
                _read_back(backend, service, profile, token)
            except BaseException:
                with contextlib.suppress(Exception):  # the reason above is the one to tell
                    backend.delete_password(service, profile)
                raise
            return _name(backend)

        return self._ask(work, secret=token)

    def delete(self, service: str, profile: str, *, backend: str = "") -> bool:
        """Whether something was there. Nothing is left afterwards, also not in the `backend` that stored it, should
        another be the first choice by now.
        """

        def work(backend: KeyringBackend) -> bool:
            if backend.get_password(service, profile) is None:
                return False
            backend.delete_password(service, profile)
            if backend.get_password(service, profile) is not None:
                raise _UnusableError("it still holds what was deleted from it")
            return True

        found = self._ask(work, recorded=backend)
        return (self._ask(work) or found) if backend else found

    def _ask(self, work: Callable[[KeyringBackend], T], *, secret: str = "", recorded: str = "") -> T:
        answers: list[T] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(work(_recorded_backend(recorded) or _trusted_backend()))
            except BaseException as exc:  # noqa: BLE001 - backends raise anything, SystemExit too; none may vanish
                failures.append(exc)

        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        thread.join(self.time_limit_s)
        if answers:
            return answers[0]
        if not failures:
            raise KeyringUnusable(
                f"the OS keyring did not answer within {self.time_limit_s:g} s", hint=WAYS_ON
            )
        reason, told = _reason(failures[0], secret)
        raise KeyringUnusable(f"the OS keyring can't be used: {reason}", hint=WAYS_ON) from told


class _UnusableError(Exception):
    """A reason in our own words."""


def _read_back(backend: KeyringBackend, service: str, profile: str, token: str) -> None:
    if backend.get_password(service, profile) != token:
        raise _UnusableError("it does not give back what was stored in it")


def _recorded_backend(name: str) -> KeyringBackend | None:
    """One of keyring's own backends by the name that `_name` gives it. None where a person chose one for keyring
    since, where it can't be used here, and where nothing was recorded.
    """
    if not _RECORDED.fullmatch(name):
        return None
    from keyring import core  # noqa: PLC0415 - 15 ms

    path = f"{_OWN_BACKENDS}{name}" if "." in name else f"{_OWN_BACKENDS}{name}.Keyring"
    _silence()
    try:
        if core.load_env() is not None or core.load_config() is not None:
            return None
        backend = core.load_keyring(path)
    except Exception:  # noqa: BLE001 - whatever it is: the choice among all backends meets it too, and says it
        return None
    return backend if _refusal(backend) is None and not hasattr(backend, "backends") else None


def _trusted_backend() -> KeyringBackend:
    """The first backend that keeps what it is given, encrypted.

    A chainer is never used as such: it would fall through to a plaintext backend without a word.
    """
    import keyring  # noqa: PLC0415 - 50 ms of start-up, and it may hang
    from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415 - as above

    _silence()
    try:
        chosen = keyring.get_keyring()
        backends = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    except Exception as exc:
        raise _UnusableError(
            f"it could not be loaded (see PYTHON_KEYRING_BACKEND and keyringrc.cfg): {_words(exc)}"
        ) from exc
    refusals = []
    for backend in backends:
        refusal = _refusal(backend)
        if refusal is None:
            return backend
        refusals.append(refusal)
    raise _UnusableError("; ".join(refusals) or "there is none")


def _silence() -> None:
    """Without a handler of any kind, keyring's warnings of a broken keyringrc.cfg would go to stderr."""
    import logging  # noqa: PLC0415 - keyring imports it too

    logging.getLogger("keyring").addHandler(logging.NullHandler())


def _refusal(backend: KeyringBackend) -> str | None:
    """Why this one gets no token. A recommended backend of a third party that somebody chose is trusted."""
    for kind in type(backend).__mro__:
        module = kind.__module__
        if module == "keyring.backends.fail":
            return "no keyring service was found"
        if module == "keyring.backends.null":
            return "it is switched off (the null backend forgets what it is given)"
        if f"{module}.".startswith("keyrings.alt.") or "plaintext" in kind.__name__.lower():
            return f"{_name(backend)} keeps secrets in plain text, or as good as that"
    if type(backend).__module__.startswith(_OWN_BACKENDS):
        return None
    if backend.priority < _RECOMMENDED:
        return f"{_name(backend)} is one that keyring itself does not recommend"
    return None


def _name(backend: KeyringBackend) -> str:
    kind = type(backend)
    return f"{kind.__module__.removeprefix(_OWN_BACKENDS)}.{kind.__qualname__}".removesuffix(".Keyring")


def _reason(exc: BaseException, secret: str) -> tuple[str, BaseException | None]:
    """In words, and the cause to keep: none where it repeats the secret."""
    if isinstance(exc, _UnusableError):
        return str(exc), exc.__cause__
    words = type(exc).__name__  # its text may hold the token, in whatever form
    leaks = bool(secret)
    # By name: importing the class here would be an import of keyring outside the thread.
    if any(kind.__name__ == "KeyringLocked" for kind in type(exc).__mro__):
        words = f"it is locked ({words})"
    return words, None if leaks else exc


def _words(exc: BaseException) -> str:
    text = " ".join(str(exc).split())
    shown = "".join(char if char.isprintable() else "?" for char in text)
    if len(shown) > _LONGEST_REASON:
        shown = shown[:_LONGEST_REASON] + "…"
    return f"{type(exc).__name__}: {shown}" if shown else type(exc).__name__
