"""Single keys from the terminal, without Enter."""

import os
import re
import select
import sys
from contextlib import suppress
from typing import Any, Final, Self

from vsms_cli.cli.signals import Stop

if sys.platform != "win32":  # there without keys, left with Ctrl-C
    import termios
    import tty

_NAMES: Final = {"\x1b[A": "up", "\x1bOA": "up", "k": "up", "\x1b[B": "down", "\x1bOB": "down", "j": "down"}
_KEY: Final = re.compile(r"\x1b[\[O].|.", re.DOTALL)  # an arrow, or a character
_LONGEST: Final = 64  # bytes of one reading: a key, or what was pasted


class Keys:
    """Inside, keys come one by one and are not echoed; afterwards the terminal as it was, whatever ended the block.

    Where there are no keys to read, `read` only waits.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._file: int | None = None
        self._before: Any = None  # what tcgetattr said; its parts are termios' own
        self._ahead: list[str] = []  # keys that came in one reading: a key held down, or a slow line

    @property
    def alive(self) -> bool:
        return self._file is not None

    def __enter__(self) -> Self:
        if sys.platform != "win32" and sys.stdin is not None and sys.stdin.isatty():
            self._file = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
            now = termios.tcgetattr(self._file)
            now[6][termios.VSUSP] = b"\0"  # Ctrl-Z would leave the shell on our screen, without an echo
            termios.tcsetattr(self._file, termios.TCSANOW, now)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.give_back()

    def give_back(self) -> None:
        """The terminal as it was. Twice is fine."""
        if sys.platform != "win32" and self._file is not None:
            with suppress(termios.error):  # where the terminal is gone there is nothing to restore
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)
        self._file = None

    def forget(self) -> None:
        """What was typed ahead of a question is no answer to it."""
        self._ahead.clear()

    def read(self, seconds: float) -> str:
        """The next key's name, or the key; empty if none came within so many seconds."""
        if self._ahead:
            return self._ahead.pop(0)
        if self._file is None:
            self._stop.wait(seconds)
            return ""
        ready, _, _ = select.select([self._file], [], [], seconds)
        if not ready:
            return ""
        text = os.read(self._file, _LONGEST).decode("utf-8", "replace")
        if not text:  # stdin ended: no key will come
            self.give_back()
        self._ahead = [_NAMES.get(key, key) for key in _KEY.findall(text)]
        return self._ahead.pop(0) if self._ahead else ""
