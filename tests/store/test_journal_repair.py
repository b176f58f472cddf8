"""A damaged journal is found wherever the damage is, and what can be read of it is taken over."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.store.journal import JournalFile

HOST = "virtualsms.test"


def order_id(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def tickets(path: Path) -> list[Ticket]:
    """Of sixty entries over several pages: every third is open, every third was asked for, the rest failed."""
    journal = JournalFile(path, host=HOST)
    made = []
    for number in range(60):
        operation = Operation.REFUND if number % 3 == 1 else Operation.CANCEL
        ticket = journal.begin(operation, order_id(number), price=Decimal("0.80"), time_limit=30.0)
        made.append(ticket)
        if number % 3:
            journal.close(ticket, "requested" if number % 3 == 1 else "failed", reference="r")
    journal.close_file()
    return made


def page_size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA page_size").fetchone()[0])


def pages(path: Path) -> int:
    return path.stat().st_size // page_size(path)


def overwrite(path: Path, page: int) -> None:
    size = page_size(path)
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)


def damaged(path: Path) -> JournalFile:
    journal = JournalFile(path, host=HOST)
    with pytest.raises(JournalDamaged):
        journal.check()
    return journal


def test_a_whole_journal_passes_and_is_not_touched(path: Path, tickets: list[Ticket]) -> None:
    journal = JournalFile(path, host=HOST)
    before = [journal.entries(), journal.events(60)]
    journal.check()
    journal.check()
    assert [journal.entries(), journal.events(60)] == before
    assert journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0).entry == len(tickets) + 1
    journal.close_file()


def test_none_at_all_passes(path: Path) -> None:
    JournalFile(path, host=HOST).check()
    assert not path.exists()


@pytest.mark.usefixtures("tickets")
def test_any_page_that_is_overwritten_is_found_and_the_next_journal_takes_intents(path: Path) -> None:
    whole = path.read_bytes()
    assert pages(path) > 8
    for page in range(1, pages(path) + 1):
        for file in path.parent.iterdir():
            file.unlink()
        path.write_bytes(whole)
        overwrite(path, page)
        broken = path.read_bytes()
        journal = damaged(path)

        kept = journal.repair()

        assert kept.quarantine.read_bytes() == broken
        journal.check()
        assert len(journal.entries()) == kept.entries
        assert len(journal.entries(unresolved=True)) == kept.unresolved
        journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
        journal.close_file()


@pytest.mark.parametrize("table", ["sqlite_sequence", "by_order", "by_unresolved", "by_entry", "events"])
def test_what_lies_beside_the_entries_loses_none_of_them(
    path: Path, tickets: list[Ticket], table: str
) -> None:
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    overwrite(path, root)
    journal = damaged(path)

    kept = journal.repair()

    assert (kept.entries, kept.unresolved) == (60, 20)
    assert [JournalFile.ticket_of(entry) for entry in journal.entries()] == tickets
    found = journal.last_refund_request(order_id(1))
    assert found is not None
    assert (found.outcome, found.reference, found.price) == ("requested", "r", Decimal("0.80"))
    if table != "events":
        assert [event.what for event in journal.events(2)] == ["intended to refund", "requested"]
    journal.close_file()


@pytest.mark.usefixtures("tickets")
def test_of_a_table_with_a_hole_both_ends_are_taken_over(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()
    size = page_size(path)
    top = path.read_bytes()[(root - 1) * size : root * size]
    children = int.from_bytes(
        top[3:5], "big"
    )  # the cells of an inner page: each begins with a child's number
    assert top[0] == 5, "the entries need an inner page and at least three leaves"
    assert children >= 2
    cell = int.from_bytes(top[14:16], "big")
    overwrite(path, int.from_bytes(top[cell : cell + 4], "big"))  # the second leaf
    journal = damaged(path)

    kept = journal.repair()

    numbers = [entry.entry for entry in journal.entries()]
    assert (numbers[0], numbers[-1]) == (1, 60)
    assert 10 < kept.entries < 60
    journal.close_file()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("refund_amount", "zero"),
        ("refund_amount", "NaN"),
        ("price", "much"),
        ("at", "yesterday"),
        ("updated_at", ""),
    ],
)
def test_a_broken_figure_in_a_closed_row_is_found_and_the_row_kept_without_it(
    path: Path, tickets: list[Ticket], column: str, value: str
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE entries SET {column} = ? WHERE entry = 2", (value,))  # noqa: S608 - one of those above
    journal = damaged(path)

    kept = journal.repair()

    assert kept.entries == len(tickets)
    assert journal.last_refund_request(order_id(1)) is not None, "it would be asked for twice"
    journal.close_file()


@pytest.mark.usefixtures("tickets")
def test_a_row_that_names_no_operation_is_left_behind(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE entries SET operation = 'buy' WHERE entry = 1")
        db.execute("UPDATE entries SET outcome = x'ff' WHERE entry = 2")
    journal = damaged(path)
    assert journal.repair().entries == 59
    closed_by_nobody_knows_what = journal.entry(2)
    assert closed_by_nobody_knows_what is not None
    journal.close_file()


@pytest.mark.usefixtures("tickets")
def test_text_that_is_none_is_damage(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE entries SET detail = CAST(x'ff41' AS TEXT) WHERE entry = 2")
    journal = damaged(path)
    assert journal.repair().entries == 60
    journal.check()
    journal.close_file()


@pytest.mark.usefixtures("tickets")
def test_of_two_that_find_the_damage_one_repairs_it_and_the_new_one_stays(path: Path) -> None:
    overwrite(path, pages(path))
    first, second = damaged(path), damaged(path)
    second.close_file()
    done = first.repair()
    with pytest.raises(JournalUnusable, match="another process has repaired"):
        second.repair()
    assert len(first.entries()) == done.entries
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
    first.close_file()


def test_a_missing_table_is_damage_and_no_lack_of_space(path: Path, tickets: list[Ticket]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE events")
    journal = damaged(path)
    assert journal.repair().entries == len(tickets)
    journal.check()
    journal.close_file()


@pytest.mark.usefixtures("tickets")
def test_where_the_new_one_can_not_be_written_the_damaged_one_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite(path, pages(path))
    before = path.read_bytes()
    journal = damaged(path)

    def full(*_args: object, **_more: object) -> sqlite3.Connection:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vsms_cli.store.journal_repair.open_journal", full)
    with pytest.raises(JournalUnusable, match="No space left"):
        journal.repair()
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.damaged-*")) == []
