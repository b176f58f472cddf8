"""What an operation works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vsms_cli.ops.retry_policy import Attempts, RetryPolicy
from vsms_cli.ops.token_rejection import TokenRejection

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.ports import Clock, Journal, Service, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The service, the journal, the time, whether we were asked to end, and who is told why nothing happens."""

    service: Service
    journal: Journal
    clock: Clock
    stop: Stop
    outage: RetryPolicy = field(default_factory=RetryPolicy)
    shedding: RetryPolicy = field(default_factory=RetryPolicy)  # since when the service answers 503
    token_rejection: TokenRejection = field(default_factory=TokenRejection)
    notify: Callable[[str], None] = lambda _text: None  # to the person, from any thread
    started: datetime = field(
        default_factory=lambda: datetime.now(UTC)
    )  # by this machine's clock, as the journal's

    def attempts(self) -> Attempts:
        """For one request that moves money."""
        return Attempts(self.outage, clock=self.clock, stop=self.stop, limit=self.service.time_limit)
