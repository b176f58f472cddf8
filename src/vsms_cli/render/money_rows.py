"""The rows of what is about money: transactions, the refund audit, stats. Keys are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import CURRENCY, NO_ID, Transaction
from vsms_cli.domain.refund_verdicts import Audit, Case, Verdict
from vsms_cli.render.rows import problem_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.stats import Group, Stats
    from vsms_cli.render.documents import Row

TRANSACTION_FIELDS: Final = (
    "id", "created_at", "type", "amount", "currency", "order_id", "description", "balance_before",
    "balance_after",
)  # fmt: skip
AUDIT_FIELDS: Final = (
    "id", "verdict", "price", "refunded", "transactions", "request", "request_id", "error", "reason",
    "candidate",
)  # fmt: skip
AUDIT_KEYS: Final = ("totals", "orders", "support_message")
TOTAL_KEYS: Final = (
    "orders", "paid", "returned", "missing", "currency", "verdicts", "unjudged", "unpriced", "unread",
)  # fmt: skip
STATS_KEYS: Final = (
    "since", "spent", "returned", "net", "currency", "orders", "completed", "cancelled", "expired",
    "waiting", "completed_share", "cancelled_share", "expired_share", "median_seconds_to_code",
    "codes_measured", "by_country", "by_service",
)  # fmt: skip
STATS_FIELDS: Final = ("what", "name", "value", "orders")


def line_id(line: Transaction) -> str | None:
    return None if line.id == NO_ID else line.id


def transaction_row(line: Transaction) -> Row:
    return {
        "id": line_id(line),
        "created_at": line.created_at,
        "type": line.type or None,
        "amount": line.amount,
        "currency": CURRENCY,
        "order_id": line.order_id,
        "description": line.description,
        "balance_before": line.balance_before,
        "balance_after": line.balance_after,
    }


def audit_row(case: Case, request: Result | None) -> Row:
    """`transactions` are the ids of the order's ledger lines, oldest first; `request` is the result of `--request`,
    `reason` why it is unjudged, and `candidate` the id of the line that leaves it so.
    """
    return {
        "id": case.order_id or None,
        "verdict": case.verdict.value,
        "price": case.dossier.price,
        "refunded": case.dossier.refunded,
        "transactions": [line_id(line) for line in case.dossier.lines],
        "request": None if request is None else request.outcome.value,
        "request_id": None if request is None else request.request_id,
        "error": None if request is None else problem_row(request.problem),
        "reason": None if case.reason is None else case.reason.value,
        "candidate": None if case.possible is None else line_id(case.possible.line),
    }


def audit_totals(found: Audit) -> Row:
    """`missing` is what is missing and short together, in dollars; `verdicts` counts orders; `unpriced` ones are in no
    sum, as nobody says what they cost; `unread` counts ledger lines that are in none, as they can't be read.
    """
    return {
        "orders": len(found.cases),
        "paid": found.paid,
        "returned": found.returned,
        "missing": found.missing,
        "currency": CURRENCY,
        "verdicts": {
            verdict.value: found.count(verdict) for verdict in Verdict if verdict is not Verdict.UNJUDGED
        },
        "unjudged": len(found.unjudged),
        "unpriced": found.unpriced,
        "unread": found.unread,
    }


def stats_object(stats: Stats) -> Row:
    of_all = stats.all
    return {
        "since": stats.since,
        "spent": stats.spent,
        "returned": stats.returned,
        "net": stats.net,
        "currency": CURRENCY,
        "orders": stats.orders,
        "completed": of_all.completed,
        "cancelled": of_all.cancelled,
        "expired": of_all.expired,
        "waiting": stats.waiting,
        "completed_share": of_all.share(of_all.completed),
        "cancelled_share": of_all.share(of_all.cancelled),
        "expired_share": of_all.share(of_all.expired),
        "median_seconds_to_code": stats.median_seconds_to_code,
        "codes_measured": stats.codes_measured,
        "by_country": [_group_row("country", group) for group in stats.by_country],
        "by_service": [_group_row("service", group) for group in stats.by_service],
    }


def _group_row(kind: str, group: Group) -> Row:
    return {
        kind: group.name,
        "ended": group.ended,
        "completed": group.completed,
        "cancelled": group.cancelled,
        "expired": group.expired,
        "success_rate": group.success_rate,
    }


def stats_rows(stats: Stats) -> Iterator[Row]:
    """One figure a row, for a pipe. `orders` is how many orders the figure is about."""
    of_all = stats.all

    def row(what: str, name: str, value: Decimal | int | None, orders: int | None) -> Row:
        return {"what": what, "name": name, "value": value, "orders": orders}

    for name, amount in (("spent", stats.spent), ("returned", stats.returned), ("net", stats.net)):
        yield row("money", name, amount, None)
    for name, count in (
        ("completed", of_all.completed),
        ("cancelled", of_all.cancelled),
        ("expired", of_all.expired),
    ):
        yield row("share", name, of_all.share(count), count)
    yield row("seconds_to_code", "median", stats.median_seconds_to_code, stats.codes_measured)
    for kind, groups in (("country", stats.by_country), ("service", stats.by_service)):
        for group in groups:
            yield row(kind, group.name, group.success_rate, group.ended)
