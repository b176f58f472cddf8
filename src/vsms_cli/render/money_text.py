"""What is said, rather than listed, about the audit and stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import is_whole_id
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.refund_verdicts import Audit, Reason, Verdict
from vsms_cli.render.plural import plural
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vsms_cli.domain.stats import Stats


_EXAMPLES: Final = 5  # orders that a remark names
_FAR_TOO_MUCH: Final = 3  # times what was due: no second refund explains it


def audit_summary(found: Audit) -> str:
    """`14 orders: 2 missing, 1 short, 11 refunded; paid $9.20, returned $4.10, missing $1.60`."""
    orders = found.all_cases
    counts = [
        f"{count} {verdict.value}"
        for verdict in Verdict
        if (count := sum(case.verdict is verdict for case in orders))
    ]
    kinds = f": {', '.join(counts)}" if counts else ""
    sums = (
        ("paid", found.paid, found.unpriced),
        ("returned", found.returned, found.unread),
        ("missing", found.missing, any(case.owed is None for case in found.owed)),
    )
    money = ", ".join(
        f"{name} {'at least ' if bound else ''}{dollars(amount)}" for name, amount, bound in sums
    )
    return f"{plural(len(orders), 'order')}{kinds}; {money}"


def audit_fine(found: Audit) -> str:
    """`fine: 11 refunded, 3 used; 2 pending`; empty where nothing is."""
    counts = [
        f"{count} {verdict.value}" for verdict in Verdict if verdict.fine and (count := found.count(verdict))
    ]
    parts = [f"fine: {', '.join(counts)}"] if counts else []
    if pending := found.count(Verdict.PENDING):
        parts.append(f"{pending} pending")
    return "; ".join(parts)


def audit_remarks(found: Audit) -> Iterable[str]:
    """What the totals leave open."""
    if found.unpriced:
        yield (f"the price of {plural(found.unpriced, 'order')} is not known, and is in no sum")
    strange = sum(not is_whole_id(case.order_id) for case in found.owed)
    if strange:
        yield f"{plural(strange, 'order')} of the ledger with an id that is none: ask support@virtualsms.io"
    for case in found.cases:
        if case.verdict is Verdict.TWICE and case.dossier.refunded >= _FAR_TOO_MUCH * (
            case.dossier.expected or 0
        ):
            yield (
                f"{shown(case.order_id)} cost {dollars(case.dossier.expected)}, and {dollars(case.dossier.refunded)}"
                " came back: that may be a mistake of the service"
            )
    yield from _unjudged(found)
    if found.unread:
        yield _unread_remark(found.unread)
    if found.unshown:
        yield unshown_remark(found.unshown)


def _unjudged(found: Audit) -> Iterable[str]:
    unlisted = sum(case.reason is Reason.UNLISTED for case in found.unjudged)
    if unlisted:
        because = (
            "the service lists the newest 200 orders only" if found.full else "the service does not list them"
        )
        yield (
            f"{plural(unlisted, 'purchase')} of the ledger can't be judged, as {because}:"
            " nothing came back, and a code may have come"
        )
    others = [case for case in found.unjudged if case.reason is not Reason.UNLISTED]
    if others:
        yield f"{plural(len(others), 'order')} can't be judged, so nothing is asked for:"
    for case in others[:_EXAMPLES]:
        yield f"  {shown(case.order_id or '?')}: {shown(case.why or '')}"
    if len(others) > _EXAMPLES:
        yield f"  and {len(others) - _EXAMPLES} more"


def _unread_remark(count: int) -> str:
    return f"{plural(count, 'line')} of the ledger can't be read, or not the amount: in no sum"


def unshown_remark(count: int) -> str:
    """Of a ledger that was read to its end."""
    return f"the service counts {plural(count, 'line')} of the ledger more than it shows"


def audit_next(found: Audit, results: Sequence[Result] | None, *, asked_before: int) -> list[str]:
    """What to type or do next. `asked_before` counts the owed orders that our journal knows a request for."""
    owed = len(found.owed)
    if not owed:
        return []
    if results is None:
        if asked_before >= owed:
            return [f"vsms journal list   ({plural(owed, 'refund')} asked for already)"]
        return ["vsms refunds audit --request"]
    if any(result.outcome is Outcome.UNKNOWN for result in results):
        return ["vsms journal resolve"]
    if any(result.outcome is Outcome.BY_HAND for result in results):
        return ["send the message to support"]
    return []


def stats_remarks(stats: Stats) -> Iterable[str]:
    if stats.full:
        yield "orders: the newest 200, more than which the service does not list; money: the whole ledger since then"
    if stats.unread:
        yield _unread_remark(stats.unread)
    if stats.codes_measured:
        yield f"the time to the code is that of the newest {plural(stats.codes_measured, 'completed order')}"
