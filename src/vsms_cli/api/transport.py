"""One request out, one whole answer in.

A hard limit over the whole request, 1 MiB of body, no compression, no redirects, the key put in per request
and only for the base URL's own host, and a debug log in which the token never stands.
"""

from __future__ import annotations

import re
import time
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import httpx

from vsms_cli import __version__
from vsms_cli.api.deadline import ProxyUnreachable, not_begun_once, whole_request_within
from vsms_cli.api.network import network_to
from vsms_cli.api.proxies import ProxyGate, ProxyRefused, proxy_of
from vsms_cli.api.redaction import redact, redact_text
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vsms_cli.api.early_connection import EarlyConnection

MAX_BODY_BYTES: Final = 1 << 20  # a page of 200 orders is about 100 KB
_LOCATION: Final = "vsms_location"
_LONGEST_LOCATION: Final = 200  # characters
_SHOWN_HEADERS: Final = ("content-type", "content-length", "date", "retry-after", "x-request-id")
_COMPRESSIONS: Final = frozenset(
    {"br", "compress", "dcb", "dcz", "deflate", "gzip", "x-compress", "x-gzip", "zstd"}
)
"""IANA's, without what no HTTP server sends. Anything else is none: `UTF-8`, `none`, nothing at all."""
_STATUS: Final = re.compile(r"([1-5][0-9]{2})(?![0-9])", re.ASCII)


class AnswerUnusable(httpx.TransportError):
    """An answer that is too large or compressed although identity was asked for: it is not read to its end."""


class RequestNotBuilt(httpx.LocalProtocolError):
    """Nothing was sent, and trying again would not help."""


@record
class Reply:
    """A whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    location: str = ""
    """Where a redirect points: host and path alone, fit to show. It is never followed."""


class Exchange(Protocol):
    """What the client needs of a transport."""

    @property
    def time_limit(self) -> float: ...
    @property
    def host(self) -> str: ...
    def without_token(self, text: str) -> str: ...
    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        about: str = "",
    ) -> Reply: ...


class Transport:
    """The connection to one base URL with one token. Raises httpx's exceptions: see `response_classification`."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        time_limit: float,
        log: Callable[[str], None] | None = None,
        in_process: httpx.BaseTransport | None = None,
        halted: Callable[[], bool] = lambda: False,
        early: EarlyConnection | None = None,
    ) -> None:
        """`halted` is whether we were asked to end: nothing that moves money is begun then. `early` is a connection to
        that base URL's host, for the first request.
        """
        self._halted = halted
        self._base_url = base_url.rstrip("/")
        self._token = token
        self.time_limit = time_limit
        self.host = urlsplit(base_url).netloc
        self._log = log
        proxy = None if in_process is not None else proxy_of(base_url)
        self._gate = None if proxy is None else ProxyGate()
        self._network = None if in_process is not None else network_to(base_url, proxy, early=early, log=log)
        self._client = httpx.Client(
            transport=in_process or self._network,
            trust_env=False,
            cookies=_NoCookies(),
            headers={
                "User-Agent": f"vsms/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            event_hooks={"response": [_forget_location]},
        )

    def close(self) -> None:
        self._client.close()

    def without_token(self, text: str) -> str:
        """The service's words with the token struck out, should it have sent it back."""
        return redact_text(text, self._token) if self._token else text

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        about: str = "",
    ) -> Reply:
        """`about` is the id that an answer to a POST has to name, if its connection is to carry another request."""
        try:
            request = self._client.build_request(
                method,
                self._base_url + path,
                params=params,
                content=content,
                headers={**(headers or {}), "X-API-Key": self._token},
                timeout=self.time_limit,
            )
        except Exception:  # noqa: BLE001 - whatever it was, nothing has been sent; its text may hold the token
            raise RequestNotBuilt("the request could not be built") from None
        started = time.monotonic()
        try:
            with whole_request_within(self.time_limit):
                if method == "POST":
                    with not_begun_once(self._halted):
                        reply = self._through_gate(request, about)
                else:
                    reply = self._through_gate(request, about)
        except Exception as exc:
            self._debug(method, path, type(exc).__name__, started, {})
            raise
        self._debug(method, path, str(reply.status), started, reply.headers)
        return reply

    def _through_gate(self, request: httpx.Request, about: str) -> Reply:
        if self._gate is None:
            return self._exchange(request, about)
        with self._gate.first_alone(self.time_limit):
            try:
                return self._exchange(request, about)
            except httpx.ProxyError as exc:
                status = None if isinstance(exc.__cause__, ProxyUnreachable) else _STATUS.match(str(exc))
                if status is None:
                    raise
                raise ProxyRefused(int(status[1])) from None

    def _exchange(self, request: httpx.Request, about: str) -> Reply:
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            encodings = response.headers.get("content-encoding", "").lower().split(",")
            if _COMPRESSIONS & {encoding.strip() for encoding in encodings}:
                raise AnswerUnusable("the answer is compressed although that was not asked for")
            body = bytearray()
            for chunk in _whole(response):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise AnswerUnusable(f"the answer is larger than {MAX_BODY_BYTES} bytes")
            self._close_unless_in_step(
                response, names_it=request.method != "POST" or _names(bytes(body), about)
            )
        finally:
            response.close()
        return Reply(
            status=response.status_code,
            headers=dict(response.headers),
            body=redact(bytes(body), self._token),
            location=self.without_token(str(response.extensions.get(_LOCATION, ""))),
        )

    def _close_unless_in_step(self, response: httpx.Response, *, names_it: bool) -> None:
        """Before another request can have the connection: see `api.response_desync`."""
        stream = response.extensions.get("network_stream")
        if stream is None or self._network is None:
            return
        if not (response.is_success and names_it) or self._network.leaves_more(stream):
            stream.close()

    def _debug(self, method: str, path: str, result: str, started: float, headers: Mapping[str, str]) -> None:
        if self._log is None:
            return
        shown = "".join(
            f" {name}={self.without_token(headers[name])!r}" for name in _SHOWN_HEADERS if name in headers
        )
        line = f"{method} {path} {result} {(time.monotonic() - started) * 1000:.0f}ms{shown}"
        self._log(self.without_token(line))


def _names(body: bytes, order_id: str) -> bool:
    return bool(order_id) and order_id.lower().encode() in body.lower()


class _NoCookies(CookieJar):
    """The API has none, and what a captive portal sets must not come back to it: with a letter outside ASCII the
    next request could not be built.
    """

    def extract_cookies(self, response: object, request: object) -> None:
        """None are taken."""


def _forget_location(response: httpx.Response) -> None:
    """Even where no redirect is to follow httpx builds the next request, and raises InvalidURL for a hostile
    Location: after the sending, but with the type of a request that was never sent.
    """
    location = response.headers.pop("location", None)
    if location is not None:
        response.extensions[_LOCATION] = _shown_location(location)


def _shown_location(location: str) -> str:
    """Host and path, in ASCII and cut short; empty where it is no URL."""
    try:
        parts = urlsplit(location)
        where = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        return ""
    return where.encode("ascii", "replace").decode()[:_LONGEST_LOCATION]


def _whole(response: httpx.Response) -> httpx.SyncByteStream:
    """The body as it comes. `iter_raw` would hand the connection back at the last byte, before it is looked at."""
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):  # pragma: no cover - a sync client has no other
        raise TypeError("not the body of a sync client")
    return stream
