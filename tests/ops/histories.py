"""Random histories of an account, written down twice: as the service tells them, and as they truly were.

The oracle is the writer: each order is made with its end in mind, and its verdict is noted as it is made, in cents
of whole numbers, before anything of ours has looked at it.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

NOW = datetime(2026, 5, 24, 12, tzinfo=UTC)
LISTED = 200  # the API's largest page of orders
DAY = 86400
WINDOW_S = 30 * DAY
GRACE_S = 300
LIFE_S = 1200
CENTS = 100  # money in cents: whole numbers add up
GOODWILL = 50  # cents, of no order: the refund of one of about that price, for all that the ledger says


@dataclass(slots=True)
class Truth:
    """What holds of the history, as its writer knows."""

    verdicts: dict[str, str] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)
    lines: dict[str, set[str]] = field(default_factory=dict)
    unjudged: set[str] = field(default_factory=set)
    bought: dict[str, int] = field(default_factory=dict)  # seconds before now
    ended: dict[str, int] = field(default_factory=dict)  # as `bought`

    @property
    def missing(self) -> int:
        owed = [key for key, verdict in self.verdicts.items() if verdict in {"missing", "short"}]
        return sum(self.prices[key] - self.returned[key] for key in owed)


@dataclass(slots=True)
class History:
    """`orders` and `ledger` are JSON as the service sends it, newest first; `truth` is what they come from."""

    orders: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    truth: Truth


@dataclass(slots=True)
class _Plot:
    """One order in the making. Seconds are ages: how long before now."""

    id: str
    price: int
    bought: int
    fate: str
    listed: bool
    given: list[tuple[int, int]] = field(default_factory=list)  # amount, age
    life: int = LIFE_S


FATES = (
    "used",
    "refunded",
    "missing",
    "short",
    "twice",
    "waiting",
    "young",
    "young-short",
    "credited",
    "odd",
    "nameless",
)


def history(rng: random.Random, *, size: int, page_of_orders: int = LISTED) -> History:
    """`size` orders; those beyond the newest `page_of_orders` are in the ledger alone."""
    plots = sorted((_plot(rng) for _ in range(size)), key=lambda plot: plot.bought)
    truth = Truth()
    nameless: list[tuple[int, int]] = []
    orders, ledger = [], [_line(rng, "deposit", 50 * CENTS, 40 * DAY, None)]
    nameless.append((GOODWILL, rng.randrange(40 * DAY)))
    ledger.append(_line(rng, "credit", *nameless[0], None))
    for place, plot in enumerate(plots):
        plot.listed = place < page_of_orders
        own = [_line(rng, "purchase", -plot.price, plot.bought, plot.id)]
        own += [_line(rng, kind, amount, age, plot.id) for kind, amount, age in _kinds(rng, plot.given)]
        ledger += own
        if plot.listed:
            orders.append(_row(rng, plot))
        if plot.bought <= WINDOW_S:
            _note(truth, plot, {line["id"] for line in own})
        if plot.fate == "nameless":  # refunded, and its line does not say for which order
            nameless.append((plot.price, max(0, plot.bought - 30)))
            ledger.append(_line(rng, rng.choice(["refund", "reversal"]), *nameless[-1], None))
    _leave_unjudged(truth, nameless)
    ledger.sort(key=lambda line: _moment(line["created_at"]), reverse=True)
    return History(orders=orders, ledger=ledger, truth=truth)


def _leave_unjudged(truth: Truth, nameless: list[tuple[int, int]]) -> None:
    """An order is not proved missing where a line of no order might be its refund: amount and time fit."""
    for key, verdict in list(truth.verdicts.items()):
        owed = (truth.prices[key], truth.prices[key] - truth.returned[key])
        if verdict in {"missing", "short"} and any(
            any(abs(amount - each) <= max(5, each / 10) for each in owed)
            and truth.bought[key] + DAY >= age >= truth.ended[key] - 7 * DAY
            for amount, age in nameless
        ):
            for known in (truth.verdicts, truth.returned, truth.prices, truth.lines):
                del known[key]
            truth.unjudged.add(key)


def _plot(rng: random.Random) -> _Plot:
    fate = rng.choice(FATES)
    # Where floats go wrong: 0.1 + 0.2, 0.7 + 0.1.
    price = rng.choice([10, 20, 30, 70, 80, 110, 333, 1, 2, 1_999, rng.randrange(1, 5000)])
    plot = _Plot(id=_uuid(rng), price=price, bought=_age(rng, fate), fate=fate, listed=True)
    plot.life = LIFE_S if rng.random() < 0.8 else rng.randrange(600, 1800)
    after = rng.randrange(1, 600)
    back = max(0, plot.bought - after)
    part = rng.randrange(1, price) if price > 1 else 0
    match fate:
        case "refunded" | "credited":
            plot.given = [(amount, back) for amount in _split(rng, price)]
        case "short" | "young-short" if part:
            plot.given = [(amount, back) for amount in _split(rng, part)]
        case "short":
            plot.fate = "missing"
        case "young-short":
            plot.fate = "young"
        case "twice":
            plot.given = [(price, back), (rng.choice([1, price, 10 * price]), back // 2)]
    return plot


def _age(rng: random.Random, fate: str) -> int:
    match fate:
        case "waiting":
            return rng.randrange(0, LIFE_S)
        case "young" | "young-short":  # it may have ended less than the grace ago
            return rng.randrange(0, 600 + GRACE_S)
        case _ if rng.random() < 0.05:
            return WINDOW_S + rng.choice([1, 60, 7200, 5 * DAY])  # bought before the window
        case _:
            return rng.choice([rng.randrange(1800 + GRACE_S + 1, WINDOW_S), WINDOW_S])


def _split(rng: random.Random, amount: int) -> list[int]:
    """The same money in one, two or three lines: 0.1 + 0.2 for 0.3."""
    parts = []
    for _ in range(rng.randrange(3)):
        if amount > 1:
            part = rng.randrange(1, amount)
            parts.append(part)
            amount -= part
    return [*parts, amount]


def _kinds(rng: random.Random, given: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    return [
        (rng.choice(["refund", "refund", "credit", "admin_credit"]), amount, age) for amount, age in given
    ]


def _note(truth: Truth, plot: _Plot, lines: set[str]) -> None:
    back = sum(amount for amount, _ in plot.given)
    verdict: str | None = {
        "used": "used",
        "refunded": "refunded",
        "credited": "refunded",
        "missing": "missing",
        "short": "short",
        "twice": "twice",
        "waiting": "pending",
        "young": "pending",
        "young-short": "pending",
        "nameless": "missing",
        "odd": None,  # a status that no documentation names, and nothing came back
    }[plot.fate]
    if not plot.listed and not back:
        verdict = None  # the ledger alone can't tell a used one from a lost one
    if verdict is None:
        truth.unjudged.add(plot.id)
        return
    truth.bought[plot.id] = plot.bought
    truth.ended[plot.id] = plot.bought - (plot.life if plot.listed else LIFE_S)
    truth.verdicts[plot.id] = verdict
    truth.returned[plot.id] = back
    truth.prices[plot.id] = plot.price
    truth.lines[plot.id] = lines


def _row(rng: random.Random, plot: _Plot) -> dict[str, Any]:
    status = {
        "used": ["completed", "sms_received", "received", "confirmed"],
        "credited": ["completed"],
        "waiting": ["waiting", "pending", "created"],
        "odd": ["hibernating"],
    }.get(plot.fate, ["cancelled", "expired"])
    row = {
        "id": plot.id.upper() if rng.random() < 0.1 else plot.id,
        "status": rng.choice(status),
        "price_charged": money(plot.price),
        "created_at": stamp(rng, plot.bought),
        "country_id": rng.choice(["AR", "US"]),
        "service_id": "wa",
        "phone_number": "5491100000001",
    }
    if plot.life != LIFE_S or rng.random() < 0.5:
        row["expires_at"] = stamp(rng, plot.bought - plot.life)
    return row


def _line(rng: random.Random, kind: str, amount: int, age: int, order: str | None) -> dict[str, Any]:
    made = {
        "id": _uuid(rng), "type": kind, "amount": money(amount), "description": kind,
        "created_at": stamp(rng, age), "balance_before": money(0), "balance_after": money(0),
    }  # fmt: skip
    return made if order is None else made | {"order_id": order.upper() if rng.random() < 0.1 else order}


def stamp(rng: random.Random, age: int) -> str:
    """So long ago, in any time zone."""
    offset = rng.choice([0, 0, 330, -480, 845, -720])
    there = (NOW - timedelta(seconds=age)).astimezone(timezone(timedelta(minutes=offset)))
    text = there.isoformat()
    return text.replace("+00:00", "Z") if rng.random() < 0.5 else text


def money(cents: int) -> Decimal:
    return (Decimal(cents) / CENTS).quantize(Decimal("0.01"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
