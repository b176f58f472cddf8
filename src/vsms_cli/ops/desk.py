"""What an operation works with."""

from dataclasses import dataclass

from vsms_cli.domain.ports import Clock, Journal, Service, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The service, the journal, the time, and whether we were asked to end."""

    service: Service
    journal: Journal
    clock: Clock
    stop: Stop
