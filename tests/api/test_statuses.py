"""Every HTTP status, and what each kind of request makes of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from api.parts import CANCEL, ORDER, REFUND, TOKEN, Rig, Script, reply
from vsms_cli.api.response_classification import Meaning, meaning_of
from vsms_cli.domain.errors import (
    BadAnswer,
    ExitCode,
    OrderNotFound,
    RateLimited,
    RefusedByProxy,
    RequestRefused,
    TokenRefused,
    VsmsError,
)
from vsms_cli.domain.mutation_answers import (
    Ambiguous,
    Cancelled,
    NotSent,
    Refused,
    Requested,
    Throttled,
    TooEarly,
)

if TYPE_CHECKING:
    import respx

EVERY = range(100, 600)
DONE = {"success": True, "order_id": ORDER, "status": "cancelled", "refund_amount": 0.80}
ASKED = {"success": True, "order_id": ORDER, "status": "pending", "request_id": "r-1"}


def of_fault_list(status: int) -> Meaning:
    """FAULTS.md, retold."""
    special = {401: Meaning.TOKEN, 403: Meaning.TOKEN, 429: Meaning.THROTTLED, 425: Meaning.EARLY}
    special |= dict.fromkeys((408, 409, 499), Meaning.AMBIGUOUS) | {407: Meaning.PROXY}
    by_hundred = {2: Meaning.SUCCESS, 4: Meaning.REFUSED}
    return special.get(status) or by_hundred.get(status // 100, Meaning.AMBIGUOUS)


def test_every_status_means_what_the_list_of_faults_says() -> None:
    assert {status: meaning_of(status) for status in EVERY} == {s: of_fault_list(s) for s in EVERY}


@pytest.mark.parametrize("status", [-1, 0, 99, 600, 999])
def test_a_number_that_is_no_status_proves_nothing(status: int) -> None:
    assert meaning_of(status) is Meaning.AMBIGUOUS


def post_both(status: int, body: bytes, **headers: str) -> list[object]:
    """The ends of a cancel and of a refund request with this answer, each sent exactly once."""
    ends: list[object] = []
    for ticket in (CANCEL, REFUND):
        script = Script(reply(status, body, **headers))
        client = Rig(script).client
        try:
            if ticket is CANCEL:
                ends.append(client.cancel(ticket, price=Decimal("0.80")))
            else:
                ends.append(client.request_refund(ticket, reason="other", note=None))
        except VsmsError as exc:
            ends.append(exc)
        assert [method for method, _ in script.sent] == ["POST"]
    return ends


@pytest.mark.parametrize("body", [b'{"error": "no"}', b"no", b"<html>no</html>", b"", b"\xff\xfe", b"null"])
def test_every_status_of_a_post_is_what_the_table_says_whatever_the_body(body: bytes) -> None:
    kinds: dict[Meaning, type] = {
        Meaning.SUCCESS: Ambiguous,
        Meaning.TOKEN: TokenRefused,
        Meaning.THROTTLED: Throttled,
        Meaning.EARLY: TooEarly,
        Meaning.REFUSED: Refused,
        Meaning.PROXY: NotSent,
        Meaning.AMBIGUOUS: Ambiguous,
    }
    own_form = b'"error"' in body
    for status in EVERY:
        cancel, refund = post_both(status, body)
        meaning = of_fault_list(status)
        if not own_form and (meaning is Meaning.REFUSED or status == 403):
            meaning = Meaning.AMBIGUOUS  # the word of something in front of the API
        assert type(cancel) is kinds[meaning], status
        no_route = status in {404, 405, 501}
        refused = no_route or (own_form and status in {409, 425})
        assert type(refund) is (Refused if refused else Ambiguous if status == 425 else kinds[meaning]), (
            status
        )
        for end in (cancel, refund):
            if isinstance(end, Ambiguous):
                # Behind a gateway that gave up, the request may yet be on its way.
                lost = status in {408, 499, 502, 504} or 520 <= status <= 599
                assert (end.answered, end.status) == (not lost, status)
            if isinstance(end, Refused):
                assert end.status == status


def test_every_status_of_a_read_is_an_answer_or_an_error_of_ours() -> None:
    kinds: dict[Meaning, type] = {
        Meaning.TOKEN: TokenRefused,
        Meaning.EARLY: RequestRefused,
        Meaning.REFUSED: RequestRefused,
        Meaning.PROXY: RefusedByProxy,
        Meaning.AMBIGUOUS: BadAnswer,
        Meaning.THROTTLED: RateLimited,
    }
    for status in EVERY:
        script = Script(reply(status, b'{"balance": 1, "error": "no", "message": "never"}'))
        client = Rig(script).client
        if of_fault_list(status) is Meaning.SUCCESS:
            assert client.balance().amount == 1
            continue
        with pytest.raises(VsmsError) as caught:
            client.balance()
        assert type(caught.value) is kinds[of_fault_list(status)], status
        if status not in {429, 503}:
            assert len(script.sent) == 1, status
            assert "no: never" in caught.value.message or status == 407  # a proxy's words are not shown


def test_404_for_an_order_is_not_found_and_elsewhere_a_refusal() -> None:
    client = Rig(Script(reply(404, b'{"error": "Not found"}'))).client
    with pytest.raises(OrderNotFound, match=ORDER):
        client.order(ORDER)
    with pytest.raises(RequestRefused):
        client.balance()


def test_an_error_never_repeats_the_token_that_the_service_sent_back() -> None:
    said = json.dumps({"error": f"bad key {TOKEN}"}).encode()
    for status in (400, 401, 403, 404, 422, 425, 500):
        for end in post_both(status, said):
            shown = end.message if isinstance(end, VsmsError) else repr(end)
            assert TOKEN not in shown
            assert isinstance(end, TooEarly) or "bad key [token]" in shown
        with pytest.raises(VsmsError) as caught:
            Rig(Script(reply(status, said))).client.balance()
        assert TOKEN not in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "/api/v1/elsewhere",
        "https://elsewhere.test/",
        "http://virtualsms.test/",
        # From here on each made httpx raise something else: while it prepares the next request, after the sending.
        "aa..bbmailto:aa..bb\\",
        "//xn--",
        "a" * 70_000,
        "https://xn--" + "a" * 90,
    ],
)
def test_a_redirect_is_never_followed_and_proves_nothing(
    api: respx.MockRouter, rig: Rig, status: int, location: str
) -> None:
    api.route().respond(status, headers={"Location": location})
    cancel = rig.client.cancel(CANCEL, price=None)
    assert isinstance(cancel, Ambiguous)
    assert (cancel.answered, cancel.status) == (True, status)
    with pytest.raises(BadAnswer, match=str(status)):
        rig.client.balance()
    assert [call.request.method for call in api.calls] == ["POST", "GET"]


def changed(answer: dict[str, Any], **changes: Any) -> bytes:
    kept = {key: value for key, value in (answer | changes).items() if value is not ...}
    return json.dumps(kept).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<html>Welcome to the hotel</html>",
        b"null",
        b"[]",
        b"true",
        b'{"success": true',
        changed(DONE, success=False),
        changed(DONE, success="true"),
        changed(DONE, success=1),
        changed(DONE, success=...),
        changed(DONE, order_id=ORDER.replace("7", "8")),
        changed(DONE, order_id=7),
        changed(DONE, order_id={}),
        changed(DONE, refund_amount="eighty"),
        changed(DONE, status="waiting"),
        changed(DONE, status="refunded"),
        changed(DONE, status=None),
        changed(DONE, status=...),
        changed(DONE, refund_amount=None),
        changed(DONE, refund_amount=...),
        changed(DONE, refund_amount=-0.80),
        changed(DONE, refund_amount=0.81),
        changed(DONE, refund_amount=1e300),
        changed(DONE, refund_amount=True),
        changed(DONE, refund_amount=[0.80]),
        changed(DONE, refund_amount=float("nan")),
        changed(DONE, refund_amount=float("inf")),
        changed(DONE, refund_amount=1).replace(b"1}", b"1e1000000}"),
        changed(DONE, refund_amount=1).replace(b"1}", b"1e99999999999999999999}"),
        changed(DONE, refund_amount=1).replace(b"1}", b"1e-99999999999999999999}"),
        changed(DONE, refund_amount=1).replace(b"1}", b"9" * 5000 + b"}"),
        b'{"success": true, ' + changed(DONE)[1:],
    ],
)
@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_cancels_success_that_does_not_hold_up_proves_nothing(status: int, body: bytes) -> None:
    end = post_both(status, body)[0]
    assert isinstance(end, Ambiguous)
    assert end.answered
    assert end.problem.exit_code is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("price", "amount", "believed"),
    [
        ("0.80", "0.80", True),
        ("0.80", "0.8000", True),
        ("0.80", "0.5", True),  # less than the price is pointed out, not disbelieved
        ("0.80", "0", True),
        ("0.80", "0.80001", False),
        ("0.80", "0.81", False),
        (None, "25", True),
        (None, "25.01", False),
        (None, "-0.01", False),
    ],
)
def test_no_more_than_the_price_is_believed(price: str | None, amount: str, *, believed: bool) -> None:
    body = changed(DONE, refund_amount=1).replace(b" 1}", f" {amount}}}".encode())
    client = Rig(Script(reply(200, body))).client
    end = client.cancel(CANCEL, price=None if price is None else Decimal(price))
    assert isinstance(end, Cancelled if believed else Ambiguous)
    if isinstance(end, Cancelled):
        assert str(end.refund_amount) == amount


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        changed(ASKED, success=False),
        changed(ASKED, order_id=...),
        changed(ASKED, order_id=ORDER.replace("7", "8")),
        changed(ASKED, request_id=...),
        changed(ASKED, request_id=""),
        changed(ASKED, request_id=[5]),
    ],
)
def test_a_refund_requests_success_that_does_not_hold_up_proves_nothing(body: bytes) -> None:
    for status in (200, 201, 202, 204):
        assert isinstance(post_both(status, body)[1], Ambiguous)
    assert post_both(202, changed(ASKED, status=...))[1] == Requested(request_id="r-1", status=None)


@pytest.mark.parametrize(
    ("remaining", "seconds"),
    [
        (b"87", 87),
        (b"0", 0),
        (b"86.2", 87),
        (b"87.0", 87),
        (b"86400", 86400),
        (b"-1", None),
        (b"86401", None),
        (b"1e999999999", None),  # int() of it would fill the memory
        (b"1e30", None),
        (b"9" * 60, None),
        (b"9" * 5000, None),
        (b"Infinity", None),
        (b"NaN", None),
        (b'"87"', 87),
        (b"true", None),
        (b"null", None),
        (b"[87]", None),
    ],
)
def test_425_says_how_long_only_where_it_is_believable(remaining: bytes, seconds: int | None) -> None:
    body = b'{"error": "Too early", "seconds_remaining": ' + remaining + b"}"
    assert post_both(425, body)[0] == TooEarly(seconds=seconds)


@pytest.mark.parametrize(
    "body", [b"", b"Please wait 118 seconds.", "118 秒".encode(), b"[118]", b"118", b"{}"]
)
def test_425_never_has_its_sentence_parsed(body: bytes) -> None:
    assert post_both(425, body)[0] == TooEarly(seconds=None)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        (" 7 ", 7),
        ("0", None),
        ("-5", None),
        ("1.5", 1.5),
        ("garbage", None),
        ("٣", None),
        ("Sun, 24 May 2026 12:00:30 GMT", 30),
        ("Sun, 24 May 2026 14:00:30 +0200", 30),
        ("Sun, 24 May 2026 12:00:30 -0000", 30),
        ("Sun, 24 May 2026 11:00:00 GMT", None),
        ("Mon, 99 Foo 99999 12:00:30 GMT", None),
    ],
)
def test_429_pauses_the_account_as_its_retry_after_says(retry_after: str | None, pause: float | None) -> None:
    rig = Rig(Script(reply(429, b"", **({} if retry_after is None else {"retry_after": retry_after}))))
    assert rig.client.cancel(CANCEL, price=None) == Throttled()
    (paused,) = rig.budget.pauses
    assert paused == pause if pause is not None else 1.0 <= paused <= 1.25


@pytest.mark.parametrize("retry_after", ["91", "1000000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_429_that_asks_for_more_than_all_patience_stops_and_does_not_lock_the_account_out(
    retry_after: str,
) -> None:
    for ticket in (CANCEL, None):
        rig = Rig(Script(reply(429, b"", retry_after=retry_after)))
        with pytest.raises(RateLimited, match="asks for a pause of") as caught:
            rig.client.balance() if ticket is None else rig.client.cancel(ticket, price=None)
        assert caught.value.exit_code == 7
        assert rig.budget.pauses == [90]


def test_a_read_waits_out_a_429_and_goes_again() -> None:
    script = Script(reply(429, b"", retry_after="20"), reply(429, b""), reply(200, b'{"balance": 5}'))
    rig = Rig(script)
    assert rig.client.balance().amount == 5
    assert len(script.sent) == rig.budget.taken == rig.budget.answers == 3
    assert 21 <= rig.clock.passed <= 22
    assert max(rig.clock.naps) <= 1, "looks again every second: another process may have lengthened the pause"


def test_an_unusual_content_type_is_taken_and_noted_without_the_token() -> None:
    lines: list[str] = []
    rig = Rig(Script(reply(200, b'{"balance": 5}', content_type=f"text/{TOKEN}")), log=lines.append)
    assert rig.client.balance().amount == 5
    rig = Rig(Script(reply(200, json.dumps(DONE).encode(), content_type="text/html")), log=lines.append)
    assert isinstance(rig.client.cancel(CANCEL, price=None), Cancelled)
    assert lines == [
        f"the answer says that it is {kind!r}; taken as JSON" for kind in ("text/[token]", "text/html")
    ]
