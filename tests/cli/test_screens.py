"""Whole screens, at the widths that people have, on a terminal of their own.

`PYTHONPATH=tests python tests/cli/test_screens.py` writes them anew: read them before you keep them.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pexpect
import pytest

from support.fault_server import FaultServer
from support.screen import Screen
from support.vsms import Vsms

FOLDER: Final = Path(__file__).with_name("screens")
WIDTHS: Final = (60, 80, 100, 200)
_GOES_ON = (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), re.compile(r"\b(?:\d+:)?\d?\d:\d\d\b"))
"""Times and countdowns. They keep their widths."""


def alike(text: str) -> str:
    """Without the digits of what goes on by itself."""
    for pattern in _GOES_ON:
        text = pattern.sub(lambda found: re.sub(r"\d", "0", found[0]), text)
    return text


def fill(server: FaultServer) -> None:
    orders: list[dict[str, Any]] = [
        {"age_s": 335},
        {"age_s": 45, "country": "GB", "service": "tg", "price": Decimal("1.25")},
        {"age_s": 745, "service": "a service whose name is long"},
        {"age_s": 4000, "country": "BR", "status": "completed"},
        {"age_s": 5000, "country": "BR", "status": "cancelled", "refunds": []},
        {"age_s": 6000, "country": "US", "service": "tg", "status": "expired", "refunds": [Decimal("0.30")]},
        {"age_s": 7000, "country": "US", "service": "tg", "status": "expired"},
        {"age_s": 815},
    ]
    for number, order in enumerate(orders):
        server.add_order(order_id=id_of(number), phone_number=f"549115550{number:04}", **order)


def id_of(number: int) -> str:
    return f"7e44c{number}de-1f3a-4c57-9a51-0f2d6a9b8c1{number}"


def ended(child: Any) -> str:
    child.expect(pexpect.EOF)
    return str(child.before)


def asked(child: Any) -> str:
    child.expect_exact("[y/N] ")
    above = str(child.before + child.after)
    child.sendline("n")
    return above


def watched(child: Any) -> str:
    child.expect("orders waiting")
    before = str(child.before + child.after)
    child.expect_exact("\x1b[J")
    frame = str(child.before + child.after)
    child.send("q")
    child.expect(pexpect.EOF)
    return before + frame


SCREENS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Any], str]]]] = {
    "list": (("orders", "list", "--all"), ended),
    "question": (("orders", "cancel", "--all"), asked),
    "watch": (("orders", "watch"), watched),
    "audit": (("refunds", "audit"), ended),
    "journal": (("journal", "list"), ended),
}


@contextmanager
def stage(home: Path) -> Iterator[Vsms]:
    """Somebody who is signed in, has cancelled the last order, and has asked for the fourth one's price."""
    with FaultServer() as server:
        fill(server)
        vsms = Vsms(home, {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}, measured=False)
        assert vsms("orders", "cancel", id_of(7), "--yes").code == 0
        assert vsms("orders", "refund", id_of(3), "--reason", "code-rejected", "--yes").code == 0
        yield vsms


def screen(vsms: Vsms, name: str, columns: int) -> str:
    args, play = SCREENS[name]
    command = vsms.command(*args)
    child = pexpect.spawn(
        command[0],
        command[1:],
        env=vsms.environment({"TERM": "xterm", "LC_ALL": "C.UTF-8"}),
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=15,
    )
    try:
        shown = Screen(columns)
        shown.feed(play(child))
    finally:
        child.close(force=True)
    return alike(f"{shown.text}\n")


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_what_it_was_when_somebody_read_it(tmp_path: Path, name: str) -> None:
    with stage(tmp_path) as vsms:
        for columns in WIDTHS:
            assert screen(vsms, name, columns) == (FOLDER / f"{name}-{columns}.txt").read_text()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in SCREENS:
        with tempfile.TemporaryDirectory() as home, stage(Path(home)) as vsms:
            for columns in WIDTHS:
                (FOLDER / f"{name}-{columns}.txt").write_text(screen(vsms, name, columns))


if __name__ == "__main__":
    main()
