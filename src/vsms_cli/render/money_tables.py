"""Transactions and the audit as tables for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.audit import Audit, Case, Reason, Verdict
from vsms_cli.domain.money import Transaction, dollars
from vsms_cli.domain.times import rfc3339
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import Column, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES: Final = {
    Verdict.MISSING: "red",
    Verdict.SHORT: "red",
    Verdict.TWICE: "yellow",
    Verdict.UNJUDGED: "yellow",
}


def transactions_table(lines: Sequence[Transaction], *, width: int, colour: bool) -> str:
    columns = (
        Column(
            title="AT",
            cells=tuple(
                "?" if line.created_at is None else rfc3339(line.created_at.replace(microsecond=0))
                for line in lines
            ),
            keep=9,
        ),
        Column(title="TYPE", cells=tuple(shown(line.type) or "?" for line in lines), keep=8),
        Column(title="AMOUNT", cells=tuple(dollars(line.amount) for line in lines), keep=10, right=True),
        Column(
            title="BALANCE",
            cells=tuple("" if x.balance_after is None else dollars(x.balance_after) for x in lines),
            keep=6,
            right=True,
        ),
        Column(
            title="ORDER", cells=tuple(shown(line.order_id or "") for line in lines), keep=7, style="cyan"
        ),
        Column(title="DESCRIPTION", cells=tuple(shown(line.description) for line in lines), keep=4),
        Column(title="ID", cells=tuple(shown(line.id) for line in lines), keep=1),
    )
    return layout(columns, width=width, colour=colour)


def audit_table(found: Audit, *, width: int, colour: bool) -> str:
    """What needs attention, worst on top, a row an order; empty where all is fine: that is a count, as are purchases
    of which the ledger alone tells.
    """
    rows = [case for case in found.all_cases if case.reason is not Reason.UNLISTED]
    return "".join(
        _cases_table(cases, verdict, width=width, colour=colour)
        for verdict in Verdict
        if not verdict.fine and (cases := [case for case in rows if case.verdict is verdict])
    )


def _cases_table(cases: Sequence[Case], verdict: Verdict, *, width: int, colour: bool) -> str:
    orders = [case.dossier.order for case in cases]
    bought = [case.dossier.bought_at for case in cases]
    columns: tuple[Column, ...] = (
        Column(
            title=verdict.value.upper(),
            cells=tuple(shown(case.order_id or "?") for case in cases),
            keep=10,
            style=_STYLES.get(verdict, "cyan") if colour else "",
        ),
        Column(title="PRICE", cells=tuple(dollars(case.dossier.price) for case in cases), keep=8, right=True),
        Column(
            title="CAME BACK", cells=tuple(dollars(x.dossier.refunded) for x in cases), keep=9, right=True
        ),
        Column(
            title="STATUS", cells=tuple("?" if o is None else shown(o.status or "?") for o in orders), keep=6
        ),
        Column(
            title="COUNTRY",
            cells=tuple("?" if o is None else shown(o.country or "?") for o in orders),
            keep=4,
        ),
        Column(
            title="SERVICE",
            cells=tuple("?" if o is None else shown(o.service or "?") for o in orders),
            keep=3,
        ),
        Column(
            title="BOUGHT",
            cells=tuple("?" if at is None else rfc3339(at.replace(microsecond=0)) for at in bought),
            keep=5,
        ),
    )
    if verdict is Verdict.UNJUDGED:
        whys = tuple("" if case.reason is None else case.reason.value.replace("_", " ") for case in cases)
        columns = (*columns, Column(title="WHY", cells=whys, keep=7))
    return layout(columns, width=width, colour=colour) + "\n"
