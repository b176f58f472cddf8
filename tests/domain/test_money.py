"""Money as text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.domain.money import dollars, plain_digits

AMOUNTS = st.decimals(-(10**9), 10**9, allow_nan=False, places=12) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-999, 999), st.integers(-9, 6)
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "?"),
        ("0", "$0.00"),
        ("-0.0", "$0.00"),
        ("0.8", "$0.80"),
        ("0.80", "$0.80"),
        ("0.805", "$0.805"),
        ("8E+2", "$800.00"),
        ("1E-7", "$0.0000001"),
        ("-1.5", "-$1.50"),
        ("1000000000", "$1000000000.00"),
        ("0E+5", "$0.00"),
    ],
)
def test_dollars_show_two_digits_and_all_that_were_given(amount: str | None, text: str) -> None:
    assert dollars(None if amount is None else Decimal(amount)) == text


@given(AMOUNTS)
def test_no_digit_is_lost_and_no_exponent_shown(amount: Decimal) -> None:
    text = plain_digits(amount)
    assert Decimal(text) == amount
    assert not set(text) & set("eE+")
    shown = dollars(amount)
    assert Decimal(shown.replace("$", "")) == amount
    assert len(shown.rpartition(".")[2]) >= 2


def test_digits_without_a_point_get_none_unless_asked_for() -> None:
    assert (plain_digits(Decimal(5)), plain_digits(Decimal(5), places=1)) == ("5", "5.0")
