"""One line on a terminal's stderr, redrawn in place; elsewhere nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.times import short_duration
from vsms_cli.render.line_wrapping import beginning

if TYPE_CHECKING:
    from vsms_cli.render.streams import Streams

_BAR: Final = 24  # characters
_ERASE: Final = "\r\x1b[2K"


class WaitNotices:
    """How long a wait was reported to be: once, and again where it became far longer. Shared by all that report it."""

    def __init__(self) -> None:
        self._span = timedelta(0)

    def is_news(self, span: timedelta) -> bool:
        """Whether it is to be reported; it counts as reported then."""
        if span <= 2 * self._span:
            return False
        self._span = span
        return True


class StatusLine:
    """Redrawn in place; `hide` makes way for a line on stdout, which may be the same terminal."""

    def __init__(self, streams: Streams) -> None:
        self._err = streams.err
        self._alive = streams.redraws
        self._width = streams.width
        self._visible = False

    def hide(self) -> None:
        if self._visible:
            self._err.write(_ERASE)
            self._visible = False

    def show(self, text: str) -> None:
        if self._alive:
            self._err.write(f"{_ERASE}{beginning(text, self._width - 1)}")  # in the last column it would wrap
            self._visible = True


class ProgressLine(StatusLine):
    """A bar, of so many that ended."""

    def __init__(self, streams: Streams, *, total: int, notices: WaitNotices | None = None) -> None:
        super().__init__(streams)
        self._full, self._empty = ("█", "░") if streams.err.takes_unicode else ("#", ".")
        self._total = total
        self._done = 0
        self._notices = notices or WaitNotices()

    def ended(self) -> None:
        self._done += 1
        if self._total > 1:  # of one order there is no bar
            self._draw("")

    def waiting(self, why: str, span: timedelta) -> None:
        """A countdown; where nothing can be drawn over, one line, and another where the wait became far longer."""
        if self._alive:
            self._draw(f"{why}, next in {short_duration(span)}")
        elif self._notices.is_news(span):
            self._err.line(f"{why}, next in {short_duration(span)}")

    def _draw(self, note: str) -> None:
        if self._total:
            filled = _BAR * self._done // self._total
            bar = self._full * filled + self._empty * (_BAR - filled)
            self.show(f"{bar} {self._done}/{self._total} {note}".rstrip())
