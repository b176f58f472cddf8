"""Order ids, the life of an order, and when its doors open."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.orders import (
    KNOWN_STATUSES,
    Order,
    Phase,
    is_whole_id,
    parse_id_or_beginning,
    parse_order_id,
)

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
NOON = datetime(2026, 5, 24, 12, tzinfo=UTC)
HOSTILE = [
    "",
    ".",
    "..",
    "../purchase",
    "/",
    "%2f",
    "%2e%2e%2fpurchase",
    "?",
    "#",
    "\x00",
    " ",
    "7e44c0de 1f3a-4c57-9a51-0f2d6a9b8c11",
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c111",
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c1g",
    "7e44c0de1f3a4c579a510f2d6a9b8c11",
    "{7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11}",
    "urn:uuid:7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",
    f"{ORDER}/../../purchase",
    f"{ORDER}?x=1",
    f"{ORDER}#x",
    f"{ORDER}\x00",
    f"{ORDER}\n{ORDER}",
    "7e44c0de\u20131f3a\u20134c57\u20139a51\u20130f2d6a9b8c11",
    "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c1\u0661",  # ARABIC-INDIC DIGIT ONE
    "\uff17e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",  # FULLWIDTH DIGIT SEVEN
    "7\uff4544c0de-1f3a-4c57-9a51-0f2d6a9b8c11",  # FULLWIDTH SMALL E
    "7\u043544c0de-1f3a-4c57-9a51-0f2d6a9b8c11",  # CYRILLIC IE
    "x" * 9000,
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_id_is_refused_in_one_short_line(text: str) -> None:
    for parse in (parse_order_id, parse_id_or_beginning):
        with pytest.raises(UsageMistake) as caught:
            parse(text)
        assert caught.value.exit_code == 2
        assert len(caught.value.message) < 300
        assert caught.value.message.isprintable()
    assert not is_whole_id(text)


@given(st.uuids())
def test_every_uuid_passes_in_any_case_and_comes_out_in_lower_case(order_id: uuid.UUID) -> None:
    text = str(order_id)
    assert parse_order_id(text) == parse_order_id(text.upper()) == str(order_id)
    assert parse_id_or_beginning(text.upper()) == str(order_id)
    assert is_whole_id(str(order_id))


@given(st.uuids(), st.sampled_from([" ", "\n", "\t", "\u00a0"]))
def test_an_id_with_a_blank_is_none(order_id: uuid.UUID, blank: str) -> None:
    for text in (f"{blank}{order_id}", f"{order_id}{blank}"):
        with pytest.raises(UsageMistake):
            parse_order_id(text)


@given(st.text())
def test_what_passes_is_a_uuid_and_nothing_else(text: str) -> None:
    try:
        found = parse_order_id(text)
    except UsageMistake:
        return
    assert str(uuid.UUID(found)) == found


@given(st.integers(0, 36))
def test_a_beginning_has_six_characters_or_more_and_the_dashes_in_place(length: int) -> None:
    text = ORDER[:length]
    if length < 6:
        with pytest.raises(UsageMistake):
            parse_id_or_beginning(text.upper())
    else:
        assert parse_id_or_beginning(text.upper()) == text


@pytest.mark.parametrize(
    "text", ["7e44c0d-", "7e44c0de1", "7e44c0de--", "7e44cg", "......", "../pur", "7e44c\u0660", "7e44c ."]
)
def test_a_beginning_of_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(UsageMistake):
        parse_id_or_beginning(text)


PHASES = {
    "waiting": Phase.WAITING,
    "pending": Phase.WAITING,
    "created": Phase.WAITING,
    "completed": Phase.COMPLETED,
    "sms_received": Phase.COMPLETED,
    "received": Phase.COMPLETED,
    "confirmed": Phase.COMPLETED,
    "expired": Phase.EXPIRED,
    "cancelled": Phase.CANCELLED,
    "failed": Phase.UNKNOWN,
}


def test_every_status_of_any_source_has_its_phase_in_any_case() -> None:
    assert set(KNOWN_STATUSES) == set(PHASES)
    assert {s: Order(id=ORDER, status=f" {s.upper()} ").phase for s in PHASES} == PHASES


@given(st.text().filter(lambda text: text.strip().lower() not in PHASES))
def test_an_unknown_status_is_never_assumed_cancellable(status: str) -> None:
    order = Order(id=ORDER, status=status, created_at=NOON)
    assert order.phase is Phase.UNKNOWN
    assert not order.too_young(NOON)


@pytest.mark.parametrize(
    ("said", "cooldown", "bought", "opens"),
    [
        (NOON, timedelta(seconds=60), NOON - timedelta(hours=1), NOON),
        (None, timedelta(seconds=60), NOON, NOON + timedelta(seconds=60)),
        (None, timedelta(0), NOON, NOON),
        (None, None, NOON, NOON + timedelta(seconds=120)),
        (None, timedelta(seconds=60), None, None),
    ],
)
def test_cancelling_opens_as_the_server_says_else_after_its_cooldown_else_after_120_s(
    said: datetime | None, cooldown: timedelta | None, bought: datetime | None, opens: datetime | None
) -> None:
    order = Order(
        id=ORDER, status="waiting", created_at=bought, cancel_available_at=said, cancel_cooldown=cooldown
    )
    assert order.cancel_opens_at == opens
    if opens is not None:
        assert order.too_young(opens - timedelta(microseconds=1))
        assert not order.too_young(opens)
    else:
        assert not order.too_young(NOON), "an unknown age counts as old enough: the server decides"


def test_only_a_waiting_order_can_be_too_young() -> None:
    for status, phase in PHASES.items():
        order = Order(id=ORDER, status=status, created_at=NOON)
        assert order.too_young(NOON) is (phase is Phase.WAITING)


def test_it_refunds_itself_as_the_server_says_else_after_20_minutes() -> None:
    end = NOON + timedelta(minutes=7)
    assert Order(id=ORDER, status="waiting", created_at=NOON, expires_at=end).refunds_itself_at == end
    assert Order(id=ORDER, status="waiting", created_at=NOON).refunds_itself_at == NOON + timedelta(
        minutes=20
    )
    assert Order(id=ORDER, status="waiting").refunds_itself_at is None


def test_a_beginning_short_of_one_character_is_no_whole_id() -> None:
    with pytest.raises(UsageMistake):
        parse_order_id(ORDER[:-1])
    assert parse_id_or_beginning(ORDER[:-1]) == ORDER[:-1]
