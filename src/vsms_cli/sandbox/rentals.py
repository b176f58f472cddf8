"""Rentals: numbers for hours or days, in both tiers, refunded in full for 20 minutes and before the first SMS.

From the SDKs alone (Go, Python, PHP): paths, the row's fields and the cancel's answer. What the service answers when it
refuses is assumed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.sandbox import ledger
from vsms_cli.sandbox.response_bodies import Reply, refusal
from vsms_cli.sandbox.tables import Page, moment, stamp

if TYPE_CHECKING:
    import sqlite3

    from vsms_cli.sandbox.parameters import Call
    from vsms_cli.sandbox.response_bodies import Json

_WINDOW: Final = timedelta(minutes=20)
_ACTIVE: Final = "active"


def place(
    page: Page,
    *,
    phone_number: str,
    service: str | None,
    country: str,
    price: Decimal,
    hours: int,
    at: datetime,
    sms_count: int = 0,
) -> None:
    """A new rental, active and paid."""
    rental_id = page.fresh_id()
    page.write(
        "INSERT INTO rentals (id, phone_number, service, country, status, price, hours, sms_count, started_at,"
        " expires_at) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?)",
        (
            rental_id, phone_number, service, country, str(price), hours, sms_count, stamp(at),
            stamp(at + timedelta(hours=hours)),
        ),
    )  # fmt: skip
    text = f"Rental of a number in {country} for {hours} hours"
    ledger.post(page, ledger.Kind.PURCHASE, -price, text, at=at, order_id=rental_id)


def lapse(page: Page) -> None:
    """Lets time pass: what ran to its end has expired, and nothing comes back."""
    page.write(
        "UPDATE rentals SET status = 'expired' WHERE status = 'active' AND expires_at <= ?",
        (stamp(page.now),),
    )


def list_rentals(page: Page, call: Call) -> Reply:
    """`GET /rentals`: the active ones, or those of `status`, or `all`."""
    wanted = call.text("status") or _ACTIVE
    rows = page.rows(
        "SELECT * FROM rentals WHERE (?1 = 'all' OR status = ?1) ORDER BY started_at DESC, seq DESC",
        (wanted,),
    )
    return Reply(200, {"rentals": [_listed(row) for row in rows]})


def cancel_rental(page: Page, call: Call) -> Reply:
    """`POST /rentals/{id}/cancel`. The words of a refusal are assumed."""
    row = page.row("SELECT * FROM rentals WHERE id = ?", (call.order_id.lower(),))
    if row is None:
        raise refusal(404, "Rental not found")
    if row["status"] != _ACTIVE:
        raise refusal(400, f"Cannot cancel rental with status: {row['status']}")
    if row["sms_count"]:
        raise refusal(400, "Rental has received SMS and is not refundable")
    if page.now >= moment(row["started_at"]) + _WINDOW:
        raise refusal(400, "Full refund window has passed")
    page.write("UPDATE rentals SET status = 'cancelled' WHERE id = ?", (row["id"],))
    text, price = "Refund for cancelled rental", Decimal(row["price"])
    ledger.post(page, ledger.Kind.REFUND, price, text, at=page.now, order_id=row["id"])
    return Reply(200, {"success": True, "rental_id": row["id"], "status": "cancelled", "refund": price})


def _listed(rental: sqlite3.Row) -> dict[str, Json]:
    """Without a service it takes any sender's SMS; in the other tier, the platform's, that of one service alone."""
    of_service: dict[str, Json] = {} if rental["service"] is None else {"service_id": rental["service"]}
    return {
        "id": rental["id"],
        "phone_number": rental["phone_number"],
        "rental_type": "full" if rental["service"] is None else "service",
        **of_service,
        "duration_hours": rental["hours"],
        "started_at": rental["started_at"],
        "expires_at": rental["expires_at"],
        "price": Decimal(rental["price"]),
        "auto_renew": False,
        "status": rental["status"],
        "sms_received": rental["sms_count"],
        "sms_forwarded": 0,
        "provider": "sandbox",
    }
