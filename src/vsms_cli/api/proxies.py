"""The proxy variables, checked before anything is sent. Their values, which may hold a password, are never shown.

httpx takes `http://:3128` and port 99999, and fails at the first connection, with words about the service.
"""

from __future__ import annotations

from typing import Final
from urllib.request import getproxies

import httpx

from vsms_cli.domain.errors import ConfigBroken

_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})  # those that httpx 0.28 speaks
_PORTS: Final = range(1, 65536)


def check_proxies() -> None:
    """ConfigBroken, naming the variable, for one that can't be used, whether or not this base URL needs it."""
    found = (
        getproxies()
    )  # what httpx reads too: on macOS and Windows the system's settings stand in for unset ones
    for scheme in ("https", "http", "all"):
        value = found.get(scheme)
        if value and not _usable(value):
            raise proxy_broken(f"{scheme.upper()}_PROXY") from None


def proxy_broken(name: str) -> ConfigBroken:
    return ConfigBroken(f"{name} can't be used", hint="write it as http://host:port, or unset it")


def _usable(value: str) -> bool:
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
        url.raw_host.decode("ascii").encode(
            "idna"
        )  # UnicodeError for an empty label or a longer one than DNS has
    except (httpx.InvalidURL, ValueError):
        return False
    as_written = value.rpartition("@")[2]
    named = bool(url.raw_host) and as_written.isascii()  # other letters are to be written as DNS has them
    return named and url.scheme in _SCHEMES and (url.port is None or url.port in _PORTS)
