"""The verdicts, one rule after the other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from vsms_cli.domain.ledger_matching import Ledger
from vsms_cli.domain.money import Transaction
from vsms_cli.domain.orders import Order
from vsms_cli.domain.proofs import Verified, Wanted, prove
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.refund_verdicts import GRACE, Audit, Case, Dossier, Reason, Verdict, judge
from vsms_cli.domain.support_message import missing_refunds_message

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
    text = missing_refunds_message([(Case(dossier=known, verdict=Verdict.SHORT), order)] * 4)
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
    proof = prove(Dossier(order_id=ID, order=wanted.order, lines=lines))
    assert proof.verified is Verified(verified)


OTHER = "0d9f6c1e-5b7a-4f0e-8d2c-3a1b2c3d4e5f"
NIL = "00000000-0000-0000-0000-000000000000"


def nobodys(amount: str, kind: str = "refund", *, order_id: str | None = None, **more: Any) -> Transaction:
    """A line that names another order, or none."""
    return replace(line(amount, kind), order_id=order_id, **more)


def read(*lines: Transaction, known: tuple[str, ...] = (ID,), keeps_others: bool = False) -> Ledger:
    ledger = Ledger(known, keeps_others=keeps_others)
    for each in lines:
        ledger.add(each)
    return ledger


BOUGHT = line("-0.3", "purchase", age=timedelta(hours=1))
ORDER = Order(id=ID, status="cancelled", price=Decimal("0.3"), created_at=NOW - timedelta(hours=1))

POSSIBLE = {
    "no order": nobodys("0.3"),
    "an order id that is none": nobodys("0.3", order_id="order 17"),
    "an empty order id": nobodys("0.3", order_id=" "),
    "the order id 0": nobodys("0.3", order_id="0"),
    "Go's id of no order": nobodys("0.3", order_id=NIL),
    "no order, and no time": nobodys("0.3", created_at=None),
    "no order, and an amount that can't be read": replace(nobodys("0.3"), amount=None),
    "no order, dated in another time zone": nobodys("0.3", created_at=NOW - timedelta(hours=15)),
    "no order, booked by hand days later": nobodys("0.3", created_at=NOW + timedelta(days=6)),
    "no order, rounded to a cent": nobodys("0.31"),
    "no order, and a fee": nobodys("0.28"),
    "no order, a type that nobody documents": nobodys("0.3", "reversal"),
    "of the order, a type that nobody documents": line("0.3", "order_refund"),
    "of the order, without a type": line("0.3", ""),
    "of the order, a part, of a type that nobody documents": line("0.1", "reversal"),
    "of the order, booked as a purchase": line("0.3", "purchase"),
    "of the order, booked as a deposit": line("0.3", "deposit"),
    "of the order, its amount not to be read": replace(line("0.3"), amount=None),
    "with a minus": nobodys("-0.3"),
    "of another type, with a minus": nobodys("-0.3", "chargeback"),
    "rounded to ten cents": nobodys("0.25"),
    "of its purchase's id": nobodys("0.3", order_id=BOUGHT.id),
    "of another order, and described as its own": nobodys("0.3", order_id=OTHER, description=f"order {ID}"),
}
IMPOSSIBLE = {
    "another amount": nobodys("0.9"),
    "a deposit": nobodys("0.3", "deposit"),
    "long before the purchase": nobodys("0.3", created_at=NOW - timedelta(days=3)),
    "long after the order": nobodys("0.3", created_at=NOW + timedelta(days=9)),
    "of another order": nobodys("0.3", order_id=OTHER),
}


def case_of(*lines: Transaction, known: tuple[str, ...] = (ID,)) -> Case:
    return judge(Dossier.of(read(*lines, known=known), ID, ORDER), now=NOW)


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_line_that_might_be_the_refund_leaves_the_order_unjudged(name: str) -> None:
    case = case_of(BOUGHT, POSSIBLE[name])

    assert (case.verdict, case.reason) == (Verdict.UNJUDGED, Reason.POSSIBLE_REFUND)
    assert case.why is not None
    assert POSSIBLE[name].id in case.why
    assert prove(case.dossier).verified is Verified.UNJUDGED
    assert case_of(BOUGHT, POSSIBLE[name], line("0.3")).verdict is Verdict.REFUNDED


def test_a_refund_of_another_type_that_is_told_with_a_minus_might_be_it() -> None:
    case = case_of(BOUGHT, line("-0.3", "order_refund"))

    assert (case.verdict, case.reason) == (Verdict.UNJUDGED, Reason.POSSIBLE_REFUND)
    assert case_of(BOUGHT, line("-0.1", "fee")).verdict is Verdict.MISSING


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_line_that_can_not_be_it_excuses_nothing(name: str) -> None:
    assert case_of(BOUGHT, IMPOSSIBLE[name]).verdict is Verdict.MISSING


@pytest.mark.parametrize("of", ["48213", OTHER])
def test_where_the_ledger_names_orders_in_another_way_any_line_might_be_the_refund(of: str) -> None:
    lines = (nobodys("-0.3", "purchase", order_id=of), nobodys("0.3", order_id=of))

    assert case_of(*lines).reason is Reason.POSSIBLE_REFUND
    # Where it names this order as it is listed, it names all of them so.
    assert case_of(*lines, BOUGHT).verdict is Verdict.MISSING


def test_a_list_that_comes_later_tells_whose_a_line_is() -> None:
    ledger = read(nobodys("0.3", order_id=OTHER))
    known = Dossier.of(ledger, ID, ORDER)
    assert judge(known, now=NOW).reason is Reason.POSSIBLE_REFUND
    ledger.know([OTHER])
    assert judge(known, now=NOW).verdict is Verdict.MISSING


def test_an_order_of_the_ledger_alone_is_judged_by_its_own_lines() -> None:
    ledger = read(
        nobodys("-0.3", "purchase", order_id=OTHER), nobodys("0.1", order_id=OTHER),
        nobodys("-0.2", "purchase", order_id="48213"), nobodys("0.2", order_id="48213"),
        known=(), keeps_others=True,
    )  # fmt: skip
    later = NOW + timedelta(days=1)
    assert [judge(Dossier.of(ledger, each, None), now=later).verdict for each in ledger.orders] == [
        Verdict.SHORT,
        Verdict.REFUNDED,
    ]


@pytest.mark.parametrize("spelt", [ID.upper(), ID.replace("-", ""), f" {ID} ", ID.replace("-", " ").upper()])
def test_a_line_names_its_order_in_any_spelling(spelt: str) -> None:
    assert case_of(BOUGHT, nobodys("0.3", order_id=spelt)).verdict is Verdict.REFUNDED


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ((BOUGHT, line("0.3"), line("-0.3", "reversal")), "unjudged"),
        ((BOUGHT, line("0.3"), line("-0.1", "chargeback")), "unjudged"),
        ((BOUGHT, line("0.3"), line("-0.01", "fee")), "refunded"),
        ((BOUGHT, line("-0.3")), "unjudged"),  # more was taken back than came back
        ((line("-0.3", "charge", age=timedelta(hours=1)), line("0.3")), "refunded"),  # the purchase
        ((line("0.3", age=timedelta(hours=1)), line("-0.3", "charge")), "unjudged"),
        ((BOUGHT, line("0.3", "reversal"), line("-0.3", "reversal")), "unjudged"),
    ],
)
def test_what_may_have_been_taken_back_is_not_called_refunded(
    lines: tuple[Transaction, ...], verdict: str
) -> None:
    case = case_of(*lines)
    assert (case.verdict, bool(case.why)) == (verdict, verdict == "unjudged")


@pytest.mark.parametrize(("kind", "verdict"), [("refund", "used"), ("reversal", "used")])
def test_a_line_of_nobodys_is_no_reason_to_doubt_that_a_completed_order_was_used(
    kind: str, verdict: str
) -> None:
    completed = replace(ORDER, status="completed")
    known = Dossier.of(read(BOUGHT, nobodys("0.3", kind)), ID, completed)
    assert judge(known, now=NOW).verdict == verdict
    own = Dossier.of(read(BOUGHT, line("0.3", "reversal")), ID, completed)
    assert judge(own, now=NOW).reason is Reason.POSSIBLE_REFUND


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


def test_a_line_that_is_read_after_a_first_verdict_counts_as_any_other() -> None:
    ledger = read(BOUGHT)
    known = Dossier.of(ledger, ID, ORDER)
    assert judge(known, now=NOW).verdict is Verdict.MISSING

    ledger.add(nobodys("0.3"))

    assert judge(known, now=NOW).reason is Reason.POSSIBLE_REFUND
