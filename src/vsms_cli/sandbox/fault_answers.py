"""The wrong answers that a fault can have."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vsms_cli.sandbox.app import Answer, Sandbox
    from vsms_cli.sandbox.fault_injection import Fault

_SILENCE_S: Final = 60.0  # longer than most clients wait
_SLOW_S: Final = 5.0
_RETRY_AFTER_S: Final = 1.0
_TOO_MANY: Final = 429
_PAGE: Final = (
    b"<!doctype html><html><head><title>One moment</title></head><body>Checking your browser</body></html>"
)


def pause_s(fault: Fault) -> float:
    """How long nothing is said."""
    return fault.seconds if fault.seconds is not None else _SLOW_S if fault.kind == "slow" else _SILENCE_S


def too_many(sandbox: Sandbox, retry_after_s: float) -> Answer:
    """429, with whole seconds in `Retry-After`."""
    answer = sandbox.refuse(_TOO_MANY, "Too many requests")
    return replace(answer, headers={**answer.headers, "Retry-After": f"{-(-retry_after_s // 1):.0f}"})


def wrong_answer(sandbox: Sandbox, fault: Fault) -> Answer:
    """What a fault answers that does answer: well framed, and not what the service says."""
    usual = sandbox.refuse(HTTPStatus.OK, "")
    match fault.kind:
        case "html":
            return replace(usual, headers={**usual.headers, "Content-Type": "text/html"}, body=_PAGE)
        case "empty":
            return replace(usual, body=b"")
        case "invalid-json":
            return replace(usual, body=b'{"success": tru')
        case status if int(status) == _TOO_MANY:
            return too_many(sandbox, _RETRY_AFTER_S if fault.seconds is None else fault.seconds)
        case status:
            known = {member.value: member.phrase for member in HTTPStatus}
            return sandbox.refuse(int(status), known.get(int(status), "Refused"))
