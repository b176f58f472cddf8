"""The audit against random histories whose writer knows the truth: never a disagreement.

150 histories in a run; `VSMS_HISTORIES=10000 pytest tests/ops/test_audit_histories.py` for more.
"""

import json
import os
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.histories import CENTS, NOW, WINDOW_S, History, history
from ops.world import FakeJournal, Time
from vsms_cli.api import wire
from vsms_cli.api.deviation_collector import Deviations
from vsms_cli.domain.errors import RouteMissing
from vsms_cli.domain.money import LedgerPage
from vsms_cli.domain.orders import OrderPage
from vsms_cli.domain.refund_verdicts import Audit
from vsms_cli.domain.rentals import Rental
from vsms_cli.ops.audit import audit
from vsms_cli.ops.context import Context

if TYPE_CHECKING:
    from vsms_cli.domain.ports import Service

HISTORIES = int(os.environ.get("VSMS_HISTORIES", "150"))


@dataclass(slots=True)
class Told:
    """A service that tells a history through the real reader of its words.

    It may not heed `from`, may give pages of any size, and its ledger may grow or shrink between two pages.
    """

    history: History
    rng: random.Random
    page: int
    heeds_from: bool
    moves: bool
    calls: int = 0
    kept: list[dict[str, Any]] | None = None

    def orders(self, *, status: str | None) -> OrderPage:
        assert status is None
        return wire.read_orders(
            body({"count": len(self.history.orders), "orders": self.history.orders}), Deviations()
        )

    def rentals(self, *, status: str | None) -> tuple[Rental, ...]:
        assert status == "all"
        raise RouteMissing("no rentals here")

    def _since(self, since: datetime) -> list[dict[str, Any]]:
        if self.kept is None:
            lines = self.history.ledger
            self.kept = [line for line in lines if datetime.fromisoformat(line["created_at"]) >= since]
        return self.kept

    def transactions(
        self, *, type_: str | None = None, since: datetime | None = None, offset: int = 0
    ) -> LedgerPage:
        assert type_ is None
        self.calls += 1
        lines = self._since(since) if self.heeds_from and since is not None else self.history.ledger
        if self.moves and self.calls > 1:
            noise = [
                {**lines[0], "id": f"new-{self.calls}-{n}", "order_id": None, "type": "deposit"}
                for n in range(3)
            ]
            lines = noise[: self.rng.randrange(4)] + lines
        stretch = lines[offset : offset + self.page]
        return wire.read_ledger(body({"count": len(lines), "transactions": stretch}), Deviations())


def body(value: Any) -> bytes:
    """JSON with money as numbers, digit for digit."""
    return (
        json.dumps(value, default=lambda amount: f"\0{amount}\0")
        .replace('"\\u0000', "")
        .replace('\\u0000"', "")
        .encode()
    )


def audited(told: Told) -> Audit:
    clock = Time()
    assert clock.now() == NOW
    context = Context(service=cast("Service", told), journal=FakeJournal(), clock=clock, stop=clock)
    return audit(context, since=timedelta(seconds=WINDOW_S))


@settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize=HISTORIES <= 1000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    seed=st.integers(0, 2**64),
    size=st.integers(0, 14),
    listed=st.sampled_from([0, 3, 8, 200]),
    page=st.sampled_from([1, 3, 10, 100]),
    heeds_from=st.booleans(),
    moves=st.booleans(),
)
def test_every_verdict_and_every_sum_is_the_true_one(
    seed: int, size: int, listed: int, page: int, *, heeds_from: bool, moves: bool
) -> None:
    rng = random.Random(seed)
    written = history(rng, size=size, page_of_orders=listed)
    truth = written.truth

    found = audited(Told(written, rng, page, heeds_from, moves))

    assert {case.order_id: case.verdict.value for case in found.cases} == truth.verdicts
    assert {case.order_id for case in found.unjudged} == truth.unjudged
    for case in found.cases:
        assert case.dossier.refunded * CENTS == truth.returned[case.order_id]
        assert (case.dossier.price or Decimal(0)) * CENTS == truth.prices[case.order_id]
        assert {line.id for line in case.dossier.lines} == truth.lines[case.order_id]
    assert found.missing * CENTS == truth.missing
    assert found.paid * CENTS == sum(truth.prices.values())
    assert found.returned * CENTS == sum(truth.returned.values())
    assert bool(found.owed) == bool({"missing", "short"} & set(truth.verdicts.values()))


def test_a_long_history_over_many_pages_is_judged_as_a_short_one() -> None:
    rng = random.Random(4)
    written = history(rng, size=900)

    told = Told(written, rng, 100, heeds_from=True, moves=False)
    found = audited(told)

    assert {case.order_id: case.verdict.value for case in found.cases} == written.truth.verdicts
    assert {case.order_id for case in found.unjudged} == written.truth.unjudged
    assert len(written.truth.unjudged) > 50
    assert told.calls <= len(written.ledger) // 100 + 2 + 4
