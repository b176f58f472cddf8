"""Strict JSON: what json takes and is JSON, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.api.strict_json import decode

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(10**60), 10**60) | TEXT
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.floats(-1e60, 1e60).filter(lambda x: x == 0 or abs(x) > 1e-60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES, ascii_only=st.booleans())
def test_what_is_json_is_what_json_reads_with_decimals_for_floats(value: Any, *, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert decode(text.encode()) == json.loads(text, parse_float=Decimal)


@given(st.binary(max_size=60) | TEXT.map(str.encode) | VALUES.map(lambda v: json.dumps(v).encode()[:-1]))
def test_anything_else_is_a_value_error_and_no_other_exception(body: bytes) -> None:
    try:
        expected = json.loads(body.decode("utf-8"), parse_float=Decimal)
    except (ValueError, ArithmeticError):
        with pytest.raises(ValueError, match=r"."):
            decode(body)
        return
    try:
        assert decode(body) == expected
    except ValueError:
        assert b"N" in body or b"I" in body or b"\\u" in body or b'"' in body or b"e" in body.lower()


@given(
    st.from_regex(
        r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,30})?",
        fullmatch=True,
        alphabet="0123456789-+.eE",
    )
)
def test_a_number_is_exact_or_refused(text: str) -> None:
    try:
        value = decode(text.encode())
    except ValueError as exc:
        assert "giant exponent" in str(exc)  # noqa: PT017 - a number either passes or is refused for this alone
        return
    assert isinstance(value, int | Decimal)
    assert str(value).lower() == str(Decimal(text) if {*".eE"} & {*text} else int(text)).lower()
    assert int(value) is not None, "no number passes that int() would choke on"
    assert abs(Decimal(value)) >= 0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": NaN}', "NaN is not a number"),
        (b"[Infinity]", "Infinity is not a number"),
        (b"-Infinity", "-Infinity is not a number"),
        (b'{"a": 1, "a": 1}', "the same key twice"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "the same key twice"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
        (b"9" * 5000, "a number of 5000 characters"),
        (b"0." + b"9" * 5000, "a number of 5002 characters"),
        (b"1e" + b"9" * 62, "giant exponent"),
        (b"1e-" + b"9" * 61, "giant exponent"),
        (b"1e65", "giant exponent"),
        (b'"\\ud800"', "a lone surrogate"),
        (b'["x", {"\\udfff": 1}]', "a lone surrogate"),
        (b'{"a": ["\\ud83d"]}', "a lone surrogate"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"01", "not JSON"),
        (b"'a'", "not JSON"),
        (b'"\n"', "not JSON"),
    ],
)
def test_what_merely_looks_like_json_is_refused_with_the_reason(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode(body)


def test_digits_are_kept_as_sent() -> None:
    assert [str(x) for x in decode(b"[0.80, 1.10, 1E+2, 0e5, -0.0, 3]")] == [  # type: ignore[attr-defined] # a list here
        *("0.80", "1.10", "1E+2", "0E+5", "-0.0", "3")
    ]


def test_a_pair_of_surrogates_is_a_character_and_nesting_short_of_the_limit_passes() -> None:
    assert decode(b'"\\ud83d\\ude00"') == "\U0001f600"
    assert decode(b"[" * 200 + b"]" * 200)
