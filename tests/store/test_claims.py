"""One process at a time sends anything about an order, and a dead one blocks nobody."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vsms_cli.store.claims import Claims

ORDER, OTHER = "order-a", "order-b"
_HOLDER = """
import sys
from pathlib import Path
from vsms_cli.store.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(claims.take(sys.argv[2]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[Claims]:
    held = Claims(tmp_path / "claims")
    yield held
    held.shut()


@contextmanager
def another_process(path: Path, order_id: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has taken the order and lives until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path), order_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        yield child
        child.kill()


def test_an_order_is_taken_once_and_can_be_taken_again_when_given_back(claims: Claims) -> None:
    assert claims.take(ORDER)
    assert not claims.take(ORDER)
    assert claims.take(OTHER)
    claims.give_back(ORDER)
    assert claims.take(ORDER)


def test_another_process_has_it_until_it_dies(claims: Claims, tmp_path: Path) -> None:
    with another_process(tmp_path / "claims", ORDER) as child:
        assert not claims.take(ORDER)
        assert claims.take(OTHER)
        child.kill()
        child.wait()
        assert claims.take(ORDER)


def test_the_file_is_private_and_stays_empty(claims: Claims, tmp_path: Path) -> None:
    claims.take(ORDER)

    assert (tmp_path / "claims").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "claims").stat().st_size == 0


def test_where_no_file_can_be_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        Claims(tmp_path / "file" / "claims").take(ORDER)
