"""Ctrl-C, SIGTERM and SIGHUP.

While money moves, the first only asks: nothing new is sent, what is under way is allowed to finish, and the
summary still comes. The second ends at once. Everywhere else the first ends the command.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from vsms_cli.domain.errors import ExitCode

_ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP


class Signalled(BaseException):
    """A signal ended the command. No `except Exception` on the way may take it for something else."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.source: str = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self.exit_code = ExitCode(128 + number)


class Stop:
    """Whether we were asked to end; see `domain.ports.Stop`. Made and listened to in the main thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._gentle = False
        self._on_ask: Callable[[], None] = lambda: None
        self.before_exit: Callable[[], None] = lambda: None
        """What a second signal does before it ends the process: gives the terminal back. May not use our streams."""
        self.number = 0

    @property
    def requested(self) -> bool:
        return self._asked.is_set()

    @property
    def exit_code(self) -> ExitCode:
        """128 and the number of the signal that asked."""
        return ExitCode(128 + self.number)

    def wait(self, seconds: float) -> bool:
        return self._asked.wait(seconds)

    @contextmanager
    def gently(self, on_ask: Callable[[], None]) -> Iterator[None]:
        """Inside, the first signal sets `requested` and calls `on_ask`; the second ends the process at once."""
        self._gentle, self._on_ask = True, on_ask
        try:
            yield
        finally:
            self._gentle = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals until the end of the block; one that is ignored (nohup) stays ignored."""
        before = {
            number: signal.signal(number, self._handle)
            for number in _ENDING
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if not self._gentle:
            raise Signalled(number)
        if self.requested:
            # At once: no thread is waited for. What is under way stands in the journal.
            with contextlib.suppress(Exception):
                self.before_exit()
            os._exit(128 + number)
        self.number = number
        self._asked.set()
        # A signal that comes while a line is written: Python refuses a write inside a write ("reentrant call").
        with contextlib.suppress(RuntimeError):
            self._on_ask()
