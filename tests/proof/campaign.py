"""Thousands of mutations through random faults: what vsms says of each is what the service's books say.

The service pays again on every POST. Its reads lag behind its writes, it commits seconds after it answered, it answers
with any 4xx and 5xx and with pages of something in front of it, and tells its ledger in other forms.

`python tests/proof/campaign.py 2000` runs the long one, of each kind, and prints its figures; pytest runs a short one.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fault_server import FaultServer
from support.ledger_forms import CERTAIN
from support.vsms import Done, Vsms
from vsms_cli.sandbox.dialects import DIALECTS

TIME_LIMIT_S: Final = 6.0  # a commit may come 5 s after its answer, and a second request must not overtake it
ORDERS_A_RUN: Final = 20
SWAPS_A_RUN: Final = 6  # one after the other, each of which may wait for 16 s
AT_ONCE: Final = 12  # runs: nearly all of their time is waiting
_STATUSES: Final = tuple(
    str(status)
    for status in (
        202,
        301,
        307,
        400,
        402,
        403,
        404,
        405,
        408,
        409,
        410,
        411,
        412,
        413,
        418,
        422,
        424,
        451,
        499,
    )
) + tuple(str(status) for status in (500, 501, 502, 503, 504, 505, 507, 520, 522, 524, 530, 599))
_BROKEN: Final = (
    *(
        "reset",
        "close",
        "half-close",
        "stops-reading",
        "body-cut-short",
        "broken-chunked",
        "chunked-cut-short",
    ),
    *(
        "http10-half",
        "garbage",
        "redirect",
        "invalid-json",
        "nan",
        "duplicate-key",
        "deep-nesting",
        "long-number",
    ),
    *("lone-surrogate", "not-utf8", "captive-portal", "empty-200", "204", "missing-fields", "success-false"),
    *("other-id", "huge-headers"),
)
_MAY_COME_LATE: Final = (
    "reset",
    "close",
    "202",
    "408",
    "409",
    "499",
    "500",
    "502",
    "503",
    "504",
    "520",
    "522",
    "524",
)
_LATEST_S: Final = 5.0
_LAG_S: Final = 3.0


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of it. `second` counts mutations that the service carried out twice; `untrue` counts orders of which
    vsms said anything else than the books; `asked` counts requests for money that was there.
    """

    what: str
    mutations: int = 0
    faults: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    second: int = 0
    untrue: list[str] = field(default_factory=list)
    asked: int = 0
    unknown_after_resolve: int = 0

    def add(self, other: "Figures") -> None:
        self.mutations += other.mutations
        self.faults += other.faults
        self.outcomes += other.outcomes
        self.second += other.second
        self.untrue += other.untrue
        self.asked += other.asked
        self.unknown_after_resolve += other.unknown_after_resolve

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"{self.mutations} {self.what} through {self.faults} faults: {outcomes}; {self.second} carried out twice,"
            f" {len(self.untrue)} untrue, {self.asked} requests for money that was there,"
            f" {self.unknown_after_resolve} unknown left after resolve"
        )


def campaign(what: str, mutations: int, *, seed: int) -> Figures:
    """At least so many of one kind, in runs of `ORDERS_A_RUN`."""
    total = Figures(what=what)
    runs = -(-mutations // (SWAPS_A_RUN if what == "swaps" else ORDERS_A_RUN))
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, runs)) as pool:
        for one in pool.map(lambda number: _KINDS[what](random.Random(seed * 10_000 + number)), range(runs)):
            total.add(one)
    return total


def _signed_in(server: FaultServer, home: str) -> Vsms:
    env = {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": str(TIME_LIMIT_S),
        "VSMS_RATE_LIMIT": "10000",
    }
    return Vsms(Path(home), env, measured=False)


def _troubled(dice: random.Random) -> tuple[FaultServer, float]:
    """A service whose reads lag, or that commits late, and that answers in any form; and how late, in seconds."""
    lag, late = dice.choice(((0.0, _LATEST_S), (_LAG_S, _LATEST_S - _LAG_S), (dice.random() * _LAG_S, 1.0)))
    form = dice.choice(sorted(CERTAIN))
    dialect = dice.choice((None, *DIALECTS))
    return FaultServer(pays_again=True, read_lag_s=lag, ledger_form=form, dialect=dialect), late


def _plant(server: FaultServer, operation: str, order_id: str, dice: random.Random, late: float) -> int:
    """Up to two faults for the order's mutation, and sometimes one for the reads that should settle it."""
    planted = 0
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        kind = dice.choice(_STATUSES + _BROKEN)
        options: dict[str, Any] = {"when": dice.choice(("before", "after"))}
        if kind.isdigit():
            options["form"] = dice.choice(("json", "html", "text", "empty"))
            own_form = options["form"] == "json" and kind[0] == "4" and kind not in {"408", "409", "499"}
            if own_form or (operation == "refund" and kind in {"404", "405", "501"}):
                options["when"] = "before"  # in its own words a refusal is true
        if kind in _MAY_COME_LATE and dice.random() < 0.4:
            options |= {"when": "late", "late_s": dice.random() * late}
        server.fault(operation, kind, order_id=order_id, seconds=1.0, **options)
        planted += 1
    if operation in {"cancel", "swap"} and dice.random() < 0.2:  # which only its plan reads
        server.fault(
            "order",
            dice.choice(("500", "reset", "captive-portal", "404")),
            order_id=order_id,
            form="html",
            skip=2 if operation == "swap" else 0,
        )
        planted += 1
    return planted


def _cancels(dice: random.Random, *, rentals: bool = False) -> Figures:
    server, late = _troubled(dice)
    with server, TemporaryDirectory() as home:
        buy = server.add_rental if rentals else server.add_order
        ids = [buy(age_s=300) for _ in range(ORDERS_A_RUN)]
        found = Figures(what="rental cancels" if rentals else "cancels", mutations=len(ids))
        operation = "rental-cancel" if rentals else "cancel"
        found.faults = sum(_plant(server, operation, order, dice, late) for order in ids)
        vsms = _signed_in(server, home)
        group = "rentals" if rentals else "orders"
        said = _said(vsms.process(group, "cancel", *ids, "--yes", "--json", timeout=900))
        early = {order: server.times_paid(order) for order in ids}
        _calm(server)
        resolved = vsms.process("journal", "resolve", "--json", timeout=900)
        found.outcomes = Counter(said.values())
        found.unknown_after_resolve = sum(
            row["outcome"] in {"unknown", "unfinished"} for row in resolved.json
        )
        for order in ids:
            paid = server.times_paid(order)
            found.second += paid > 1
            truth = {"cancelled": early[order] == 1, "unknown": True}.get(said[order], paid == 0)
            found.untrue += [] if truth else [f"{order} {said[order]}, paid {early[order]} then {paid}"]
        return found


def _swaps(dice: random.Random) -> Figures:
    server, late = _troubled(dice)
    with server, TemporaryDirectory() as home:
        found = Figures(what="swaps", mutations=SWAPS_A_RUN)
        ids = [server.add_order(age_s=300, lifetime_s=36_000) for _ in range(SWAPS_A_RUN)]
        vsms = _signed_in(server, home)
        for order in ids:
            known = server.order(order)
            assert known is not None
            before = known.phone_number
            found.faults += _plant(server, "swap", order, dice, late)
            done = vsms.process("orders", "swap", order, "--yes", "--json", timeout=300)
            outcome = str(done.json["outcome"]) if done.out else "stopped"
            found.outcomes[outcome] += 1
            _calm(server)
            truth = {
                "swapped": known.swaps == 1
                and (done.json["previous_number"], done.json["phone_number"]) == (before, known.phone_number)
                if outcome == "swapped"
                else False,
                "unknown": True,
            }.get(outcome, known.swaps == 0)
            found.second += known.swaps > 1
            found.untrue += [] if truth else [f"{order} {outcome}, swapped {known.swaps} times"]
        resolved = vsms.process("journal", "resolve", "--json", timeout=900)
        found.unknown_after_resolve = sum(
            row["outcome"] in {"unknown", "unfinished"} for row in resolved.json
        )
        return found


def _refund_requests(dice: random.Random) -> Figures:
    server, late = _troubled(dice)
    with server, TemporaryDirectory() as home:
        found = Figures(what="refund requests", mutations=ORDERS_A_RUN)
        there = [server.add_order(status="cancelled", age_s=4000) for _ in range(ORDERS_A_RUN // 4)]
        ids = [server.add_order(status="completed", age_s=4000) for _ in range(ORDERS_A_RUN - len(there))]
        found.faults = sum(_plant(server, "refund", order, dice, late) for order in ids)
        vsms = _signed_in(server, home)
        words = ("--reason", "code-rejected", "--yes", "--json")
        said = _said(vsms.process("orders", "refund", *there, *ids, *words, timeout=900))
        _calm(server)
        again = _said(vsms.process("orders", "refund", *there, *ids, *words, timeout=900))
        del again
        vsms.process("journal", "resolve", "--json", timeout=900)
        left = {row["order_id"] for row in vsms.process("journal", "list", "--unresolved", "--json").json}
        found.outcomes = Counter(said.values())
        found.asked = sum(server.posts(order, "refund") for order in there)
        for order in ids:
            known = server.order(order)
            assert known is not None
            requests = len(known.refund_requests)
            found.second += requests > 1
            found.unknown_after_resolve += order in left and requests > 0  # the ledger shows what was granted
            truth = {"requested": requests == 1, "unknown": True, "already_refunded": requests == 1}
            told = truth.get(said[order], requests <= 1)  # refused: the second run may have asked
            found.untrue += [] if told else [f"{order} {said[order]}, requested {requests} times"]
        return found


_KINDS: Final[dict[str, Callable[[random.Random], Figures]]] = {
    "cancels": _cancels,
    "rental cancels": partial(_cancels, rentals=True),
    "swaps": _swaps,
    "refund requests": _refund_requests,
}


def _calm(server: FaultServer) -> None:
    """The service is healthy again, and everything that was on its way has come."""
    server.clear()
    server.wait_for_late()
    server.book.read_lag_s = 0.0


def _said(done: Done) -> dict[str, str]:
    assert done.out, done.err
    return {row["id"]: row["outcome"] for row in done.json}


def main() -> None:
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for what in sys.argv[3:] or _KINDS:
        figures = campaign(what, count, seed=seed)
        print(figures, flush=True)
        for line in figures.untrue:
            print(f"  untrue: {line}")


if __name__ == "__main__":
    main()
