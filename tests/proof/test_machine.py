"""Whatever happens in whatever order, what vsms said is what the service's ledger says."""

import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from support.fault_server import FaultServer
from support.vsms import Vsms

TIME_LIMIT_S = "0.3"
_FAULTS = (
    "reset",
    "close",
    "500",
    "502",
    "409",
    "empty-200",
    "invalid-json",
    "body-cut-short",
    "captive-portal",
    "408",
    "403",  # as the two below in HTML: of something in front of the service
    "404",
    "418",
    "503",
    "522",
)
_LATE = ("reset", "408", "500", "504", "522")
_POINTS = ("request-received", "after-commit", "answer-sent-half", "answer-sent")
_TRUE_STATUS = {
    "cancelled": {"cancelled"},
    "already_cancelled": {"cancelled"},
    "expired": {"expired"},
    "sms_received": {"completed"},
    "too_early": {"waiting"},
    "failed": {"waiting"},
    "unknown": {"waiting", "cancelled", "expired", "completed"},  # it claims nothing
}


class Account(RuleBasedStateMachine):
    """An account with orders; the service is healthy unless a rule says otherwise for one request."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.server = FaultServer(pays_again=False).__enter__()
        self.ids: list[str] = []
        self.vsms = Vsms(
            Path(self.home.name),
            {
                "VSMS_TOKEN": self.server.token,
                "VSMS_BASE_URL": self.server.base_url,
                "VSMS_TIMEOUT": TIME_LIMIT_S,
                "VSMS_RATE_LIMIT": "10000",
            },
            measured=False,
        )

    def teardown(self) -> None:
        self.server.__exit__()
        self.home.cleanup()

    @rule(target=orders, age=st.sampled_from([10, 200, 1100]))
    def somebody_buys(self, age: int) -> str:
        order_id = self.server.add_order(age_s=age)
        self.ids.append(order_id)
        return order_id

    @rule(order_id=orders)
    def cancel(self, order_id: str) -> None:
        self._cancel(order_id)

    @rule(order_id=orders, kind=st.sampled_from(_FAULTS), when=st.sampled_from(["before", "after"]))
    def cancel_through_a_fault(self, order_id: str, kind: str, when: str) -> None:
        form = {"form": "html"} if kind in {"403", "404", "418"} else {}
        self.server.fault("cancel", kind, when=when, order_id=order_id, **form)
        self._cancel(order_id)
        self.server.clear()

    @rule(order_id=orders, kind=st.sampled_from(_LATE), seconds=st.sampled_from([0.2, 1.0, 4.0]))
    def cancel_and_the_service_is_done_later(self, order_id: str, kind: str, seconds: float) -> None:
        self.server.fault("cancel", kind, when="late", late_s=seconds, order_id=order_id)
        self._cancel(order_id)
        self.server.clear()
        self.server.wait_for_late()

    @rule(seconds=st.sampled_from([0.0, 1.0, 3.0]))
    def reads_lag_from_now_on(self, seconds: float) -> None:
        self.server.book.read_lag_s = seconds

    @rule(order_id=orders, point=st.sampled_from(_POINTS))
    def cancel_and_be_killed(self, order_id: str, point: str) -> None:
        children: list[subprocess.Popen[bytes]] = []
        self.server.kill_client_at(point, lambda: children[0].pid, order_id=order_id)
        children.append(self._start(order_id))
        children[0].wait(timeout=30)
        self.server.clear()

    @rule(order_id=orders)
    def two_processes_cancel_at_once(self, order_id: str) -> None:
        before = self.server.posts(order_id, "cancel")
        children = [self._start(order_id), self._start(order_id)]
        assert {child.wait(timeout=60) for child in children} <= {0, 3, 5, 8}
        assert self.server.posts(order_id, "cancel") - before <= (
            2 if self.server.status(order_id) == "waiting" else 1
        )

    @rule(order_id=consumes(orders))
    def a_code_arrives(self, order_id: str) -> None:
        if self.server.status(order_id) == "waiting":
            self.server.deliver(order_id, "code 123456")

    @rule(seconds=st.sampled_from([60, 300]))
    def time_passes(self, seconds: int) -> None:
        self.server.advance(seconds)

    @rule()
    def resolve(self) -> None:
        self.server.book.read_lag_s = 0.0
        done = self.vsms("journal", "resolve", "--json")

        assert done.code == 0, done.err
        assert self.vsms("journal", "list", "--unresolved", "--json").json == []

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        assert [order_id for order_id in self.ids if self.server.times_paid(order_id) > 1] == []

    @invariant()
    def what_is_cancelled_is_paid(self) -> None:
        for order_id in self.ids:
            if self.server.status(order_id) == "cancelled":
                assert self.server.times_paid(order_id) == 1

    def _cancel(self, order_id: str) -> None:
        done = self.vsms("orders", "cancel", order_id, "--yes", "--json")
        outcome = done.json[0]["outcome"]
        assert outcome in _TRUE_STATUS, (outcome, done.err)
        assert self.server.status(order_id) in _TRUE_STATUS[outcome], outcome

    def _start(self, order_id: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.vsms.command("orders", "cancel", order_id, "--yes"),
            env=self.vsms.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


TestAccount = Account.TestCase
TestAccount.settings = settings(
    max_examples=8,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
