"""The VirtualSMS API over a book: a request becomes a plan: an answer, and the commit that makes it true.

They are apart so that a fault can keep the commit from happening and send the answer, or the other way round.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from support.fault_answers import Answer, plain, refusal
from support.fault_book import ACTIVE, Database, Order
from support.fault_lists import UNIT_PRICE, Lists, detail

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "/api/v1"
FULL_REFUND = timedelta(minutes=20)  # of a rental (the SDKs)
MUTATIONS = frozenset({"cancel", "refund", "swap", "purchase", "rental-cancel"})
LISTS = frozenset({"orders", "balance", "profile", "transactions", "services", "countries", "rentals"})
OPERATIONS = MUTATIONS | LISTS | {"order", "other"}


def route(method: str, target: str) -> tuple[str, str | None]:
    """The operation of a request line, and its order. Nothing is decoded: no hostile id becomes another."""
    path = target.partition("?")[0]
    if method == "POST" and path == f"{BASE}/customer/purchase":
        return "purchase", None
    if method == "GET" and path == f"{BASE}/rentals":
        return "rentals", None
    if method == "POST" and (found := re.fullmatch(rf"{BASE}/rentals/([^/]+)/cancel", path)):
        return "rental-cancel", found[1].lower()
    name = path.removeprefix(f"{BASE}/customer/")
    if method == "GET" and name != path and name in LISTS:
        return name, None
    if found := re.fullmatch(rf"{BASE}/customer/(order|cancel|refund|swap)/([^/]+)", path):
        operation, order_id = found.groups()
        if method == ("GET" if operation == "order" else "POST"):
            return operation, order_id.lower()
    return "other", None


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    answer: Answer
    commit: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    book: Database
    pays_again: bool = False  # the adversary: no idempotency, a refund for every POST
    older: bool = False  # a deployment with bare arrays and `balance_usd`
    refund_status: int = 202  # 404, 405 or 501: this deployment has no such route
    ledger_form: str = "as documented"  # how the ledger is told: one of LEDGER_FORMS
    early_form: str = "text"  # of the 425: text as in the live run, or json

    @property
    def _lists(self) -> Lists:
        return Lists(book=self.book, older=self.older, ledger_form=self.ledger_form)

    def plan(self, operation: str, order_id: str | None, target: str, body: bytes) -> Plan:
        """To be called, and its commit run, under the book's lock."""
        if operation in LISTS:
            query = {key: values[-1] for key, values in parse_qs(urlsplit(target).query).items()}
            return Plan(answer=self._lists.answer(operation, query))
        if operation == "purchase":
            return self._purchase(body)
        order = self.book.order(order_id or "")
        if order is None or order.rental is not (operation == "rental-cancel"):
            return Plan(answer=refusal(404, "Not found" if operation == "other" else "Order not found"))
        return self._about(operation, order)

    def _about(self, operation: str, order: Order) -> Plan:
        match operation:
            case "cancel":
                return self._cancel(order)
            case "rental-cancel":
                return self._cancel_rental(order)
            case "refund":
                return self._refund(order)
            case "swap":
                return self._swap(order)
            case _:
                return Plan(answer=Answer(payload=detail(self.book.as_read(order))))

    def _cancel(self, order: Order) -> Plan:
        left = self._left(order)
        if order.status in ACTIVE and left > 0:
            text = f"Cannot cancel within 120 seconds of purchase. Please wait {left} seconds."
            as_json = self.early_form == "json"
            return Plan(answer=refusal(425, text, seconds_remaining=left) if as_json else plain(425, text))
        if order.status not in ACTIVE and not self.pays_again:
            return Plan(answer=refusal(400, f"Cannot cancel order with status: {order.status}"))

        def commit() -> None:
            order.status = "cancelled"
            self.book.post("refund", order.price, order_id=order.id)

        done = {"success": True, "order_id": order.id, "status": "cancelled", "refund_amount": order.price}
        return Plan(answer=Answer(payload=done), commit=commit)

    def _cancel_rental(self, rental: Order) -> Plan:
        late = self.book.now() >= rental.created_at + FULL_REFUND
        refused = rental.status != "active" or rental.sms_count or late
        if refused and not (self.pays_again and rental.status == "cancelled"):
            return Plan(answer=refusal(400, "This rental cannot be refunded"))

        def commit() -> None:
            rental.status = "cancelled"
            self.book.post("refund", rental.price, order_id=rental.id)

        done = {"success": True, "rental_id": rental.id, "status": "cancelled", "refund": rental.price}
        return Plan(answer=Answer(payload=done), commit=commit)

    def _refund(self, order: Order) -> Plan:
        if self.refund_status >= 400:
            return Plan(answer=refusal(self.refund_status, "Not found"))
        paid_back = order.status != "completed" and self.book.refunded(order.id) >= order.price
        if order.refund_requests and not self.pays_again:
            known = order.refund_requests[0]
            return Plan(answer=refusal(409, "Refund already requested", request_id=known))
        if order.status in ACTIVE or (paid_back and not self.pays_again):
            return Plan(answer=refusal(400, "Not eligible for a refund"))
        request = str(uuid.uuid4())

        def commit() -> None:
            order.refund_requests.append(request)
            if self.pays_again:
                self.book.post("credit", order.price, order_id=order.id)

        pending = {"success": True, "request_id": request, "order_id": order.id, "status": "pending"}
        return Plan(answer=Answer(status=self.refund_status, payload=pending), commit=commit)

    def _swap(self, order: Order) -> Plan:
        left = self._left(order)
        if order.status not in ACTIVE:
            return Plan(answer=refusal(400, f"Cannot swap order with status: {order.status}"))
        if left > 0:
            text = "Swap not allowed within 2 minute hold period"
            return Plan(answer=refusal(425, text, seconds_remaining=left))
        number = f"+54922{uuid.uuid4().int % 10**7:07d}"
        kept = {key: detail(order).get(key) for key in ("service", "country", "status", "expires_at")}
        done = {"success": True, "order_id": order.id, "phone_number": number} | kept
        done["previous_number"] = order.phone_number

        def commit() -> None:
            order.phone_number = number
            order.swaps += 1

        return Plan(answer=Answer(payload=done), commit=commit)

    def _purchase(self, body: bytes) -> Plan:
        try:
            wanted = json.loads(body)
            service, country = str(wanted["service"]), str(wanted["country"])
        except (ValueError, KeyError, TypeError):
            return Plan(answer=refusal(400, "service and country are required"))
        bought = str(uuid.uuid4())

        def commit() -> None:
            self.book.add_order(order_id=bought, service=service, country=country, price=UNIT_PRICE, age_s=0)

        made = {"order_id": bought, "status": "waiting", "price": UNIT_PRICE}
        made |= {"service": service, "country": country}
        return Plan(answer=Answer(payload=made), commit=commit)

    def _left(self, order: Order) -> int:
        # Rounded up: a client that waits exactly so long must find it open.
        return -int((self.book.now() - order.opens_at).total_seconds() // 1)
