"""The verdicts, one rule after the other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from vsms_cli.domain.appeal import appeal
from vsms_cli.domain.audit import GRACE, Audit, Case, Dossier, Reason, Verdict, is_loose, judge
from vsms_cli.domain.money import Transaction
from vsms_cli.domain.orders import Order
from vsms_cli.domain.proofs import Verified, Wanted, prove

NOW = datetime(2026, 5, 24, 12, tzinfo=UTC)
ID = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
MINUTE = timedelta(minutes=1)


def line(amount: str, kind: str = "refund", *, age: timedelta = MINUTE) -> Transaction:
    return Transaction(
        id=f"{kind} {amount}", amount=Decimal(amount), type=kind, description="", order_id=ID,
        balance_before=None, balance_after=None, created_at=NOW - age,
    )  # fmt: skip


def dossier(
    status: str | None,
    *amounts: str,
    age: timedelta = timedelta(hours=1),
    price: str | None = "0.3",
    bought: bool = False,
    seen: datetime | None = None,
) -> Dossier:
    """An order with that status, or, with None, one that the ledger alone shows."""
    order = None
    if status is not None:
        order = Order(
            id=ID, status=status, price=None if price is None else Decimal(price), created_at=NOW - age
        )
    lines = [line(amount) for amount in amounts]
    if bought:
        lines.insert(0, line(f"-{price}", "purchase", age=age))
    return Dossier(order_id=ID, order=order, lines=tuple(lines), seen_ended_at=seen)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        (dossier("completed"), "used"),
        (dossier("sms_received"), "used"),
        (dossier("completed", "0.1", "0.2"), "refunded"),
        (dossier("completed", "0.1"), "short"),
        (dossier("cancelled", "0.3"), "refunded"),
        (dossier("expired", "0.30"), "refunded"),
        (dossier("expired"), "missing"),
        (dossier("cancelled", "0.29"), "short"),
        (dossier("cancelled", "0.29999"), "refunded"),
        (dossier("cancelled", "0.3", "0.01"), "twice"),
        (dossier("cancelled", "0.3", "0.00001"), "refunded"),
        (dossier("cancelled", "0.3", "-0.3"), "missing"),
        (dossier("cancelled", "0.3", "-0.3", "0.3"), "refunded"),
        (dossier("cancelled", "0.3", "-0.1"), "short"),
        (dossier("waiting"), "pending"),
        (dossier("waiting", "0.3"), "refunded"),  # it ended between the two reads
        (dossier("waiting", "0.1"), "pending"),
        (dossier("waiting", "0.4"), "twice"),
        (dossier("hibernating"), None),
        (dossier("failed"), None),
        (dossier("hibernating", "0.3"), "refunded"),
        (dossier("cancelled", price="0"), "refunded"),
        (dossier("completed", price="0"), "used"),
        (dossier("cancelled", price=None), "missing"),
        (dossier("cancelled", "0.1", price=None), None),
        (dossier("completed", price=None), "used"),
        (dossier(None, bought=True), None),
        (dossier(None, "0.3", bought=True), "refunded"),
        (dossier(None, "0.1", bought=True), "short"),
        (dossier(None, "0.1", bought=True, age=10 * MINUTE), "pending"),
        (dossier(None, "0.6", bought=True), "twice"),
        (dossier(None, bought=True, seen=NOW - 50 * MINUTE), "missing"),
        (dossier(None, "0.3"), None),
    ],
)
def test_the_verdict_follows_from_price_and_what_came_back(known: Dossier, verdict: str | None) -> None:
    assert judge(known, now=NOW).verdict == (verdict or "unjudged")


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (20 * MINUTE + GRACE, "pending"),
        (20 * MINUTE + GRACE + timedelta(microseconds=1), "missing"),
    ],
)
def test_the_grace_ends_five_minutes_after_the_last_moment_of_the_order(age: timedelta, verdict: str) -> None:
    assert judge(dossier("cancelled", age=age), now=NOW).verdict == verdict


def test_expires_at_goes_before_the_20_minutes_and_our_journal_before_both() -> None:
    known = dossier("cancelled", age=10 * MINUTE)
    assert judge(known, now=NOW).verdict is Verdict.PENDING
    assert known.order is not None
    early = replace(known, order=replace(known.order, expires_at=NOW - 6 * MINUTE))
    assert judge(early, now=NOW).verdict is Verdict.MISSING
    assert judge(replace(known, seen_ended_at=NOW - 6 * MINUTE), now=NOW).verdict is Verdict.MISSING
    assert judge(replace(known, seen_ended_at=NOW - 4 * MINUTE), now=NOW).verdict is Verdict.PENDING
    before_the_purchase = replace(known, seen_ended_at=NOW - 60 * MINUTE)  # a clock that is wrong
    assert judge(before_the_purchase, now=NOW).verdict is Verdict.PENDING


def test_an_order_without_any_time_has_no_grace() -> None:
    known = Dossier(order_id=ID, order=Order(id=ID, status="expired", price=Decimal(1)), lines=())
    assert judge(known, now=NOW).verdict is Verdict.MISSING


def test_the_sums_are_exact() -> None:
    cases = tuple(
        judge(known, now=NOW)
        for known in (dossier("expired"), dossier("expired", "0.1"), dossier("cancelled", price=None))
    )
    found = Audit(cases=cases, unjudged=(), full=False)
    assert (found.paid, found.returned, found.missing) == (Decimal("0.6"), Decimal("0.1"), Decimal("0.5"))
    assert cases[-1].owed is None


def test_the_message_to_support_has_every_fact_of_every_order() -> None:
    order = Order(id=ID, status="expired", price=Decimal("0.3"), created_at=NOW, phone_number="+5491")
    known = Dossier(order_id=ID, order=order, lines=(line("-0.3", "purchase"), line("0.1")))
    text = appeal([(Case(dossier=known, verdict=Verdict.SHORT), order)] * 4)
    assert text.startswith("To: support@virtualsms.io\nSubject: Missing refunds: ")
    assert "and 1 more" in text
    assert "Please return $0.80 to my balance" in text
    assert text.count("Number: +5491\nStatus: expired\nPrice: $0.30\n") == 4
    assert "Transaction refund 0.1 at 2026-05-24T11:59:00Z: refund $0.10" in text


@pytest.mark.parametrize(
    ("price", "paid", "said", "amounts", "verified"),
    [
        ("0.3", None, None, ["0.1", "0.2"], "posted"),
        ("0.3", None, None, ["0.1"], "short"),
        (None, "0.3", "0.1", ["0.1"], "short"),
        (None, None, "0.1", ["0.1"], "posted"),
        (None, None, None, ["0.1"], "posted"),
        (None, None, None, [], "missing"),
        ("0.3", None, None, ["0.3", "0.3"], "twice"),
    ],
)
def test_a_refund_is_proved_by_its_amount(
    price: str | None, paid: str | None, said: str | None, amounts: list[str], verified: str
) -> None:
    def dollars(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    wanted = Wanted(order_id=ID, price=dollars(price), said=dollars(said))
    bought = [] if paid is None else [line(f"-{paid}", "purchase")]
    lines = (*bought, *(line(amount) for amount in amounts))
    proof = prove(wanted, Dossier(order_id=ID, order=None, lines=lines))
    assert proof.verified is Verified(verified)


POSSIBLE = {
    "no order": replace(line("0.3"), order_id=None),
    "an order id that is none": replace(line("0.3"), order_id="order 17"),
    "no order, and no time": replace(line("0.3"), order_id=None, created_at=None),
    "no order, rounded": replace(line("0.31"), order_id=None),
    "no order, a type that nobody documents": replace(line("0.3", "reversal"), order_id=None),
    "of the order, a type that nobody documents": line("0.3", "order_refund"),
    "of the order, booked as a purchase": line("0.3", "purchase"),
}
IMPOSSIBLE = {
    "another amount": replace(line("0.9"), order_id=None),
    "a deposit": replace(line("0.3", "deposit"), order_id=None),
    "negative": replace(line("-0.3"), order_id=None),
    "long before the purchase": replace(line("0.3", age=timedelta(days=3)), order_id=None),
}


def with_line(extra: Transaction) -> Dossier:
    """An order of which nothing came back for certain, beside another line of the ledger."""
    known = dossier("cancelled", bought=True)
    if is_loose(extra):
        return replace(known, loose=(extra,))
    return replace(known, lines=(*known.lines, extra)) if extra.order_id else known


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_line_that_might_be_the_refund_leaves_the_order_unjudged(name: str) -> None:
    case = judge(with_line(POSSIBLE[name]), now=NOW)

    assert (case.verdict, case.reason) == (Verdict.UNJUDGED, Reason.POSSIBLE_REFUND)
    assert prove(Wanted(order_id=ID, price=Decimal("0.3")), case.dossier).verified is Verified.UNJUDGED


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_line_that_can_not_be_it_excuses_nothing(name: str) -> None:
    assert judge(with_line(IMPOSSIBLE[name]), now=NOW).verdict is Verdict.MISSING


@pytest.mark.parametrize(
    ("price", "purchase", "back", "verdict"),
    [
        ("0.124", "-0.12", "0.12", "refunded"),
        ("0.124", None, "0.12", "refunded"),
        ("0.125", None, "0.13", "refunded"),
        ("0.125", "-0.13", "0.13", "refunded"),
        ("0.80", "-0.50", "0.50", "refunded"),  # a discount: what was taken has to come back, not the price
        ("0.50", "-0.80", "0.50", "short"),
        ("0.80", "-0.80", "1000000", "twice"),
    ],
)
def test_what_the_purchase_took_has_to_come_back_and_less_than_a_cent_is_no_difference(
    price: str, purchase: str | None, back: str, verdict: str
) -> None:
    known = dossier("cancelled", back, price=price)
    if purchase is not None:
        known = replace(known, lines=(line(purchase, "purchase"), *known.lines))

    assert judge(known, now=NOW).verdict == verdict
