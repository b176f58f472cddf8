"""Any mixture of forms in one list: what is good comes out as ever, and each odd one is noted where it stands."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.forms import ENVELOPES, ROWS, Form, odd_row
from vsms_cli.api import wire
from vsms_cli.api.deviation_collector import Deviations, Kind
from vsms_cli.domain.orders import Order

GOOD, *ODD = ROWS


def row(number: int) -> dict[str, Any]:
    return {
        "id": f"7e44c0de-1f3a-4c57-9a51-{number:012d}",
        "phone_number": f"+5491100{number:06d}",
        "service_id": "wa",
        "country_id": "AR",
        "status": "waiting",
        "price_charged": 0.8,
        "created_at": "2026-05-24T12:00:00Z",
        "expires_at": "2026-05-24T12:20:00Z",
        "cancel_available_at": "2026-05-24T12:02:00Z",
        "rules": {"cancel_cooldown_seconds": 120},
    }


def read(rows: list[Any], envelope: str) -> tuple[tuple[Order, ...], Deviations]:
    notes = Deviations()
    return wire.read_orders(ENVELOPES[envelope](rows), notes).orders, notes


@given(forms=st.lists(st.sampled_from(ROWS), max_size=12), envelope=st.sampled_from(sorted(ENVELOPES)))
def test_the_good_rows_of_any_mixture_come_out_and_the_odd_ones_are_noted(
    forms: list[Form], envelope: str
) -> None:
    rows = [odd_row(form, row(number)) for number, form in enumerate(forms)]
    expected, _ = read([row(number) for number, form in enumerate(forms) if form is GOOD], "as documented")

    orders, notes = read(rows, envelope)

    assert [order for order in orders if order in expected] == list(expected)
    # Two rows that name no order, or the same one, may be one.
    unnamed = [form for form in forms if form.listed and form.name in {"id is a number", "id is no UUID"}]
    listed = sum(form.listed for form in forms)
    assert listed - len(unnamed) <= len(orders) <= listed
    assert notes.unreadable == sum(form.noticed for form in forms)
    for number, form in enumerate(forms):
        if form.path is not None:
            where = f"[{number}].{form.path}".rstrip(".")
            assert any(note.path.endswith(where) for note in notes), where


@given(form=st.sampled_from(ODD), envelope=st.sampled_from(sorted(ENVELOPES)))
def test_a_deviation_has_no_value_in_it(form: Form, envelope: str) -> None:
    _, notes = read([odd_row(form, row(1))], envelope)

    for note in notes:
        said = f"{note.path} {note.found} {note.expected}"
        assert not [word for word in ("7e44", "5491", "0.8", "cheap", "yesterday", "ord_abc") if word in said]


AMOUNTS: dict[str, tuple[Any, Decimal | None]] = {
    "as documented": (-0.8, Decimal("-0.8")),
    "text": ("-0.80", Decimal("-0.80")),
    "noise": (-0.8000000000000002, Decimal("-0.80")),
    "a word": ("much", None),
    "null": (None, None),
    "a list": ([], None),
}


@given(names=st.lists(st.sampled_from(sorted(AMOUNTS)), max_size=12), nulls=st.integers(0, 3))
def test_the_lines_of_any_mixture_come_out_with_what_can_be_read(names: list[str], nulls: int) -> None:
    lines: list[Any] = [
        {
            "id": f"t-{number}",
            "type": "purchase",
            "amount": AMOUNTS[name][0],
            "created_at": "2026-05-24 12:00:00",
        }
        for number, name in enumerate(names)
    ]
    notes = Deviations()

    page = wire.read_ledger(json.dumps({"transactions": [None] * nulls + lines}).encode(), notes)

    assert [line.amount for line in page.transactions] == [AMOUNTS[name][1] for name in names]
    assert [line.id for line in page.transactions] == [f"t-{number}" for number in range(len(names))]
    assert page.rows == len(names) + nulls
    assert notes.unreadable == nulls + sum(AMOUNTS[name][1] is None for name in names)


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "bare": lambda rows: rows,
    "named": lambda rows: {"countries": rows},
    "data": lambda rows: {"data": rows},
    "both": lambda rows: {"data": {"countries": rows}},
}


@given(wrapped=st.sampled_from(sorted(WRAPPED)), odd=st.sampled_from([None, 7, {}, {"country_id": ""}, []]))
def test_a_catalogue_is_read_in_every_envelope_beside_a_row_that_is_none(wrapped: str, odd: Any) -> None:
    rows = [{"country_id": "AR", "country_name": "Argentina"}, odd, "BR"]
    notes = Deviations()

    entries = wire.read_countries(json.dumps(WRAPPED[wrapped](rows)).encode(), notes)

    assert [(entry.code, entry.name) for entry in entries] == [("AR", "Argentina"), ("BR", "BR")]
    assert Kind.UNREADABLE in {note.kind for note in notes}
