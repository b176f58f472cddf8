"""Which lines of the ledger belong to which order: certainly, or possibly.

A line belongs to the order that it names, in whatever spelling. A line that may give money, and names no order or one
that nobody knows, may be any order's refund: nothing is missing of an order for which such a line may stand.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from vsms_cli.domain.money import CENT, DEPOSIT, PURCHASE, Transaction
from vsms_cli.domain.orders import canonical_id, id_in, is_whole_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATED_EARLY: Final = timedelta(days=1)  # a refund may be dated in another time zone than its order
DATED_LATE: Final = timedelta(days=7)  # support may take so long to book one by hand

_NO_ORDERS: Final = frozenset({"", "0", "null", "none", "00000000-0000-0000-0000-000000000000"})
_NEVER_A_REFUND: Final = frozenset({PURCHASE, DEPOSIT})
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ABOUT: Final = Decimal("0.1")  # of an amount: a fee
_FIVE_CENTS: Final = Decimal("0.05")


class Doubt(StrEnum):
    """Why it can't be told whether a line is an order's refund, or took it back."""

    NO_ORDER = "no_order"  # it names none
    OTHER_ID = "other_id"  # it names an order that nobody knows
    TYPE = "type"  # it names the order, and its type is in no documentation
    AMOUNT = "amount"  # that can't be read


class Possible(NamedTuple):
    """A line of which it can't be told whether it belongs to an order's refund."""

    line: Transaction
    doubt: Doubt


def name_of(line: Transaction) -> str | None:
    """The order that a line names, in one spelling; None where it names none."""
    key = order_key(line.order_id or "")
    return None if key in _NO_ORDERS else key


def order_key(order_id: str) -> str:
    """The id in one spelling, for comparing; also where it stands in a path or a sentence."""
    return canonical_id(order_id) or id_in(order_id) or order_id.strip().lower()


class Ledger:
    """Lines, sorted by order. `known` are the orders that are asked about or listed; `keeps_others` is whether the
    lines of other orders are kept too.
    """

    def __init__(self, known: Iterable[str] = (), *, keeps_others: bool = False) -> None:
        self._known = {order_key(order_id) for order_id in known}
        self._keeps_others = keeps_others
        self._own: dict[str, list[Transaction]] = {}
        self._nameless: list[Transaction] = []
        self._foreign: list[Transaction] = []  # that name an order which is not known
        self._bought: set[str] = set()  # such names that have a purchase too
        self._pools: _Pools | None = None  # of the lines so far
        self.unread = 0
        """Lines whose amount can't be read."""
        self.whole = True
        """Whether no line is known to be missing from it."""
        self.newest_first = False
        """Whether its lines came so: what is missing from it is then older than what it shows."""

    def add_all(self, lines: Iterable[Transaction]) -> None:
        for line in lines:
            self.add(line)

    def add(self, line: Transaction) -> None:
        self.unread += line.amount is None
        self._pools = None
        name = name_of(line)
        if name is not None and (self._keeps_others or name in self._known):
            self._own.setdefault(name, []).append(line)
        if name in self._known:
            return
        if name is not None and line.kind == PURCHASE:
            self._bought.add(name)
        elif line.kind not in _NEVER_A_REFUND and line.amount != 0:  # some tell a refund with a minus
            (self._nameless if name is None else self._foreign).append(line)

    def know(self, order_ids: Iterable[str]) -> None:
        """These orders are listed too, as it turns out."""
        self._known |= {order_key(order_id) for order_id in order_ids}

    @property
    def orders(self) -> Iterable[str]:
        """Every order whose lines are kept."""
        return self._own.keys()

    def of(self, order_id: str) -> tuple[Transaction, ...]:
        """The lines that name the order, oldest first."""
        own = self._own.get(order_key(order_id), [])
        return tuple(sorted(own, key=lambda line: line.created_at or _FIRST))

    def possible(
        self,
        order_id: str,
        amounts: Iterable[Decimal] | None,
        *,
        bought: datetime | None,
        ended: datetime | None,
        kinds: frozenset[str] | None = None,
    ) -> Possible | None:
        """A line that does not name the order and may be its refund: of about one of `amounts` (None: of any), in
        its time, and of one of `kinds` (None: of any). To be asked when all lines were added.
        """
        own = order_key(order_id)
        lines = self._own.get(own, ())
        since = None if bought is None else bought - DATED_EARLY
        until = None if ended is None else ended + DATED_LATE
        spans = None if amounts is None else [_about(amount) for amount in amounts]
        pools = self._pools = self._pools or _Pools.of(self._nameless, self._foreign, self._bought)
        # Where the ledger names this order as it is listed, an id or a name that was bought is another order: unless
        # it is the id of this order's own line, or the description has this order.
        foreign = pools.strange if lines else pools.foreign
        pointing = [
            line for key in (own, *(line.id.lower() for line in lines)) for line in pools.pointing(key)
        ]
        for doubt, pool in (
            (Doubt.NO_ORDER, pools.nameless),
            (Doubt.OTHER_ID, foreign),
            (Doubt.OTHER_ID, _Pool(pointing)),
        ):
            for line in pool.about(spans):
                name = name_of(line)
                listed = name == own or name in self._known
                if not listed and _in_time(line, since, until) and (kinds is None or line.kind in kinds):
                    return Possible(line, Doubt.AMOUNT if line.amount is None else doubt)
        return None


class _Pool:
    """Lines that may give money, found by their amount."""

    __slots__ = ("_amounts", "_lines", "_unread")

    def __init__(self, lines: Iterable[Transaction]) -> None:
        self._lines: dict[Decimal, list[Transaction]] = {}
        self._unread: list[Transaction] = []
        for line in lines:
            if line.amount is None:
                self._unread.append(line)
            else:
                self._lines.setdefault(abs(line.amount), []).append(line)
        self._amounts = sorted(self._lines)

    def about(self, spans: Iterable[tuple[Decimal, Decimal]] | None) -> Iterator[Transaction]:
        """The lines of an amount within one of `spans`, and those whose amount can't be read."""
        for low, high in spans if spans is not None else [(Decimal(0), Decimal("Infinity"))]:
            for place in range(bisect_left(self._amounts, low), len(self._amounts)):
                if self._amounts[place] > high:
                    break
                yield from self._lines[self._amounts[place]]
        yield from self._unread


class _Pools:
    """Lines that name no order which is known."""

    def __init__(
        self, nameless: _Pool, foreign: _Pool, strange: _Pool, by_key: dict[str, list[Transaction]]
    ) -> None:
        self.nameless = nameless
        self.foreign = foreign
        self.strange = strange
        """Of the foreign ones those that name no id and nothing that was bought."""
        self._by_key = by_key

    @classmethod
    def of(cls, nameless: list[Transaction], foreign: list[Transaction], bought: set[str]) -> _Pools:
        strange: list[Transaction] = []
        by_key: dict[str, list[Transaction]] = {}
        for line in foreign:
            name = name_of(line) or ""
            if name not in bought and not is_whole_id(name):
                strange.append(line)
            for key in {name, id_in(line.description) or name}:
                by_key.setdefault(key, []).append(line)
        return cls(_Pool(nameless), _Pool(foreign), _Pool(strange), by_key)

    def pointing(self, key: str) -> list[Transaction]:
        """The foreign lines that name `key` where an order should stand, or describe it."""
        return self._by_key.get(key, [])


def off_by(amount: Decimal) -> Decimal:
    """How far from `amount` a line may be that is about it."""
    return max(CENT, abs(amount) * _ABOUT)


def _about(amount: Decimal) -> tuple[Decimal, Decimal]:
    """An amount that was rounded to ten cents is five off."""
    margin = max(_FIVE_CENTS, off_by(amount))
    return amount - margin, amount + margin


def _in_time(line: Transaction, since: datetime | None, until: datetime | None) -> bool:
    at = line.created_at
    return at is None or ((since is None or at >= since) and (until is None or at <= until))
