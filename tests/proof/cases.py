"""What can go wrong with one cancel: each fault as the table in tests/README.md names it, and how to bring it about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from support.fault_server import FaultServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault. `order` says what the order is like before, `options` what the fault is told, `service` what the
    server is. One that answers as a real service does pays no second time.
    """

    name: str
    kind: str = ""
    when: str = "before"
    options: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)
    service: Mapping[str, Any] = field(default_factory=dict)
    address: Callable[[FaultServer], str] = lambda server: server.base_url

    @property
    def settings(self) -> dict[str, Any]:
        """Of the server. Where the order has ended, its state is what is tried: one that pays again would hide it."""
        return {"pays_again": not self.order, **self.service}

    def prepare(self, server: FaultServer, *, rental: bool = False) -> str:
        """Set it up; the id of the order, or of the rental."""
        bought = {"age_s": 300, **self.order}
        order_id = server.add_rental(**bought) if rental else server.add_order(**bought)
        if self.kind:
            operation = "rental-cancel" if rental else "cancel"
            server.fault(operation, self.kind, when=self.when, **self.options)
        return order_id


def _both(name: str, kind: str, **options: Any) -> list[Case]:
    """The same fault before the service acted, and after."""
    return [
        Case(name=f"{name}, nothing done", kind=kind, when="before", options=options),
        Case(name=f"{name}, already done", kind=kind, when="after", options=options),
    ]


def _after(name: str, kind: str, **options: Any) -> list[Case]:
    return [Case(name=f"{name}, already done", kind=kind, when="after", options=options)]


def _before(name: str, kind: str, **options: Any) -> list[Case]:
    return [Case(name=f"{name}, nothing done", kind=kind, when="before", options=options)]


def _lagging(name: str, kind: str, seconds: float) -> list[Case]:
    """Done, and for so long the order still reads as it was."""
    service = {"pays_again": False, "read_lag_s": seconds}
    return [
        Case(
            name=f"{name}, already done, reads {seconds:g} s behind", kind=kind, when="after", service=service
        )
    ]


def _late(name: str, kind: str, seconds: float, **options: Any) -> list[Case]:
    """The service is done so long after the answer."""
    options |= {"late_s": seconds}
    service = {"pays_again": False}
    return [
        Case(
            name=f"{name}, done {seconds:g} s later", kind=kind, when="late", options=options, service=service
        )
    ]


CASES: Final[tuple[Case, ...]] = (
    Case(name="none"),
    Case(name="nobody listens", address=lambda server: f"http://127.0.0.1:{server.closed_port()}/api/v1"),
    *_both("no answer in time", "timeout"),
    *_both("connection reset", "reset"),
    *_both("connection closed", "close"),
    *_both("status 500", "500"),
    *_both("status 502 with HTML", "502", form="html"),
    *_both("status 503", "503"),
    *_both("status 504", "504"),
    *_both("status 409", "409"),
    *_both("status 408", "408"),
    *_after("body cut short", "body-cut-short"),
    *_after("broken chunks", "broken-chunked"),
    *_after("half a JSON text, closed", "http10-half"),
    *_after("invalid JSON", "invalid-json"),
    *_after("NaN for the amount", "nan"),
    *_after("the same key twice", "duplicate-key"),
    *_after("nesting 100,000 deep", "deep-nesting"),
    *_after("a number of 5,000 digits", "long-number"),
    *_both("200 with a web page", "captive-portal"),
    *_both("empty 200", "empty-200"),
    *_both("204", "204"),
    *_before("200 with success false", "success-false"),
    *_before("200 about another order", "other-id"),
    *_before("200 with fields missing", "missing-fields"),
    *_after("the amount null", "amount", text="null"),
    *_after("the amount negative", "amount", text="-0.80"),
    *_after("the amount absurd", "amount", text="80000000000"),
    *_after("a body of 8 MiB", "giant-body", size=8 << 20),
    *_after("a gzip bomb", "gzip-bomb", size=32 << 20),  # what the SDK unpacks in time
    *_after("one byte every half second", "drip-body", seconds=0.5),
    *_before("redirect", "redirect"),
    *_before("status 401", "401"),
    *_before("status 402", "402"),
    *_before("status 404", "404"),
    *_before("status 429 once", "429", retry_after="1"),
    *_lagging("status 500", "500", 1.0),
    *_lagging("status 500", "500", 3.0),
    *_lagging("status 409", "409", 3.0),
    *_lagging("200 with fields missing", "missing-fields", 3.0),
    *_late("status 408", "408", 2.0),
    *_late("status 500", "500", 2.0),
    *_late("status 503", "503", 2.0),
    *_late("status 504", "504", 2.0),
    *_late("status 520 with HTML", "520", 2.0, form="html"),
    *_late("status 522 with HTML", "522", 2.0, form="html"),
    *_both("status 404 with a web server's page", "404", form="html"),
    *_both("status 403 with a firewall's page", "403", form="html"),
    *_after("200 without the order's id", "fields", fields={"order_id": None}),
    Case(name="status 410, the order refunded itself", kind="410", order={"status": "expired"}),
    Case(name="the order is cancelled already", order={"status": "cancelled"}),
    Case(name="the order refunded itself", order={"status": "expired"}),
    Case(name="a code came", order={"status": "completed"}),
    Case(name="too young", order={"age_s": 30}),
)

RENTAL_CASES: Final[tuple[Case, ...]] = (
    *(case for case in CASES if not case.order),
    Case(name="the rental is cancelled already", order={"status": "cancelled"}),
    Case(name="an SMS came", order={"sms_count": 1}),
    Case(name="past its 20 minutes", order={"age_s": 3600}),
)
"""The same faults on a rental's cancel, and the states that a rental has."""
