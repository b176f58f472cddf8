"""The API's address: which ones a token may go to, and the name that it is kept under."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from vsms_cli.domain.record_class import record

DEFAULT_BASE_URL: Final = "https://virtualsms.io/api/v1"  # the vendor's reference pages

_SCHEME_PORTS: Final = {"https": 443, "http": 80}
_LONGEST: Final = 2000  # characters
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_NETLOC: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::([0-9]{1,5}))?", re.ASCII)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*", re.ASCII)


@record
class _Address:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own."""
        return self.host if self.port == _SCHEME_PORTS[self.scheme] else f"{self.host}:{self.port}"


def check_base_url(text: str) -> str:
    """The URL with its host in lower case and no slash at its end.

    https to any host, or http to a loopback address. ValueError with the reason where it may not be used; the
    reason repeats no part of what may be a password.
    """
    address = _parse(text)
    return f"{address.scheme}://{address.authority}{address.path}"


def host_of(base_url: str) -> str:
    """Host of a checked URL, lower case, IPv6 in brackets, with the port where it is not the scheme's own."""
    return _parse(base_url).authority


def service_name(base_url: str) -> str:
    """What a token is kept under, `vsms:<host>[:port]`: it goes to that host and port and to no other. The port is left
    out for https on 443 alone: what was stored for https must not go to the same name in clear.
    """
    address = _parse(base_url)
    port = "" if (address.scheme, address.port) == ("https", 443) else f":{address.port}"
    return f"vsms:{address.host}{port}"


def _parse(text: str) -> _Address:
    if len(text) > _LONGEST or _PRINTABLE.fullmatch(text) is None:
        raise ValueError("must be printable ASCII without blanks")
    # Refused before anything is taken apart: parsers differ in what they make of these, and a password may
    # hide here.
    if "@" in text:
        raise ValueError(
            "must not hold a user name or password (`@`): a token goes into VSMS_TOKEN or the keyring"
        )
    if "?" in text or "#" in text or "\\" in text:
        raise ValueError("must have no query, no fragment and no backslash")
    try:
        parts = urlsplit(text)
    except ValueError as exc:
        raise ValueError("is not a URL") from exc
    if parts.scheme not in _SCHEME_PORTS:
        raise ValueError("must begin with https:// (or http:// and a loopback address)")
    found = _NETLOC.fullmatch(parts.netloc)
    if found is None:
        raise ValueError("has no valid host and port")
    host, loopback = _host(found[1], found[2])
    port = _SCHEME_PORTS[parts.scheme] if found[3] is None else int(found[3])
    if not 0 < port < 1 << 16:
        raise ValueError("has no valid port: it is a number from 1 to 65535")
    if parts.scheme == "http" and not loopback:
        raise ValueError(f"is plain http to {host}, which is not a loopback address: use https")
    path = parts.path.rstrip("/")
    if _PATH.fullmatch(path) is None or {".", ".."} & set(path.split("/")):
        raise ValueError("has a path that is not plain: letters, digits and . _ ~ - between single slashes")
    return _Address(scheme=parts.scheme, host=host, port=port, path=path)


def _host(ipv6: str | None, name: str) -> tuple[str, bool]:
    """The host as it is kept, and whether it is this machine."""
    if ipv6 is not None:
        try:
            address6 = ipaddress.IPv6Address(ipv6)
        except ValueError as exc:
            raise ValueError("has no valid IPv6 address") from exc
        return f"[{address6.compressed}]", address6 == ipaddress.IPv6Address("::1")
    host = name.lower()
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004 - RFC 1035
        raise ValueError("has no valid host name")
    # A last label of digits makes it an address to every resolver, also 127.1, 2130706433 and 0x7f.1.
    if _NUMERIC_LABEL.fullmatch(labels[-1]) is None:
        return host, host == "localhost"
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError as exc:
        raise ValueError("has no valid IPv4 address: four numbers from 0 to 255") from exc
    return host, address.is_loopback
