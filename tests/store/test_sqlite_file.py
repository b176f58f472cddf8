"""Opening a new file beside others that do the same."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from vsms_cli.store.sqlite_file import make_private, write_ahead

if TYPE_CHECKING:
    from pathlib import Path


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def test_the_switch_waits_for_whoever_holds_the_file_and_gives_up_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(connect(path)) as holder, closing(connect(path)) as other:
        holder.execute("CREATE TABLE t (x)")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(other, patience=0.05)
        timer = threading.Timer(0.1, holder.execute, ["COMMIT"])
        timer.start()
        write_ahead(other, patience=5)
        timer.join()
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_any_other_trouble_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        write_ahead(db, patience=60)


def test_a_file_is_made_private_and_one_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make_private(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"kept")
    path.chmod(0o640)
    make_private(path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"kept", 0o640)
