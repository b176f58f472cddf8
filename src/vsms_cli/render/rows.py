"""What each command's rows hold: the keys of its JSON, in the order of its TSV. Keys are only ever added."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import CURRENCY
from vsms_cli.domain.sms_code import code_in, newest

if TYPE_CHECKING:
    from vsms_cli.domain.errors import Problem
    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.orders import Message, Order
    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.proofs import Verified
    from vsms_cli.domain.rentals import Rental
    from vsms_cli.render.documents import Row, Value

ORDER_FIELDS: Final = (
    "id", "phone_number", "country", "service", "status", "price", "currency", "created_at", "expires_at",
    "cancel_available_at",
)  # fmt: skip
RENTAL_FIELDS: Final = (
    "id", "phone_number", "service", "country", "rental_type", "status", "price", "currency", "created_at",
    "full_refund_until", "sms_received", "expires_at",
)  # fmt: skip
ORDER_FIELDS_ON_REQUEST: Final = ("code",)
"""Those that cost a request for each order that has them, so that --fields must name them."""
ORDER_DETAIL_FIELDS: Final = (*ORDER_FIELDS, "messages", "actions")
CANCEL_FIELDS: Final = (
    "id", "outcome", "status", "refund_amount", "currency", "retry_at", "error", "transaction_id",
    "verified",
)  # fmt: skip
REFUND_FIELDS: Final = (
    "id", "outcome", "status", "refund_amount", "currency", "request_id", "transaction_id", "refunded_at",
    "retry_at", "support_message", "error", "verified",
)  # fmt: skip
SWAP_FIELDS: Final = ("id", "outcome", "status", "phone_number", "previous_number", "retry_at", "error")
JOURNAL_FIELDS: Final = (
    "id", "at", "operation", "order_id", "price", "outcome", "refund_amount", "currency", "reference",
    "detail", "updated_at",
)  # fmt: skip
MESSAGE_FIELDS: Final = ("id", "code", "sender", "content", "received_at")
BALANCE_FIELDS: Final = ("balance", "currency")


def order_row(order: Order) -> Row:
    """`code` is the one in the newest SMS; null where none came, or none is in it."""
    message = newest(order.messages or ())
    return {
        "id": order.id or None,
        "phone_number": order.phone_number,
        "country": order.country,
        "service": order.service,
        "status": order.status or None,
        "price": order.price,
        "currency": CURRENCY,
        "created_at": order.created_at,
        "expires_at": order.refunds_itself_at,
        "cancel_available_at": order.cancel_opens_at,
        "code": None if message is None else code_in(message.content),
    }


def rental_row(rental: Rental) -> Row:
    """`service` is null where it takes any sender's SMS; `sms_received` is a count."""
    return {
        "id": rental.id or None,
        "phone_number": rental.phone_number,
        "service": rental.service,
        "country": rental.country,
        "rental_type": rental.kind,
        "status": rental.status or None,
        "price": rental.price,
        "currency": CURRENCY,
        "created_at": rental.created_at,
        "full_refund_until": rental.full_refund_until,
        "sms_received": None if rental.sms_count is None else Decimal(rental.sms_count),
        "expires_at": rental.ends_at,
    }


def order_detail_row(order: Order, actions: dict[str, str]) -> Row:
    """`actions` says of each of cancel, wait and refund why it applies now, or why not."""
    messages: Value = (
        None if order.messages is None else [_message_row(message) for message in order.messages]
    )
    return {**order_row(order), "messages": messages, "actions": actions}


def result_row(result: Result, verified: Verified | None) -> Row:
    """Of any operation: each command prints its own fields of it. `verified` is what the ledger says of the refund."""
    return {
        "id": result.order_id,
        "outcome": result.outcome.value,
        "status": result.status,
        "refund_amount": result.refund_amount,
        "currency": CURRENCY,
        "request_id": result.request_id,
        "transaction_id": result.transaction_id,
        "refunded_at": result.refunded_at,
        "phone_number": result.phone_number,
        "previous_number": result.previous_number,
        "retry_at": result.retry_at,
        "support_message": result.support_message,
        "error": problem_row(result.problem),
        "verified": None if verified is None else verified.value,
    }


def journal_row(entry: JournalEntry) -> Row:
    return {
        "id": str(entry.entry),
        "at": entry.at,
        "operation": entry.operation.value,
        "order_id": entry.order_id,
        "price": entry.price,
        "outcome": entry.outcome or "unfinished",
        "refund_amount": entry.refund_amount,
        "currency": CURRENCY,
        "reference": entry.reference,
        "detail": entry.detail,
        "updated_at": entry.updated_at,
    }


def message_row(order_id: str, message: Message) -> Row:
    """What `orders wait` waits for; `code` is None where the text holds none."""
    return {"id": order_id, "code": code_in(message.content), **_message_row(message)}


def problem_row(problem: Problem | None) -> Value:
    if problem is None:
        return None
    return {"code": problem.code, "message": problem.message, "hint": problem.hint or None}


def _message_row(message: Message) -> dict[str, Value]:
    return {"sender": message.sender, "content": message.content, "received_at": message.received_at}
