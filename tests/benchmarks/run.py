"""`python tests/benchmarks/run.py [--json] [--long] [--far] [--vsms PATH]`: how fast vsms is, beside the SDK and curl.

Every row is from this one run, on this machine: the ratios are what counts. Never a test: a clock on a busy machine
proves nothing. `--vsms` is the program to measure, best one from an environment of its own: beside click, which some
tools for developers bring, httpx loads click and Rich.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import far
from benchmarks.far import AGE_S, CURL_CANCEL, SDK, Contenders
from benchmarks.measure import Figures, Ran, medians, run
from support.fault_server import FaultServer
from support.long_ledger import base_url, long_ledger

LATENCY_S: Final = 0.05
CURL_ALL: Final = (
    'curl -sS -H "X-API-Key: $VSMS_TOKEN" "$VSMS_BASE_URL/customer/orders?status=waiting&limit=200"'
    ' | grep -o \'"id": *"[^"]*"\' | cut -d\'"\' -f4 | while read -r id; do'
    ' curl -sS -X POST -H "X-API-Key: $VSMS_TOKEN" "$VSMS_BASE_URL/customer/cancel/$id" >/dev/null; done'
)


def env_of(server: FaultServer, rate_limit: int) -> dict[str, str]:
    return {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_RATE_LIMIT": str(rate_limit),
    }


def cancelling(command: list[str], *, orders: int, limit: int | None, one: bool) -> tuple[Ran, str]:
    """A fresh service each time; BASE, TOKEN and ID in the command are filled in."""
    with FaultServer(latency=LATENCY_S, rate_limit=limit) as server:
        ids = [server.add_order(age_s=AGE_S) for _ in range(orders)]
        words = {"BASE": server.base_url, "TOKEN": server.token, "ID": ids[0]}
        filled = [words.get(word, word) for word in command]
        ran = run(filled, env_of(server, limit or 10_000))
        done = sum(server.times_paid(order) for order in ids)
        if limit is None and done != orders:
            raise RuntimeError(f"{filled[:3]} cancelled {done} of {orders}: a time for nothing")
        said = "" if one else f"{done} of {orders} cancelled, "
        return ran, f"{said}{len(server.requests)} request{'s' * (len(server.requests) != 1)}"


def against(vsms: list[str], *, orders: int, limit: int | None = None, one: bool = False) -> Contenders:
    ours = [*vsms, "orders", "cancel", *(["ID"] if one else ["--all"]), "--yes"]
    theirs = [sys.executable, SDK, "cancel", "BASE", "TOKEN", *(["ID"] if one else [])]
    shell = ["/bin/sh", "-c", CURL_CANCEL if one else CURL_ALL, "ID"]
    commands = {"vsms": ours, "SDK": theirs, "curl": shell}
    return {
        who: lambda command=command: cancelling(command, orders=orders, limit=limit, one=one)  # type: ignore[misc] # a lambda's default has no annotation
        for who, command in commands.items()
    }


def start_up(vsms: list[str]) -> Contenders:
    return {
        "vsms --version": lambda: (run([*vsms, "--version"], {}), ""),
        "python -c pass": lambda: (run([sys.executable, "-c", "pass"], {}), ""),
    }


def ledger(vsms: list[str]) -> Contenders:
    def read(length: int) -> tuple[Ran, str]:
        with long_ledger(length) as server:
            env = {
                "VSMS_TOKEN": "vsms_x",
                "VSMS_BASE_URL": base_url(server),
                "VSMS_RATE_LIMIT": "10000",
            }
            ran = run([*vsms, "transactions", "list", "-o", "ndjson"], env, output=subprocess.DEVNULL)
            if ran.code != 0:
                raise RuntimeError(f"exit code {ran.code}: a time for nothing")
            return ran, f"{server.requests} request{'s' * (server.requests != 1)}"

    return {"100 lines": lambda: read(100), "100,000 lines": lambda: read(100_000)}


def under_the_limit(vsms: list[str], processes: int) -> Contenders:
    """200 orders, 60 requests a minute, one state directory for all processes."""

    def go() -> tuple[Ran, str]:
        with FaultServer(latency=LATENCY_S, rate_limit=60) as server, TemporaryDirectory() as state:
            ids = [server.add_order(age_s=AGE_S) for _ in range(200)]
            env = {**env_of(server, 60), "VSMS_STATE_DIR": state}
            shares = [ids[start::processes] for start in range(processes)]
            with ThreadPoolExecutor(processes) as pool:
                ran = list(
                    pool.map(lambda share: run([*vsms, "orders", "cancel", *share, "--yes"], env), shares)
                )
            done = sum(server.times_paid(order) for order in ids)
            slowest = max(ran, key=lambda one: one.seconds)
            return slowest, f"{done} of 200 cancelled, {len(server.requests)} requests, minimum 180 s"

    return {f"vsms, {processes} process{'es' * (processes > 1)}": go}


def rows(vsms: list[str], *, long: bool) -> Iterator[tuple[str, list[Figures]]]:
    yield "start-up", medians(start_up(vsms), times=15)
    yield "cancel one order", medians(against(vsms, orders=1, one=True), times=9)
    yield from far_rows(vsms)
    yield "cancel 50 orders", medians(against(vsms, orders=50), times=3)
    yield "the same, 60 requests a minute", medians(against(vsms, orders=50, limit=60), times=1)
    yield "ledger as ndjson", medians(ledger(vsms), times=1)
    if long:
        for processes in (1, 8):
            yield "200 orders, 60 requests a minute", medians(under_the_limit(vsms, processes), times=1)


def far_rows(vsms: list[str]) -> Iterator[tuple[str, list[Figures]]]:
    with far.far_service() as service:
        yield "cancel one order over TLS", medians(far.cancelling(service, vsms), times=21)
        with far.keyring_beside_variable(service, vsms) as contenders:
            yield "the same, with a session bus", medians(contenders, times=15)
        yield "list active orders over TLS", medians(far.listing(service, vsms), times=21)


def lines(row: str, figures: list[Figures]) -> Iterator[str]:
    base = figures[0].seconds
    for one in figures:
        cells = (
            row,
            one.who,
            _time(one.seconds),
            f"{one.seconds / base:.2f}",
            f"{one.peak_mb:.0f} MB",
            one.note,
        )
        yield f"| {' | '.join(cells)} |"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="an array of rows instead of the table")
    parser.add_argument("--long", action="store_true", help="the rows that take minutes too")
    parser.add_argument("--far", action="store_true", help="the rows over TLS alone")
    parser.add_argument(
        "--vsms", metavar="PATH", help="the program to measure  [default: this environment's]"
    )
    said = parser.parse_args()
    vsms = [sys.executable, "-m", "vsms_cli"] if said.vsms is None else [str(Path(said.vsms).absolute())]
    if not said.json:
        print("| work | who | median | ratio | peak memory | |\n|---|---|---|---|---|---|", flush=True)
    found = []
    for row, figures in far_rows(vsms) if said.far else rows(vsms, long=said.long):
        found += [
            {"work": row, **one.as_json(), "ratio": one.seconds / figures[0].seconds} for one in figures
        ]
        if not said.json:
            print("\n".join(lines(row, figures)), flush=True)
    if said.json:
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
