"""From outcomes to exit codes, as CLI.md's table has it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.cli.reference import OUTCOME_MEANINGS
from vsms_cli.domain import errors
from vsms_cli.domain.errors import ExitCode, Problem, VsmsError
from vsms_cli.domain.outcomes import Outcome, Result, exit_code_of
from vsms_cli.domain.tickets import Operation

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"

AUTH = Problem(code="unauthorized", message="m", exit_code=ExitCode.AUTH)

OF_CANCEL = {
    "cancelled": 0,
    "already_cancelled": 0,
    "expired": 0,
    "would_cancel": 0,
    "sms_received": 5,
    "too_early": 5,
    "not_found": 5,
    "failed": 1,
    "unknown": 8,
    "skipped": 130,
}
OF_REFUND = {
    "requested": 0,
    "already_requested": 0,
    "already_refunded": 0,
    "cancelled": 0,
    "would_cancel": 0,
    "would_request": 0,
    "not_eligible": 5,
    "by_hand": 5,
    "failed": 1,
    "unknown": 8,
    "skipped": 130,
}
TABLE = {
    0: "done, or already so",
    1: "failed, or declined at the prompt",
    2: "wrong use; a confirmation was needed and nobody could answer",
    3: "some done, some not",
    4: "no token, or the service refuses it",
    5: "the service refuses: too early, SMS arrived, not found, not eligible, to be asked by hand",
    6: "the service can't be reached, or answers with nonsense",
    7: "still rate-limited after all the patience allowed",
    8: "outcome unknown: `vsms journal resolve`",
    9: "the audit found money missing",
    124: "waited until the timeout",
    130: "Ctrl-C",
    141: "closed pipe",
    143: "SIGTERM",
}


def cancel(outcome: Outcome, problem: Problem | None = None) -> Result:
    return Result(operation=Operation.CANCEL, order_id=ORDER, outcome=outcome, problem=problem)


def refund(outcome: Outcome) -> Result:
    return Result(operation=Operation.REFUND, order_id=ORDER, outcome=outcome)


def test_every_exit_code_has_the_meaning_of_the_table() -> None:
    meanings = {int(code): code.meaning for code in ExitCode}
    assert meanings.pop(129) == "the terminal went away (SIGHUP)", "128 + 1; the table is silent"
    assert meanings == TABLE


def test_one_order_s_outcome_is_its_exit_code() -> None:
    assert {
        o: int(exit_code_of([cancel(Outcome(o))])) for o in OUTCOME_MEANINGS[Operation.CANCEL]
    } == OF_CANCEL
    assert {
        o: int(exit_code_of([refund(Outcome(o))])) for o in OUTCOME_MEANINGS[Operation.REFUND]
    } == OF_REFUND


def test_a_failure_has_the_exit_code_of_its_problem() -> None:
    assert exit_code_of([cancel(Outcome.FAILED, AUTH)]) == 4
    assert exit_code_of([cancel(Outcome.TOO_EARLY, AUTH)]) == 5, "a refusal's own code comes first"


def test_nothing_to_do_is_done() -> None:
    assert exit_code_of([]) == 0


@given(st.lists(st.sampled_from([*map(Outcome, OF_CANCEL)]), min_size=1, max_size=6))
def test_several_orders_end_in_the_table_s_own_order_of_precedence(outcomes: list[Outcome]) -> None:
    code = exit_code_of([cancel(outcome) for outcome in outcomes])
    codes = [OF_CANCEL[outcome.value] for outcome in outcomes]
    if 8 in codes:
        assert code == 8
    elif not any(codes):
        assert code == 0
    elif 0 in codes:
        assert code == 3
    else:
        # 130, skipped, only followed from what failed, wherever it stands in the list.
        assert code == next((failure for failure in codes if failure != 130), 130)


@pytest.mark.parametrize(
    ("price", "refunded", "short"),
    [
        ("0.80", "0.50", "0.30"),
        ("0.80", "0.80", None),
        ("0.80", "0.90", None),
        (None, "1", None),
        ("1", None, None),
    ],
)
def test_a_refund_short_of_the_price_says_by_how_much(
    price: str | None, refunded: str | None, short: str | None
) -> None:
    result = Result(
        operation=Operation.CANCEL,
        order_id=ORDER,
        outcome=Outcome.CANCELLED,
        price=None if price is None else Decimal(price),
        refund_amount=None if refunded is None else Decimal(refunded),
    )
    assert result.short_by == (None if short is None else Decimal(short))


def all_errors() -> list[type[VsmsError]]:
    found = [VsmsError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return found


EXITS = {
    "VsmsError": 1, "UsageMistake": 2, "ConfirmationNeeded": 2, "ConfigBroken": 2, "Declined": 1,
    "TokenMissing": 4, "KeyringUnusable": 4, "TokenRefused": 4, "OrderNotFound": 5, "RequestRefused": 5,
    "Unreachable": 6, "BadAnswer": 6, "RateLimited": 7, "JournalUnusable": 1, "StreamClosed": 141,
    "Interrupted": 130, "StopRequested": 130,
}  # fmt: skip


def test_every_error_knows_its_exit_code_and_carries_it_into_a_problem() -> None:
    exits = {kind.__name__: int(kind.exit_code) for kind in all_errors()}
    assert {name: exits[name] for name in EXITS} == EXITS
    for kind in all_errors():
        problem = kind("what happened", hint="what to do").as_problem()
        assert problem == Problem(
            code=kind.code, message="what happened", hint="what to do", exit_code=kind.exit_code
        )
        assert str(kind("what happened")) == "what happened"
