"""Each fault on two servers of the same kind: one for `vsms`, one for the vendor's SDK; and the ledger of each.

`python tests/proof/compare.py` writes the table of tests/README.md anew; a test fails where the two differ.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from proof.cases import CASES, RENTAL_CASES, Case
from support.fault_server import FaultServer
from support.vsms import Vsms

README = Path(__file__).parents[1] / "README.md"
TIME_LIMIT_S: Final = 1.0
_GIVES_UP_S: Final = 20.0
_TABLE = re.compile(r"(<!-- proof -->\n)(.*?)(\n<!-- /proof -->)", re.DOTALL)

# What the SDK's words claim of the refund. Its documentation calls ServerError on a POST "may have gone through:
# verify with a read", so that one leaves it open; every other exception reads as "it failed".
_LEAVES_IT_OPEN: Final = frozenset({"ServerError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault: how often each ledger paid, what each client said, and whether that is so."""

    name: str
    vsms_paid: int
    vsms_says: str
    vsms_right: bool
    sdk_paid: int
    sdk_says: str
    sdk_right: bool

    def cells(self) -> tuple[str, ...]:
        yes = {True: "yes", False: "**no**"}
        return (
            self.name,
            str(self.vsms_paid),
            f"`{self.vsms_says}`",
            yes[self.vsms_right],
            str(self.sdk_paid),
            f"`{self.sdk_says}`",
            yes[self.sdk_right],
        )


def compare(case: Case, *, rental: bool = False) -> Row:
    with FaultServer(**case.settings) as server:
        order_id = case.prepare(server, rental=rental)
        before = server.times_paid(order_id)
        outcome = _vsms(server, case.address(server), order_id, group="rentals" if rental else "orders")
        server.wait_for_late()
        vsms_paid = server.times_paid(order_id) - before
        status = server.status(order_id)
    with FaultServer(**case.settings) as server:
        order_id = case.prepare(server, rental=rental)
        before = server.times_paid(order_id)
        said = _sdk(server, case.address(server), f"rental {order_id}" if rental else order_id)
        server.wait_for_late()
        sdk_paid = server.times_paid(order_id) - before
    return Row(
        name=case.name,
        vsms_paid=vsms_paid,
        vsms_says=outcome,
        vsms_right=_vsms_is_right(outcome, paid=vsms_paid, status=status),
        sdk_paid=sdk_paid,
        sdk_says=said,
        sdk_right=_sdk_is_right(said, paid=sdk_paid),
    )


def _vsms(server: FaultServer, base_url: str, order_id: str, *, group: str) -> str:
    with TemporaryDirectory() as home:
        env = {
            "VSMS_TOKEN": server.token,
            "VSMS_BASE_URL": base_url,
            "VSMS_TIMEOUT": str(TIME_LIMIT_S),
        }
        done = Vsms(Path(home), env, measured=False).process(group, "cancel", order_id, "--yes", "--json")
    assert done.out, done.err
    return str(done.json[0]["outcome"])


def _sdk(server: FaultServer, base_url: str, order_id: str) -> str:
    child = [sys.executable, str(Path(__file__).with_name("sdk_child.py"))]
    arguments = [base_url, server.token, order_id, str(TIME_LIMIT_S)]
    try:
        done = subprocess.run(
            [*child, *arguments], capture_output=True, text=True, timeout=_GIVES_UP_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    said = json.loads(done.stdout or '{"raises": "crash"}')
    if "raises" in said:
        return str(said["raises"])
    answer = said["returns"]
    if "cooldown" in answer:
        return "cooldown"
    return "cancelled" if "'success': True" in answer else "returns"


def _vsms_is_right(outcome: str, *, paid: int, status: str) -> bool:
    """`cancelled` if and only if this run's cancel paid once; the others name the state that the order is in."""
    if outcome == "cancelled":
        return paid == 1
    truth = {
        "already_cancelled": status == "cancelled",
        "expired": status == "expired",
        "sms_received": status in {"completed", "active"},
        "unknown": True,
    }
    return paid == 0 and truth.get(outcome, status in {"waiting", "active"})


def _sdk_is_right(said: str, *, paid: int) -> bool:
    """Returning is claiming that it is cancelled; an exception claims that it is not."""
    if said in _LEAVES_IT_OPEN:
        return True
    if said in {"cancelled", "returns"}:
        return paid == 1
    return paid == 0


def rows() -> list[Row]:
    with ThreadPoolExecutor(max_workers=4) as pool:  # mostly waiting
        return list(pool.map(compare, CASES))


def rental_rows() -> list[Row]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda case: compare(case, rental=True), RENTAL_CASES))


def fifty() -> tuple[int, int]:
    """How many of 50 orders each client cancels where the service allows 60 requests a minute."""
    with FaultServer(rate_limit=60) as server, TemporaryDirectory() as home:
        ids = [server.add_order(age_s=300) for _ in range(50)]
        env = {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        Vsms(Path(home), env, measured=False).process("orders", "cancel", "--all", "--yes")
        by_vsms = sum(server.times_paid(order_id) for order_id in ids)
    with FaultServer(rate_limit=60) as server:
        ids = [server.add_order(age_s=300) for _ in range(50)]
        _sdk(server, server.base_url, "all")
        by_sdk = sum(server.times_paid(order_id) for order_id in ids)
    return by_vsms, by_sdk


def table(compared: list[Row], rentals: list[Row], of_fifty: tuple[int, int]) -> str:
    """Both tables, each with its sum."""
    lines = (
        *_lines(compared),
        f"Of 50 orders, with 60 requests a minute, `vsms` cancels {of_fifty[0]}, the SDK {of_fifty[1]}.",
        "",
        "The same for `vsms rentals cancel` and the SDK's `cancel_rental`:",
        "",
        *_lines(rentals),
    )
    return "\n".join(lines)


def _lines(compared: list[Row]) -> Iterator[str]:
    wrong = sum(not row.vsms_right for row in compared)
    sdk_wrong = sum(not row.sdk_right for row in compared)
    yield "| fault | ledger paid | `vsms` says | so it is | ledger paid | the SDK says | so it is |"
    yield "|---|---|---|---|---|---|---|"
    yield from (f"| {' | '.join(row.cells())} |" for row in compared)
    yield ""
    yield f"Of {len(compared)} cases `vsms` misreports {wrong}, the SDK {sdk_wrong}."


def documented() -> str:
    found = _TABLE.search(README.read_text())
    assert found is not None, "tests/README.md has no table"
    return found[2]


def main() -> None:
    text = README.read_text()
    fresh = table(rows(), rental_rows(), fifty())
    README.write_text(_TABLE.sub(lambda found: f"{found[1]}{fresh}{found[3]}", text))
    print(fresh)


if __name__ == "__main__":
    main()
