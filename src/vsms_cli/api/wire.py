"""The one door through which the service's words come in: read strictly here, trusted inside.

The listing and the detail name the same things differently (the vendor's live run of 2026-05-24), and older
deployments differently again; each reader takes every name that a source gives.
"""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from typing import Final

from vsms_cli.api.row import Row, bad, decode_body
from vsms_cli.api.strict_json import decode
from vsms_cli.domain.answers import Cancelled, Requested, Swapped
from vsms_cli.domain.catalogue import Entry
from vsms_cli.domain.money import Account, Balance, Transaction
from vsms_cli.domain.orders import Message, Order, is_whole_id, same_number
from vsms_cli.domain.pages import LedgerPage, OrderPage

ORDERS_PAGE: Final = 200  # the API's largest limit for orders (the vendor's live run)
LEDGER_PAGE: Final = 100  # the reference pages' largest; the SDK says 200
_LARGEST_REFUND: Final = Decimal(25)  # dollars, for an unknown price: the dearest number costs some $20
_LONGEST_COOLDOWN: Final = 86400  # seconds


def read_orders(body: bytes) -> OrderPage:
    """`{"count", "orders"}`, or in older deployments the bare array."""
    value = decode_body(body)
    rows = value if isinstance(value, list) else Row(value, "the answer").rows("orders")
    return OrderPage(
        orders=tuple(_order(Row(row, f"orders[{index}]")) for index, row in enumerate(rows)),
        full=len(rows) >= ORDERS_PAGE,
    )


def read_order(body: bytes, order_id: str) -> Order:
    order = _order(Row(decode_body(body), "the order"))
    if order.id != order_id:
        bad("the answer is about another order")
    return order


def read_cancelled(body: bytes, order_id: str, *, price: Decimal | None) -> Cancelled:
    """A cancel's 2xx, believed only when every field of the live answer is there and holds up."""
    row = Row(decode_body(body), "the answer")
    row.must_be_about(order_id)
    status = row.text("status")
    if status != "cancelled":
        bad("the answer does not say that the order is cancelled")
    amount = row.money("refund_amount")
    if amount is None or not 0 <= amount <= (_LARGEST_REFUND if price is None else price):
        bad("the refund's amount is absurd")
    return Cancelled(status=status, refund_amount=amount)


def read_requested(body: bytes, order_id: str) -> Requested:
    """ASSUMED, as is the whole refund endpoint: see `client.REFUND_ENDPOINT`."""
    row = Row(decode_body(body), "the answer")
    row.must_be_about(order_id)
    request_id = row.text("request_id")
    if not request_id:
        bad("the answer names no request")
    return Requested(request_id=request_id, status=row.text("status"))


def read_swapped(body: bytes, order_id: str, *, number: str) -> Swapped:
    """A swap's 2xx (the reference pages), believed only when it names a number that is not `number`."""
    row = Row(decode_body(body), "the answer")
    row.must_be_about(order_id)
    now = row.text("phone_number")
    if not now or same_number(now, number):
        bad("the answer names no other number")
    return Swapped(phone_number=now)


def read_balance(body: bytes) -> Balance:
    row = Row(decode_body(body), "the balance")
    if row.value("success") is False:
        bad("the service says that reading the balance failed")
    amount = row.money("balance", "balance_usd")
    if amount is None:
        bad("the balance is missing")
    return Balance(amount=amount)


def read_account(body: bytes) -> Account:
    return Account(email=Row(decode_body(body), "the profile").text("email"))


def read_ledger(body: bytes) -> LedgerPage:
    row = Row(decode_body(body), "the answer")
    rows = row.rows("transactions")
    total = row.value("count")
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        bad("the ledger's count is missing")
    return LedgerPage(
        transactions=tuple(
            _transaction(Row(line, f"transactions[{index}]")) for index, line in enumerate(rows)
        ),
        total=total,
    )


def read_countries(body: bytes) -> tuple[Entry, ...]:
    return _entries(body, "countries", "country_id", "country_name")


def read_services(body: bytes) -> tuple[Entry, ...]:
    return _entries(body, "services", "service_id", "service_name")


def read_seconds_remaining(body: bytes) -> int | None:
    """A 425's `seconds_remaining`, rounded up; None where it is absent or absurd. The live 425 is plain text,
    and a sentence is never parsed.
    """
    try:
        value = decode(body)
    except ValueError:
        return None
    seconds = value.get("seconds_remaining") if isinstance(value, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | Decimal):
        return None
    return math.ceil(seconds) if 0 <= seconds <= _LONGEST_COOLDOWN else None


def is_api_error(body: bytes) -> bool:
    """Whether a refusal is the API's own: a JSON object with its `error` (the reference pages). A page, a plain text or
    another object comes from something in front of it.
    """
    try:
        value = decode(body)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), str) and bool(value["error"])


def read_error(body: bytes) -> str:
    """The service's own words for a refusal, as it sent them; empty where it sent none fit to show."""
    try:
        value = decode(body)
    except ValueError:
        text = body[:1000].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text[:200]
    if not isinstance(value, dict):
        return ""
    words = [text for text in (value.get("error"), value.get("message")) if isinstance(text, str) and text]
    return ": ".join(dict.fromkeys(words))[:200]


def _order(row: Row) -> Order:
    order_id = row.text("id", "order_id")
    if order_id is None or not is_whole_id(order_id.lower()):
        bad(f"{row.where} has no id that is a UUID")
    status = row.text("status")
    if not status:
        bad(f"{row.where} has no status")
    price = row.money("price_charged", "price")
    if price is not None and price < 0:
        bad(f"{row.where} has a negative price")
    return Order(
        id=order_id.lower(),
        status=status,
        phone_number=row.text("phone_number"),
        country=row.text("country_id", "country"),
        service=row.text("service_id", "service"),
        price=price,
        created_at=row.time("created_at"),
        expires_at=row.time("expires_at"),
        cancel_available_at=row.time("cancel_available_at"),
        cancel_cooldown=_cooldown(row),
        swap_available_at=row.time("swap_available_at"),
        messages=_messages(row),
    )


def _cooldown(row: Row) -> timedelta | None:
    rules = row.value("rules")
    seconds = rules.get("cancel_cooldown_seconds") if isinstance(rules, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= _LONGEST_COOLDOWN:
        return None
    return timedelta(seconds=seconds)


def _messages(row: Row) -> tuple[Message, ...] | None:
    """`messages`; in older deployments `sms_text` and `sms_code`. `sms_received` is ignored: the live run saw it
    false although a message was there.
    """
    old = row.text("sms_text") or row.text("sms_code")
    if old and not row.value("messages"):
        return (Message(sender="", content=old, received_at=None),)
    if row.value("messages") is None:
        return None
    return tuple(
        Message(
            sender=message.text("sender") or "",
            content=message.text("content") or "",
            received_at=message.time("received_at"),
        )
        for message in (Row(value, f"{row.where}'s message") for value in row.rows("messages"))
    )


def _transaction(row: Row) -> Transaction:
    amount = row.money("amount")
    number = row.value("id")
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)
    if not isinstance(number, str) or not number or amount is None:
        bad(f"{row.where} has no id or no amount")
    order_id = row.text("order_id")
    return Transaction(
        id=number,
        amount=amount,
        type=row.text("type") or "",
        description=row.text("description") or "",
        order_id=None if not order_id else order_id.lower(),
        balance_before=row.money("balance_before"),
        balance_after=row.money("balance_after"),
        created_at=row.time("created_at"),
    )


def _entries(body: bytes, list_name: str, code_name: str, name_name: str) -> tuple[Entry, ...]:
    rows = Row(decode_body(body), "the answer").rows(list_name)
    entries = []
    for index, value in enumerate(rows):
        row = Row(value, f"{list_name}[{index}]")
        code = row.text(code_name)
        if not code:
            bad(f"{row.where} has no {code_name}")
        entries.append(Entry(code=code, name=row.text(name_name) or code))
    return tuple(entries)
