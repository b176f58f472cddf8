"""`vsms doctor`: what is wrong here, and in what the service differs from its documents. Fit to be pasted in public."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from vsms_cli import __version__
from vsms_cli.api.deviation_collector import Kind
from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.diagnostics import Check, Status, failed, passed, warned
from vsms_cli.domain.errors import (
    BadAnswer,
    ConfigBroken,
    ExitCode,
    JournalDamaged,
    KeyringUnusable,
    OrderNotFound,
    RateLimited,
    RefusedByProxy,
    RequestRefused,
    TokenMissing,
    TokenRefused,
    Unreachable,
    UsageMistake,
    VsmsError,
)
from vsms_cli.domain.record_class import fields
from vsms_cli.domain.times import short_duration
from vsms_cli.render.doctor_output import CHECK_FIELDS, check_line, check_row
from vsms_cli.render.documents import Document
from vsms_cli.render.formats import Format
from vsms_cli.store.settings import Source

_LIBRARIES: Final = ("httpx", "typer", "rich", "keyring", "platformdirs")
_SHORT_TOKEN: Final = 12  # characters: a shorter one can't be redacted
_LITTLE_ROOM: Final = 1 << 20  # bytes: the journal needs some kilobytes

Checks = Iterator[Check]


@command("doctor", examples=("vsms doctor", "vsms doctor --offline", "vsms doctor --json"), checked=False)
def app(
    run: Runtime,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask the network nothing.")] = False,
) -> ExitCode:
    """Check this installation, the token, the network, and each answer of the service against its documents.

    It reads, and moves no money: at most 12 requests. It names types and never values, so that its output can be pasted
    in a public bug report. Exit code 0 when nothing is wrong, 1 else.
    """
    chosen = run.output.chosen
    if chosen == "ids":
        raise UsageMistake("this command has no ids to print", hint="use -o json, tsv or csv")
    document = None if chosen in {None, "table"} else Document(run.streams.out, Format(chosen), CHECK_FIELDS)
    wrong = False
    for check in _Doctor(run).checks(offline=offline):
        wrong = wrong or check.status is Status.FAILED
        if document is not None:
            document.row(check_row(check))
        else:
            out = run.streams.out
            width = run.streams.width if out.is_terminal else None
            out.write(check_line(check, unicode=out.takes_unicode, colour=run.streams.colour, width=width))
    if document is not None:
        document.end()
    return ExitCode.FAILED if wrong else ExitCode.OK


class _Doctor:
    """Each check catches its own failure: where one thing is broken the others are reported all the same."""

    def __init__(self, run: Runtime) -> None:
        self._run = run

    def checks(self, *, offline: bool) -> Checks:
        for name, look in (
            ("versions", self._versions),
            ("settings", self._settings),
            ("directories", self._directories),
            ("journal", self._journal),
            ("keyring", self._keyring),
            ("token", self._token),
        ):
            yield from _guarded(name, look)
        if offline:
            return
        reached = True
        for check in _guarded("network", self._network):
            reached = reached and check.status is not Status.FAILED
            yield check
        if reached:
            yield from _guarded("service", self._service)

    def _versions(self) -> Checks:
        libraries = ", ".join(f"{name} {_version_of(name)}" for name in _LIBRARIES)
        python = f"Python {platform.python_version()}"
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        yield passed("versions", f"vsms {__version__}, {python}, {system}; {libraries}")

    def _settings(self) -> Checks:
        settings = self._run.settings
        changed = []
        for name in fields(type(settings)):
            setting = getattr(settings, name)
            if setting.source is not Source.DEFAULT:
                shown = f"={_as_written(setting.value)}" if name not in _PRIVATE_SETTINGS else ""
                changed.append(f"{name}{shown} ({setting.source.value})")
        yield passed("settings", ", ".join(changed) or "all at their defaults")

    def _directories(self) -> Checks:
        paths = self._run.paths
        for name in ("config_dir", "state_dir", "cache_dir"):
            yield _directory(name.removesuffix("_dir"), getattr(paths, name))

    def _journal(self) -> Checks:
        if not self._run.paths.journal.exists():
            yield passed("journal", "none yet: nothing was sent from here")
            return
        journal = self._run.journal
        try:
            journal.check()
        except JournalDamaged:
            yield failed(
                "journal", "it is damaged", "`vsms journal resolve` takes over what can be read of it"
            )
            return
        count, open_ = len(journal.entries()), len(journal.entries(unresolved=True))
        if open_:
            detail = f"{count} entries for this host, {open_} with an outcome not known"
            yield warned("journal", detail, "`vsms journal resolve` reads what became of them")
        else:
            yield passed(
                "journal", f"{count} entries for this host, all settled; it can be written and locked"
            )

    def _keyring(self) -> Checks:
        from vsms_cli.store.keyring_store import TIME_LIMIT_S, OsKeyring  # noqa: PLC0415 - keyring: when asked for

        started = time.monotonic()
        try:
            entry = OsKeyring(time_limit_s=TIME_LIMIT_S).read("vsms:doctor", "doctor")
        except KeyringUnusable as exc:
            needed = not (self._in_sandbox or self._token_elsewhere())
            ours = "Error" not in exc.message
            reason = exc.message.partition(" (")[0] if ours else "the backend raised an error"
            make = failed if needed else warned
            yield make("keyring", reason, "unlock or install one, set VSMS_TOKEN, or use --insecure-storage")
            return
        yield passed("keyring", f"{entry.backend} answers in {(time.monotonic() - started) * 1000:.0f} ms")

    def _token_elsewhere(self) -> bool:
        """Whether a variable or the file holds the token, so that no keyring is needed."""
        from vsms_cli.store.base_url import service_name  # noqa: PLC0415 - as above
        from vsms_cli.store.profiles import Place  # noqa: PLC0415 - as above
        from vsms_cli.store.token_lookup import environment_token_variable  # noqa: PLC0415 - as above

        if environment_token_variable(self._run.env) is not None:
            return True
        settings, stored = self._run.settings, self._run.token_store.profiles
        return stored.place_of(service_name(settings.base_url.value), settings.profile.value) is Place.FILE

    def _token(self) -> Checks:
        if self._in_sandbox:
            yield passed("token", "none needed: this is the sandbox")
            return
        try:
            found = self._run.token()
        except TokenMissing as exc:
            unknown = isinstance(exc, KeyringUnusable)
            kind = "the keyring can't tell" if unknown else "there is none, or it has no form"
            hint = "`vsms auth login` stores one; `vsms auth status` says where it is looked for"
            yield failed("token", kind, hint)
            return
        prefix = "begins with vsms_" if found.token.startswith("vsms_") else "does not begin with vsms_"
        if len(found.token) < _SHORT_TOKEN:
            yield warned(
                "token", f"from {found.source.what.value}; shorter than 12 characters", "is it whole?"
            )
        else:
            yield passed("token", f"from {found.source.what.value}; 12 characters or more, {prefix}")

    @property
    def _in_sandbox(self) -> bool:
        try:
            return self._run.in_sandbox
        except VsmsError:
            return False

    def _network(self) -> Checks:
        if self._in_sandbox:
            return
        url = urlsplit(self._run.settings.base_url.value)
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        from vsms_cli.api.connectivity import reach  # noqa: PLC0415 - httpx
        from vsms_cli.api.proxies import proxy_of  # noqa: PLC0415 - httpx

        proxy = proxy_of(self._run.settings.base_url.value)
        if proxy is not None:
            yield passed("network", f"through a proxy, as {proxy.name} or the system says")
            return

        yield from reach(host, port, tls=url.scheme == "https")

    def _service(self) -> Checks:
        from vsms_cli.api.conformance import ENDPOINTS, survey  # noqa: PLC0415 - httpx

        try:
            client = self._run.client
        except TokenMissing:
            yield failed("service", "not asked: there is no token", "`vsms auth login` stores one")
            return
        order_id: str | None = None
        first = True
        for endpoint in ENDPOINTS:
            if endpoint.name == "order" and order_id is None:
                yield passed("order", "not compared: no order is listed")
                continue
            try:
                found = survey(client, endpoint, order_id=order_id or "" if endpoint.name == "order" else "")
            except VsmsError as exc:
                yield _unanswered(endpoint.name, exc)
                if isinstance(exc, TokenRefused | RateLimited | Unreachable):
                    return
                continue
            if first:
                first = False
                yield self._clock()
            order_id = found.first_id or order_id
            if not found.differences:
                yield passed(endpoint.name, f"as documented ({found.rows} compared)")
            for each in found.differences:
                told = f"{each.path}: {each.found}, documented is {each.expected}; {_FATES[each.kind]}"
                if each.kind is Kind.UNREADABLE:
                    yield failed(endpoint.name, told, "report this line: the field is left out")
                else:
                    yield warned(endpoint.name, told)

    def _clock(self) -> Check:
        apart = self._run.clock.apart
        if apart is None:
            return passed("clock", "less than an hour from the service's")
        return failed("clock", f"{short_duration(apart)} from the service's", "set this machine's clock")


_FATES: Final = {
    Kind.UNDERSTOOD: "understood",
    Kind.UNREADABLE: "not understood",
    Kind.MISSING: "not known",
    Kind.NEW: "passed over",
}
_NOT_EVERYWHERE: Final = frozenset({"rentals"})  # another product, which a deployment may lack
_PRIVATE_SETTINGS: Final = frozenset({"profile", "base_url"})


def _guarded(name: str, look: Callable[[], Checks]) -> Checks:
    try:
        yield from look()
    except ConfigBroken as exc:
        hint = exc.hint or "correct it, or set VSMS_CONFIG_DIR to another directory"
        yield failed(name, _without_home(exc.message), hint)
    except VsmsError as exc:
        yield failed(name, _without_home(exc.message), _without_home(exc.hint))
    except Exception as exc:  # noqa: BLE001 - whatever is broken here is what is to be reported
        if type(exc).__module__ == "vsms_cli.sandbox.errors":
            yield failed(
                name, "the sandbox's database can't be used", "`vsms sandbox reset`, or free disk space"
            )
        else:
            yield failed(name, f"{type(exc).__name__} while it was checked", "report this line")


def _directory(name: str, path: Path) -> Check:
    shown = _without_home(str(path))
    try:
        if not path.exists():
            return passed(name, f"{shown} is made when it is needed")
        if not path.is_dir():
            return failed(name, f"{shown} is no directory", "give it another name, or set VSMS_STATE_DIR")
        if sys.platform != "win32":
            facts = path.stat()
            mode, room = facts.st_mode & 0o777, os.statvfs(path)
            shown = f"{shown}, mode {mode:04o}"
            if facts.st_uid != os.geteuid():
                hint = "set VSMS_CONFIG_DIR and VSMS_STATE_DIR to directories of your own"
                return failed(name, f"{shown}, belongs to another user", hint)
            if mode & 0o022:
                return warned(name, f"{shown}: others may write there", "chmod go-w")
            if room.f_bavail * room.f_frsize < _LITTLE_ROOM:
                hint = "free disk space: nothing that moves money is sent without the journal"
                return failed(name, f"{shown}: the disk is full", hint)
            shown = f"{shown}, {room.f_bavail * room.f_frsize >> 20} MB free"
    except OSError as exc:
        return failed(name, f"{shown} can't be looked at: {exc.strerror}", "see its permissions")
    if not os.access(path, os.W_OK):
        return failed(name, f"{shown}: it can't be written", "see its permissions, or set VSMS_STATE_DIR")
    return passed(name, shown)


def _as_written(value: object) -> object:
    """As in config.toml."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value


def _unanswered(name: str, exc: VsmsError) -> Check:
    """In words of ours alone: the service's own may hold anything."""
    match exc:
        case TokenRefused():
            return failed(
                name, "the service refuses the token", "`vsms auth status` says where it comes from"
            )
        case RateLimited():
            return failed(name, "still rate-limited", "run it again in a minute")
        case OrderNotFound():
            return warned(name, "the order that was listed is not found", "run it again")
        case RefusedByProxy():
            return failed(name, f"the proxy refuses with status {exc.status}", exc.hint)
        case Unreachable():
            return failed(name, "no whole answer came", "check the network, then try again")
        case RequestRefused():
            what = "the service refuses it, or has no such route"
            if name in _NOT_EVERYWHERE:
                return warned(name, what, "the rest works without")
            return failed(name, what, "what needs it can't work here; the rest does")
        case BadAnswer():
            what = "the answer is not one that can be read"
            if "web page" in exc.message:
                what = "a web page came: a captive portal, or not the API"
            return failed(name, what, "check the base URL; `vsms api` prints the answer")
        case _:
            return failed(name, f"{type(exc).__name__}", "run it with --debug")


def _version_of(name: str) -> str:
    with suppress(PackageNotFoundError):
        return version(name)
    return "missing"


def _without_home(text: str) -> str:
    """Paths without the user's name."""
    with suppress(RuntimeError):  # no home
        home = str(Path.home())
        return text.replace(home, "~") if len(home) > 1 else text
    return text
