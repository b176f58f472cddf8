"""Stand-ins for what a client works with: a clock that only sleeping moves, a budget that writes down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from vsms_cli.api.client import Client
from vsms_cli.api.rate_limiter import Pacer
from vsms_cli.api.service_clock import ServiceClock
from vsms_cli.api.transport import Reply
from vsms_cli.domain.tickets import Operation, Ticket

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.api.transport import Exchange

BASE_URL = "https://virtualsms.test/api/v1"
TOKEN = "vsms_0123456789abcdef0123456789abcdef"
ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
KEY = "3b0e6f0a-5a0c-4a52-8a0b-d8a2c7c0a001"
START = datetime(2026, 5, 24, 12, tzinfo=UTC)

CANCEL = Ticket(entry=1, operation=Operation.CANCEL, order_id=ORDER, idempotency_key=KEY)
REFUND = Ticket(entry=2, operation=Operation.REFUND, order_id=ORDER, idempotency_key=KEY)


class StillClock(ServiceClock):
    """Stands still but for `sleep`."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.naps: list[float] = []
        self.observed: list[str | None] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.passed += seconds

    def observe(self, date_header: str | None) -> None:
        self.observed.append(date_header)


class WrittenBudget:
    """Lets everything out but during a pause; writes down what it was told."""

    def __init__(self, clock: StillClock) -> None:
        self._clock = clock
        self.until = 0.0
        self.taken = 0
        self.answers = 0
        self.given_back = 0
        self.pauses: list[float] = []

    def take(self) -> float:
        if left := self.paused_for():
            return left
        self.taken += 1
        return 0.0

    def expected(self) -> float:
        return self.paused_for()

    def answered(self) -> None:
        self.answers += 1

    def release_turn(self) -> None:
        self.given_back += 1

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.until = max(self.until, self._clock.monotonic() + seconds)

    def paused_for(self) -> float:
        return max(0.0, self.until - self._clock.monotonic())


class NeverStop:
    """Nobody asks to end; waiting moves the clock."""

    requested = False

    def __init__(self, clock: StillClock) -> None:
        self._clock = clock

    def wait(self, seconds: float) -> bool:
        self._clock.sleep(seconds)
        return self.requested


class Script:
    """An exchange that answers, or fails, as told; the last for ever."""

    time_limit = 30.0
    host = "virtualsms.test"

    def __init__(
        self, *ends: Reply | BaseException, costs: float = 0.0, clock: StillClock | None = None
    ) -> None:
        self._ends = list(ends)
        self._costs = costs
        self._clock = clock
        self.sent: list[tuple[str, str]] = []

    def without_token(self, text: str) -> str:
        return text.replace(TOKEN, "[token]")

    def send(self, method: str, path: str, **_more: Any) -> Reply:
        self.sent.append((method, path))
        if self._clock is not None:
            self._clock.passed += self._costs
        end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        if isinstance(end, BaseException):
            raise end
        return end


class Rig:
    """A client with everything around it in sight."""

    def __init__(
        self,
        transport: Exchange,
        clock: StillClock | None = None,
        *,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.clock = clock or StillClock()
        self.budget = WrittenBudget(self.clock)
        self.waits: list[float] = []
        self.retries: list[tuple[str, float]] = []
        self.pacer = Pacer(
            budget=self.budget,
            clock=self.clock,
            stop=NeverStop(self.clock),
            on_wait=lambda _why, seconds: self.waits.append(seconds),
        )
        self.client = Client(
            transport,
            pacer=self.pacer,
            clock=self.clock,
            log=log,
            on_retry=lambda why, left: self.retries.append((why, left)),
        )


def reply(status: int, body: bytes = b"{}", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers={"content-type": "application/json"} | named, body=body)
