"""Faults that break the frame or the connection. Given the right answer; each ends the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.fault_kinds import MIB
from support.fault_wire import STEP

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fault_answers import Answer
    from support.fault_kinds import Fault
    from support.fault_wire import Wire

DRIP_S = 0.5
GIANT = 64 * MIB
ENDLESS = 4096 * MIB  # a bound for a client that never stops reading
JSON_BYTES = b" " * STEP  # blanks may stand before any JSON: no parser can call it wrong before the end


def _close(_wire: Wire, _answer: Answer, _fault: Fault) -> None:
    """Nothing is said; the connection's end is its caller's."""


def _reset(wire: Wire, _answer: Answer, _fault: Fault) -> None:
    wire.reset()


def _half_close(wire: Wire, _answer: Answer, fault: Fault) -> None:
    wire.half_close()
    wire.hold(fault.seconds)


def _timeout(wire: Wire, _answer: Answer, fault: Fault) -> None:
    wire.hold(fault.seconds)


def _deaf(wire: Wire, _answer: Answer, fault: Fault) -> None:
    wire.deaf(fault.seconds)


def _slow(wire: Wire, answer: Answer, fault: Fault) -> None:
    wire.hold(1.0 if fault.seconds is None else fault.seconds)
    wire.answer(answer)


def _stall_in_head(wire: Wire, answer: Answer, fault: Fault) -> None:
    wire.send(answer.encoded(wire.date())[:20])
    wire.hold(fault.seconds)


def _stall_in_body(wire: Wire, answer: Answer, fault: Fault) -> None:
    _body_cut_short(wire, answer, fault)
    wire.hold(fault.seconds)


def _head_cut_short(wire: Wire, answer: Answer, _fault: Fault) -> None:
    wire.send(answer.encoded(wire.date())[:20])


def _body_cut_short(wire: Wire, answer: Answer, _fault: Fault) -> None:
    body = answer.content()
    wire.send(answer.head(wire.date(), f"Content-Length: {len(body)}") + body[: len(body) // 2])


def _body_reset(wire: Wire, answer: Answer, fault: Fault) -> None:
    _body_cut_short(wire, answer, fault)
    wire.pause(0.05)  # a RST at once would overtake the bytes and take them from the client's buffer
    wire.reset()


def _length_too_small(wire: Wire, answer: Answer, _fault: Fault) -> None:
    body = answer.content()
    wire.send(answer.head(wire.date(), f"Content-Length: {len(body) // 2}") + body)


def _chunked_cut_short(wire: Wire, answer: Answer, _fault: Fault) -> None:
    body = answer.content()
    wire.send(answer.head(wire.date(), "Transfer-Encoding: chunked"))
    wire.send(b"%x\r\n" % len(body) + body[: len(body) // 2])


def _chunked_no_end(wire: Wire, answer: Answer, _fault: Fault) -> None:
    # All of the JSON is there; only the last chunk, the proof that nothing is missing, is not.
    body = answer.content()
    wire.send(answer.head(wire.date(), "Transfer-Encoding: chunked") + b"%x\r\n" % len(body) + body + b"\r\n")


def _broken_chunked(wire: Wire, answer: Answer, _fault: Fault) -> None:
    wire.send(
        answer.head(wire.date(), "Transfer-Encoding: chunked")
        + b"zz\r\n"
        + answer.content()
        + b"\r\n0\r\n\r\n"
    )


def _http10_half(wire: Wire, answer: Answer, _fault: Fault) -> None:
    body = answer.content()
    wire.send(answer.head(wire.date(), version="HTTP/1.0") + body[: len(body) // 2])


def _giant_body(wire: Wire, answer: Answer, fault: Fault) -> None:
    size = fault.size or GIANT
    wire.send(answer.head(wire.date(), f"Content-Length: {size}"))
    body = answer.content()
    for _ in range((size - len(body)) // STEP):
        wire.send(JSON_BYTES)
    wire.send(JSON_BYTES[: (size - len(body)) % STEP] + body)


def _endless_body(wire: Wire, answer: Answer, fault: Fault) -> None:
    wire.send(answer.head(wire.date(), "Transfer-Encoding: chunked"))
    chunk = b"%x\r\n" % STEP + JSON_BYTES + b"\r\n"
    for _ in range((fault.size or ENDLESS) // STEP):
        wire.send(chunk)


def _drip_head(wire: Wire, answer: Answer, fault: Fault) -> None:
    wire.drip(answer.encoded(wire.date()), DRIP_S if fault.seconds is None else fault.seconds)


def _drip_body(wire: Wire, answer: Answer, fault: Fault) -> None:
    body = answer.content()
    wire.send(answer.head(wire.date(), f"Content-Length: {len(body)}"))
    wire.drip(body, DRIP_S if fault.seconds is None else fault.seconds)


def _garbage(wire: Wire, _answer: Answer, _fault: Fault) -> None:
    wire.send(b"\x16\x03\x01 this is not HTTP\x00\xff\r\n\r\n")


def _answer_then_close(wire: Wire, answer: Answer, _fault: Fault) -> None:
    # The client learns nothing of the end: its next request on this connection meets it.
    wire.answer(answer)


def _answer_then_reset(wire: Wire, answer: Answer, _fault: Fault) -> None:
    wire.answer(answer)
    wire.pause(0.05)  # as in _body_reset
    wire.reset()


def _raw(wire: Wire, _answer: Answer, fault: Fault) -> None:
    wire.send(fault.raw)
    if fault.seconds is not None:
        wire.hold(fault.seconds)


ACTIONS: dict[str, Callable[[Wire, Answer, Fault], None]] = {
    "close": _close,
    "reset": _reset,
    "half-close": _half_close,
    "timeout": _timeout,
    "stops-reading": _deaf,  # the server calls it before it has read more than the first line
    "slow": _slow,
    "stall-in-head": _stall_in_head,
    "stall-in-body": _stall_in_body,
    "head-cut-short": _head_cut_short,
    "body-cut-short": _body_cut_short,
    "body-reset": _body_reset,
    "length-too-small": _length_too_small,
    "chunked-cut-short": _chunked_cut_short,
    "chunked-no-end": _chunked_no_end,
    "broken-chunked": _broken_chunked,
    "http10-half": _http10_half,
    "giant-body": _giant_body,
    "endless-body": _endless_body,
    "drip-head": _drip_head,
    "drip-body": _drip_body,
    "garbage": _garbage,
    "answer-then-close": _answer_then_close,
    "answer-then-reset": _answer_then_reset,
    "raw": _raw,
}
