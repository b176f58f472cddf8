"""A VirtualSMS service on loopback that fails as told, while its book keeps the truth.

with FaultServer(pays_again=True) as server:
    order = server.add_order()
    server.fault("cancel", "reset", when="after")
    ...  # the client talks to server.base_url with server.token
    assert server.posts(order) == server.times_paid(order) == 1
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Self

from support.canary import CANARY
from support.fault_actions import ACTIONS
from support.fault_answers import Answer, dumps, refusal
from support.fault_api import BASE, MUTATIONS, Api, Plan, route
from support.fault_book import Database
from support.fault_kills import Kill
from support.fault_kinds import STRANGE, Fault, strange_answer
from support.fault_listener import Listener
from support.fault_ports import HOST, Ports
from support.fault_record import Most, Received, Record
from support.fault_rules import Rules
from vsms_cli.sandbox.dialects import told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.fault_wire import Wire

TOKEN = CANARY
KINDS = frozenset(STRANGE) | frozenset(ACTIONS)


class FaultServer:
    """Settings given by name are the database's (balance, cooldown_s, lifetime_s, pays_on_expiry, clock_offset,
    read_lag_s).

    `date_offset` shifts the Date header alone, by seconds; `clock_offset` and `advance` the whole server.
    `dialect` is one of the sandbox's, in which every answer is told. `tls` is "self-signed", or "wrong-host" for a
    certificate that names another one.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        pays_again: bool = False,
        older: bool = False,
        refund_status: int = 202,
        early_form: str = "text",
        ledger_form: str = "as documented",
        rate_limit: int | None = None,
        window: float = 60.0,
        rate_retry_after: str | None = "seconds",  # or date, or None for a 429 that says nothing
        latency: float = 0.0,
        date_offset: float = 0.0,
        tls: str | None = None,
        dialect: str | None = None,
        **book: Any,
    ) -> None:
        self.token = token
        self.latency = latency
        self.date_offset = date_offset
        self.rate_retry_after = rate_retry_after
        self.book = Database(**book)
        self.api = Api(
            book=self.book,
            pays_again=pays_again,
            older=older,
            refund_status=refund_status,
            early_form=early_form,
            ledger_form=ledger_form,
        )
        self.record = Record(rate_limit=rate_limit, window_s=window)
        self.add_rental = self.book.add_rental
        self.add_order, self.order, self.status = self.book.add_order, self.book.order, self.book.status
        self.refunded, self.times_paid = self.book.refunded, self.book.times_paid
        self.advance, self.deliver = self.book.advance, self.book.deliver
        self.posts = self.record.posts
        ports = self._ports = Ports()
        self.closed_port, self.hanging_port, self.full_port = ports.closed, ports.hanging, ports.full
        self._listener = Listener(self._converse, date=self._date)
        self.release = self._listener.gate.release
        self.wait_for_late = self._listener.wait_for_late
        self._tls = tls
        self._dialect = dialect
        self._faults: Rules[Fault] = Rules()
        self._kills: Rules[Kill] = Rules()

    def __enter__(self) -> Self:
        try:
            self._listener.open(tls=self._tls)
        except BaseException:
            self._listener.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.close()
        self._ports.close()

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{HOST}:{self.port}{BASE}"

    @property
    def https_url(self) -> str:
        """Of a server without TLS: plain text where a handshake is expected."""
        return f"https://{HOST}:{self.port}{BASE}"

    @property
    def certificate(self) -> Path:
        if self._listener.certificate is None:
            raise RuntimeError("this server speaks no TLS")
        return self._listener.certificate.path

    @property
    def requests(self) -> list[Received]:
        return self.record.requests

    @property
    def connections(self) -> int:
        return self._listener.connections

    @property
    def max_in_window(self) -> Most:
        return self.record.max_in_window

    def fault(self, operation: str, kind: str = "raw", **options: Any) -> Fault:
        """From now on, after the faults already there. The options are Fault's."""
        if kind not in KINDS and not kind.isdigit():
            raise ValueError(f"no kind {kind!r}; there are every status and {sorted(KINDS)}")
        return self._faults.add(Fault(operation=operation, kind=kind, **options))

    def kill_client_at(
        self, point: str, pid: int | Callable[[], int], operation: str = "cancel", **options: Any
    ) -> Kill:
        """SIGKILL to that process at that point of its request. The options are Kill's."""
        return self._kills.add(Kill(point=point, pid=pid, operation=operation, **options))

    def clear(self) -> None:
        """A healthy service again; what is held stays held until release()."""
        self._faults.clear()
        self._kills.clear()

    def _date(self) -> str:
        return format_datetime(self.book.now() + timedelta(seconds=self.date_offset), usegmt=True)

    def _converse(self, wire: Wire, connection: int) -> None:
        while (line := wire.line()) is not None and self._serve(wire, line, connection):
            pass

    def _serve(self, wire: Wire, line: str, connection: int) -> bool:
        """One request; whether the connection lives on."""
        method, _, target = line.rpartition(" ")[0].partition(" ")
        operation, order_id = route(method, target)
        request = Received(
            connection=connection,
            method=method,
            target=target,
            operation=operation,
            order_id=order_id,
        )
        wait = self.record.add(request)
        fault = self._faults.take(operation, order_id) if request.accepted else None
        kill = self._kills.take(operation, order_id) if request.accepted else None
        if fault is None or fault.kind != "stops-reading":
            request.headers, request.body = wire.rest()
        wire.pause(self.latency)
        before = wire.sent
        try:
            if not request.accepted:
                self._say(wire, request, self._too_many(wait))
            elif kill:
                self._kill(wire, request, kill)
            elif fault:
                return self._fail(wire, request, fault)
            else:
                self._say(wire, request, self._plan(request, commits=True).answer)
        finally:
            request.sent = wire.sent - before
        return kill is None and request.headers.get("connection", "").lower() != "close"

    def _say(self, wire: Wire, request: Received, answer: Answer) -> None:
        wire.answer(answer)
        request.status = answer.status

    def _plan(self, request: Received, *, commits: bool) -> Plan:
        with self.book.lock:
            # A request that was not read to its end has no headers to judge it by.
            if request.headers and request.headers.get("x-api-key") != self.token:
                return Plan(answer=refusal(401, "Invalid API key"))
            plan = self.api.plan(request.operation, request.order_id, request.target, request.body)
            if commits and plan.answer.status < 300 and request.operation in MUTATIONS:
                self.book.about_to_change(request.order_id or "")
                plan.commit()
                request.committed = True
            return replace(plan, answer=self._told(plan.answer))

    def _told(self, answer: Answer) -> Answer:
        if self._dialect is None or not isinstance(answer.payload, dict) or answer.body is not None:
            return answer
        content = json.loads(dumps(answer.payload), parse_float=Decimal)
        return replace(answer, payload=told(self._dialect, content, status=answer.status))

    def _fail(self, wire: Wire, request: Received, fault: Fault) -> bool:
        request.fault = fault.kind
        plan = self._plan(request, commits=fault.when == "after")
        if fault.when == "late":
            self._commit_later(request, fault.late_s)
        wrong = strange_answer(plan.answer, fault)
        if wrong is None:
            ACTIONS[fault.kind](wire, plan.answer, fault)
            return False
        self._say(wire, request, wrong)
        return True

    def _kill(self, wire: Wire, request: Received, kill: Kill) -> None:
        request.fault = f"kill at {kill.point}"
        plan = self._plan(request, commits=kill.point != "request-received")
        if kill.late_s is not None and kill.point == "request-received":
            self._commit_later(request, kill.late_s)
        kill.strike(wire, plan.answer)

    def _commit_later(self, request: Received, seconds: float) -> None:
        # Planned anew then: meanwhile the order may have ended, or another request may have come first.
        self._listener.later(seconds, lambda: self._plan(request, commits=True))

    def _too_many(self, wait: float) -> Answer:
        seconds = math.ceil(max(wait, 0))
        match self.rate_retry_after:
            case None:
                headers: tuple[tuple[str, str], ...] = ()
            case "seconds":
                headers = (("Retry-After", str(seconds)),)
            case "date":
                at = self.book.now() + timedelta(seconds=self.date_offset + seconds)
                headers = (("Retry-After", format_datetime(at, usegmt=True)),)
            case as_it_is:
                headers = (("Retry-After", as_it_is),)
        return replace(refusal(429, "Too many requests"), headers=headers)
