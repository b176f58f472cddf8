from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.caller import Caller, Wristwatch
from vsms_cli.sandbox.app import Sandbox
from vsms_cli.sandbox.book import Book


@pytest.fixture
def watch() -> Wristwatch:
    return Wristwatch()


@pytest.fixture
def book(tmp_path: Path, watch: Wristwatch) -> Iterator[Book]:
    book = Book.open(tmp_path / "sandbox.db", clock=watch)
    yield book
    book.close()


@pytest.fixture
def caller(book: Book) -> Caller:
    return Caller(sandbox=Sandbox(book, seed=7), book=book)
