"""Which proxy a base URL's requests go through, decided before anything is sent; and that one that refuses is asked
once.

Only that one is judged: a variable that this URL does not use may hold anything. Values, which may hold a password,
are never shown. httpx reads the same variables, but takes `http://:3128` and port 99999, and fails on a `NO_PROXY`
that holds an IPv6 network.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMES: Final = frozenset({"http", "https"})
_SOCKS: Final = frozenset({"socks", "socks4", "socks4a", "socks5", "socks5h"})  # `socks` is GNOME's
_PORTS: Final = range(1, 65536)
_SCHEME_PORTS: Final = {"https": 443, "http": 80}
_NO_PROXY_ENTRY: Final = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?:\[(?P<ipv6>[^\]]+)\]|(?P<name>[^:]+|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))"
    r"(?P<prefix>/[0-9]+)?(?::(?P<port>[0-9]+))?",
    re.ASCII,
)


@record
class Proxy:
    """A proxy that can be used. `name` is the variable that names it; `url` may hold a password."""

    name: str
    url: httpx.URL


def proxy_of(base_url: str) -> Proxy | None:
    """The proxy for this URL; None where it is reached directly, as every loopback URL is.

    ConfigBroken, naming the variable, where it can't be used.
    """
    url = urlsplit(base_url)
    host, port = url.hostname or "", url.port or _SCHEME_PORTS.get(url.scheme)
    # Plain http goes to loopback alone: through a proxy the token would leave this machine in clear.
    if url.scheme == "http" or _is_loopback(host):
        return None
    # What httpx reads too: on macOS and Windows the system's settings stand in for unset variables.
    found = getproxies()
    scheme = next((each for each in (url.scheme, "all") if found.get(each)), None)
    if scheme is None or _is_excepted(found.get("no", ""), url.scheme, host, port):
        return None
    return Proxy(name=f"{scheme.upper()}_PROXY", url=_checked(f"{scheme.upper()}_PROXY", found[scheme]))


def proxy_broken(name: str) -> ConfigBroken:
    return ConfigBroken(f"{name} can't be used", hint="write it as http://host:port, or unset it")


def _checked(name: str, value: str) -> httpx.URL:
    url = _parsed(value)
    if url is not None and url.scheme in _SOCKS:
        raise ConfigBroken(
            f"{name} names a SOCKS proxy, which vsms does not support",
            hint="name an http proxy in HTTPS_PROXY, or the service's host in NO_PROXY to reach it directly",
        ) from None
    as_written = value.rpartition("@")[2].isascii()  # other letters are to be written as DNS has them
    usable = (
        url is not None
        and url.raw_host
        and url.scheme in _SCHEMES
        and (url.port is None or url.port in _PORTS)
    )
    if url is None or not (usable and as_written):
        raise proxy_broken(name) from None
    return url


def _parsed(value: str) -> httpx.URL | None:
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
        # UnicodeError for an empty label or a longer one than DNS has.
        url.raw_host.decode("ascii").encode("idna")
    except (httpx.InvalidURL, ValueError):
        return None
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_excepted(no_proxy: str, scheme: str, host: str, port: int | None) -> bool:
    """Whether NO_PROXY names the host. An entry that means nothing excepts nothing, as in curl."""
    entries = no_proxy.lower().replace(",", " ").split()
    return any(_names(entry, scheme, host, port) for entry in entries)


def _names(entry: str, scheme: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    found = _NO_PROXY_ENTRY.fullmatch(entry)
    if found is None or found["scheme"] not in {None, "all", scheme}:
        return False
    if found["port"] is not None and int(found["port"]) != port:
        return False
    name = found["ipv6"] or found["name"]
    try:
        network = ipaddress.ip_network(f"{name}{found['prefix'] or ''}", strict=False)
    except ValueError:
        # `.example.com` names what is below it, `example.com` itself too, as httpx has it.
        name = name.removeprefix("*").removesuffix(".")
        below = host.endswith(name if name.startswith(".") else f".{name}")
        return found["prefix"] is None and bool(name.strip(".")) and (host == name or below)
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


class ProxyRefused(httpx.ProxyError):
    """The proxy answered CONNECT with another status than 2xx: the service was not asked."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answered with status {status}")
        self.status = status


class ProxyGate:
    """Before a proxy. Each CONNECT carries its password, and some wrong ones lock an account: so the first request goes
    alone, and where the proxy refused it none goes after it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._refused: int | None = None

    @contextmanager
    def first_alone(self, time_limit: float) -> Iterator[None]:
        """ProxyRefused at once where it refused before; ConnectTimeout where the first took all the time there was."""
        if self._open:
            yield
            return
        if not self._lock.acquire(timeout=time_limit):
            raise httpx.ConnectTimeout("another request waits for the proxy")
        try:
            if self._refused is not None:
                raise ProxyRefused(self._refused)
            try:
                yield
            except ProxyRefused as exc:
                self._refused = exc.status
                raise
            self._open = True
        finally:
            self._lock.release()
