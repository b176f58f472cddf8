"""What vsms says is what the ledger says: the table in tests/README.md, and a short run of the long campaign."""

import pytest

from proof import compare
from proof.campaign import campaign

_ONE_WORKER = pytest.mark.xdist_group("tables")  # they share what takes a minute to see


@pytest.fixture(scope="module")
def rows() -> list[compare.Row]:
    return compare.rows()


@pytest.fixture(scope="module")
def rentals() -> list[compare.Row]:
    return compare.rental_rows()


@_ONE_WORKER
def test_vsms_is_right_about_every_fault(rows: list[compare.Row]) -> None:
    assert [row.name for row in rows if not row.vsms_right] == []


@_ONE_WORKER
def test_no_fault_makes_the_service_pay_vsms_twice(rows: list[compare.Row]) -> None:
    assert [row.name for row in rows if row.vsms_paid > 1] == []


@_ONE_WORKER
def test_the_tables_in_the_documents_are_what_was_seen(
    rows: list[compare.Row], rentals: list[compare.Row]
) -> None:
    fresh = compare.table(rows, rentals, compare.fifty())

    assert fresh.splitlines() == compare.documented().splitlines()
    assert "`vsms` cancels 50" in fresh


@_ONE_WORKER
def test_vsms_is_right_about_every_fault_of_a_rentals_cancel_and_the_sdk_is_not(
    rentals: list[compare.Row],
) -> None:
    assert [row.name for row in rentals if not row.vsms_right] == []
    assert [row.name for row in rentals if row.vsms_paid > 1] == []
    assert sum(not row.sdk_right for row in rentals) > 10


@pytest.mark.parametrize("what", ["cancels", "rental cancels", "swaps", "refund requests"])
def test_random_faults_lead_to_no_second_payment_and_no_lie(what: str) -> None:
    figures = campaign(what, 60, seed=7)

    assert figures.mutations >= 60
    assert figures.faults > 30
    assert (figures.second, figures.untrue, figures.asked, figures.unknown_after_resolve) == (0, [], 0, 0)
    done = {
        "cancels": ["cancelled"],
        "rental cancels": ["cancelled"],
        "swaps": ["swapped"],
        "refund requests": [
            "requested",
            "already_refunded",
        ],  # this service grants at once what it is asked for
    }[what]
    assert sum(figures.outcomes[outcome] for outcome in done) > 25
