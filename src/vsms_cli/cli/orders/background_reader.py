"""Reading in the background, so that countdowns tick and keys are heard while an answer is on its way."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from vsms_cli.domain.errors import RateLimited, TokenRefused, VsmsError
from vsms_cli.domain.records import record
from vsms_cli.ops.watching import Board

_LONGEST_PAUSE_S: Final = 60.0  # between two reads that fail
_PATIENCE_S: Final = 0.3  # at the end, for a read under way


@record
class Failed:
    """A read that failed. `pause` is how long until the next, in seconds; None where none follows."""

    error: Exception
    pause: float | None


class Reader:
    """`look` is called every `interval` seconds, later after failures, and at once when asked."""

    def __init__(self, look: Callable[[Board], Board], *, interval: float) -> None:
        self._look = look
        self._interval = interval
        self._news: queue.SimpleQueue[Board | Failed] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._done = False
        # A daemon: a read that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._done = True
        self._wake.set()
        if self._thread.ident is not None:  # a signal may have come before it was started
            self._thread.join(_PATIENCE_S)

    def at_once(self) -> None:
        self._wake.set()

    def news(self) -> Board | Failed | None:
        """What was read since the last call, oldest first."""
        try:
            return self._news.get_nowait()
        except queue.Empty:
            return None

    def _run(self) -> None:
        board, failures = Board(), 0
        while not self._done:
            pause: float | None = self._interval
            try:
                board = self._look(board)
                failures = 0
                self._news.put(board)
            except Exception as exc:  # noqa: BLE001 - what is no VsmsError ends the command, in the main thread
                failures += 1
                stops = not isinstance(exc, VsmsError) or isinstance(exc, (TokenRefused, RateLimited))
                pause = None if stops else min(self._interval * 2.0 ** min(failures, 6), _LONGEST_PAUSE_S)
                self._news.put(Failed(error=exc, pause=pause))
                if pause is None:
                    return
            self._wake.wait(pause)
            self._wake.clear()
