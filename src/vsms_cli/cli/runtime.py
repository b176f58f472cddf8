"""The one place that puts the parts together: settings, token, client, journal, streams, for one command."""

import hashlib
import sys
from contextlib import ExitStack
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.cli.early_start import EARLY
from vsms_cli.cli.notifier import Notifier
from vsms_cli.cli.signals import Stop
from vsms_cli.domain.errors import ConfigBroken, JournalUnusable, UsageMistake, VsmsError
from vsms_cli.domain.record_class import record
from vsms_cli.render.formats import Format
from vsms_cli.render.streams import Streams
from vsms_cli.store.base_url import host_of
from vsms_cli.store.paths import Paths
from vsms_cli.store.settings import Options, Settings, Source, load_settings

if TYPE_CHECKING:  # what a command does not use is not imported: start-up is part of being pleasant
    from collections.abc import Mapping

    from vsms_cli.api.client import Client
    from vsms_cli.domain.catalogue import Catalogue
    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.ops.context import Context
    from vsms_cli.sandbox.database import Database
    from vsms_cli.sandbox.routing import Sandbox
    from vsms_cli.sandbox.transport import SandboxTransport
    from vsms_cli.store.journal import JournalFile
    from vsms_cli.store.order_cache import OrderCache
    from vsms_cli.store.token_lookup import Found
    from vsms_cli.store.token_store import TokenStore

_PLACES_SHOWN: Final = 3
SANDBOX_HOST: Final = "sandbox"
_SANDBOX_URL: Final = "https://sandbox.invalid/api/v1"  # a name that can't exist (RFC 6761): never looked up
_SANDBOX_TOKEN: Final = "vsms_sandbox"  # noqa: S105 - the sandbox takes any token of the right form


@record
class Common:
    """What every command can be told."""

    profile: str | None = None
    sandbox: bool = False
    base_url: str | None = None
    timeout: float | None = None
    debug: bool = False
    no_color: bool = False


@record
class Output:
    """How rows are to be printed."""

    output: str | None = None
    json: bool = False
    quiet: bool = False
    fields: str | None = None

    @property
    def chosen(self) -> str | None:
        """The one format that was asked for. UsageMistake where two contradict each other."""
        said = set() if self.output is None else {self.output}  # an empty one is refused as any other
        said |= {"json"} if self.json else set()
        said |= {"ids"} if self.quiet else set()
        if len(said) > 1:
            raise UsageMistake(
                f"two formats asked for: {' and '.join(sorted(said))}", hint="give one of them"
            )
        return said.pop() if said else None


STOP: Final = Stop()
"""This process's; `main` listens to the signals for it."""


class Runtime:
    """Everything one command works with, each part made when it is first asked for, all closed at the end."""

    def __init__(self, common: Common, output: Output, *, checked: bool = True) -> None:
        """With `checked` a setting that can't be used ends the command here, before it has begun."""
        from vsms_cli.store.token_lookup import take_environment  # noqa: PLC0415 - see the top

        self.env: Mapping[str, str] = take_environment()
        self._common = common
        self.output = output
        if checked and self.settings.profile.source is Source.OPTION and not self.in_sandbox:
            from vsms_cli.store.token_lookup import refuse_contradiction  # noqa: PLC0415 - see the top

            refuse_contradiction(self.env, self.settings)
        self.streams = Streams.of_this_process(self.env, no_color=common.no_color)
        self.stop = STOP
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, exc: BaseException | None, _trace: object) -> None:
        if isinstance(exc, VsmsError) and "settings" in self.__dict__:
            exc.hint = self.notifier.typed(exc.hint)
        if "client" in self.__dict__:
            if error is None:  # an error says itself what could not be read
                self._mention_unreadable()
            self._mention_unresolved()
        self._stack.close()

    # What it is about

    @cached_property
    def paths(self) -> Paths:
        return Paths.from_environment(self.env)

    @cached_property
    def settings(self) -> Settings:
        common = self._common
        options = Options(
            profile=common.profile,
            base_url=common.base_url,
            timeout=common.timeout,
            output=self.output.chosen,
            sandbox=common.sandbox,
            debug=common.debug,
        )
        return load_settings(options, self.env, self.paths)

    @property
    def in_sandbox(self) -> bool:
        return self.settings.sandbox.value

    @property
    def host(self) -> str:
        """As the journal and the keyring name the service."""
        return SANDBOX_HOST if self.in_sandbox else host_of(self.settings.base_url.value)

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked: the question is on stderr, the answer on stdin."""
        return self.streams.err.is_terminal and self.reads_a_terminal

    @property
    def reads_a_terminal(self) -> bool:
        return sys.stdin is not None and sys.stdin.isatty()

    def format(self, *, ids: bool = True) -> Format:
        """As asked for; else a table on a terminal and TSV in a pipe. `ids` is whether the rows have ids."""
        default = Format.TABLE if self.streams.out.is_terminal else Format.TSV
        said = self.settings.output.value
        if said == Format.IDS and not ids:
            if self.output.chosen is None:  # from VSMS_OUTPUT, which is meant for commands that have them
                return default
            raise UsageMistake("this command has no ids to print", hint="use -o json, tsv or csv")
        return default if said is None else Format(said)

    # The parts

    @cached_property
    def token_store(self) -> "TokenStore":
        from vsms_cli.store.token_store import TokenStore  # noqa: PLC0415 - see the top

        return TokenStore.at(self.paths, interactive=self.interactive)

    def token(self) -> "Found":
        """The token in force and where it comes from."""
        from vsms_cli.store.token_lookup import find_token, keep_out_of_core_dumps  # noqa: PLC0415 - see the top

        keep_out_of_core_dumps()
        return find_token(self.env, self.settings, lambda: self.token_store)

    @cached_property
    def client(self) -> "Client":
        if not self.in_sandbox:
            found = self.token()
            if found.source.what == "VSMS_TOKEN_FILE":
                from vsms_cli.store.named_token_file import shared_token_file  # noqa: PLC0415 - see the top

                warning = shared_token_file(self.env["VSMS_TOKEN_FILE"])
                if warning is not None:
                    self.notify(warning)
            return self.client_for(found.token)
        from vsms_cli.sandbox.transport import SandboxTransport  # noqa: PLC0415 - see the top

        self.streams.err.line("sandbox: no network, no token, no money")
        return self._client(_SANDBOX_URL, _SANDBOX_TOKEN, SandboxTransport(self.sandbox))

    def client_for(self, token: str) -> "Client":
        """A client for a token that is not stored yet."""
        return self._client(self.settings.base_url.value, token, None)

    def _client(self, base_url: str, token: str, in_process: "SandboxTransport | None") -> "Client":
        from vsms_cli.api.client import Client  # noqa: PLC0415 - see the top
        from vsms_cli.api.rate_limiter import Pacer  # noqa: PLC0415 - as above
        from vsms_cli.api.service_clock import ServiceClock  # noqa: PLC0415 - as above
        from vsms_cli.api.transport import Transport  # noqa: PLC0415 - as above
        from vsms_cli.store.rate_limit import SharedBudget  # noqa: PLC0415 - as above

        log = self.notifier.log if self.settings.debug.value else None
        transport = Transport(
            base_url=base_url,
            token=token,
            time_limit=self.settings.timeout.value,
            log=log,
            in_process=in_process,
            halted=lambda: self.stop.requested,
            early=EARLY.to(base_url),
        )
        self._stack.callback(transport.close)
        account = hashlib.sha256(f"{self.host}\0{token}".encode()).hexdigest()[:16]
        budget = SharedBudget(
            None if in_process is not None else self._budget_file(),
            account=account,
            limit=1_000_000 if in_process is not None else self.settings.rate_limit.value,
        )
        self._stack.callback(budget.close)
        clock = ServiceClock()
        pacer = Pacer(budget=budget, clock=clock, stop=self.stop, on_wait=self.notifier.waiting)
        self.clock = clock
        return Client(transport, pacer=pacer, clock=clock, log=log, on_retry=self.notifier.retrying)

    @cached_property
    def sandbox(self) -> "Sandbox":
        from vsms_cli.sandbox.routing import Sandbox  # noqa: PLC0415 - see the top

        return Sandbox(self._sandbox_database())

    def served_sandbox(self, *, ephemeral: bool, hold: timedelta | None, dialect: str | None) -> "Sandbox":
        """The same, or one of its own in memory, for a server of ours."""
        from vsms_cli.sandbox.database import Database  # noqa: PLC0415 - as above
        from vsms_cli.sandbox.routing import Sandbox  # noqa: PLC0415 - see the top

        if not ephemeral:
            return Sandbox(self._sandbox_database(), hold=hold, dialect=dialect)
        database = Database.in_memory()
        self._stack.callback(database.close)
        return Sandbox(database, hold=hold, dialect=dialect)

    def _sandbox_database(self) -> "Database":
        from vsms_cli.cli.sandbox_opening import open_database  # noqa: PLC0415 - see the top

        database = open_database(self.paths)
        self._stack.callback(database.close)
        return database

    @cached_property
    def journal(self) -> "JournalFile":
        from vsms_cli.store.journal import JournalFile  # noqa: PLC0415 - see the top

        journal = JournalFile(self.paths.journal, host=self.host)
        self._stack.callback(journal.close_file)
        return journal

    @cached_property
    def context(self) -> "Context":
        from vsms_cli.ops.context import Context  # noqa: PLC0415 - see the top

        client = self.client
        return Context(
            service=client, journal=self.journal, clock=self.clock, stop=self.stop, notify=self.notify
        )

    def catalogue(self, *, fresh: bool = False) -> tuple["Catalogue", bool]:
        """Countries and services, and whether they are as of now; from the last day's cache unless `fresh`."""
        from vsms_cli.store.catalogue_cache import CatalogueCache  # noqa: PLC0415 - see the top

        if self.in_sandbox:
            return self.client.catalogue(), True
        cache = CatalogueCache(self.paths.cache_dir, host=self.host)
        kept = None if fresh else cache.read()
        if kept is not None:
            return kept, False
        catalogue = self.client.catalogue()
        cache.write(catalogue)
        return catalogue, True

    @cached_property
    def service_names(self) -> "Mapping[str, str]":
        """Services' names by their codes, as far as a catalogue that was read before tells: no request is made."""
        if self.in_sandbox:
            return self.client.catalogue().service_names
        from vsms_cli.store.catalogue_cache import CatalogueCache  # noqa: PLC0415 - see the top

        kept = CatalogueCache(self.paths.cache_dir, host=self.host).read(however_old=True)
        return {} if kept is None else kept.service_names

    @property
    def order_cache(self) -> "OrderCache":
        from vsms_cli.store.order_cache import OrderCache  # noqa: PLC0415 - see the top

        return OrderCache(self.paths.cache_dir, host=self.host)

    @property
    def rental_cache(self) -> "OrderCache":
        """The rentals that `rentals list` saw last."""
        from vsms_cli.store.order_cache import OrderCache  # noqa: PLC0415 - see the top

        return OrderCache(self.paths.cache_dir, host=self.host, kind="rentals")

    @property
    def rentals_running(self) -> int:
        """How many were seen that still run: no request is made to know it."""
        now = self.clock.now()
        return sum(
            rental.status == "active" and (rental.until or now) > now for rental in self.rental_cache.read()
        )

    # Err

    def notify(self, text: str) -> None:
        self.notifier.notify(text)

    def notify_next(self, command: str) -> None:
        self.notifier.notify_next(command)

    @cached_property
    def notifier(self) -> Notifier:
        return Notifier(self.streams, self.settings)

    def _mention_unreadable(self) -> None:
        """What of the answers could not be read, once for a command."""
        deviations = self.client.deviations
        if deviations.unreadable:
            from vsms_cli.render.plural import plural  # noqa: PLC0415 - rarely needed

            places = deviations.unreadable_places
            where = ", ".join(places[:_PLACES_SHOWN]) + (", …" if len(places) > _PLACES_SHOWN else "")
            self.notify(
                f"{plural(deviations.unreadable, 'value')} of the service's answers can't be read ({where}):"
                " `vsms doctor` says what differs"
            )

    def _mention_unresolved(self) -> None:
        try:
            count = sum(self._is_left_over(entry) for entry in self.journal.entries(unresolved=True))
        except ConfigBroken:  # no home: nowhere that a journal could lie, and what needed one said so
            return
        except JournalUnusable as exc:
            self.notify(f"vsms: {exc.message}")
            return
        if count:
            from vsms_cli.render.plural import plural  # noqa: PLC0415 - rarely needed

            self.notify(f"{plural(count, 'request')} with an outcome not known yet: `vsms journal resolve`")

    def _is_left_over(self, entry: "JournalEntry") -> bool:
        """Not one that a process which lives is still at."""
        if entry.outcome is not None:
            return True
        free = self.journal.acquire(entry.order_id)
        if free:
            self.journal.release(entry.order_id)
        return free

    def _budget_file(self) -> Path | None:
        from vsms_cli.store.paths import private_dir  # noqa: PLC0415 - see the top

        try:
            private_dir(self.paths.state_dir)
        except OSError:  # a read must work all the same
            return None
        except ConfigBroken as exc:
            self.notify(f"the rate limit is not shared with other processes: {exc.message}")
            return None
        return self.paths.budget
