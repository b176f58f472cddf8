"""What goes wrong when it is told to: faults for the next requests of a kind, a rate limit, a slow line.

`cancel:timeout-after:2` is two cancels that are done and never answered: the case that a client of a service with
money has to survive.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.sandbox.errors import SandboxError
from vsms_cli.sandbox.routing import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vsms_cli.sandbox.routing import Answer, Sandbox

ANY: Final = "any"
ALWAYS: Final = "always"
KINDS: Final = {
    "timeout": "no answer at all, for SECONDS (60), then the connection ends",
    "reset": "the connection is reset",
    "close": "the connection is closed without an answer",
    "cut": "the answer breaks off half-way",
    "html": "200 with a web page, as a proxy in front would send",
    "empty": "200 with nothing",
    "invalid-json": "200 with half a JSON text",
    "slow": "the right answer, SECONDS (5) late",
    "STATUS": "a status from 400 to 599, with a JSON error; 429 has `Retry-After: SECONDS` (1)",
}
"""Each but `slow` and 4xx also as KIND-before, which is KIND: nothing is done, and KIND-after: it is done."""

_SILENCE_S: Final = 60.0  # longer than most clients wait
_SLOW_S: Final = 5.0
_RETRY_AFTER_S: Final = 1.0
_TOO_MANY: Final = 429
_PAGE: Final = (
    b"<!doctype html><html><head><title>One moment</title></head><body>Checking your browser</body></html>"
)
_WINDOW_S: Final = 60.0  # the reference pages: so many requests a minute
_LONGEST_S: Final = 3600.0
_SECONDS: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?", re.ASCII)
_UNITS: Final = {None: 1.0, "s": 1.0, "ms": 0.001, "m": 60.0}
_STATUS: Final = re.compile(r"[45]\d\d", re.ASCII)


def seconds_in(text: str) -> float:
    """`50ms`, `2s`, `1m`, or `1.5` for seconds; an hour at most. SandboxError where it is none of them."""
    found = _SECONDS.fullmatch(text)
    seconds = math.inf if found is None else float(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST_S:
        raise SandboxError(f"{text!r} is not a time: write 50ms, 2s or 1m, an hour at most")
    return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a request for `operation`. `count` None is every one of them."""

    operation: str
    kind: str
    done: bool
    count: int | None
    seconds: float | None

    @classmethod
    def read(cls, text: str) -> Self:
        """OPERATION:KIND[:COUNT][:SECONDS]. SandboxError names what there is to choose from."""
        operation, kind, count, seconds = _fields(text)
        if operation not in {*OPERATIONS, ANY}:
            known = ", ".join(sorted(OPERATIONS))
            raise SandboxError(f"fault {text!r}: no operation {operation!r}; there are {known}, and {ANY}")
        bare = kind.removesuffix("-before").removesuffix("-after")
        if not _is_kind(kind, bare):
            known = ", ".join(KINDS)
            raise SandboxError(
                f"fault {text!r}: no kind {kind!r}; there are {known}: STATUS is 400 to 599, and each may end in"
                " -before or -after, but slow and 4xx"
            )
        if count not in {"", ALWAYS} and not re.fullmatch(r"[1-9]\d{0,5}", count, re.ASCII):
            raise SandboxError(
                f"fault {text!r}: the count {count!r} is neither a number above 0 nor {ALWAYS}"
            )
        return cls(
            operation=operation,
            kind=bare,
            done=kind.endswith("-after") or bare == "slow",
            count=None if count == ALWAYS else int(count or 1),
            seconds=seconds_in(seconds) if seconds else None,
        )

    @property
    def name(self) -> str:
        """As the access log has it."""
        return f"{self.kind}-{'after' if self.done else 'before'}"


def _fields(text: str) -> Sequence[str]:
    fields = text.split(":")
    if not 2 <= len(fields) <= 4:  # noqa: PLR2004 - two of them may be left out
        raise SandboxError(
            f"fault {text!r}: write OPERATION:KIND[:COUNT][:SECONDS], as in cancel:timeout-after:2"
        )
    return [*fields, "", ""][:4]


def _is_kind(kind: str, bare: str) -> bool:
    if _STATUS.fullmatch(bare):
        return bare.startswith("5") or kind == bare
    return bare in KINDS and bare != "STATUS" and (bare != "slow" or kind == bare)


class FaultInjection:
    """The script, shared by all connections: no fault meant for one request hits two that come at once."""

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        rate_limit: int | None = None,
        latency_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.latency_s = latency_s
        self._faults = list(faults)
        self._left = [fault.count for fault in self._faults]
        self._rate_limit = rate_limit
        self._clock = clock
        self._taken: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def over_limit(self, key: str) -> int | None:
        """Whole seconds until this key may ask again; None where it may now, which counts."""
        if self._rate_limit is None:
            return None
        with self._lock:
            now, taken = self._clock(), self._taken[key]
            while taken and taken[0] <= now - _WINDOW_S:
                taken.popleft()
            if len(taken) >= self._rate_limit:
                return max(1, math.ceil(taken[0] + _WINDOW_S - now))
            taken.append(now)
            return None

    def fault_for(self, operation: str) -> Fault | None:
        """The first that fits, in the order in which they were told, and is not used up."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                left = self._left[index]
                if left == 0 or fault.operation not in {operation, ANY}:
                    continue
                self._left[index] = None if left is None else left - 1
                return fault
        return None


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
