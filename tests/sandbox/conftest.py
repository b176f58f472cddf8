from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.caller import Caller, Wristwatch
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.routing import Sandbox


@pytest.fixture
def watch() -> Wristwatch:
    return Wristwatch()


@pytest.fixture
def book(tmp_path: Path, watch: Wristwatch) -> Iterator[Database]:
    book = Database.open(tmp_path / "sandbox.db", clock=watch)
    yield book
    book.close()


@pytest.fixture
def caller(book: Database) -> Caller:
    return Caller(sandbox=Sandbox(book, seed=7), book=book)
