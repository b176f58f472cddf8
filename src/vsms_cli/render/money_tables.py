"""The columns of the tables about money: the ledger's lines, the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import Transaction, dollars
from vsms_cli.domain.refund_verdicts import Audit, Case, Reason, Verdict
from vsms_cli.render import order_text
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import NAME, NUMBER, WORD, Column, column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STYLES: Final = {
    Verdict.MISSING: "red",
    Verdict.SHORT: "red",
    Verdict.TWICE: "yellow",
    Verdict.UNJUDGED: "yellow",
}


def transaction_columns(lines: Sequence[Transaction]) -> list[Column]:
    balances = ("" if line.balance_after is None else dollars(line.balance_after) for line in lines)
    return [
        column("AT", (order_text.moment(line.created_at) for line in lines), keep=9),
        column("TYPE", (shown(line.type) or "?" for line in lines), keep=8, most=WORD),
        column("AMOUNT", (dollars(line.amount) for line in lines), keep=10, right=True),
        column("BALANCE", balances, keep=6, right=True),
        column("ORDER", (shown(line.order_id or "") for line in lines), keep=7, style="cyan", ids=True),
        column("DESCRIPTION", (shown(line.description) for line in lines), keep=4, text=True),
        column("ID", (shown(line.id) for line in lines), keep=1, ids=True),
    ]


def audit_rows(found: Audit, *, everything: bool) -> list[Case]:
    """What needs attention, what is missing last; with `everything` what is fine or still waits too, before that.
    Purchases of which the ledger alone tells are a count, and so is the rest.
    """
    rows = [case for case in found.all_cases if case.reason is not Reason.UNLISTED]
    kept = [case for case in rows if everything or not (case.verdict.fine or case.verdict is Verdict.PENDING)]
    worst_first = list(Verdict)
    return sorted(kept, key=lambda case: worst_first.index(case.verdict), reverse=True)


def audit_columns(cases: Sequence[Case], *, names: Mapping[str, str]) -> list[Column]:
    orders = [case.dossier.order for case in cases]
    ids = (shown(case.order_id) or order_text.UNKNOWN for case in cases)
    numbers = (order_text.number(None if order is None else order.phone_number) for order in orders)
    whys = ("" if case.reason is None else case.reason.value.replace("_", " ") for case in cases)
    return [
        Column(
            title="VERDICT",
            cells=tuple(case.verdict.value for case in cases),
            keep=10,
            styles=tuple(_STYLES.get(case.verdict, "") for case in cases),
        ),
        column("ID", ids, keep=11, style="cyan", ids=True),
        column("NUMBER", numbers, keep=12, most=NUMBER),
        column("PRICE", (dollars(case.dossier.price) for case in cases), keep=8, right=True),
        column("CAME BACK", (dollars(case.dossier.refunded) for case in cases), keep=9, right=True),
        column("STATUS", map(order_text.status, orders), keep=6, most=WORD),
        column("COUNTRY", map(order_text.country, orders), keep=3, text=True, most=NAME),
        column("SERVICE", (order_text.service(o, names) for o in orders), keep=4, text=True, most=NAME),
        column("BOUGHT", (order_text.moment(case.dossier.bought_at) for case in cases), keep=2),
        column("WHY", whys, keep=7),
    ]
