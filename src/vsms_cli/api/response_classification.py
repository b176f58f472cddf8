"""What a failed request proves: the one place where httpx's exceptions and HTTP's statuses get a meaning.

NOT_SENT proves that the service never saw the request, so that it may go again. LOST proves nothing: the
service may have acted, and only a read settles it.
"""

from __future__ import annotations

import ssl
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

import httpx

from vsms_cli.api.deadline import ProxyUnreachable
from vsms_cli.api.proxies import ProxyRefused
from vsms_cli.api.transport import AnswerUnusable
from vsms_cli.domain.errors import ExitCode, Problem


class Delivery(Enum):
    """What an exception proves about a request that moves money."""

    NOT_SENT = auto()
    NOT_SENT_AND_HOPELESS = auto()  # trying again can't help: a certificate, a request that can't be built
    LOST = auto()


class Meaning(Enum):
    """What an HTTP status says about a request that moves money."""

    SUCCESS = auto()  # only if the body is valid
    TOKEN = auto()
    THROTTLED = auto()
    EARLY = auto()
    REFUSED = auto()  # only where the body is the API's own: `wire.is_api_error`
    PROXY = auto()  # a proxy wants a name and password: it handed nothing on
    AMBIGUOUS = auto()


_STATUSES: Final = frozenset(status.value for status in HTTPStatus)
_CLIENT_CLOSED_REQUEST: Final = 499  # nginx's own: the client closed the connection
_GAVE_UP: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, _CLIENT_CLOSED_REQUEST, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
)

TRANSPORT_ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)
"""What a read may fail with. Anything else is a mistake of ours, and crashes."""

BROKEN_OFF: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)
"""A connection that ended in the middle of an exchange."""
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_HOPELESS: Final = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, ProxyRefused)


def delivery_of(exc: Exception) -> Delivery:
    """What this exception proves. Anything that is not known to come before the sending counts as LOST."""
    if isinstance(exc, _HOPELESS):
        return Delivery.NOT_SENT_AND_HOPELESS
    if isinstance(exc, _NOT_SENT):
        return Delivery.NOT_SENT_AND_HOPELESS if _tls_trouble(exc) is not None else Delivery.NOT_SENT
    return Delivery.LOST


def meaning_of(status: int) -> Meaning:
    """What this status says. 408, 409, 499, every 3xx, 5xx and what is no HTTP status at all prove nothing."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Meaning.SUCCESS
    if status == _CLIENT_CLOSED_REQUEST:
        return Meaning.AMBIGUOUS
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Meaning.TOKEN
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Meaning.THROTTLED
        case HTTPStatus.TOO_EARLY:
            return Meaning.EARLY
        case HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return Meaning.PROXY
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.CONFLICT:
            return Meaning.AMBIGUOUS
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Meaning.REFUSED
    return Meaning.AMBIGUOUS


def gave_up(status: int) -> bool:
    """Whether a gateway says with this status that no answer of the service came in time: the request may yet be on
    its way behind it. 520 to 599 are what gateways add to the standard (Cloudflare's list).
    """
    return status in _GAVE_UP or 520 <= status <= 599  # noqa: PLR2004 - see above


def problem_of(exc: Exception, *, host: str, time_limit: float) -> Problem:
    """The exception in words for the person, naming the host; nothing of a header or a URL stands in it."""
    if isinstance(exc, ProxyRefused):
        return proxy_problem(exc.status, host=host)
    message, hint = _words(exc, host, time_limit)
    return Problem(code="unreachable", message=message, hint=hint, exit_code=ExitCode.UNREACHABLE)


def proxy_problem(status: int, *, host: str) -> Problem:
    """A proxy's refusal in words. The proxy's own are not shown."""
    phrase = f" {HTTPStatus(status).phrase}" if status in _STATUSES else ""
    wants_password = status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    return Problem(
        code="unreachable",
        message=f"the proxy on the way to {host} refused: {status}{phrase}; nothing was sent",
        hint="put its name and password into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT"
        if wants_password
        else "check HTTPS_PROXY, or name the host in NO_PROXY to reach it directly",
        exit_code=ExitCode.UNREACHABLE,
    )


def _words(exc: Exception, host: str, time_limit: float) -> tuple[str, str]:
    tls = _tls_trouble(exc)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return (
            f"{host} showed a certificate that can't be trusted: {tls.verify_message}",
            "check the host name; behind a company proxy, name its certificate in SSL_CERT_FILE",
        )
    if tls is not None:
        name = str(tls).upper().replace(" ", "_")  # `reason` is not there for every alert
        hint = next(
            (hint for each, hint in _TLS_HINTS.items() if each in name), "check the base URL's host and port"
        )
        return f"{host} does not speak TLS as it should", hint
    match exc:
        case httpx.ConnectTimeout():
            return f"{host} did not take the connection within {time_limit:g} s", _NETWORK_HINT
        case httpx.ConnectError():
            return f"{host} can't be reached: {_root(exc)}", _NETWORK_HINT
        case httpx.ProxyError() if isinstance(exc.__cause__, ProxyUnreachable):
            return f"the proxy on the way to {host} can't be reached: {_root(exc)}", "check HTTPS_PROXY"
        case httpx.ProxyError():
            return f"the proxy did not connect to {host}", "check HTTPS_PROXY"
        case httpx.TimeoutException():
            return f"{host} did not answer within {time_limit:g} s", "try again, or give more --timeout"
        case AnswerUnusable():
            return f"{host} sent an unusable answer: {exc}", "this is not the API: check the base URL"
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return "the request could not be built", "check the token and the base URL"
        case httpx.RemoteProtocolError():
            return f"{host} broke off, or did not speak HTTP", _PROTOCOL_HINT
    if "CERTIFICATE_REQUIRED" in str(exc):  # TLS 1.3 says it after the handshake
        return (
            f"{host} wants a certificate of its client",
            "vsms has none: put a proxy that has one before it",
        )
    return f"the connection to {host} broke", _NETWORK_HINT


_PROTOCOL_HINT: Final = (
    "check the base URL: its port may want https, or speak HTTP/2 alone, which vsms does not"
)
_TLS_HINTS: Final = {
    "WRONG_VERSION_NUMBER": "its port seems to speak plain http: check the base URL's scheme and port",
    "NO_APPLICATION_PROTOCOL": "it refuses HTTP/1.1 and may speak HTTP/2 alone: put a proxy before it",
    "ALERT_PROTOCOL_VERSION": "it wants another version of TLS than this Python has: update Python or OpenSSL",
    "UNSUPPORTED_PROTOCOL": "its TLS is older than this Python allows: the service must be updated",
}
"""By OpenSSL's own names for what went wrong."""
_NETWORK_HINT: Final = "check the network, then try again"


def _tls_trouble(exc: BaseException) -> ssl.SSLError | None:
    for link in _chain(exc):
        if isinstance(link, ssl.SSLError) and isinstance(exc, httpx.ConnectError):
            return link
    return None


def _root(exc: BaseException) -> str:
    """The operating system's own words, such as "Connection refused"."""
    for link in _chain(exc):
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
    return "no connection"


def _chain(exc: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = exc
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links
