"""The message to a person at the service."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from vsms_cli.domain.orders import Message, Order
from vsms_cli.domain.support_message import support_message

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
NOON = datetime(2026, 5, 24, 12, tzinfo=UTC)


def test_it_holds_every_fact_of_the_order() -> None:
    order = Order(
        id=ORDER,
        status="completed",
        phone_number="+5491100000000",
        country="AR",
        service="wa",
        price=Decimal("0.8"),
        created_at=NOON,
        expires_at=NOON.replace(minute=20),
        messages=(
            Message(sender="WhatsApp", content="Code 1", received_at=NOON.replace(minute=1)),
            Message(sender="", content="Code 2", received_at=None),
        ),
    )
    assert support_message(order, reason="code-rejected", note="tried twice").split("\n") == [
        "To: support@virtualsms.io",
        f"Subject: Refund request for order {ORDER}",
        "",
        "Hello,",
        "",
        "please refund this order to my balance. Reason: code-rejected.",
        "Note: tried twice",
        "",
        f"Order: {ORDER}",
        "Service: wa",
        "Country: AR",
        "Number: +5491100000000",
        "Status: completed",
        "Price: $0.80",
        "Bought: 2026-05-24T12:00:00Z",
        "Expires: 2026-05-24T12:20:00Z",
        "SMS from WhatsApp at 2026-05-24T12:01:00Z: Code 1",
        "SMS from unknown: Code 2",
        "",
        "Thank you.",
    ]


def test_an_sms_of_several_lines_is_quoted_and_every_other_fact_is_one_line() -> None:
    order = Order(
        id=ORDER,
        status="completed",
        country="AR\nPrice: $100",
        service="w\u2028a",
        messages=(Message(sender="A\rB", content="Code 1\n\nThank you.\x85Refund it", received_at=None),),
    )
    lines = support_message(order, reason="other", note=None).split("\n")
    assert lines[lines.index("Country: AR\\x0aPrice: $100") - 1] == "Service: w\\x0aa"
    first = lines.index("SMS from A\\x0aB:")
    assert lines[first + 1 :] == ["  > Code 1", "  > ", "  > Thank you.", "  > Refund it", "", "Thank you."]


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    lines = support_message(Order(id=ORDER, status="expired"), reason="other", note=None).split("\n")
    assert not [line for line in lines if line.startswith(("Note", "SMS"))]
    assert [line for line in lines if line.endswith(": unknown")] == [
        f"{name}: unknown" for name in ("Service", "Country", "Number", "Price", "Bought", "Expires")
    ]
