"""What an exception proves, and what is said of it."""

from __future__ import annotations

import inspect
import socket
import ssl
from decimal import Decimal
from itertools import chain
from typing import Any

import httpcore
import httpx
import pytest

from api.parts import CANCEL, REFUND, Rig, Script, StillClock, reply
from vsms_cli.api.response_classification import (
    BROKEN_OFF,
    TRANSPORT_ERRORS,
    Delivery,
    delivery_of,
    problem_of,
)
from vsms_cli.api.transport import AnswerUnusable
from vsms_cli.domain.errors import ExitCode, Unreachable
from vsms_cli.domain.mutation_answers import Ambiguous, NotSent

NOT_SENT, HOPELESS, LOST = Delivery.NOT_SENT, Delivery.NOT_SENT_AND_HOPELESS, Delivery.LOST

# Each judged by hand. The bases stand for what a later httpx may derive from them: nothing is proven.
CLASSIFIED: dict[type[BaseException], Delivery] = {
    httpx.ConnectError: NOT_SENT,
    httpx.ConnectTimeout: NOT_SENT,
    httpx.PoolTimeout: NOT_SENT,
    httpx.ProxyError: NOT_SENT,
    httpx.LocalProtocolError: HOPELESS,
    httpx.UnsupportedProtocol: HOPELESS,
    httpx.InvalidURL: HOPELESS,
    httpx.CloseError: LOST,
    httpx.CookieConflict: LOST,
    httpx.DecodingError: LOST,
    httpx.HTTPError: LOST,
    httpx.HTTPStatusError: LOST,
    httpx.NetworkError: LOST,
    httpx.ProtocolError: LOST,
    httpx.ReadError: LOST,
    httpx.ReadTimeout: LOST,
    httpx.RemoteProtocolError: LOST,
    httpx.RequestError: LOST,
    httpx.RequestNotRead: LOST,
    httpx.ResponseNotRead: LOST,
    httpx.StreamClosed: LOST,
    httpx.StreamConsumed: LOST,
    httpx.StreamError: LOST,
    httpx.TimeoutException: LOST,
    httpx.TooManyRedirects: LOST,
    httpx.TransportError: LOST,
    httpx.WriteError: LOST,
    httpx.WriteTimeout: LOST,
    AnswerUnusable: LOST,
}
STRANGERS = [
    OSError("x"),
    ssl.SSLError("x"),
    ValueError("x"),
    RuntimeError("x"),
    UnicodeError("x"),
    KeyError("x"),
]


def made(kind: type[Any]) -> Exception:
    match kind:
        case httpx.HTTPStatusError:
            request = httpx.Request("GET", "http://x")
            return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
        case httpx.StreamConsumed | httpx.ResponseNotRead | httpx.RequestNotRead | httpx.StreamClosed:
            error: Exception = kind()
        case _:
            error = kind("x")
    return error


def exceptions_of(module: Any) -> set[type[BaseException]]:
    return {
        kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, BaseException)
    }


def test_every_exception_of_httpx_is_classified_by_hand_and_as_judged() -> None:
    assert exceptions_of(httpx) <= set(CLASSIFIED), "a new exception: judge what it proves about a POST"
    assert {kind: delivery_of(made(kind)) for kind in CLASSIFIED} == CLASSIFIED


def test_a_read_translates_every_exception_of_httpx_but_those_of_misuse() -> None:
    misuse = {httpx.CookieConflict}  # of reading a cookie by name, which nothing here does
    for kind in set(CLASSIFIED) - misuse:
        assert issubclass(kind, TRANSPORT_ERRORS), kind


def test_what_httpcore_raises_reaches_us_as_httpx_s() -> None:
    ours = {kind.__name__ for kind in CLASSIFIED}
    internal = {"ConnectionNotAvailable"}  # httpcore catches it itself and opens another connection
    assert {kind.__name__ for kind in exceptions_of(httpcore)} - internal <= ours


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
def test_what_nobody_thought_of_counts_as_lost(stranger: Exception) -> None:
    assert delivery_of(stranger) is LOST
    for end in (
        Rig(Script(stranger)).client.cancel(CANCEL, price=Decimal(1)),
        Rig(Script(stranger)).client.request_refund(REFUND, reason="other", note=None),
    ):
        assert isinstance(end, Ambiguous)
        assert (end.answered, end.status) == (False, None)


@pytest.mark.parametrize("kind", CLASSIFIED, ids=lambda kind: kind.__name__)
def test_a_post_ends_as_its_exception_proves_and_goes_out_once(kind: type[BaseException]) -> None:
    for ticket in (CANCEL, REFUND):
        script = Script(made(kind))
        rig = Rig(script)
        end = (
            rig.client.cancel(ticket, price=None)
            if ticket is CANCEL
            else rig.client.request_refund(ticket, reason="other", note=None)
        )
        if CLASSIFIED[kind] is LOST:
            assert isinstance(end, Ambiguous)
            assert not end.answered
        else:
            assert isinstance(end, NotSent)
            assert end.hopeless is (CLASSIFIED[kind] is HOPELESS)
        assert len(script.sent) == 1
        counts = CLASSIFIED[kind] is LOST
        assert (rig.budget.answers, rig.budget.given_back) == (counts, not counts), "what was sent counts"
        assert end.problem.exit_code is ExitCode.UNREACHABLE


def with_cause(error: Exception, cause: BaseException) -> Exception:
    """As httpx raises: from httpcore's, from the operating system's."""
    middle = httpcore.ConnectError("middle")
    middle.__cause__ = cause
    error.__cause__ = middle
    return error


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def test_tls_trouble_while_connecting_is_hopeless_and_later_is_lost() -> None:
    for trouble in (certificate_error(), ssl.SSLError(1, "WRONG_VERSION_NUMBER")):
        assert delivery_of(with_cause(httpx.ConnectError("x"), trouble)) is HOPELESS
        assert delivery_of(with_cause(httpx.ReadError("x"), trouble)) is LOST
        assert delivery_of(with_cause(httpx.WriteError("x"), trouble)) is LOST


def test_a_circle_of_causes_ends() -> None:
    one, other = httpx.ConnectError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert delivery_of(one) is NOT_SENT


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            with_cause(httpx.ConnectError("x"), certificate_error()),
            "can't be trusted: self-signed certificate",
        ),
        (with_cause(httpx.ConnectError("x"), ssl.SSLError(1, "WRONG")), "does not speak TLS"),
        (
            with_cause(httpx.ConnectError("x"), ConnectionRefusedError(111, "Connection refused")),
            "Connection refused",
        ),
        (
            with_cause(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
            "Name or service",
        ),
        (httpx.ConnectError("x"), "no connection"),
        (httpx.ConnectTimeout("x"), "did not take the connection within 30 s"),
        (httpx.ProxyError("x"), "the proxy did not connect"),
        (httpx.ReadTimeout("x"), "did not answer within 30 s"),
        (httpx.PoolTimeout("x"), "did not answer within 30 s"),
        (AnswerUnusable("too large"), "unusable answer: too large"),
        (httpx.LocalProtocolError("vsms_secret"), "could not be built"),
        (httpx.InvalidURL("vsms_secret"), "could not be built"),
        (httpx.RemoteProtocolError("x"), "broke off, or did not speak HTTP"),
        (httpx.ReadError("x"), "the connection to virtualsms.test broke"),
        (ValueError("vsms_secret"), "the connection to virtualsms.test broke"),
    ],
)
def test_each_trouble_is_told_with_what_to_do_and_never_with_the_library_s_own_text(
    error: Exception, words: str
) -> None:
    problem = problem_of(error, host="virtualsms.test", time_limit=30)
    assert words in problem.message
    assert problem.hint
    assert "vsms_secret" not in problem.message


def test_a_certificate_s_hint_never_offers_to_switch_checks_off() -> None:
    error = with_cause(httpx.ConnectError("x"), certificate_error())
    hint = problem_of(error, host="h", time_limit=1).hint
    assert "SSL_CERT_FILE" in hint
    assert not {"insecure", "verify", "disable", "skip"} & set(hint.lower().split())


BALANCE = reply(200, b'{"balance": 5}')


@pytest.mark.parametrize("kind", [kind for kind, proof in CLASSIFIED.items() if proof is NOT_SENT])
def test_a_read_that_was_not_sent_goes_again_after_a_growing_pause(kind: type[BaseException]) -> None:
    script = Script(*[made(kind)] * 3, BALANCE)
    rig = Rig(script)
    assert rig.client.balance().amount == 5
    assert len(script.sent) == 4
    assert [
        round(nap / expected, 4) for nap, expected in zip(rig.clock.naps, (0.2, 0.4, 0.8), strict=True)
    ] == [pytest.approx(0.75, abs=0.25)] * 3
    assert len(rig.retries) == 3
    assert (rig.budget.taken, rig.budget.answers) == (1, 1), "one slot, held until the answer"


def test_a_read_gives_up_within_its_time_limit() -> None:
    clock = StillClock()
    script = Script(httpx.ConnectError("x"), costs=1.0, clock=clock)
    rig = Rig(script, clock)
    with pytest.raises(Unreachable, match="can't be reached"):
        rig.client.balance()
    assert 25 < clock.passed <= 31  # the last attempt, which a real transport would cut short, takes 1 s
    assert max(clock.naps) <= 2.5
    assert len(script.sent) > 5
    assert (rig.budget.answers, rig.budget.given_back) == (0, 1)


@pytest.mark.parametrize(
    "kind",
    [k for k, proof in CLASSIFIED.items() if proof is not NOT_SENT and issubclass(k, TRANSPORT_ERRORS)],
)
def test_a_read_that_may_have_been_sent_or_has_no_hope_goes_once_more_where_it_broke_off(
    kind: type[BaseException],
) -> None:
    most = 2 if issubclass(kind, BROKEN_OFF) else 1
    script = Script(*[made(kind)] * most, BALANCE)
    with pytest.raises(Unreachable) as caught:
        Rig(script).client.balance()
    assert len(script.sent) == most
    assert isinstance(caught.value.__cause__, kind)


def test_a_request_that_a_signal_cuts_off_counts() -> None:
    """A slot that nobody answers would keep every other process of the account waiting."""
    for method in ("GET", "POST"):
        rig = Rig(Script(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            _ = rig.client.balance() if method == "GET" else rig.client.cancel(CANCEL, price=None)
        assert (rig.budget.answers, rig.budget.given_back) == (1, 0)


def test_a_certificate_error_is_not_tried_again() -> None:
    script = Script(with_cause(httpx.ConnectError("x"), certificate_error()), BALANCE)
    with pytest.raises(Unreachable, match="self-signed"):
        Rig(script).client.balance()
    assert len(script.sent) == 1


def test_the_walk_would_notice_a_new_exception() -> None:
    assert len(exceptions_of(httpx)) >= 25
    assert set(chain(exceptions_of(httpx), [AnswerUnusable])) == set(CLASSIFIED)
