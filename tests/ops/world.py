"""A service, a journal, a clock and a wish to end, all in memory: no test here sleeps.

Time passes when somebody waits, and when a request takes its `seconds`.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from vsms_cli.domain.catalogue import Catalogue, Entry
from vsms_cli.domain.errors import JournalUnusable, OrderNotFound, StopRequested, Unreachable, VsmsError
from vsms_cli.domain.journal_entry import JournalEntry
from vsms_cli.domain.money import Account, Balance, LedgerPage, Transaction
from vsms_cli.domain.mutation_answers import Answer, Cancelled
from vsms_cli.domain.orders import Order, OrderPage
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.rentals import Rental
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.context import Context

LIMIT = 30.0  # seconds for a whole request
PRICE = Decimal("0.80")
START = datetime(2026, 5, 24, 12, tzinfo=UTC)
ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"


def order_id(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


def order(status: str = "waiting", *, id_: str = ORDER, age_s: float = 300, **fields: object) -> Order:
    made = Order(id=id_, status=status, price=PRICE, created_at=START - timedelta(seconds=age_s))
    return replace(made, **fields)  # type: ignore[arg-type] # the fields of Order, by name


CANCELLED = Cancelled(status="cancelled", refund_amount=PRICE)


@dataclass(slots=True)
class Time:
    """A `Clock` and a `Stop`: asked to end at `stop_at` seconds from the start, if that is set."""

    seconds: float = 0.0
    stop_at: float | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds

    @property
    def requested(self) -> bool:
        return self.stop_at is not None and self.seconds >= self.stop_at

    def wait(self, seconds: float) -> bool:
        with self.lock:
            end = self.seconds + seconds
            if self.stop_at is not None and end >= self.stop_at:
                end = max(self.seconds, self.stop_at)
            self.seconds = end
        return self.requested


@dataclass(frozen=True, slots=True)
class Sent:
    """What the service got, and when."""

    what: str
    order_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Say:
    """An answer to a POST: what it does to the order, and how long it takes."""

    answer: Answer | VsmsError
    makes: str | None = None
    number: str | None = None
    seconds: float = 0.0


Read = str | VsmsError


@dataclass(slots=True)
class FakeService:
    """`posts` are said in turn, and then the truth; so are `reads`, which name a status or raise."""

    time: Time
    orders_by_id: dict[str, Order] = field(default_factory=dict)
    posts: dict[str, list[Say]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    ledger: list[Transaction] = field(default_factory=list)
    ledger_fails: int = 0
    read_seconds: float = 0.0
    lag: float = 0.0  # seconds by which reads of orders are behind what was done
    history: list[tuple[float, dict[str, Order]]] = field(default_factory=list)  # since when it was so
    log: list[Sent] = field(default_factory=list)
    time_limit: float = LIMIT
    on_post: Callable[[str], object] = lambda _order: None
    refuses_turns: VsmsError | None = None
    turns: int = 0  # taken and not given back
    lock: threading.RLock = field(default_factory=threading.RLock)

    def times(self, what: str, order: str | None = None) -> list[float]:
        return [sent.at for sent in self.log if sent.what == what and order in {None, sent.order_id}]

    def reserve(self) -> None:
        if self.time.requested:
            raise StopRequested("ended before this was sent")
        if self.refuses_turns is not None:
            raise self.refuses_turns
        self.turns += 1

    def release_turn(self) -> None:
        self.turns -= 1

    def order(self, order_id: str, *, within: float | None = None) -> Order:
        with self.lock:
            self.log.append(Sent("read", order_id, self.time.seconds))
            if within is not None and self.read_seconds > within:
                self.time.sleep(within)
                raise Unreachable(f"no answer within {within:g} s")
            self.time.sleep(self.read_seconds)
            shows = self.reads.pop(0) if self.reads else None
            if isinstance(shows, VsmsError):
                raise shows
            known = self._as_read().get(order_id)
            if known is None:
                raise OrderNotFound(f"the service knows no order {order_id}")
            return known if shows is None else replace(known, status=shows)

    def _as_read(self) -> dict[str, Order]:
        then = self.time.seconds - self.lag
        if not self.lag or not self.history or self.history[-1][0] <= then:
            return self.orders_by_id
        later = next(number for number, (since, _) in enumerate(self.history) if since > then)
        return self.history[later][1]

    def cancel(self, ticket: Ticket, *, price: Decimal | None) -> Answer:
        assert ticket.operation is Operation.CANCEL
        assert price in {None, PRICE}
        return self._post(ticket.order_id, "cancel", CANCELLED)

    def rentals(self, *, status: str | None) -> Sequence[Rental]:
        self.log.append(Sent("read", "", self.time.seconds))
        shows = self.reads.pop(0) if self.reads else None
        if isinstance(shows, VsmsError):
            raise shows
        rentals = [order for order in self._as_read().values() if isinstance(order, Rental)]
        return [rental for rental in rentals if status == "all" or rental.active]

    def cancel_rental(self, ticket: Ticket, *, price: Decimal | None) -> Answer:
        assert ticket.operation is Operation.RENTAL
        assert price in {None, PRICE}
        return self._post(ticket.order_id, "cancel", CANCELLED)

    def request_refund(self, ticket: Ticket, *, reason: str, note: str | None) -> Answer:
        assert ticket.operation is Operation.REFUND
        assert reason
        del note
        return self._post(ticket.order_id, "refund", None)

    def swap(self, ticket: Ticket, *, number: str) -> Answer:
        assert ticket.operation is Operation.SWAP
        assert number
        return self._post(ticket.order_id, "swap", None)

    def _post(self, order: str, what: str, default: Answer | None) -> Answer:
        self.on_post(order)
        with self.lock:
            self.log.append(Sent(what, order, self.time.seconds))
            script = self.posts.get(order, [])
            say = script.pop(0) if script else None
            if say is None:
                assert default is not None, "more requests than answers"
                say = Say(default, makes="cancelled")
            self.time.sleep(say.seconds)
            if self.lag:
                self.history.append((self.time.seconds, dict(self.orders_by_id)))
            if say.makes is not None:
                self.become(order, say.makes)
            if say.number is not None:
                known = self.orders_by_id[order]
                self.orders_by_id[order] = replace(known, phone_number=say.number)
            if isinstance(say.answer, VsmsError):
                raise say.answer
            return say.answer

    def become(self, order: str, status: str) -> None:
        self.orders_by_id[order] = replace(self.orders_by_id[order], status=status)
        if status in {"cancelled", "expired"}:
            self.pay(order)

    def pay(self, order: str, amount: Decimal = PRICE, kind: str = "refund") -> None:
        self.ledger.append(line(order, amount, kind, number=len(self.ledger), at=self.time.now()))

    def transactions(
        self, *, type_: str | None = None, since: datetime | None = None, offset: int = 0
    ) -> LedgerPage:
        del type_
        self.log.append(Sent("ledger", "", self.time.seconds))
        if self.ledger_fails:
            self.ledger_fails -= 1
            raise VsmsError("the ledger can't be read")
        lines = [x for x in self.ledger if since is None or x.created_at is None or x.created_at >= since]
        return LedgerPage(transactions=tuple(lines[offset : offset + 2]), total=len(lines))

    def orders(self, *, status: str | None) -> OrderPage:
        self.log.append(Sent("list", status or "", self.time.seconds))
        fitting = [known for known in self.orders_by_id.values() if status in {None, known.status}]
        return OrderPage(orders=tuple(fitting[:200]), full=len(fitting) >= 200)

    def balance(self) -> Balance:
        return Balance(amount=Decimal(50))

    def account(self) -> Account:
        return Account(email=None)

    def catalogue(self) -> Catalogue:
        return Catalogue(
            countries=(Entry(code="AR", name="Argentina"), Entry(code="BR", name="Brazil")),
            services=(Entry(code="wa", name="WhatsApp"),),
        )


def line(
    order: str | None, amount: Decimal, kind: str = "refund", *, number: int = 0, at: datetime = START
) -> Transaction:
    return Transaction(
        id=f"t{number}", amount=amount, type=kind, description="", order_id=order,
        balance_before=None, balance_after=None, created_at=at,
    )  # fmt: skip


@dataclass(slots=True)
class FakeJournal:
    """`breaks` names methods that fail, and at which of their calls (the first is 1)."""

    rows: list[JournalEntry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    closed: list[tuple[int, str]] = field(default_factory=list)
    breaks: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)  # how often another process still has an order
    claimed: list[str] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def _called(self, name: str) -> None:
        with self._lock:
            self._calls[name] = self._calls.get(name, 0) + 1
            if 0 < self.breaks.get(name, 0) <= self._calls[name]:
                raise JournalUnusable("disk full. Nothing that moves money is sent without it")

    def begin(
        self,
        operation: Operation,
        order_id: str,
        *,
        price: Decimal | None,
        time_limit: float,
        reference: str | None = None,
    ) -> Ticket:
        self._called("begin")
        assert time_limit > 0
        with self._lock:
            assert order_id in self.claimed
            row = self.known(operation, order_id, outcome=None, price=price, reference=reference)
            return self.ticket_of(row)

    def known(
        self,
        operation: Operation,
        order_id: str,
        *,
        outcome: str | None,
        age_s: float = 0.0,
        price: Decimal | None = PRICE,
        reference: str | None = None,
        in_doubt: bool = False,
        time_limit: float | None = None,
    ) -> JournalEntry:
        """An entry that is there already."""
        at = datetime.now(UTC) - timedelta(seconds=age_s)  # the journal's times are this machine's
        row = JournalEntry(
            entry=len(self.rows) + 1, at=at, host="h", operation=operation, order_id=order_id,
            idempotency_key=f"key-{len(self.rows) + 1}", price=price, outcome=outcome, refund_amount=None,
            reference=reference, detail=None, updated_at=at, in_doubt=in_doubt,
            time_limit=time_limit,
        )  # fmt: skip
        self.rows.append(row)
        return row

    def note(self, ticket: Ticket, what: str, *, in_doubt: bool = False) -> None:
        self._called("note")
        self.notes.append(what)
        if in_doubt:
            self.rows[ticket.entry - 1] = replace(self.rows[ticket.entry - 1], in_doubt=True)

    def close(
        self,
        ticket: Ticket,
        outcome: str,
        *,
        refund_amount: Decimal | None = None,
        reference: str | None = None,
        detail: str | None = None,
        settled: bool = False,
    ) -> None:
        self._called("close")
        with self._lock:
            row = self.rows[ticket.entry - 1]
            if (
                row.outcome is None or not row.in_doubt
            ):  # what was in doubt is closed once more when it is settled
                self.closed.append((ticket.entry, outcome))
            self.rows[ticket.entry - 1] = replace(
                row,
                outcome=outcome, refund_amount=refund_amount, reference=reference, detail=detail,
                in_doubt=row.in_doubt and not settled,
            )  # fmt: skip

    def pass_over(
        self, operation: Operation, orders: Iterable[tuple[str, Decimal | None]], *, why: str
    ) -> None:
        self._called("pass_over")
        with self._lock:
            for order, price in orders:
                row = self.known(operation, order, outcome="skipped", price=price)
                self.rows[row.entry - 1] = replace(row, idempotency_key="", detail=why)

    def entry(self, number: int) -> JournalEntry | None:
        return next((entry for entry in self.entries() if entry.entry == number), None)

    def entries(self, *, unresolved: bool = False) -> Sequence[JournalEntry]:
        return [row for row in self.rows if row.unresolved or not unresolved]

    @staticmethod
    def age_of(entry: JournalEntry) -> float:
        return max(0.0, (datetime.now(UTC) - entry.updated_at).total_seconds())

    def _last(self, operation: Operation, order_id: str, outcomes: set[str | None]) -> JournalEntry | None:
        fitting = [r for r in self.rows if (r.operation, r.order_id) == (operation, order_id)]
        return next((row for row in reversed(fitting) if row.outcome in outcomes or row.in_doubt), None)

    def last_refund_request(self, order_id: str) -> JournalEntry | None:
        return self._last(Operation.REFUND, order_id, {None, "unknown", "requested", "already_requested"})

    def last_cancel(self, order_id: str, operation: Operation = Operation.CANCEL) -> JournalEntry | None:
        ended = {None, "unknown", "cancelled", "already_cancelled", "expired", "sms_received"}
        return self._last(operation, order_id, ended)

    def open_swap(self, order_id: str) -> JournalEntry | None:
        return self._last(Operation.SWAP, order_id, {None, "unknown"})

    def last_swap(self, order_id: str) -> JournalEntry | None:
        swaps = [r for r in self.rows if (r.operation, r.order_id) == (Operation.SWAP, order_id)]
        return next((row for row in reversed(swaps) if row.outcome == "swapped"), None)

    def refer(self, entry: JournalEntry, reference: str, what: str) -> None:
        raise NotImplementedError  # the journal in a file has tests of its own

    def ticket_of(self, entry: JournalEntry) -> Ticket:
        return Ticket(
            entry=entry.entry, operation=entry.operation, order_id=entry.order_id,
            idempotency_key=entry.idempotency_key,
        )  # fmt: skip

    def acquire(self, order_id: str) -> bool:
        with self._lock:
            if self.others.get(order_id, 0) > 0:
                self.others[order_id] -= 1
                return False
            assert order_id not in self.claimed
            self.claimed.append(order_id)
            return True

    def release(self, order_id: str) -> None:
        with self._lock:
            self.claimed.remove(order_id)


@dataclass(slots=True)
class World:
    time: Time = field(default_factory=Time)
    journal: FakeJournal = field(default_factory=FakeJournal)
    service: FakeService = field(init=False)

    def __post_init__(self) -> None:
        self.service = FakeService(self.time)

    @property
    def context(self) -> Context:
        return Context(service=self.service, journal=self.journal, clock=self.time, stop=self.time)

    def holds(self, *orders: Order) -> None:
        self.service.orders_by_id |= {known.id: known for known in orders}

    def says(self, *answers: Say, order: str = ORDER) -> None:
        self.service.posts[order] = list(answers)

    @property
    def outcomes(self) -> list[str]:
        """What the journal says of each entry; each was closed once, and no order is still claimed."""
        assert len({entry for entry, _ in self.journal.closed}) == len(self.journal.closed)
        assert self.journal.claimed == []
        return [row.outcome or "open" for row in self.journal.rows]
