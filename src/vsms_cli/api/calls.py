"""One call, to its end: paced, counted, sent again only where it provably was not sent, its refusals in our words."""

from __future__ import annotations

import random
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from vsms_cli.api import wire
from vsms_cli.api.deadline import whole_request_within
from vsms_cli.api.proxies import ProxyRefused
from vsms_cli.api.response_classification import (
    BROKEN_OFF,
    TRANSPORT_ERRORS,
    Delivery,
    Meaning,
    delivery_of,
    gave_up,
    meaning_of,
    problem_of,
    proxy_problem,
)
from vsms_cli.domain.errors import (
    BadAnswer,
    ExitCode,
    OrderNotFound,
    Problem,
    RefusedByAnother,
    RefusedByProxy,
    RequestRefused,
    RouteMissing,
    TokenRefused,
    Unreachable,
    VsmsError,
)
from vsms_cli.domain.mutation_answers import Ambiguous, NotSent, Refused, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vsms_cli.api.rate_limiter import Pacer
    from vsms_cli.api.service_clock import ServiceClock
    from vsms_cli.api.transport import Exchange, Reply
    from vsms_cli.domain.tickets import Operation, Ticket

# For so long a read that is answered 503 is tried again, and no longer than one request may take.
_SHED_S: Final = 10.0
NO_SUCH_ROUTE: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
)
"""What a router answers for a route that is not there, in any form."""
_REDIRECT_HINT: Final = "no redirect is followed: if that is the API, make it the base URL"
_OWN_HINTS: Final[dict[int, str]] = {
    HTTPStatus.NOT_FOUND: "there is no such route; the base URL ends in /api/v1"
}
_FOREIGN_HINTS: Final[dict[int, str]] = {
    HTTPStatus.UPGRADE_REQUIRED: "it wants another protocol: vsms speaks HTTP/1.1",
    HTTPStatus.BAD_REQUEST: "check the base URL: a port that speaks TLS needs https://",
}
_FOREIGN_WITHOUT_FORM: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""What firewalls and web servers in front of the API answer too: the API's word only in the API's form."""
_FIRST_PAUSE_S: Final = 0.2  # before a request that was provably not sent goes again
_LONGEST_PAUSE_S: Final = 2.0


class Calls:
    """Over one transport. `read` waits for its turn by itself; `post` is sent at once, and once."""

    def __init__(
        self,
        transport: Exchange,
        *,
        pacer: Pacer,
        clock: ServiceClock,
        log: Callable[[str], None] | None,
        on_retry: Callable[[str, float], None] | None,
    ) -> None:
        self._transport = transport
        self._pacer = pacer
        self._clock = clock
        self._log = log or (lambda _line: None)
        self._on_retry = on_retry or (lambda _why, _left: None)
        self._answered = False  # whether a read went well: then the base URL is the API's

    def read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        order_id: str = "",
        within: float | None = None,
        what: str = "",
    ) -> bytes:
        """The body of a 2xx. `what` names what the endpoint gives, where a deployment may lack it."""
        start = self._clock.monotonic()
        until = None if within is None else start + within
        shed_until = start + min(_SHED_S, self._transport.time_limit, within or _SHED_S)
        cut_before = False
        while True:
            self._pacer.reserve(until_stop=False, until=until)
            reply = self._get(path, params, until)
            self._note_content_type(reply)
            self._pacer.answered(reply.status, reply.headers.get("retry-after"))
            meaning = meaning_of(reply.status)
            if meaning is Meaning.SUCCESS:
                if wire.is_cut_short(reply.body) and not cut_before:  # HTTP/1.0 has no other sign of it
                    cut_before = True
                    continue
                self._answered = True
                return reply.body
            shed = reply.status == HTTPStatus.SERVICE_UNAVAILABLE and self._pacer.turn_expected() < shed_until
            if meaning is not Meaning.THROTTLED and not shed:
                raise self._lacking(reply, path, what) or self._refusal(reply, meaning, order_id)

    def _get(self, path: str, params: Mapping[str, str] | None, until: float | None) -> Reply:
        """One GET; sent again while it provably was not sent, all within the time limit of one request."""
        limit = self._transport.time_limit
        if until is not None:
            limit = max(0.0, min(limit, until - self._clock.monotonic()))
        with whole_request_within(limit), self._counted_if_cut_off():
            return self._get_within(limit, path, params)

    def _get_within(self, limit: float, path: str, params: Mapping[str, str] | None) -> Reply:
        end = self._clock.monotonic() + limit
        pause = _FIRST_PAUSE_S
        first: Problem | None = None
        broken = False
        while True:
            try:
                reply = self._transport.send("GET", path, params=params)
            except BROKEN_OFF as exc:
                # A kept connection that its server closes as we write: a read changes nothing, so it goes once more.
                if broken or self._clock.monotonic() >= end:
                    self._count(delivery_of(exc))
                    problem = self._problem(exc, limit)
                    raise Unreachable(problem.message, hint=problem.hint) from exc
                broken = True
            except ProxyRefused as exc:
                self._count(Delivery.NOT_SENT)
                raise self._refused_by_proxy(exc.status) from exc
            except TRANSPORT_ERRORS as exc:
                # "Connection refused" says more than the timeout of a last attempt that had no time left.
                problem = self._problem(exc, limit)
                if delivery_of(exc) is Delivery.NOT_SENT:
                    first = problem = first or problem
                left = end - self._clock.monotonic() - pause
                if delivery_of(exc) is not Delivery.NOT_SENT or left <= 0:
                    self._count(delivery_of(exc))
                    raise Unreachable(problem.message, hint=problem.hint) from exc
                self._on_retry(problem.message, left)
                self._clock.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self._clock.observe(reply.headers.get("date"))
                return reply

    def _refused_by_proxy(self, status: int) -> RefusedByProxy:
        problem = proxy_problem(status, host=self._transport.host)
        return RefusedByProxy(problem.message, hint=problem.hint, status=status)

    def _lacking(self, reply: Reply, path: str, what: str) -> RouteMissing | None:
        """A router's answer for a route that is not there: in the API's own form, or Go's plain text; a web page only
        where another read has shown that this is the API.
        """
        page = reply.body.lstrip().startswith(b"<") and not self._answered
        if not what or reply.status not in NO_SUCH_ROUTE or page:
            return None
        return RouteMissing(
            f"this deployment has no {what}: {path} answered with status {reply.status}{self._said(reply)}",
            hint=f"what needs no {what} works all the same; `vsms doctor` says what else differs",
        )

    def _refusal(self, reply: Reply, meaning: Meaning, order_id: str) -> VsmsError:
        if self._refuses_token(reply, meaning):
            return self._token_refused(reply)
        if meaning is Meaning.PROXY:
            return self._refused_by_proxy(reply.status)
        if reply.status in _FOREIGN_WITHOUT_FORM and not wire.is_api_error(reply.body):
            return BadAnswer(
                f"{self._answered_with(reply)}, and not as the API does",
                hint="this is not the API, or something in front of it: check the base URL",
            )
        if order_id and reply.status == HTTPStatus.NOT_FOUND:
            return OrderNotFound(
                f"the service knows no order {order_id}",
                hint="see `vsms orders list --all` for those it knows",
            )
        if meaning is Meaning.AMBIGUOUS:
            return BadAnswer(
                self._answered_with(reply),
                hint=_REDIRECT_HINT if reply.location else "this read changed nothing: try again in a moment",
            )
        message = f"{self._transport.host} refused the request with status {reply.status}{self._said(reply)}"
        if wire.is_api_error(reply.body):
            return RequestRefused(message, hint=_OWN_HINTS.get(reply.status, ""))
        return RefusedByAnother(message, hint=_FOREIGN_HINTS.get(reply.status, "check the base URL"))

    def post(self, ticket: Ticket, path: str, content: bytes | None) -> Reply | Ambiguous | NotSent:
        headers = {"X-Idempotency-Key": ticket.idempotency_key}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self._counted_if_cut_off():
                reply = self._transport.send(
                    "POST", path, content=content, headers=headers, about=ticket.order_id
                )
        except Exception as exc:  # noqa: BLE001 - whatever is not known to come before the sending counts as lost
            self._count(delivery_of(exc))
            problem = self._problem(exc, self._transport.time_limit)
            if delivery_of(exc) is Delivery.LOST:
                return Ambiguous(answered=False, status=None, problem=problem)
            return NotSent(problem=problem, hopeless=delivery_of(exc) is Delivery.NOT_SENT_AND_HOPELESS)
        if meaning_of(reply.status) is Meaning.PROXY:
            self._count(Delivery.NOT_SENT)
            return NotSent(problem=proxy_problem(reply.status, host=self._transport.host), hopeless=True)
        self._clock.observe(reply.headers.get("date"))
        self._pacer.answered(reply.status, reply.headers.get("retry-after"))
        self._note_content_type(reply)
        return reply

    def _count(self, proof: Delivery) -> None:
        """A request without an answer counts towards the limit, unless the service can't have seen it."""
        if proof is Delivery.LOST:
            self._pacer.lost()
        else:
            self._pacer.release_turn()

    @contextmanager
    def _counted_if_cut_off(self) -> Iterator[None]:
        """A signal in the middle of a request passes every `except Exception` by."""
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self._pacer.lost()
            raise

    def other(self, reply: Reply, meaning: Meaning, operation: Operation) -> Throttled | Refused | Ambiguous:
        """The answers that mean the same for every request that moves money. A refusal in another form than the API's
        own came from something in front of it, and proves nothing.
        """
        match meaning:
            case Meaning.THROTTLED:
                return Throttled()
            case Meaning.TOKEN if self._refuses_token(reply, meaning):
                raise self._token_refused(reply)
            case Meaning.REFUSED if wire.is_api_error(reply.body):
                return Refused(status=reply.status, problem=self.refused(reply, operation))
            case _:
                problem = Problem(
                    code="service_error",
                    message=self._answered_with(reply),
                    hint=_REDIRECT_HINT if reply.location else "try again in a moment",
                    exit_code=ExitCode.UNREACHABLE,
                )
                return Ambiguous(answered=not gave_up(reply.status), status=reply.status, problem=problem)

    @staticmethod
    def _refuses_token(reply: Reply, meaning: Meaning) -> bool:
        """401 in any form; 403 in the API's own: a firewall's page is no word about the token."""
        own = reply.status == HTTPStatus.UNAUTHORIZED or wire.is_api_error(reply.body)
        return meaning is Meaning.TOKEN and own

    def _token_refused(self, reply: Reply) -> TokenRefused:
        return TokenRefused(
            f"{self._transport.host} refuses the token (status {reply.status}{self._said(reply)})",
            hint="`vsms auth status` says where it comes from: correct that, or `vsms auth login` stores another",
        )

    def refused(self, reply: Reply, operation: Operation) -> Problem:
        return Problem(
            code="refused",
            message=f"the service refused with status {reply.status}{self._said(reply)}",
            hint=f"`vsms {operation.noun}s show` says what applies to the {operation.noun} now",
        )

    def _problem(self, exc: Exception, time_limit: float) -> Problem:
        return problem_of(exc, host=self._transport.host, time_limit=round(time_limit, 1))

    def _note_content_type(self, reply: Reply) -> None:
        if meaning_of(reply.status) is not Meaning.SUCCESS:
            return
        kind = reply.headers.get("content-type", "")
        if "json" not in kind:
            self._log(f"the answer says that it is {self._transport.without_token(kind)!r}; taken as JSON")

    def _answered_with(self, reply: Reply) -> str:
        points = f", which points to {reply.location}" if reply.location else ""
        return f"{self._transport.host} answered with status {reply.status}{points}{self._said(reply)}"

    def _said(self, reply: Reply) -> str:
        """The service's own words, to stand at a sentence's end."""
        words = self._transport.without_token(wire.read_error(reply.body))
        return f": {words}" if words else ""
