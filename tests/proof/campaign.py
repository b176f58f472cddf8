"""Thousands of cancels through random faults, against a service that pays again on every POST.

`python tests/proof/campaign.py 2000` runs the long one and prints its figures; pytest runs a short one.
"""

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fault_server import FaultServer
from support.vsms import Done, Vsms

TIME_LIMIT_S: Final = 0.4
ORDERS_A_RUN: Final = 40
_AMBIGUOUS: Final = (
    *("timeout", "reset", "close", "half-close", "stops-reading", "500", "502", "503", "504", "408", "409"),
    *("body-cut-short", "broken-chunked", "chunked-cut-short", "http10-half", "garbage", "redirect"),
    *("invalid-json", "nan", "duplicate-key", "deep-nesting", "long-number", "lone-surrogate", "not-utf8"),
    *("captive-portal", "empty-200", "204", "missing-fields", "success-false", "other-id", "huge-headers"),
)
_BROKEN_OFF: Final = ("timeout", "reset", "close")  # after these the request may still be carried out
_LATE_S: Final = 0.3  # within the time limit for which a lost request may yet be on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of it. `second_posts` counts cancels sent although the service had already cancelled; `untrue`
    counts orders of which vsms said anything else than the ledger."""

    mutations: int
    faults: int
    outcomes: Counter[str]
    second_posts: int
    untrue: int
    unknown_after_resolve: int

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"{self.mutations} cancels through {self.faults} faults: {outcomes}; "
            f"{self.second_posts} second POSTs after a commit, {self.untrue} untrue, "
            f"{self.unknown_after_resolve} unknown left after resolve"
        )


def campaign(mutations: int, *, seed: int) -> Figures:
    """At least so many cancels, in runs of `ORDERS_A_RUN`."""
    dice = random.Random(seed)
    total = Figures(
        mutations=0, faults=0, outcomes=Counter(), second_posts=0, untrue=0, unknown_after_resolve=0
    )
    while total.mutations < mutations:
        one = _run(dice)
        total = Figures(
            mutations=total.mutations + one.mutations,
            faults=total.faults + one.faults,
            outcomes=total.outcomes + one.outcomes,
            second_posts=total.second_posts + one.second_posts,
            untrue=total.untrue + one.untrue,
            unknown_after_resolve=total.unknown_after_resolve + one.unknown_after_resolve,
        )
    return total


def _run(dice: random.Random) -> Figures:
    with FaultServer(pays_again=True) as server, TemporaryDirectory() as home:
        ids = [server.add_order(age_s=300) for _ in range(ORDERS_A_RUN)]
        faults = sum(_plant(server, order_id, dice) for order_id in ids)
        vsms = Vsms(
            Path(home),
            {
                "VSMS_TOKEN": server.token,
                "VSMS_BASE_URL": server.base_url,
                "VSMS_TIMEOUT": str(TIME_LIMIT_S),
                "VSMS_RATE_LIMIT": "10000",
            },
            measured=False,
        )
        done = vsms.process("orders", "cancel", *ids, "--yes", "--json", timeout=300)
        said = _said(done)
        server.clear()  # the service is healthy again
        resolved = vsms.process("journal", "resolve", "--json")
        left = sum(row["outcome"] in {"unknown", "unfinished"} for row in resolved.json)
        return Figures(
            mutations=len(ids),
            faults=faults,
            outcomes=Counter(said.values()),
            second_posts=sum(max(0, server.times_paid(order_id) - 1) for order_id in ids),
            untrue=sum(not _true(said[order_id], server.times_paid(order_id)) for order_id in ids),
            unknown_after_resolve=left,
        )


def _plant(server: FaultServer, order_id: str, dice: random.Random) -> int:
    """Up to two faults for the order's cancels, and sometimes one for the reads that should settle them."""
    planted = 0
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        kind = dice.choice(_AMBIGUOUS)
        moment = dice.choice(("before", "after", "late") if kind in _BROKEN_OFF else ("before", "after"))
        server.fault("cancel", kind, when=moment, order_id=order_id, seconds=2 * TIME_LIMIT_S, late_s=_LATE_S)
        planted += 1
    if dice.random() < 0.2:
        server.fault("order", dice.choice(("500", "reset", "captive-portal")), order_id=order_id)
        planted += 1
    return planted


def _said(done: Done) -> dict[str, str]:
    assert done.out, done.err
    return {row["id"]: row["outcome"] for row in done.json}


def _true(outcome: str, paid: int) -> bool:
    """`unknown` claims nothing; `cancelled` claims one payment; everything else claims none."""
    if outcome == "unknown":
        return True
    return paid == (1 if outcome == "cancelled" else 0)


if __name__ == "__main__":
    print(campaign(int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1))
