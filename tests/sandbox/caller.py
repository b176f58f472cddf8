"""How the sandbox's tests speak to it: requests in, decoded answers out, and the truth from the book."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from vsms_cli.sandbox import ledger
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.fault_injection import FaultInjection
from vsms_cli.sandbox.routing import Answer, Request, Sandbox
from vsms_cli.sandbox.server import serve

KEY: Final = "vsms_made_up_for_the_tests"


class Wristwatch:
    """The machine's time, as a test wants it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 5, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    sandbox: Sandbox
    book: Database

    def ask(self, method: str, path: str, body: bytes = b"", *, key: str | None = KEY) -> Answer:
        headers = {} if key is None else {"x-api-key": key}
        return self.sandbox.handle(Request.to(method, f"/api/v1{path}", headers, body))

    def get(self, path: str, **query: object) -> Any:
        answer = self.ask("GET", f"{path}?{urlencode(query)}")
        assert answer.status == 200, answer
        return decoded(answer)

    def post(self, path: str, **fields: object) -> tuple[int, Any]:
        answer = self.ask("POST", path, json.dumps(fields).encode() if fields else b"")
        return answer.status, decoded(answer)

    def buy(self, service: str = "wa", country: str = "AR") -> dict[str, Any]:
        status, order = self.post("/customer/purchase", service=service, country=country)
        assert status == 200, order
        return dict(order)

    def deposit(self, amount: Decimal) -> None:
        """Play money comes in."""
        with self.book.turn() as page:
            ledger.post(page, ledger.Kind.DEPOSIT, amount, "Sandbox deposit", at=page.now)

    def orders(self, **query: object) -> list[dict[str, Any]]:
        return list(self.get("/customer/orders", **{"limit": 200, **query})["orders"])

    def balance(self) -> Decimal:
        return Decimal(self.get("/customer/balance")["balance"])

    def ledger(self, **query: object) -> list[dict[str, Any]]:
        return list(self.get("/customer/transactions", **{"limit": 100, **query})["transactions"])


def decoded(answer: Answer) -> Any:
    """JSON with exact decimals, or the text."""
    text = answer.body.decode()
    if answer.headers["Content-Type"] == "application/json":
        return json.loads(text, parse_float=Decimal)
    return text


def assert_adds_up(book: Database) -> None:
    """Every line begins where the one before ended, and no order's refund was paid twice."""
    with book.turn() as page:
        lines = page.rows("SELECT * FROM ledger ORDER BY seq")
        tables = ("SELECT * FROM orders", "SELECT * FROM rentals")
        orders, rentals = ({row["id"]: row for row in page.rows(sql)} for sql in tables)
    balance = Decimal("0.00")
    refunded: list[str] = []
    for number, line in enumerate(lines):
        assert Decimal(line["balance_before"]) == balance
        balance += Decimal(line["amount"])
        assert Decimal(line["balance_after"]) == balance
        assert balance >= 0
        assert number == 0 or lines[number - 1]["created_at"] <= line["created_at"]
        if line["type"] == "refund":
            refunded.append(line["order_id"])
            assert Decimal(line["amount"]) == Decimal((orders | rentals)[line["order_id"]]["price"])
    ended = [key for key, row in orders.items() if row["status"] in {"cancelled", "expired"}]
    ended += [
        key for key, row in rentals.items() if row["status"] == "cancelled"
    ]  # nothing of one that ran on
    assert sorted(refunded) == sorted(ended)
    bought = [line["order_id"] for line in lines if line["type"] == "purchase"]
    assert sorted(bought) == sorted([*orders, *rentals])


@contextmanager
def serving(
    sandbox: Sandbox,
    *,
    trouble: FaultInjection | None = None,
    log: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Serves from a thread of its own meanwhile; gives the base URL."""
    with serve(sandbox, trouble=trouble, log=log) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.base_url
        finally:
            server.shutdown()
            thread.join()
