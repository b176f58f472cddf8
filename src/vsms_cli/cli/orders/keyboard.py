"""Single keys from the terminal, without Enter."""

import os
import re
import select
import signal
import sys
from contextlib import suppress
from typing import Any, Final, Self

from vsms_cli.cli.signals import Stop

if sys.platform != "win32":  # there without keys, left with Ctrl-C
    import termios
    import tty

_NAMES: Final = {"\x1b[A": "up", "\x1bOA": "up", "k": "up", "\x1b[B": "down", "\x1bOB": "down", "j": "down"}
_KEY: Final = re.compile(r"\x1b[\[O].|.", re.DOTALL)  # an arrow, or a character
SUSPEND: Final = "\x1a"
"""The key Ctrl-Z."""
_BACKGROUND_S: Final = 0.25  # between two looks whether we are in the foreground again
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
        self._take()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.restore()

    def _take(self) -> None:
        if sys.platform != "win32" and sys.stdin is not None and sys.stdin.isatty():
            self.wait_for_foreground()
            self._file = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
            now = termios.tcgetattr(self._file)
            # As keys: a signal would leave the shell on our screen, without an echo.
            now[6][termios.VSUSP] = now[6][termios.VQUIT] = b"\0"
            termios.tcsetattr(self._file, termios.TCSANOW, now)

    def wait_for_foreground(self) -> None:
        """Touching a terminal from the background stops a process, or fails where that signal is ignored. So it waits,
        without a word, and ends by a signal as ever.
        """
        if sys.platform != "win32":
            while not _in_foreground():
                self._stop.wait(_BACKGROUND_S)
                if self._stop.requested:
                    return

    def suspend(self) -> None:
        """What Ctrl-Z does elsewhere; the terminal is as it was meanwhile. Returns in the foreground."""
        if sys.platform != "win32":
            self.restore()
            os.kill(0, signal.SIGTSTP)  # as the terminal sends it: to all that were started together
            self._take()

    def restore(self) -> None:
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
            self.restore()
        self._ahead = [_NAMES.get(key, key) for key in _KEY.findall(text)]
        return self._ahead.pop(0) if self._ahead else ""


def _in_foreground() -> bool:
    """Whether the terminal is ours; also where it can't be told, as where it is gone."""
    if sys.platform != "win32":
        with suppress(OSError):
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return True
