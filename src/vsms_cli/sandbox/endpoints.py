"""What each path of the service does.

`X-Idempotency-Key` is taken and ignored: no source says that the live server honours it, so a client has to
be right without. A second cancel is a 400 like any other.
"""

from __future__ import annotations

import re
from typing import Final

from vsms_cli.sandbox import ledger, orders, phone_numbers, response_bodies
from vsms_cli.sandbox.catalogue import COUNTRIES, PRODUCTS, price
from vsms_cli.sandbox.ledger import Kind
from vsms_cli.sandbox.orders import Order, Status
from vsms_cli.sandbox.parameters import Call, choice, plea
from vsms_cli.sandbox.response_bodies import Reply, refusal
from vsms_cli.sandbox.tables import Page, moment, stamp

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def list_orders(page: Page, call: Call) -> Reply:
    found = orders.newest(page, status=call.text("status"), limit=call.limit(default=50, largest=200))
    rows = [response_bodies.listed(order, cooldown=page.cooldown) for order in found]
    return Reply(200, {"count": len(rows), "orders": rows})


def show_order(page: Page, call: Call) -> Reply:
    order = _order(page, call)
    return Reply(200, response_bodies.detailed(order, orders.messages(page, order), cooldown=page.cooldown))


def purchase(page: Page, call: Call) -> Reply:
    wish = call.json()
    product, country = choice(wish.get("service"), wish.get("country"))
    cost, funds = price(product, country), ledger.balance(page)
    if funds < cost:
        raise refusal(402, "Insufficient balance", required=cost, current=funds)
    digits = phone_numbers.draw(page, country)
    if digits is None:
        raise refusal(404, "No numbers available")
    order = orders.place(
        page,
        phone_number=page.rng.choice(("+", "")) + digits,
        service=product.code,
        country=country.code,
        price=cost,
        at=page.now,
    )
    return Reply(200, response_bodies.detailed(order, (), cooldown=page.cooldown))


def cancel(page: Page, call: Call) -> Reply:
    order = _order(page, call)
    if order.status is not Status.WAITING:
        raise response_bodies.wrong_status("cancel", order)
    left = order.created_at + page.cooldown - page.now
    if left.total_seconds() > 0:
        raise response_bodies.too_early_to_cancel(cooldown=page.cooldown, left=left)
    orders.end(page, order, Status.CANCELLED, at=page.now, refunded=True)
    return Reply(
        200, {"success": True, "order_id": order.id, "status": Status.CANCELLED, "refund_amount": order.price}
    )


def swap(page: Page, call: Call) -> Reply:
    order = _order(page, call)
    if order.status is not Status.WAITING:
        raise response_bodies.wrong_status("swap", order)
    left = order.created_at + page.cooldown - page.now
    if left.total_seconds() > 0:
        raise response_bodies.too_early_to_swap(cooldown=page.cooldown, left=left)
    digits = phone_numbers.draw(page, COUNTRIES[order.country])
    if digits is None:
        raise refusal(404, "No replacement available")
    number = f"+{digits}" if order.phone_number.startswith("+") else digits
    orders.renumber(page, order, number)
    return Reply(200, response_bodies.swapped(order, number=number))


def request_refund(page: Page, call: Call) -> Reply:
    """A manual credit is asked for, and stays `pending`: a person decides. Path and shape are assumed."""
    order = _order(page, call)
    reason, note = plea(call)
    if page.row("SELECT 1 FROM refund_requests WHERE order_id = ?", (order.id,)):
        raise refusal(409, "Refund already requested")
    if order.status is Status.WAITING or ledger.returned(page, order.id) >= order.price:
        raise refusal(400, "Order not eligible for refund")
    request_id = page.fresh_id()
    page.write(
        "INSERT INTO refund_requests (id, order_id, reason, note, status, created_at)"
        " VALUES (?, ?, ?, ?, 'pending', ?)",
        (request_id, order.id, reason, note, stamp(page.now)),
    )
    return Reply(202, {"success": True, "request_id": request_id, "order_id": order.id, "status": "pending"})


def show_balance(page: Page, _: Call) -> Reply:
    return Reply(200, {"balance": ledger.balance(page), "success": True})


def show_profile(page: Page, _: Call) -> Reply:
    profile = response_bodies.profiled(
        account=page.setting("account_id") or "",
        balance=ledger.balance(page),
        spent=abs(ledger.total(page, Kind.PURCHASE)),
        credits_=ledger.total(page, Kind.DEPOSIT, Kind.CREDIT),
        orders=orders.count(page),
        created_at=moment(page.setting("account_created_at") or stamp(page.now)),
    )
    return Reply(200, profile)


def list_transactions(page: Page, call: Call) -> Reply:
    since, until = call.time("from", end_of_day=False), call.time("to", end_of_day=True)
    limit, offset = call.limit(default=50, largest=100), call.offset()
    count, found = ledger.lines(
        page, kind=call.text("type"), since=since, until=until, limit=limit, offset=offset
    )
    rows = [response_bodies.posted(line) for line in found]
    return Reply(200, {"count": count, "limit": limit, "offset": offset, "transactions": rows})


def list_services(_page: Page, _: Call) -> Reply:
    return Reply(200, {"services": [response_bodies.offered(product) for product in PRODUCTS.values()]})


def list_countries(_page: Page, _: Call) -> Reply:
    return Reply(
        200, {"countries": [response_bodies.served(country, PRODUCTS) for country in COUNTRIES.values()]}
    )


def list_stock(_page: Page, call: Call) -> Reply:
    """Which countries have numbers for a service (the SDK for Python)."""
    product = PRODUCTS.get(call.text("service") or "")
    if product is None:
        raise refusal(400, "Invalid service")
    return Reply(
        200, {"countries": [response_bodies.stocked(country, product) for country in COUNTRIES.values()]}
    )


def show_price(_page: Page, call: Call) -> Reply:
    return Reply(200, response_bodies.priced(*choice(call.text("service"), call.text("country"))))


def _order(page: Page, call: Call) -> Order:
    order = orders.find(page, call.order_id) if _UUID.fullmatch(call.order_id) else None
    if order is None:
        raise refusal(404, "Order not found")
    return order
