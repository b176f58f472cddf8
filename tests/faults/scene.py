"""A service that fails as told, `vsms` before it, and what must hold between the two, whatever happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from support.fault_server import FaultServer
from support.vsms import Done, Vsms

PRICE = Decimal("0.80")
_BAD_WORDS = ("Traceback", "crashed:", "vsms_cli/")


@dataclass(frozen=True, slots=True)
class Scene:
    server: FaultServer
    vsms: Vsms

    def run(self, *args: str, **more: Any) -> Done:
        """A command in this process; held to what holds for every command."""
        done = self.vsms(*args, **more)
        assert_decent(done, self.server.token)
        return done

    def cancel(self, *ids: str, args: tuple[str, ...] = (), **more: Any) -> Done:
        """`orders cancel --yes --json`, held to the ledger."""
        done = self.run("orders", "cancel", *ids, "--yes", "--json", *args, **more)
        assert done.out, done.err
        for row in done.json:
            assert_true(self.server, row)
        return done


def scene(vsms: Vsms, server: FaultServer, *, timeout: float = 0.5) -> Scene:
    vsms.env |= {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": str(timeout),
        "VSMS_RATE_LIMIT": "10000",
    }
    return Scene(server, vsms)


def assert_decent(done: Done, token: str) -> None:
    """No traceback, no crash, no token, no control character, on either stream."""
    said = done.out + done.err
    assert not [word for word in _BAD_WORDS if word in said], said
    assert token not in said
    assert not {char for char in said if (char < " " and char not in "\n\t") or "\x7f" <= char < "\xa0"}, said


def assert_true(server: FaultServer, row: dict[str, Any]) -> None:
    """What a cancel's row says is what the ledger says, and nothing was sent after what worked."""
    order = row["id"]
    posts = list(posts_of(server, order))
    done = [number for number, worked in enumerate(posts) if worked]
    assert done in ([], [len(posts) - 1]), f"{row}: a POST after a commit: {posts}"
    assert len(posts) <= 2, f"{row}: {posts}"
    assert server.times_paid(order) == len(done), row
    if row["outcome"] == "cancelled":
        assert server.times_paid(order) == 1, row
        assert row["refund_amount"] in (None, float(server.refunded(order))), row
    elif row["outcome"] in {"failed", "too_early", "skipped", "not_found", "sms_received"}:
        assert server.times_paid(order) == 0, row


def posts_of(server: FaultServer, order: str) -> Iterator[bool]:
    """For each cancel of the order that was neither refused by 425 nor by 429: whether it changed the book."""
    for request in server.requests:
        refused = request.status in {425, 429} or not request.accepted
        if request.method == "POST" and request.order_id == order and not refused:
            yield request.committed
