"""The truth the fault server is judged by: orders, and a ledger of every cent that moved."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACTIVE = frozenset({"waiting", "pending", "created"})
RETURNED = frozenset({"refund", "credit", "admin_credit"})  # what brings an order's money back


@dataclass(slots=True, kw_only=True)
class Order:
    id: str
    status: str
    country: str
    service: str
    price: Decimal
    phone_number: str
    created_at: datetime
    expires_at: datetime
    opens_at: datetime  # before this, cancel and swap answer 425
    messages: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # set in every answer about this order; None removes
    refund_requests: list[str] = field(default_factory=list)
    swaps: int = 0
    rental: bool = False
    sms_count: int = 0  # of a rental


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    id: str
    amount: Decimal
    type: str
    description: str
    order_id: str | None
    balance_before: Decimal
    balance_after: Decimal
    created_at: datetime


class Database:
    """Thread-safe. Whoever plans on what he reads and then writes holds `lock` over both."""

    def __init__(
        self,
        *,
        balance: Decimal = Decimal("50.00"),
        cooldown_s: float = 120,  # the vendor's live run: 425 until then
        lifetime_s: float = 1200,  # the vendor's help page: refunded by itself at 20 minutes
        pays_on_expiry: bool = True,
        clock_offset: float = 0.0,
        read_lag_s: float = 0.0,  # so long an order reads as it was before a request changed it
        ledger_lag_s: float = 0.0,  # so long the ledger lacks a line that was booked
    ) -> None:
        self.lock = threading.RLock()
        self.cooldown_s = cooldown_s
        self.lifetime_s = lifetime_s
        self.pays_on_expiry = pays_on_expiry
        self.read_lag_s = read_lag_s
        self.ledger_lag_s = ledger_lag_s
        self._booked: dict[str, float] = {}
        self._past: dict[str, list[tuple[float, Order]]] = {}
        self._offset = timedelta(seconds=clock_offset)
        self._orders: dict[str, Order] = {}
        self._ledger: list[Transaction] = []
        self._balance = Decimal(0)
        self.post("deposit", balance, description="opening deposit")

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Moves the server's clock: cooldowns open, orders expire, the Date header follows."""
        with self.lock:
            self._offset += timedelta(seconds=seconds)

    def add_order(
        self,
        *,
        status: str = "waiting",
        country: str = "AR",
        service: str = "wa",
        price: Decimal = Decimal("0.80"),
        age_s: float = 300,
        order_id: str | None = None,
        phone_number: str | None = None,
        cooldown_s: float | None = None,
        lifetime_s: float | None = None,
        messages: Sequence[Mapping[str, Any]] | None = None,
        refunds: Sequence[Decimal] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """An order and its purchase. Without `refunds`, a cancelled or expired one was refunded in full."""
        with self.lock:
            created = self.now() - timedelta(seconds=age_s)
            if messages is None:
                arrived = {"sender": "WhatsApp", "content": "Your code is 123-456", "received_at": self.now()}
                messages = [arrived] if status == "completed" else []
            order = Order(
                id=(order_id or str(uuid.uuid4())).lower(),
                status=status,
                country=country,
                service=service,
                price=price,
                phone_number=f"+54911{len(self._orders):07d}" if phone_number is None else phone_number,
                created_at=created,
                expires_at=created + timedelta(seconds=self.lifetime_s if lifetime_s is None else lifetime_s),
                opens_at=created + timedelta(seconds=self.cooldown_s if cooldown_s is None else cooldown_s),
                messages=[dict(message) for message in messages],
                extra=dict(extra or {}),
            )
            self._orders[order.id] = order
            self.post("purchase", -price, order_id=order.id, at=created)
            if refunds is None:
                refunds = [price] if status in {"cancelled", "expired"} else []
            for amount in refunds:
                self.post("refund", amount, order_id=order.id)
            return order.id

    def add_rental(
        self,
        *,
        status: str = "active",
        service: str = "",
        price: Decimal = Decimal("2.50"),
        age_s: float = 300,
        sms_count: int = 0,
        rental_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A rental for a day and its purchase; without `service` it takes any sender's SMS."""
        with self.lock:
            added = self.add_order(
                status=status,
                service=service,
                price=price,
                age_s=age_s,
                order_id=rental_id,
                lifetime_s=86400,
                cooldown_s=0,
                messages=(),
                extra=extra,
            )
            self._orders[added].rental = True
            self._orders[added].sms_count = sms_count
            return added

    def rentals(self, status: str) -> list[Order]:
        """Newest first."""
        with self.lock:
            rows = [
                order for order in self._orders.values() if order.rental and status in {"all", order.status}
            ]
            return sorted(rows, key=lambda order: order.created_at)[::-1]

    def order(self, order_id: str) -> Order | None:
        with self.lock:
            self._expire()
            return self._orders.get(order_id.lower())

    def orders(self, status: str | None = None) -> list[Order]:
        """Newest first."""
        with self.lock:
            self._expire()
            rows = [o for o in self._orders.values() if status in {None, o.status} and not o.rental]
            return sorted(rows, key=lambda order: order.created_at)[::-1]

    def about_to_change(self, order_id: str) -> None:
        """Before a commit: reads go on to show the order as it is now, for `read_lag_s`."""
        with self.lock:
            order = self._orders.get(order_id)
            if self.read_lag_s and order is not None:
                self._past.setdefault(order_id, []).append((time.monotonic(), replace(order)))

    def as_read(self, order: Order) -> Order:
        """The order as a read that lags behind shows it."""
        since = time.monotonic() - self.read_lag_s
        with self.lock:
            return next((was for at, was in self._past.get(order.id, ()) if at > since), order)

    def status(self, order_id: str) -> str:
        order = self.order(order_id)
        if order is None:
            raise KeyError(order_id)
        return order.status

    def deliver(self, order_id: str, content: str, *, sender: str = "WhatsApp") -> None:
        with self.lock:
            order = self._orders[order_id.lower()]
            order.messages.append({"sender": sender, "content": content, "received_at": self.now()})
            order.status = "completed"

    def post(
        self,
        kind: str,
        amount: Decimal,
        *,
        order_id: str | None = None,
        description: str = "",
        at: datetime | None = None,
    ) -> Transaction:
        with self.lock:
            entry = Transaction(
                id=str(uuid.uuid4()),
                amount=amount,
                type=kind,
                description=description or (f"{kind} of order {order_id}" if order_id else kind),
                order_id=order_id,
                balance_before=self._balance,
                balance_after=self._balance + amount,
                created_at=at or self.now(),
            )
            self._balance = entry.balance_after
            self._ledger.append(entry)
            self._booked[entry.id] = time.monotonic()
            return entry

    def forget_purchase(self, order_id: str) -> None:
        """A ledger that lacks the line: nobody says any more what the order cost."""
        with self.lock:
            self._ledger = [e for e in self._ledger if (e.order_id, e.type) != (order_id, "purchase")]

    def forget_refunds(self, order_id: str) -> None:
        """A refund that was never paid."""
        with self.lock:
            self._ledger = [e for e in self._ledger if e.order_id != order_id or e.type not in RETURNED]

    @property
    def balance(self) -> Decimal:
        with self.lock:
            self._expire()
            return self._balance

    @property
    def ledger_as_read(self) -> list[Transaction]:
        """As a read that lags behind shows it."""
        since = time.monotonic() - self.ledger_lag_s
        return [entry for entry in self.ledger if self._booked[entry.id] <= since]

    @property
    def ledger(self) -> list[Transaction]:
        """Newest first."""
        with self.lock:
            self._expire()
            # Turned round after the sort: of two at one moment the later entry comes first.
            return sorted(self._ledger, key=lambda entry: entry.created_at)[::-1]

    def refunds(self, order_id: str) -> list[Transaction]:
        return [e for e in self.ledger if e.order_id == order_id.lower() and e.type in RETURNED]

    def refunded(self, order_id: str) -> Decimal:
        return sum((entry.amount for entry in self.refunds(order_id)), Decimal(0))

    def times_paid(self, order_id: str) -> int:
        return len(self.refunds(order_id))

    def _expire(self) -> None:
        now = self.now()
        for order in self._orders.values():
            if order.status in ACTIVE and order.expires_at <= now:
                order.status = "expired"
                if self.pays_on_expiry:
                    self.post("refund", order.price, order_id=order.id, at=order.expires_at)
