"""How far a connection to the service comes, for `vsms doctor`. Nothing of a request is sent."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

import httpcore

from vsms_cli.api.certificates import trusted_certificates
from vsms_cli.api.deadline import resolve
from vsms_cli.domain.diagnostics import Check, failed, passed, warned

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECT_S: Final = 5.0  # for a name, a connection and a handshake, each
_DAYS_LEFT: Final = 14  # of a certificate: fewer are worth knowing
_DAY_S: Final = 86400


def reach(host: str, port: int, *, tls: bool) -> Iterator[Check]:
    """Whether the host's name is found, a connection made, and its certificate trusted as every request does."""
    started = time.monotonic()
    addresses, reason = [], "it has no address"
    try:
        addresses = resolve(host, port, _CONNECT_S)
    except httpcore.ConnectTimeout:
        reason = "no answer in 5 s"
    except httpcore.ConnectError as exc:
        reason = getattr(exc.__cause__, "strerror", None) or reason
    if not addresses:
        yield failed("name", f"the host's name is not found: {reason}", "check the network and the base URL")
        return
    count = len(addresses)
    yield passed("name", f"found in {_ms(started)}, {count} address{'es' * (count != 1)}")
    started = time.monotonic()
    try:
        sock = socket.create_connection((host, port), timeout=_CONNECT_S)
    except OSError as exc:
        yield failed(
            "connection",
            exc.strerror or "no answer in 5 s",
            "check the network, a firewall, and the base URL's port",
        )
        return
    with closing(sock):
        yield passed("connection", f"made in {_ms(started)}")
        if tls:
            yield _handshake(sock, host)


def _handshake(sock: socket.socket, host: str) -> Check:
    started = time.monotonic()
    try:
        with trusted_certificates().wrap_socket(sock, server_hostname=host) as secured:
            certificate = secured.getpeercert() or {}
            left = ssl.cert_time_to_seconds(str(certificate.get("notAfter", ""))) - time.time()
            detail = (
                f"{secured.version()} in {_ms(started)}, the certificate has {left / _DAY_S:.0f} days left"
            )
    except ssl.SSLCertVerificationError as exc:
        return failed(
            "tls",
            f"the certificate can't be trusted: {exc.verify_message}",
            "a company proxy? name its certificate in SSL_CERT_FILE",
        )
    except (ssl.SSLError, OSError, ValueError):
        return failed("tls", "the handshake failed", "check the base URL's host and port")
    return passed("tls", detail) if left > _DAYS_LEFT * _DAY_S else warned("tls", detail)


def _ms(since: float) -> str:
    return f"{(time.monotonic() - since) * 1000:.0f} ms"
