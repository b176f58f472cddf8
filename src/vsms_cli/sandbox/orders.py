"""The life of an order: waiting, then completed, expired or cancelled. The last two give its price back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from vsms_cli.sandbox import ledger
from vsms_cli.sandbox.tables import Page, moment, stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime


class Status(StrEnum):
    """The four live values (the vendor's live run)."""

    WAITING = "waiting"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the database has it. `price` in dollars; `phone_number` with or without +."""

    id: str
    phone_number: str
    service: str
    country: str
    status: Status
    price: Decimal
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An SMS that came in for an order."""

    sender: str
    content: str
    received_at: datetime


def place(
    page: Page, *, phone_number: str, service: str, country: str, price: Decimal, at: datetime
) -> Order:
    """A new order, waiting and paid."""
    order = Order(
        id=page.fresh_id(),
        phone_number=phone_number,
        service=service,
        country=country,
        status=Status.WAITING,
        price=price,
        created_at=at,
        expires_at=at + page.order_life,
    )
    page.write(
        "INSERT INTO orders (id, phone_number, service, country, status, price, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.id, phone_number, service, country, order.status, str(price), stamp(at),
            stamp(order.expires_at),
        ),
    )  # fmt: skip
    ledger.post(
        page, ledger.Kind.PURCHASE, -price, f"Number for {service} in {country}", at=at, order_id=order.id
    )
    return order


def find(page: Page, order_id: str) -> Order | None:
    row = page.row("SELECT * FROM orders WHERE id = ?", (order_id.lower(),))
    return None if row is None else _read(row)


def beginning_with(page: Page, beginning: str) -> list[Order]:
    rows = page.rows("SELECT * FROM orders WHERE substr(id, 1, ?) = ?", (len(beginning), beginning.lower()))
    return [_read(row) for row in rows]


def newest(page: Page, *, status: str | None, limit: int) -> list[Order]:
    rows = page.rows(
        "SELECT * FROM orders WHERE (?1 IS NULL OR status = ?1) ORDER BY created_at DESC, seq DESC LIMIT ?2",
        (status, limit),
    )
    return [_read(row) for row in rows]


def count(page: Page) -> int:
    return int(page.rows("SELECT count(*) AS n FROM orders")[0]["n"])


def end(page: Page, order: Order, status: Status, *, at: datetime, refunded: bool) -> None:
    """The order leaves `waiting`, once and for good; with `refunded` its price goes back to the balance."""
    changed = page.write(
        "UPDATE orders SET status = ? WHERE id = ? AND status = 'waiting'", (status, order.id)
    )
    if changed and refunded:
        text = f"Refund for {status} order"
        ledger.post(page, ledger.Kind.REFUND, order.price, text, at=at, order_id=order.id)


def lapse(page: Page) -> None:
    """Lets time pass: what waits past its `expires_at` expired then, and was refunded in full then."""
    rows = page.rows(
        "SELECT * FROM orders WHERE status = 'waiting' AND expires_at <= ? ORDER BY expires_at, seq",
        (stamp(page.now),),
    )
    for order in map(_read, rows):
        end(page, order, Status.EXPIRED, at=order.expires_at, refunded=True)


def receive(page: Page, order: Order, message: Message) -> None:
    """The SMS comes in: the order is completed."""
    page.write(
        "INSERT INTO messages (order_id, sender, content, received_at) VALUES (?, ?, ?, ?)",
        (order.id, message.sender, message.content, stamp(message.received_at)),
    )
    end(page, order, Status.COMPLETED, at=message.received_at, refunded=False)


def messages(page: Page, order: Order) -> list[Message]:
    rows = page.rows("SELECT * FROM messages WHERE order_id = ? ORDER BY seq", (order.id,))
    return [
        Message(sender=row["sender"], content=row["content"], received_at=moment(row["received_at"]))
        for row in rows
    ]


def renumber(page: Page, order: Order, phone_number: str) -> None:
    page.write("UPDATE orders SET phone_number = ? WHERE id = ?", (phone_number, order.id))


def _read(row: sqlite3.Row) -> Order:
    return Order(
        id=row["id"],
        phone_number=row["phone_number"],
        service=row["service"],
        country=row["country"],
        status=Status(row["status"]),
        price=Decimal(row["price"]),
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
    )
