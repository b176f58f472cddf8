import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import vsms_cli
from sandbox.caller import Caller, assert_adds_up
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.errors import SandboxError
from vsms_cli.sandbox.routing import Sandbox

CUSTOMER = """
import json, sys
from pathlib import Path
from vsms_cli.sandbox.routing import Request, Sandbox
from vsms_cli.sandbox.database import Database

book = Database.open(Path(sys.argv[1]))
sandbox = Sandbox(book)

def ask(method, path, body=b""):
    answer = sandbox.handle(Request.to(method, "/api/v1/customer" + path, {"X-API-Key": "vsms_x"}, body))
    assert answer.status < 500, answer
    return answer.status, json.loads(answer.body) if answer.body[:1] == b"{" else None

cancelled = bought = 0
for order in ask("GET", "/orders?status=waiting&limit=200")[1]["orders"]:
    cancelled += ask("POST", "/cancel/" + order["id"])[0] == 200
    bought += ask("POST", "/purchase", b'{"service": "go", "country": "GB"}')[0] == 200
print(cancelled, bought)
book.close()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_the_book_and_its_journal(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        book = Database.open(tmp_path / "sandbox.db")
        with book.turn() as page:
            page.set("name", "value")
            beside = [mode(path) for path in tmp_path.iterdir()]
        book.close()
    finally:
        os.umask(previous)
    assert len(beside) == 2
    assert set(beside) == {0o600}


def test_what_was_done_is_there_after_opening_the_book_again(tmp_path: Path) -> None:
    first = Database.open(tmp_path / "sandbox.db")
    caller = Caller(sandbox=Sandbox(first), book=first)
    order = caller.buy()
    caller.sandbox.advance(timedelta(hours=2))
    orders, balance = caller.orders(), caller.balance()
    first.close()
    second = Database.open(tmp_path / "sandbox.db")
    again = Caller(sandbox=Sandbox(second, seed=1), book=second)
    assert again.orders() == orders
    assert again.balance() == balance
    assert again.get(f"/customer/order/{order['order_id']}")["status"] == "expired"
    second.close()


def test_a_turn_that_fails_leaves_nothing_behind(caller: Caller) -> None:
    def fail_half_way() -> None:
        with caller.book.turn() as page:
            page.write("DELETE FROM ledger")
            raise RuntimeError("half-way")

    before = caller.ledger()
    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    assert caller.ledger() == before


def test_the_book_itself_refuses_a_second_refund(caller: Caller) -> None:
    with pytest.raises(sqlite3.IntegrityError), caller.book.turn() as page:
        page.write(
            "INSERT INTO ledger SELECT NULL, 'twice', amount, type, description, order_id, balance_before,"
            " balance_after, created_at FROM ledger WHERE type = 'refund' LIMIT 1"
        )


def test_a_directory_that_is_not_there_is_an_error_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"missing/sandbox\.db can't be opened"):
        Database.open(tmp_path / "missing" / "sandbox.db")


def test_a_file_that_is_no_book_is_an_error_and_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    path.write_text("not a database" * 100)
    with pytest.raises(SandboxError, match=r"can't be used"):
        Database.open(path)
    assert path.read_text() == "not a database" * 100


def test_a_book_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(SandboxError, match="version 99, not 2"):
        Database.open(path)


def test_many_threads_share_one_book(caller: Caller) -> None:
    waiting = [order["id"] for order in caller.orders(status="waiting")]
    caller.sandbox.advance(timedelta(seconds=90))  # the oldest expires, the two youngest open

    def hurry(number: int) -> tuple[int, int]:
        order_id = waiting[number % len(waiting)]
        cancelled, _ = caller.post(f"/customer/cancel/{order_id}")
        bought, _ = caller.post("/customer/purchase", service="go", country="US")
        return cancelled, bought

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(hurry, range(80)))
    assert sum(cancelled == 200 for cancelled, _ in ends) == len(waiting) - 1
    assert {bought for _, bought in ends} == {200}
    assert_adds_up(caller.book)


def test_threads_may_open_a_new_book_at_the_same_time(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def start(_: int) -> Decimal:
        together.wait()
        book = Database.open(tmp_path / "sandbox.db")
        balance = Caller(sandbox=Sandbox(book), book=book).balance()
        book.close()
        return balance

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(start, range(6))) == {Decimal("46.20")}


def test_several_processes_share_one_book_from_its_first_start(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    source = str(Path(vsms_cli.__file__).parents[1])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CUSTOMER, str(path)],
            env={**os.environ, "PYTHONPATH": source},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ends = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ends
    tallies = [[int(word) for word in out.split()] for out, _ in ends]
    book = Database.open(path)
    caller = Caller(sandbox=Sandbox(book), book=book)
    assert sum(cancelled for cancelled, _ in tallies) == 8  # ten wait, two of them are too young
    assert len(caller.orders()) == 21 + sum(bought for _, bought in tallies)
    assert_adds_up(book)
    book.close()
