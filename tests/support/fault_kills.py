"""The switch that ends the client's process at a named point of its own request."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.fault_api import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fault_answers import Answer
    from support.fault_wire import Wire

POINTS = ("request-received", "after-commit", "answer-sent-half", "answer-sent")
DYING_S = 2.0  # how long the kernel may take to close a killed process's sockets


@dataclass(slots=True, kw_only=True)
class Kill:
    point: str
    pid: int | Callable[[], int]  # a function where the process is not yet started
    operation: str = "cancel"
    times: int | None = 1
    skip: int = 0
    order_id: str | None = None
    late_s: float | None = (
        None  # at request-received: the request outlives its client and is committed after so long
    )
    killed: list[tuple[int, float]] = field(default_factory=list, init=False)  # pid, time.monotonic()
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.point not in POINTS:
            raise ValueError(f"no point {self.point!r}")
        if self.operation not in OPERATIONS | {"any"}:
            raise ValueError(f"no operation {self.operation!r}")
        self.order_id = self.order_id and self.order_id.lower()

    def fits(self, operation: str, order_id: str | None) -> bool:
        return self.operation in {"any", operation} and self.order_id in {None, order_id}

    def strike(self, wire: Wire, answer: Answer) -> None:
        """What of the answer goes out first, then SIGKILL; the connection stays until its client is gone."""
        data = answer.encoded(wire.date())
        if self.point == "answer-sent-half":
            wire.send(data[: len(data) // 2])
        elif self.point == "answer-sent":
            wire.send(data)
        pid = self.pid if isinstance(self.pid, int) else self.pid()
        if pid <= 1 or pid == os.getpid():
            # 0 and below address whole groups of processes.
            raise RuntimeError(f"{pid} is not a client's pid")
        # Before it: a test may look as soon as the client is gone.
        self.killed.append((pid, time.monotonic()))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            self.killed.pop()
        wire.hold(DYING_S)
