"""What is in the database at first start, and after `reset`: an account with a past, a present and some money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from vsms_cli.sandbox import ledger, orders, phone_numbers, rentals
from vsms_cli.sandbox.catalogue import COUNTRIES, PRODUCTS, price
from vsms_cli.sandbox.ledger import Kind
from vsms_cli.sandbox.orders import Message, Order, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vsms_cli.sandbox.tables import Page

DEFAULT: Final = "default"
LOST_REFUNDS: Final = "lost-refunds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An order that was bought `age` ago and ended, if it did, `ended_after` its purchase.

    `text` is the SMS of a completed one. With `refunded` false, money that is due was never paid back; `part` is
    what was paid in its stead. `again_after` its end the price was credited once more: a line of type `credit`, as
    the database takes one `refund` an order.
    """

    product: str
    country: str
    age: timedelta
    status: Status = Status.WAITING
    ended_after: timedelta = timedelta()
    text: str = ""
    plus: bool = True
    refunded: bool = True
    part: Decimal | None = None
    again_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A deposit or a credit, `age` ago."""

    kind: Kind
    amount: Decimal
    description: str
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rented:
    """A rental that was bought `age` ago; `product` is None in the tier that takes any sender's SMS."""

    country: str
    price: Decimal
    hours: int
    age: timedelta
    product: str | None = None
    sms_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The account's story."""

    money: tuple[Money, ...]
    orders: tuple[Past, ...]
    rentals: tuple[Rented, ...] = ()


def write(page: Page, name: str) -> None:
    """Fills a blank database. ValueError for a name that is not known."""
    if name not in SCENARIOS:
        raise ValueError(f"no scenario {name!r}; known: {', '.join(sorted(SCENARIOS))}")
    tell(page, SCENARIOS[name])
    page.set("scenario", name)


def tell(page: Page, scenario: Scenario) -> None:
    """Writes the story in the order in which it happened, as the ledger has to be."""
    bought: dict[int, Order] = {}
    events = [(page.now - entry.age, partial(_pay_in, page, entry)) for entry in scenario.money]
    events += [(page.now - rented.age, partial(_rent, page, rented)) for rented in scenario.rentals]
    for index, past in enumerate(scenario.orders):
        begun = page.now - past.age
        events.append((begun, partial(_buy, page, past, bought, index)))
        if past.status is not Status.WAITING:
            ended = begun + (page.order_life if past.status is Status.EXPIRED else past.ended_after)
            events.append((ended, partial(_end, page, past, bought, index)))
            if past.again_after is not None:
                events.append((ended + past.again_after, partial(_credit, page, bought, index)))
    for at, happens in sorted(events, key=lambda event: event[0]):
        happens(at=at)


def _pay_in(page: Page, entry: Money, *, at: datetime) -> None:
    ledger.post(page, entry.kind, entry.amount, entry.description, at=at)


def _rent(page: Page, rented: Rented, *, at: datetime) -> None:
    rentals.place(
        page,
        phone_number=f"+{phone_numbers.draw(page, COUNTRIES[rented.country])}",
        service=rented.product,
        country=rented.country,
        price=rented.price,
        hours=rented.hours,
        at=at,
        sms_count=rented.sms_count,
    )


def _buy(page: Page, past: Past, bought: dict[int, Order], index: int, *, at: datetime) -> None:
    product, country = PRODUCTS[past.product], COUNTRIES[past.country]
    digits = phone_numbers.draw(page, country)
    bought[index] = orders.place(
        page,
        phone_number=f"+{digits}" if past.plus else str(digits),
        service=product.code,
        country=country.code,
        price=price(product, country),
        at=at,
    )


def _end(page: Page, past: Past, bought: dict[int, Order], index: int, *, at: datetime) -> None:
    order = bought[index]
    if past.status is Status.COMPLETED:
        sender = PRODUCTS[past.product].name
        orders.receive(page, order, Message(sender=sender, content=past.text, received_at=at))
        return
    orders.end(page, order, past.status, at=at, refunded=past.refunded and past.part is None)
    if past.part is not None:
        text = f"Refund for {past.status} order"
        ledger.post(page, Kind.REFUND, past.part, text, at=at, order_id=order.id)


def _credit(page: Page, bought: dict[int, Order], index: int, *, at: datetime) -> None:
    order = bought[index]
    ledger.post(page, Kind.CREDIT, order.price, "Refund correction", at=at, order_id=order.id)


_S: Final = timedelta(seconds=1)
_MIN: Final = timedelta(minutes=1)
_H: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

_MONEY: Final = (
    Money(kind=Kind.DEPOSIT, amount=Decimal("25.00"), description="Card top-up", age=41 * _DAY),
    Money(kind=Kind.CREDIT, amount=Decimal("0.50"), description="Goodwill credit", age=11 * _DAY),
    Money(kind=Kind.DEPOSIT, amount=Decimal("30.00"), description="Crypto top-up", age=8 * _DAY),
)
_FOR_RENTALS: Final = Money(
    kind=Kind.DEPOSIT, amount=Decimal("17.50"), description="Card top-up", age=5 * _DAY
)

_RENTALS: Final = (
    Rented(country="US", price=Decimal("6.00"), hours=72, age=4 * _MIN),
    Rented(product="wa", country="GB", price=Decimal("2.50"), hours=24, age=11 * _MIN),
    Rented(product="tg", country="BR", price=Decimal("1.50"), hours=24, age=9 * _MIN, sms_count=2),
    Rented(product="wa", country="DE", price=Decimal("3.50"), hours=48, age=5 * _H),  # past its window
    Rented(country="FR", price=Decimal("4.00"), hours=24, age=4 * _DAY, sms_count=5),  # ran to its end
)

# Waiting ones first, the youngest on top. Argentina is the mistake of the day: five orders.
_WAITING: Final = (
    Past(product="wa", country="US", age=30 * _S),  # 90 s too young to cancel
    Past(product="tg", country="BR", age=75 * _S, plus=False),  # 45 s too young
    Past(product="wa", country="DE", age=3 * _MIN),
    Past(product="wa", country="AR", age=5 * _MIN, plus=False),
    Past(product="wa", country="AR", age=6 * _MIN + 20 * _S, plus=False),
    Past(product="wa", country="AR", age=8 * _MIN, plus=False),
    Past(product="tg", country="AR", age=9 * _MIN + 45 * _S),
    Past(product="go", country="AR", age=12 * _MIN, plus=False),
    Past(product="go", country="GB", age=15 * _MIN),
    Past(product="wa", country="BR", age=18 * _MIN + 30 * _S),  # refunds itself in a minute and a half
)
_ENDED: Final = (
    # The SMS came: the first two are fresh enough to be refused by a platform, and asked back
    Past(product="wa", country="AR", age=26 * _MIN, status=Status.COMPLETED, ended_after=52 * _S,
         text="Your WhatsApp code: 481-920\nDon't share this code with others", plus=False),
    Past(product="tg", country="GB", age=3 * _H, status=Status.COMPLETED, ended_after=19 * _S,
         text="Telegram code 55102. Do not give it to anyone, even if they say they are from Telegram!"),
    Past(product="go", country="DE", age=2 * _DAY, status=Status.COMPLETED, ended_after=7 * _S,
         text="G-730418 ist dein Google-Bestätigungscode."),
    Past(product="wa", country="US", age=6 * _DAY, status=Status.COMPLETED, ended_after=3 * _MIN,
         text="<#> Your WhatsApp code: 309-114 4sgLq1p5sV6"),
    Past(product="ig", country="FR", age=19 * _DAY, status=Status.COMPLETED, ended_after=88 * _S,
         text="Utilisez 662 018 pour confirmer votre compte Instagram."),
    # Nothing came in 20 minutes
    Past(product="tg", country="US", age=47 * _MIN, status=Status.EXPIRED),
    Past(product="go", country="BR", age=7 * _H, status=Status.EXPIRED, plus=False),
    Past(product="wa", country="ID", age=12 * _DAY, status=Status.EXPIRED, plus=False),
    # Cancelled by hand
    Past(product="wa", country="AR", age=35 * _MIN, status=Status.CANCELLED, ended_after=4 * _MIN),
    Past(product="wa", country="GB", age=_DAY, status=Status.CANCELLED, ended_after=130 * _S),
    Past(product="ds", country="DE", age=4 * _DAY, status=Status.CANCELLED, ended_after=11 * _MIN),
)  # fmt: skip

# What `vsms refunds audit` is for: money that should have come back, and money that came back twice.
_LOST: Final = (
    Past(product="tg", country="AR", age=55 * _MIN, status=Status.EXPIRED, refunded=False),
    Past(
        product="wa", country="BR", age=5 * _H, status=Status.CANCELLED, ended_after=3 * _MIN, refunded=False
    ),
    Past(product="ig", country="US", age=3 * _DAY, status=Status.EXPIRED, part=Decimal("0.10")),
    Past(
        product="wa",
        country="DE",
        age=2 * _DAY,
        status=Status.CANCELLED,
        ended_after=9 * _MIN,
        again_after=6 * _H,
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {
    DEFAULT: Scenario(money=(*_MONEY, _FOR_RENTALS), orders=_WAITING + _ENDED, rentals=_RENTALS),
    LOST_REFUNDS: Scenario(money=_MONEY, orders=_WAITING + _ENDED + _LOST),
}
