"""The reads of the API that name no order: pages of orders and of the ledger, the balance, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from support.fault_answers import Answer
from support.ledger_forms import AS_DOCUMENTED, LEDGER_FORMS, PAGINGS

if TYPE_CHECKING:
    from support.fault_book import Database, Order

MAX_ORDERS = 200  # API.md: 1 to 200
MAX_TRANSACTIONS = 100  # API.md: at most 100, by the documentation
PAGE = 50
SERVICES = {"wa": "WhatsApp", "tg": "Telegram", "go": "Google"}
COUNTRIES = {"AR": "Argentina", "BR": "Brazil", "GB": "United Kingdom", "US": "United States"}
UNIT_PRICE = Decimal("0.80")
ROW_NAMES = {"order_id": "id", "service": "service_id", "country": "country_id", "price": "price_charged"}
ONLY_IN_DETAIL = frozenset({"messages", "sms_received"})
ENTRY = ("id", "amount", "type", "description", "order_id", "balance_before", "balance_after", "created_at")


def detail(order: Order) -> dict[str, Any]:
    cooldown = int((order.opens_at - order.created_at).total_seconds())
    members = {
        "order_id": order.id,
        "phone_number": order.phone_number,
        "service": order.service,
        "country": order.country,
        "status": order.status,
        "price": order.price,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
        "cancel_available_at": order.opens_at,
        "swap_available_at": order.opens_at,
        "rules": {"cancel_cooldown_seconds": cooldown, "swap_cooldown_seconds": cooldown},
        "sms_received": False,  # the live run: false although a message is there
        "messages": order.messages,
    }
    return {key: value for key, value in (members | order.extra).items() if value is not None}


def rental_row(rental: Order) -> dict[str, Any]:
    members = {
        "id": rental.id,
        "phone_number": rental.phone_number,
        "rental_type": "service" if rental.service else "full",
        "service_id": rental.service or None,
        "duration_hours": 24,
        "started_at": rental.created_at,
        "expires_at": rental.expires_at,
        "price": rental.price,
        "auto_renew": False,
        "status": rental.status,
        "sms_received": rental.sms_count,
    }
    return {key: value for key, value in (members | rental.extra).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    book: Database
    older: bool  # a deployment with bare arrays and `balance_usd`
    ledger_form: str = "as documented"  # one of LEDGER_FORMS or of PAGINGS

    def answer(self, operation: str, query: dict[str, str]) -> Answer:
        match operation:
            case "orders":
                payload = self._orders(query)
            case "rentals":
                payload = self._rentals(query)
            case "transactions":
                payload = self._transactions(query)
            case "balance":
                held = self.book.balance
                payload = {"balance_usd": held} if self.older else {"balance": held, "success": True}
            case "profile":
                payload = self._profile()
            case "services":
                rows = [
                    {"service_id": c, "service_name": n, "base_price": UNIT_PRICE}
                    for c, n in SERVICES.items()
                ]
                payload = {"services": rows}
            case "countries":
                offers = {"min_price": UNIT_PRICE, "services": list(SERVICES)}
                rows = [{"country_id": c, "country_name": n, **offers} for c, n in COUNTRIES.items()]
                payload = {"countries": rows}
            case _:
                raise ValueError(f"no list {operation!r}")
        return Answer(payload=payload)

    def _orders(self, query: dict[str, str]) -> Any:
        limit = min(max(_whole(query.get("limit"), PAGE), 1), MAX_ORDERS)
        rows = [
            {ROW_NAMES.get(k, k): value for k, value in detail(order).items() if k not in ONLY_IN_DETAIL}
            for order in self._as_read(query.get("status"))[:limit]
        ]
        return rows if self.older else {"count": len(rows), "orders": rows}

    def _rentals(self, query: dict[str, str]) -> Any:
        wanted = query.get("status", "active")
        read = [self.book.as_read(rental) for rental in self.book.rentals("all")]
        rows = [rental_row(rental) for rental in read if wanted in {"all", rental.status}]
        return rows if self.older else {"rentals": rows}

    def _as_read(self, status: str | None) -> list[Order]:
        rows = [self.book.as_read(order) for order in self.book.orders()]
        return [order for order in rows if status in {None, order.status}]

    def _profile(self) -> dict[str, Any]:
        sums = {kind: Decimal(0) for kind in ("purchase", "credit")}
        for entry in self.book.ledger_as_read:
            if entry.type in sums:
                sums[entry.type] += entry.amount
        return {
            "id": "u-1",
            "email": "holder@example.com",
            "telegram_linked": False,
            "telegram_username": None,
            "balance_usd": self.book.balance,
            "total_spent_usd": -sums["purchase"],
            "total_credits_usd": sums["credit"],
            "total_orders": len(self.book.orders()),
            "active_api_keys": 1,
            "created_at": "2026-01-01T00:00:00Z",
        }

    def _transactions(self, query: dict[str, str]) -> dict[str, Any]:
        kind = query.get("type")
        entries = [entry for entry in self.book.ledger_as_read if kind in {None, entry.type}]
        if start := _moment(query.get("from")):
            entries = [entry for entry in entries if entry.created_at >= start]
        if end := _moment(query.get("to")):
            entries = [entry for entry in entries if entry.created_at <= end]
        limit = min(max(_whole(query.get("limit"), PAGE), 1), MAX_TRANSACTIONS)
        offset = max(_whole(query.get("offset"), 0), 0)
        paging = PAGINGS.get(self.ledger_form, AS_DOCUMENTED)
        size = paging.size(limit)
        first = paging.start(offset, size)
        rows = [{key: getattr(entry, key) for key in ENTRY} for entry in entries[first : first + size]]
        count = paging.count(len(entries), len(rows))
        answer = {"count": count, "limit": limit, "offset": offset, "transactions": rows}
        return answer if self.ledger_form in PAGINGS else LEDGER_FORMS[self.ledger_form](answer)


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default


def _moment(text: str | None) -> datetime | None:
    # A plain `+` in a query means a blank; an offset that came so is mended.
    try:
        return datetime.fromisoformat(text.replace(" ", "+")).astimezone() if text else None
    except ValueError:
        return None
