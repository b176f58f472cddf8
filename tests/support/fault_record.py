"""What reached the fault server, and how much of it in any window of time."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True, kw_only=True)
class Received:
    """One request. Of a request that was not read to its end, headers and body are empty."""

    number: int = -1  # in the order of arrival
    at: float = 0.0  # time.monotonic() when its first line was in
    connection: int
    method: str
    target: str  # as it stood in the request line
    operation: str
    order_id: str | None
    accepted: bool = True  # False: the rate limit refused it
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    fault: str | None = None
    status: int | None = None  # of an answer that was sent whole
    committed: bool = False  # this request changed the book
    sent: int = 0  # bytes of answer handed to the kernel

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Most(NamedTuple):
    accepted: int
    received: int


def most_in_window(times: list[float], window_s: float) -> int:
    """The highest count in any half-open window of this length."""
    most = 0
    inside: deque[float] = deque()
    for at in sorted(times):
        inside.append(at)
        while inside[0] <= at - window_s:
            inside.popleft()
        most = max(most, len(inside))
    return most


class Record:
    """Thread-safe; `rate_limit` None accepts everything and still keeps count."""

    def __init__(self, *, rate_limit: int | None, window_s: float) -> None:
        self.window_s = window_s
        self.rate_limit = rate_limit
        self._lock = threading.Lock()
        self._requests: list[Received] = []
        self._recent: deque[float] = deque()

    def add(self, request: Received) -> float:
        """Takes it down and judges it; the seconds until the limit lets it through, 0 if it is accepted."""
        with self._lock:
            request.at = time.monotonic()  # under the lock: the log stays in the order of time
            request.number = len(self._requests)
            self._requests.append(request)
            while self._recent and self._recent[0] <= request.at - self.window_s:
                self._recent.popleft()
            if self.rate_limit is None or len(self._recent) < self.rate_limit:
                self._recent.append(request.at)
                return 0.0
            request.accepted = False
            oldest = self._recent[0] if self._recent else request.at  # a limit of 0 lets nothing through
            return oldest + self.window_s - request.at

    @property
    def requests(self) -> list[Received]:
        with self._lock:
            return list(self._requests)

    @property
    def max_in_window(self) -> Most:
        requests = self.requests
        return Most(
            accepted=most_in_window([request.at for request in requests if request.accepted], self.window_s),
            received=most_in_window([request.at for request in requests], self.window_s),
        )

    def posts(self, order_id: str | None = None, operation: str | None = None) -> int:
        return sum(
            request.method == "POST"
            and order_id in {None, request.order_id}
            and operation in {None, request.operation}
            for request in self.requests
        )
