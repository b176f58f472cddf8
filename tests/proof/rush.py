"""Many processes with overlapping lists of orders, or of rentals, and one rate limit for all of them.

`python tests/proof/rush.py 200 16 60` is the long one: 150 orders and 50 rentals, 16 processes, 60 requests a minute.
"""

import math
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fault_server import FaultServer
from support.vsms import Vsms

WINDOW_S: Final = 60.0
_RENTALS: Final = 4  # one in so many, of what is cancelled and of the processes
_OWN_SHARE: Final = 0.5  # each process's list is about half of all orders, so that every order is in several


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`most` is the largest number of requests that reached the service in any window of a minute; `ideal` the
    seconds that the limit alone demands for the requests that were sent."""

    orders: int
    processes: int
    limit: int
    requests: int
    throttled: int
    most: int
    posts: int
    paid_once: int
    codes: tuple[int, ...]
    seconds: float

    @property
    def ideal(self) -> float:
        return WINDOW_S * (math.ceil(self.requests / self.limit) - 1)

    def __str__(self) -> str:
        share = f", {self.ideal / self.seconds:.0%} of the ideal throughput" if self.ideal else ""
        return (
            f"{self.processes} processes, {self.orders} orders, {self.limit} a minute: {self.requests} requests,"
            f" {self.posts} POSTs, at most {self.most} in any minute, {self.throttled} answered 429;"
            f" {self.paid_once} paid exactly once; exit codes {sorted(set(self.codes))};"
            f" {self.seconds:.1f} s where the limit demands {self.ideal:.0f} s{share}"
        )


def rush(*, orders: int, processes: int, limit: int, seed: int = 1) -> Figures:
    dice = random.Random(seed)
    # So slow that every process has started before the first order is known to be cancelled.
    with FaultServer(rate_limit=limit, window=WINDOW_S, latency=3.0) as server, TemporaryDirectory() as home:
        rented = [server.add_rental() for _ in range(orders // _RENTALS)]
        bought = [server.add_order(age_s=300) for _ in range(orders - len(rented))]
        cancelling = processes - processes // _RENTALS
        lists = [
            *(("orders", chosen) for chosen in _overlapping(bought, cancelling, dice)),
            *(("rentals", chosen) for chosen in _overlapping(rented, processes - cancelling, dice)),
        ]
        vsms = Vsms(
            Path(home),
            {
                "VSMS_TOKEN": server.token,
                "VSMS_BASE_URL": server.base_url,
                "VSMS_RATE_LIMIT": str(limit),
            },
            measured=False,
        )
        started = time.monotonic()
        children = [_start(vsms, group, chosen) for group, chosen in lists]
        codes = tuple(child.wait(timeout=900) for child in children)
        seconds = time.monotonic() - started
        received = server.requests
        return Figures(
            orders=orders,
            processes=processes,
            limit=limit,
            requests=len(received),
            throttled=sum(not request.accepted for request in received),
            most=server.max_in_window.received,
            posts=sum(server.posts(order_id) for order_id in bought + rented),
            paid_once=sum(server.times_paid(order_id) == 1 for order_id in bought + rented),
            codes=codes,
            seconds=seconds,
        )


def _overlapping(ids: Sequence[str], count: int, dice: random.Random) -> list[list[str]]:
    """So many lists, in which each id stands at least once."""
    lists = [dice.sample(ids, max(1, int(len(ids) * _OWN_SHARE))) for _ in range(count)]
    lists[0] += set(ids).difference(*lists)
    return lists


def _start(vsms: Vsms, group: str, ids: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        vsms.command(group, "cancel", *ids, "--yes"),
        env=vsms.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    print(rush(orders=int(sys.argv[1]), processes=int(sys.argv[2]), limit=int(sys.argv[3])))
