"""Every kind of fault, seen from the other end of the wire."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fault_client import ENOUGH, Heard, ask
from support.fault_kinds import BOMB_SIZE, DEPTH, DIGITS, HOSTILE, gzip_bomb
from support.fault_server import KINDS, FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def _says(heard: Heard) -> Any:
    return json.loads(heard.body)


def _half(heard: Heard) -> bool:
    length = heard.header("Content-Length")
    return length is not None and len(heard.body) == int(length) // 2


# kind → (options, what is seen). The request is one cancel, and the commit comes after the fault is known.
SEEN: dict[str, tuple[dict[str, Any], Callable[[Heard], bool]]] = {
    "close": ({}, lambda h: (h.data, h.end) == (b"", "eof")),
    "reset": ({}, lambda h: (h.data, h.end) == (b"", "reset")),
    "half-close": ({}, lambda h: (h.data, h.end) == (b"", "eof")),
    "timeout": ({}, lambda h: (h.data, h.end) == (b"", "silence")),
    # Closed while bytes of the request lie unread: the kernel answers those with RST.
    "stops-reading": ({"seconds": 0.1}, lambda h: (h.data, h.end) == (b"", "reset")),
    "slow": ({"seconds": 0.15}, lambda h: h.status == 200 and h.after_s >= 0.15 and _says(h)["success"]),
    "stall-in-head": ({}, lambda h: h.end == "silence" and b"\r\n\r\n" not in h.data),
    "stall-in-body": ({}, lambda h: h.end == "silence" and _half(h)),
    "head-cut-short": ({}, lambda h: h.end == "eof" and b"\r\n\r\n" not in h.data),
    "body-cut-short": ({}, lambda h: h.end == "eof" and _half(h)),
    "body-reset": ({}, lambda h: h.end == "reset" and _half(h)),
    "length-too-small": ({}, lambda h: len(h.body) > int(h.header("Content-Length") or 0)),
    "chunked-cut-short": ({}, lambda h: h.end == "eof" and b"}" not in h.body),
    "chunked-no-end": ({}, lambda h: h.end == "eof" and h.body.endswith(b"}\r\n")),
    "broken-chunked": ({}, lambda h: h.body.startswith(b"zz\r\n")),
    "http10-half": (
        {},
        lambda h: h.data.startswith(b"HTTP/1.0 200") and h.end == "eof" and b"}" not in h.body,
    ),
    "giant-body": (
        {"size": 3 << 20},
        lambda h: h.end == "enough" and h.header("Content-Length") == str(3 << 20),
    ),
    "endless-body": ({}, lambda h: h.end == "enough" and len(h.data) >= ENOUGH),
    "drip-head": ({"seconds": 0.002}, lambda h: h.data.startswith(b"HTTP/1.1 200") and h.after_s > 0.4),
    "drip-body": ({"seconds": 0.004}, lambda h: h.end == "whole" and h.after_s > len(h.body) * 0.004),
    "garbage": ({}, lambda h: not h.data.startswith(b"HTTP/")),
    "answer-then-close": ({}, lambda h: h.end == "eof" and _says(h)["status"] == "cancelled"),
    "answer-then-reset": ({}, lambda h: h.end == "reset" and _says(h)["status"] == "cancelled"),
    "raw": ({"raw": b"HTTP/1.1 299 Own\r\n\r\n"}, lambda h: h.data == b"HTTP/1.1 299 Own\r\n\r\n"),
    "captive-portal": ({}, lambda h: h.status == 200 and b"<html" in h.body),
    "empty-200": ({}, lambda h: h.status == 200 and h.header("Content-Length") == "0"),
    "invalid-json": ({}, lambda h: h.body.endswith(b"oops}")),
    "not-utf8": ({}, lambda h: b"\xff\xfe" in h.body),
    "a-scalar": ({}, lambda h: h.body == b"true"),
    "an-array": ({}, lambda h: isinstance(_says(h), list)),
    "nan": ({}, lambda h: b'"refund_amount": NaN' in h.body),
    "long-number": ({}, lambda h: b"9" * DIGITS in h.body),
    "amount": ({"text": "-0.80"}, lambda h: _says(h)["refund_amount"] == -0.80),
    "deep-nesting": ({}, lambda h: b"[" * DEPTH in h.body and len(h.body) < 1 << 20),
    "duplicate-key": ({}, lambda h: h.body.count(b'"status"') == 2),
    "lone-surrogate": ({}, lambda h: b'"\\ud800"' in h.body),
    "success-false": ({}, lambda h: _says(h)["success"] is False),
    "other-id": ({}, lambda h: len(_says(h)["order_id"]) == 36),
    "missing-fields": ({}, lambda h: _says(h) == {"success": True}),
    "fields": ({"fields": {"status": "teapot"}}, lambda h: _says(h)["status"] == "teapot"),
    "hostile-text": ({}, lambda h: HOSTILE in _says(h).values()),
    "wrong-content-type": ({}, lambda h: h.header("Content-Type") == "text/html" and _says(h)["success"]),
    "redirect": (
        {"location": "http://127.0.0.1:1/x"},
        lambda h: h.header("Location") == "http://127.0.0.1:1/x",
    ),
    "redirect-loop": ({}, lambda h: h.status == 307 and h.header("Location") == "?"),
    "gzip-bomb": ({"size": 1 << 20}, lambda h: len(gzip.decompress(h.body)) > 1 << 20),
    "huge-headers": ({}, lambda h: len(h.head) > 300 * 1024),
}


def test_the_table_knows_every_kind() -> None:
    assert set(SEEN) == KINDS


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", sorted(SEEN))
def test_a_kind_is_seen_and_the_ledger_follows_when(server: FaultServer, kind: str, when: str) -> None:
    options, seen = SEEN[kind]
    order = server.add_order()
    fault = server.fault("cancel", kind, when=when, **options)

    heard = ask(server, "POST", f"/customer/cancel/{order}", to_end=kind.startswith("answer-then"))

    assert seen(heard), heard.data[:300]
    assert fault.hits == 1
    assert server.times_paid(order) == (1 if when == "after" else 0)
    assert server.status(order) == ("cancelled" if when == "after" else "waiting")
    assert [request.fault for request in server.requests] == [kind]


@pytest.mark.parametrize(
    "status", [204, 400, 401, 402, 403, 404, 405, 408, 409, 422, 425, 429, 500, 502, 503, 504]
)
@pytest.mark.parametrize("form", ["json", "text", "html", "empty"])
def test_a_status_comes_in_every_form(server: FaultServer, status: int, form: str) -> None:
    server.fault("any", str(status), form=form, text="so it is")

    heard = ask(server, "GET", "/customer/balance")

    assert heard.status == status
    if status != 204:
        start = {"json": b'{"error": "so it is"', "text": b"so it is", "html": b"<!DOCTYPE", "empty": b""}[
            form
        ]
        assert heard.body.startswith(start)


@pytest.mark.parametrize("form", ["7", "-1", "1e9", "", "Wed, 21 Oct 2015 07:28:00 GMT", "soon"])
def test_retry_after_stands_as_given(server: FaultServer, form: str) -> None:
    server.fault("cancel", "429", retry_after=form)

    heard = ask(server, "POST", f"/customer/cancel/{server.add_order()}")

    assert heard.header("Retry-After") == form


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Please wait 118 seconds.", {"seconds_remaining": 118}),
        ("Zu früh", {}),
        ("too early", {"seconds_remaining": 10**18}),
    ],
)
def test_an_early_answer_takes_any_words_and_seconds(
    server: FaultServer, text: str, fields: dict[str, int]
) -> None:
    server.fault("cancel", "425", text=text, fields=fields)

    heard = ask(server, "POST", f"/customer/cancel/{server.add_order()}")

    assert _says(heard) == {"error": text, **fields}


def test_a_bomb_of_300_kilobytes_unpacks_to_300_megabytes() -> None:
    packed = gzip_bomb(b"{}", BOMB_SIZE)

    assert len(packed) < 310 * 1024
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert len(unpacker.decompress(packed, 1 << 20)) == 1 << 20
    # The trailer holds the unpacked length, which gzip.decompress proves for a small bomb above.
    assert int.from_bytes(packed[-4:], "little") == BOMB_SIZE + 2


def test_httpx_meets_a_real_bomb_in_the_wrong_encoding(server: FaultServer) -> None:
    server.fault("balance", "gzip-bomb", size=4 << 20)

    with httpx.Client(headers={"X-API-Key": server.token, "Accept-Encoding": "identity"}) as client:
        answer = client.get(f"{server.base_url}/customer/balance")

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.content) > 4 << 20
    assert answer.json()["success"] is True


def test_many_headers_make_300_kilobytes_too(server: FaultServer) -> None:
    server.fault("balance", "huge-headers", text="many")

    heard = ask(server, "GET", "/customer/balance")

    assert len(heard.head) > 300 * 1024
    assert heard.head.count("X-Pad-") > 1000


@pytest.mark.parametrize("kind", sorted(KINDS - {"stops-reading", "drip-head", "drip-body", "raw"}))
@pytest.mark.parametrize("operation", ["orders", "transactions", "countries", "order"])
def test_a_kind_of_a_list_is_the_list_gone_wrong(server: FaultServer, operation: str, kind: str) -> None:
    order = server.add_order()
    fields = {"fields": {"status": "teapot"}} if kind == "fields" else {}
    server.fault(operation, kind, size=1 << 20, seconds=0.1, **fields)

    path = f"/customer/order/{order}" if operation == "order" else f"/customer/{operation}"
    heard = ask(server, "GET", path, patience_s=0.05)

    assert heard.data.startswith((b"HTTP/1.", b"\x16")) or kind in {
        "close",
        "reset",
        "half-close",
        "timeout",
        "slow",
    }


def test_a_misspelt_fault_is_refused_at_once(server: FaultServer) -> None:
    for wrong in ({"operation": "cancle"}, {"kind": "rest"}, {"when": "later"}, {"form": "xml"}):
        with pytest.raises(ValueError, match="no "):
            server.fault(**{"operation": "cancel", "kind": "503"} | wrong)
    with pytest.raises(TypeError):
        server.fault("cancel", "503", retry_afer="1")
