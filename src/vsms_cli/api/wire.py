"""The answers of each endpoint as values of ours. How a field is read, and in which forms, is `api.json_fields`.

The listing and the detail name the same things differently (the vendor's live run of 2026-05-24), and older
deployments differently again; each reader takes every name that a source gives.
"""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from vsms_cli.api.deviation_collector import Deviations, Notes
from vsms_cli.api.json_fields import (
    DEEPEST,
    ENVELOPES,
    Fields,
    bad,
    decode_body,
    list_in,
    object_in,
    objects,
    refuse_error,
    words_of,
)
from vsms_cli.api.strict_json import decode
from vsms_cli.domain.catalogue import Entry
from vsms_cli.domain.money import NO_ID, Account, Balance, LedgerPage, Transaction
from vsms_cli.domain.mutation_answers import Cancelled, Requested, Swapped
from vsms_cli.domain.orders import KNOWN_STATUSES, Message, Order, OrderPage, canonical_id, same_number
from vsms_cli.domain.rentals import STATUSES as RENTAL_STATUSES
from vsms_cli.domain.rentals import Rental

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AnOrder = TypeVar("AnOrder", bound=Order)

ORDERS_PAGE: Final = 200  # the API's largest limit for orders (the vendor's live run)
_OTHER_CAPS: Final = frozenset({50, 100})  # rows: the API's default limit, and a common cap
LEDGER_PAGE: Final = 100  # the reference pages' largest; the SDK says 200
_LARGEST_REFUND: Final = Decimal(
    25
)  # dollars, for an unknown price: the most expensive number costs some $20
_LONGEST_COOLDOWN: Final = 86400  # seconds
_BALANCE: Final = ("balance", "balance_usd")  # the live run; the SDKs
_MOST_ROWS: Final = 10**9  # a count beyond it is none
_LONGEST_ID: Final = 64  # characters of an id that is shown and no UUID


def read_orders(body: bytes, notes: Notes) -> OrderPage:
    """`{"count", "orders"}`, or in older deployments the bare array. What is no object is noted and left out."""
    rows, path, around = list_in(body, "orders", notes)
    orders = _each_once(map(_order, objects(rows, path, notes)))
    return OrderPage(orders=orders, full=_may_hide_more(len(rows), _count(around, "count")))


def _may_hide_more(rows: int, count: int | None) -> bool:
    """Whether there may be more orders: the page is as long as any page can be, or shorter than its own count. The
    API's default is 50 rows, and a deployment may have a cap of its own.
    """
    return rows >= ORDERS_PAGE or rows in _OTHER_CAPS or (count is not None and count > rows)


def read_order(body: bytes, order_id: str, notes: Notes) -> Order:
    row = object_in(body, notes, wanted=("id", "order_id"), inside=("order",))
    order = _order(row)
    if order.id != order_id:
        row.refuse(f"the answer is about another order: {row.named('id', 'order_id')}")
    return order


def read_rentals(body: bytes, notes: Notes) -> tuple[Rental, ...]:
    """A bare array (the SDKs for Go and Python), `{"rentals": […]}` (Python) or `{"items": […]}` (PHP)."""
    rows, path, _ = list_in(body, "rentals", notes, also="items")
    return _each_once(map(_rental, objects(rows, path, notes)))


def _each_once(orders: Iterable[AnOrder]) -> tuple[AnOrder, ...]:
    """The first of an id; those without one are each their own."""
    found: dict[str, AnOrder] = {}
    for index, order in enumerate(orders):
        found.setdefault(order.id or f"row {index}", order)
    return tuple(found.values())


def read_rental_cancelled(body: bytes, rental_id: str, notes: Notes, *, price: Decimal | None) -> Cancelled:
    """A rental cancel's 2xx (the SDKs), believed as strictly as an order's."""
    row = _success_of(body, rental_id, notes, inside=("rental",))
    return _cancelled(row, "refund", "refund_amount", price=price)


def read_cancelled(body: bytes, order_id: str, notes: Notes, *, price: Decimal | None) -> Cancelled:
    """A cancel's 2xx, believed only when every field of the live answer is there and valid; it has no `order_id`."""
    return _cancelled(_success_of(body, order_id, notes), "refund_amount", price=price)


def _cancelled(row: Fields, *amounts: str, price: Decimal | None) -> Cancelled:
    status = row.text("status")
    if status is None or status.strip().lower() != "cancelled":
        bad(f"the answer does not say that it is cancelled: {row.named('status')}")
    amount = row.money(*amounts)
    if amount is None or not 0 <= amount <= (_LARGEST_REFUND if price is None else price):
        bad(f"{row.named(*amounts)} is no believable amount")
    return Cancelled(status="cancelled", refund_amount=amount)


def read_requested(body: bytes, order_id: str, notes: Notes) -> Requested:
    """ASSUMED, as is the whole refund endpoint: see `client.REFUND_ENDPOINT`."""
    row = _success_of(body, order_id, notes)
    _must_name(row, order_id)
    request_id = row.text("request_id")
    if not request_id:
        bad(f"the answer names no request: {row.named('request_id')}")
    return Requested(request_id=request_id, status=row.text("status"))


def read_swapped(body: bytes, order_id: str, notes: Notes, *, number: str) -> Swapped:
    """A swap's 2xx (the reference pages), believed only when it names a number that is not `number`."""
    row = _success_of(body, order_id, notes)
    _must_name(row, order_id)
    now = row.text("phone_number")
    if not now or same_number(now, number):
        bad(f"the answer names no other number: {row.named('phone_number')}")
    return Swapped(phone_number=now)


def read_balance(body: bytes, notes: Notes) -> Balance:
    row = object_in(body, notes, wanted=_BALANCE, inside=("account", "user"))
    amount = row.money(*_BALANCE, always=True)
    if amount is None:
        row.refuse(f"the answer has no balance that can be read: {row.named(*_BALANCE)}")
    return Balance(amount=amount)


def read_account(body: bytes, notes: Notes) -> Account:
    return Account(email=object_in(body, notes, wanted=("email",), inside=("user", "profile")).text("email"))


def read_ledger(body: bytes, notes: Notes) -> LedgerPage:
    rows, path, around = list_in(body, "transactions", notes)
    lines = tuple(_transaction(row) for row in objects(rows, path, notes))
    return LedgerPage(
        transactions=lines,
        left_out=len(rows) - len(lines),
        total=_count(around, "count"),
        limit=_count(around, "limit"),
    )


def read_countries(body: bytes, notes: Notes) -> tuple[Entry, ...]:
    return _entries(body, notes, "countries", ("country_id", "country"), ("country_name", "name"))


def read_services(body: bytes, notes: Notes) -> tuple[Entry, ...]:
    return _entries(body, notes, "services", ("service_id", "service"), ("service_name", "name"))


def read_seconds_remaining(body: bytes) -> int | None:
    """A 425's `seconds_remaining`, rounded up; None where it is absent or absurd. The live 425 is plain text,
    and a sentence is never parsed.
    """
    try:
        value = decode(body)
    except ValueError:
        return None
    while isinstance(value, dict) and isinstance(value.get("data"), dict):
        value = value["data"]
    row = Fields(value if isinstance(value, dict) else {}, "", Deviations())
    seconds = row.number("seconds_remaining", most=_LONGEST_COOLDOWN)
    return None if seconds is None else math.ceil(seconds)


def refuse_no_answer(body: bytes) -> None:
    """BadAnswer where no reader would take it: no JSON, or an error with a 2xx."""
    value = decode_body(body)
    if isinstance(value, dict):
        refuse_error(value, ())


def is_api_error(body: bytes) -> bool:
    """Whether a refusal is the API's own: a JSON object with its `error` (the reference pages). A page, a plain text or
    another object comes from something in front of it.
    """
    try:
        value = decode(body)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), str) and bool(value["error"])


def is_cut_short(body: bytes) -> bool:
    """Whether it begins as JSON does and does not end so."""
    text = body.strip()
    return text[:1] in {b"{", b"["} and text[-1:] not in {b"}", b"]"}


def read_error(body: bytes) -> str:
    """The service's own words for a refusal, as it sent them; empty where it sent none fit to show."""
    try:
        value = decode(body)
    except ValueError:
        text = body[:1000].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text[:200]
    return words_of(value)


def _success_of(body: bytes, own_id: str, notes: Notes, *, inside: tuple[str, ...] = ()) -> Fields:
    """The object of an answer that says that it succeeded, and names no other order or rental. The live run's cancel
    names none at all; one that names another is an answer to another request.
    """
    row = object_in(body, notes, inside=inside)
    named = _ids_in(decode_body(body))
    if row.value("success") is not True or not all(_is_id(said, own_id) for said in named):
        bad("the answer does not say that it succeeded, and for this order")
    return row


def _must_name(row: Fields, order_id: str) -> None:
    if not _is_id(row.text("order_id"), order_id):
        bad("the answer does not name this order")


def _ids_in(value: object) -> Iterator[object]:
    """What an answer, and the objects in it that may hold its fields, name as the order or the rental."""
    inside = [value]
    for _ in range(DEEPEST):
        found = [each for each in inside if isinstance(each, dict)]
        for each in found:
            yield from (each[name] for name in ("id", "order_id", "rental_id") if each.get(name) is not None)
        inside = [each.get(name) for each in found for name in (*ENVELOPES, "order", "rental")]


def _is_id(said: object, own_id: str) -> bool:
    return isinstance(said, str) and (said.strip().lower() == own_id.lower() or canonical_id(said) == own_id)


def _order(row: Fields) -> Order:
    return Order(
        id=_order_id(row),
        status=_status(row),
        phone_number=row.text("phone_number", always=True) or None,
        country=row.text("country_id", "country", always=True) or None,
        service=row.text("service_id", "service", always=True) or None,
        price=row.money("price_charged", "price", negative=False, always=True),
        created_at=row.time("created_at", always=True),
        expires_at=row.time("expires_at", always=True),
        cancel_available_at=row.time("cancel_available_at"),
        cancel_cooldown=_cooldown(row),
        swap_available_at=row.time("swap_available_at"),
        messages=_messages(row),
    )


def _rental(row: Fields) -> Rental:
    """The row of the Go SDK. `started_at` stands for the purchase: no source names another time of it."""
    rental_id = (row.text("id", "rental_id") or "").strip()
    if not rental_id:
        row.unreadable("id", "rental_id", expected="id")
    status = (row.text("status") or "").strip()
    if not status:
        row.unreadable("status", expected="status")
    elif status.lower() not in RENTAL_STATUSES:
        row.understood("status", found="undocumented status", expected="documented status")
    count = row.number("sms_received", most=_MOST_ROWS)
    hours = row.number("duration_hours", most=_MOST_ROWS)
    return Rental(
        id=canonical_id(rental_id) or rental_id[:_LONGEST_ID],
        status=status.lower(),
        phone_number=row.text("phone_number", always=True) or None,
        country=row.text("country_code", "country_id", "country") or None,
        service=row.text("service_id", "service") or None,
        price=row.money("price", "price_charged", negative=False, always=True),
        created_at=row.time("started_at", "created_at", always=True),
        ends_at=row.time("expires_at", always=True),
        kind=row.text("rental_type", "tier") or None,
        hours=None if hours is None else int(hours),
        sms_count=None if count is None else int(count),
    )


def _order_id(row: Fields) -> str:
    """A UUID in lower case; the service's own text where it is none, and empty where there is none."""
    said = (row.text("id", "order_id") or "").strip()
    order_id = canonical_id(said)
    if order_id is None:
        row.unreadable("id", "order_id", expected="UUID")
        return said[:_LONGEST_ID]
    if said != order_id:
        row.understood("id", "order_id", found="UUID in another form", expected="UUID")
    return order_id


def _status(row: Fields) -> str:
    """In small letters where it is a documented one; empty where there is none."""
    said = row.text("status") or ""
    status = said.strip()
    if not status:
        row.unreadable("status", expected="status")
        return ""
    if status.lower() not in KNOWN_STATUSES:
        row.understood("status", found="undocumented status", expected="documented status")
        return status
    if said != status.lower():
        row.understood("status", found="status in another form", expected="documented status")
    return status.lower()


def _cooldown(row: Fields) -> timedelta | None:
    rules = row.inner("rules")
    seconds = None if rules is None else rules.number("cancel_cooldown_seconds", most=_LONGEST_COOLDOWN)
    return None if seconds is None else timedelta(seconds=math.ceil(seconds))


def _messages(row: Fields) -> tuple[Message, ...] | None:
    """`messages`; in older deployments `sms_text` and `sms_code`. `sms_received` is ignored: the live run saw it
    false although a message was there.
    """
    old = row.text("sms_text") or row.text("sms_code")
    if old and not row.value("messages"):
        return (Message(sender="", content=old, received_at=None),)
    found = row.objects("messages", text_is="content")
    if found is None:
        return () if row.value("messages") is None and "messages" in row.all else None
    return tuple(
        Message(
            sender=message.text("sender") or "",
            content=message.text("content") or "",
            received_at=message.time("received_at"),
        )
        for message in found
    )


def _transaction(row: Fields) -> Transaction:
    amount = row.money("amount")
    if amount is None and row.value("amount") is None:
        row.unreadable("amount", expected="an amount")
    return Transaction(
        id=row.text("id", always=True) or NO_ID,
        amount=amount,
        type=row.text("type", always=True) or "",
        description=row.text("description") or "",
        order_id=_order_of_line(row),
        balance_before=row.money("balance_before"),
        balance_after=row.money("balance_after"),
        created_at=row.time("created_at", always=True),
    )


def _order_of_line(row: Fields) -> str | None:
    """A canonical UUID; the service's own text where it is none."""
    said = row.text("order_id")
    if not said or not said.strip():
        return None
    order_id = canonical_id(said)
    if order_id != said:
        found = "text" if order_id is None else "UUID in another form"
        row.understood("order_id", found=found, expected="UUID")
    return order_id or said


def _count(around: Fields, name: str) -> int | None:
    number = around.number(name, most=_MOST_ROWS)
    return None if number is None or number != int(number) else int(number)


def _entries(
    body: bytes, notes: Notes, name: str, codes: tuple[str, ...], names: tuple[str, ...]
) -> tuple[Entry, ...]:
    rows, path, _ = list_in(body, name, notes)
    entries = []
    for row in objects(rows, path, notes, text_is=codes[0]):
        code = row.text(*codes)
        if not code:
            row.unreadable(*codes, expected="code")
            continue
        entries.append(Entry(code=code, name=row.text(*names) or code))
    return tuple(entries)
