"""What an operation works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vsms_cli.ops.outage import Attempts, Outage

if TYPE_CHECKING:
    from vsms_cli.domain.ports import Clock, Journal, Service, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The service, the journal, the time, and whether we were asked to end."""

    service: Service
    journal: Journal
    clock: Clock
    stop: Stop
    outage: Outage = field(default_factory=Outage)
    started: datetime = field(
        default_factory=lambda: datetime.now(UTC)
    )  # by this machine's clock, as the journal's

    def attempts(self) -> Attempts:
        """For one request that moves money."""
        return Attempts(self.outage, clock=self.clock, stop=self.stop, limit=self.service.time_limit)
