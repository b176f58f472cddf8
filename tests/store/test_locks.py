"""One process at a time has a lock, and a dead one blocks nobody."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vsms_cli.store.locks import LockFile, wait_for

ORDER, OTHER = "order-a", "order-b"
HOLDER = """
import sys
from pathlib import Path
from vsms_cli.store.locks import LockFile
locks = LockFile.at(Path(sys.argv[1]))
print(getattr(locks, sys.argv[2])(*sys.argv[3:]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "locks"


@pytest.fixture
def locks(path: Path) -> LockFile:
    return LockFile.at(path)


@contextmanager
def another_process(path: Path, *lock: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has acquired the lock and lives until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), *lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        yield child
        child.kill()


def test_a_name_is_locked_once_and_again_when_released(locks: LockFile) -> None:
    assert locks.acquire(ORDER)
    assert not locks.acquire(ORDER)
    assert locks.acquire(OTHER)
    locks.release(ORDER)
    assert locks.acquire(ORDER)


def test_another_process_has_it_until_it_dies(locks: LockFile, path: Path) -> None:
    with another_process(path, "acquire", ORDER) as child:
        assert not locks.acquire(ORDER)
        assert locks.acquire(OTHER)
        child.kill()
        child.wait()
        assert locks.acquire(ORDER)


def test_all_users_of_a_file_in_one_process_have_one_descriptor_and_lose_no_lock(
    locks: LockFile, path: Path
) -> None:
    """POSIX drops a process's locks on a file when any descriptor of it is closed."""
    assert locks.acquire(ORDER)
    again = LockFile.at(path)
    assert not again.acquire(ORDER)
    assert again.acquire(OTHER)
    again.release(OTHER)
    with another_process(path, "acquire", OTHER) as child:
        assert not locks.acquire(OTHER)
        child.kill()
        child.wait()
    told = subprocess.run(
        [sys.executable, "-c", HOLDER, str(path), "acquire", ORDER],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "False\n"


def test_many_share_and_one_alone_excludes(locks: LockFile, path: Path) -> None:
    with another_process(path, "acquire_shared") as one, another_process(path, "acquire_shared") as two:
        assert locks.acquire_shared()
        assert not locks.acquire_exclusive(), "this process shares it itself"
        locks.release_shared()
        assert not locks.acquire_exclusive()
        one.kill()
        one.wait()
        assert not locks.acquire_exclusive()
        two.kill()
        two.wait()
        assert locks.acquire_exclusive()
        locks.release_exclusive()
    with another_process(path, "acquire_exclusive") as child:
        assert not locks.acquire_shared()
        assert locks.acquire(ORDER), "names are locked besides"
        child.kill()
        child.wait()
        assert locks.acquire_shared()


def test_a_lock_is_waited_for_so_long(locks: LockFile) -> None:
    assert locks.acquire(ORDER)
    began = time.monotonic()
    assert not wait_for(lambda: locks.acquire(ORDER), patience=0.1)
    assert 0.1 <= time.monotonic() - began < 1
    timer = threading.Timer(0.05, locks.release, [ORDER])
    timer.start()
    assert wait_for(lambda: locks.acquire(ORDER), patience=10)
    timer.join()


def test_the_file_is_private_and_stays_empty(locks: LockFile, path: Path) -> None:
    locks.acquire(ORDER)
    locks.acquire_shared()

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_size == 0


def test_where_no_file_can_be_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        LockFile.at(tmp_path / "file" / "locks").acquire(ORDER)
