"""httpx's way to the network: httpcore's pool, each of whose connections obeys the running request's limit."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from vsms_cli.api.certificates import no_certificates, trusted_certificates
from vsms_cli.api.deadline import BoundedBackend
from vsms_cli.api.early_connection import KEPT_S
from vsms_cli.api.proxies import Proxy, proxy_broken
from vsms_cli.api.response_desync import left_in_parser
from vsms_cli.domain.errors import ConfigBroken

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from vsms_cli.api.early_connection import EarlyConnection

_MAX_CONNECTIONS: Final = 8  # more than the workers of a bulk run


def network_to(
    base_url: str,
    proxy: Proxy | None,
    *,
    early: EarlyConnection | None = None,
    log: Callable[[str], None] | None = None,
) -> Network:
    """ConfigBroken where the proxy or a file of certificates can't be used. `early` is for that base URL."""
    certificates = (early and early.certificates) or _certificates(base_url)
    try:
        if proxy is not None:
            return Network(_proxy_pool(certificates, httpx.Proxy(proxy.url)))
        backend = BoundedBackend(httpcore.SyncBackend(), early=early, log=log)
        return Network(_pool(certificates, backend))
    except (ValueError, httpx.InvalidURL):
        # Its text may hold the proxy's password, so it is not shown.
        raise proxy_broken("a proxy variable" if proxy is None else proxy.name) from None


def _certificates(base_url: str) -> ssl.SSLContext:
    """Whom TLS trusts."""
    try:
        return no_certificates() if urlsplit(base_url).scheme == "http" else trusted_certificates()
    except OSError as exc:
        if exc.filename is not None:  # only the key log's OSError names its file
            raise ConfigBroken(
                f"the file that SSLKEYLOGFILE names can't be written: {exc.strerror}", hint="unset it"
            ) from None
        raise ConfigBroken(
            f"the CA certificates can't be read: {exc.strerror or 'not a certificate file'}",
            hint="SSL_CERT_FILE and SSL_CERT_DIR must name existing certificates, or be unset",
        ) from None


def _pool(certificates: ssl.SSLContext, backend: BoundedBackend) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=certificates,
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_MAX_CONNECTIONS,
        keepalive_expiry=KEPT_S,
        network_backend=backend,
    )


def _proxy_pool(certificates: ssl.SSLContext, proxy: httpx.Proxy) -> httpcore.ConnectionPool:
    return httpcore.HTTPProxy(
        proxy_url=_core_url(proxy.url),
        proxy_auth=proxy.raw_auth,
        ssl_context=certificates,
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_MAX_CONNECTIONS,
        keepalive_expiry=KEPT_S,
        network_backend=BoundedBackend(httpcore.SyncBackend(), to_proxy=True),
    )


class Network(httpx.BaseTransport):
    """Straight to the service, or through a proxy. Raises httpx's exceptions, each from httpcore's own."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(
            request.stream, httpx.SyncByteStream
        ):  # pragma: no cover - a sync client has no other
            raise TypeError("not the body of a sync client")
        with _as_httpx():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=_core_url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def leaves_more(self, stream: httpcore.NetworkStream) -> bool:
        """Whether more than one answer came with the last read of `stream`."""
        return left_in_parser(self._pool.connections, stream)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Each exception of httpcore's as httpx's of the same name."""
    try:
        yield
    except Exception as exc:
        for kind in type(exc).__mro__:
            theirs = _EXCEPTIONS.get(kind)
            if theirs is not None:
                raise theirs(str(exc)) from exc
        raise


_EXCEPTIONS: Final[dict[type, type[httpx.TransportError]]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.ProtocolError: httpx.ProtocolError,
}


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
