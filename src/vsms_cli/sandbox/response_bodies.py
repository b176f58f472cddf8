"""The forms of the service's answers, with their irregularities.

The listing and the detail of an order name its fields differently, 425 is plain text, `sms_received` can't be
relied on: all as in the vendor's live run of 2026-05-24.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from vsms_cli.sandbox.catalogue import Country, Product, price
from vsms_cli.sandbox.tables import stamp

if TYPE_CHECKING:
    import sqlite3

    from vsms_cli.sandbox.orders import Message, Order

_SECOND: Final = timedelta(seconds=1)
Json: TypeAlias = "str | int | Decimal | Sequence[Json] | Mapping[str, Json] | None"


def written(value: Json) -> str:
    """As JSON text with exact decimals (0.80 stays 0.80), no blanks and no exponents, non-ASCII letters as they are."""
    match value:
        case Decimal():
            return format(value, "f")
        case Mapping():
            return "{" + ",".join(f"{json.dumps(key)}:{written(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(written(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, and a JSON object or, as a str, plain text."""

    status: int
    content: Mapping[str, Json] | str
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The answer is no. Raised before anything is written."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


def refusal(status: int, error: str, **more: Json) -> Refusal:
    """`{"error": "..."}`, with more fields where the reference pages have them."""
    return Refusal(Reply(status, {"error": error, **more}))


def wrong_status(verb: str, order: Order) -> Refusal:
    return refusal(400, f"Cannot {verb} order with status: {order.status}")


def too_early_to_cancel(*, cooldown: timedelta, left: timedelta) -> Refusal:
    """The live body is a sentence without JSON around it."""
    sentence = (
        f"Cannot cancel within {_whole_seconds(cooldown)} seconds of purchase. "
        f"Please wait {_whole_seconds(left)} seconds."
    )
    return Refusal(Reply(425, sentence))


def too_early_to_swap(*, cooldown: timedelta, left: timedelta) -> Refusal:
    error = f"Swap not allowed within {_whole_seconds(cooldown) // 60} minute hold period"
    return refusal(425, error, seconds_remaining=_whole_seconds(left))


def _whole_seconds(span: timedelta) -> int:
    return -(-span // _SECOND)  # rounded up: who waits so long is not too early again


def listed(order: Order, *, cooldown: timedelta) -> dict[str, Json]:
    """A row of `GET /customer/orders`."""
    return {
        "id": order.id,
        "phone_number": order.phone_number,
        "service_id": order.service,
        "country_id": order.country,
        "status": order.status,
        "price_charged": order.price,
        **_times(order, cooldown),
    }


def detailed(order: Order, messages: Sequence[Message], *, cooldown: timedelta) -> dict[str, Json]:
    """`GET /customer/order/{id}`, and the answer to a purchase: the same facts by other names."""
    return {
        "success": True,
        "order_id": order.id,
        "phone_number": order.phone_number,
        "service": order.service,
        "country": order.country,
        "status": order.status,
        "price": order.price,
        **_times(order, cooldown),
        # Seen false beside a message in the live run. Here it always is, so that a client which trusts it fails.
        "sms_received": False,
        "messages": [
            {"sender": message.sender, "content": message.content, "received_at": stamp(message.received_at)}
            for message in messages
        ],
    }


def _times(order: Order, cooldown: timedelta) -> dict[str, Json]:
    opens = stamp(order.created_at + cooldown)
    seconds = _whole_seconds(cooldown)
    return {
        "created_at": stamp(order.created_at),
        "expires_at": stamp(order.expires_at),
        "cancel_available_at": opens,
        "swap_available_at": opens,
        "rules": {"cancel_cooldown_seconds": seconds, "swap_cooldown_seconds": seconds},
    }


def swapped(order: Order, *, number: str) -> dict[str, Json]:
    return {
        "success": True,
        "order_id": order.id,
        "phone_number": number,
        "previous_number": order.phone_number,
        "service": order.service,
        "country": order.country,
        "status": order.status,
        "expires_at": stamp(order.expires_at),
    }


def posted(line: sqlite3.Row) -> dict[str, Json]:
    """A row of `GET /customer/transactions`; without an order there is no `order_id` at all."""
    of_order: dict[str, Json] = {} if line["order_id"] is None else {"order_id": line["order_id"]}
    return {
        "id": line["id"],
        "amount": Decimal(line["amount"]),
        "type": line["type"],
        "description": line["description"],
        **of_order,
        "balance_before": Decimal(line["balance_before"]),
        "balance_after": Decimal(line["balance_after"]),
        "created_at": line["created_at"],
    }


def offered(product: Product) -> dict[str, Json]:
    """A row of `GET /customer/services`."""
    return {"service_id": product.code, "service_name": product.name, "base_price": product.base_price}


def served(country: Country, products: Mapping[str, Product]) -> dict[str, Json]:
    """A row of `GET /customer/countries`."""
    return {
        "country_id": country.code,
        "country_name": country.name,
        "min_price": min(price(product, country) for product in products.values()),
        "services": list(products),
    }


def stocked(country: Country, product: Product) -> dict[str, Json]:
    """A row of `GET /catalog/countries?service=`, as the SDK for Python reads it. `count` is play stock."""
    return {"id": country.code, "name": country.name, "price": price(product, country), "count": 100}


def priced(product: Product, country: Country) -> dict[str, Json]:
    """The answer of `GET /price`."""
    return {
        "success": True,
        "service": product.code,
        "country": country.code,
        "service_name": product.name,
        "country_name": country.name,
        "price": price(product, country),
    }


def profiled(
    *, account: str, balance: Decimal, spent: Decimal, credits_: Decimal, orders: int, created_at: datetime
) -> dict[str, Json]:
    """The answer of `GET /customer/profile`."""
    return {
        "id": account,
        "email": "sandbox@example.com",
        "telegram_linked": False,
        "telegram_username": None,
        "balance_usd": balance,
        "total_spent_usd": spent,
        "total_credits_usd": credits_,
        "total_orders": orders,
        "active_api_keys": 1,
        "created_at": stamp(created_at),
    }
