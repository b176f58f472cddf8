"""Whether this command connects before anything else is imported, and where to."""

import contextlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from vsms_cli.api.early_connection import EarlyConnection
    from vsms_cli.store.paths import Paths

_ASK_THE_SERVICE: Final = {
    "orders": frozenset({"list", "show", "cancel", "watch", "wait", "swap", "refund"}),
    "rentals": frozenset({"list", "show", "cancel"}),
    "transactions": frozenset({"list"}),
    "refunds": frozenset({"audit"}),
    "balance": None,
    "stats": None,
    "api": None,
}
"""The commands that always do. Others may need no network."""
_CHANGES_IT: Final = re.compile(
    r"--(?:help|version|sandbox)|--(?:base-url|profile)(?:=.*)?|-[a-z]*h", re.DOTALL
)
"""Words of a command that asks nobody, or another host."""
_HTTPS_PORT: Final = 443


class Early:
    """This process's early connection, if it has one."""

    def __init__(self) -> None:
        self._base_url = ""
        self._connection: EarlyConnection | None = None

    def begin(self, argv: Sequence[str]) -> None:
        """Prints nothing and raises nothing, whatever is wrong."""
        with contextlib.suppress(Exception):  # the command will meet it too, and say it
            base_url = destination(argv, os.environ)
            if not base_url:
                return
            from vsms_cli.api.early_connection import EarlyConnection  # noqa: PLC0415 - most commands need none

            parts = urlsplit(base_url)
            self._connection = EarlyConnection(parts.hostname or "", parts.port or _HTTPS_PORT)
            self._connection.start()
            self._base_url = base_url

    def to(self, base_url: str) -> "EarlyConnection | None":
        """The one that was made for this base URL."""
        return self._connection if base_url == self._base_url else None

    def close(self) -> None:
        """If it was not used."""
        if self._connection is not None:
            self._connection.close()


def destination(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """The base URL that this command is sure to ask, with a token that is likely to be there; empty where that is not
    so, or where the host is not reached directly by https.
    """
    if not _asks_the_service(argv) or _may_use_a_proxy(env):
        return ""
    base_url = _base_url(env)
    return base_url if base_url.startswith("https://") else ""


def _asks_the_service(argv: Sequence[str]) -> bool:
    """Only in its plainest form: options before the command, and a command's other names, are read by Typer alone."""
    if not argv or argv[0] not in _ASK_THE_SERVICE or any(map(_CHANGES_IT.fullmatch, argv)):
        return False
    commands = _ASK_THE_SERVICE[argv[0]]
    return commands is None or any(word in commands for word in argv[1:2])


def _may_use_a_proxy(env: Mapping[str, str]) -> bool:
    """Also where NO_PROXY would except the host: it is not worth working out."""
    system: str = sys.platform  # a variable, so that mypy reads both branches on each system
    if system in {"darwin", "win32"}:
        from urllib.request import getproxies  # noqa: PLC0415 - the system's settings; 8 ms

        return bool(getproxies())
    return any(value and name.lower() in {"https_proxy", "all_proxy"} for name, value in env.items())


def _base_url(env: Mapping[str, str]) -> str:
    """The base URL in force; empty where no request will be made."""
    from vsms_cli.domain.errors import VsmsError  # noqa: PLC0415 - most commands get no further
    from vsms_cli.store.paths import Paths  # noqa: PLC0415 - as above
    from vsms_cli.store.settings import Options, Source, load_settings  # noqa: PLC0415 - as above
    from vsms_cli.store.token_lookup import environment_token_variable  # noqa: PLC0415 - as above

    try:
        paths = Paths.from_environment(env)
        settings = load_settings(Options(), env, paths)
        in_environment = environment_token_variable(env) is not None
        if settings.sandbox.value or not (in_environment or _is_signed_in(paths)):
            return ""
    except (VsmsError, OSError):
        return ""
    # A variable's token is not sent to a host that a file alone names (`store.token_lookup`).
    doubtful = in_environment and settings.base_url.source is Source.CONFIG
    return "" if doubtful else settings.base_url.value


def _is_signed_in(paths: "Paths") -> bool:
    return paths.profiles.exists() or paths.insecure_tokens.exists()


EARLY: Final = Early()
