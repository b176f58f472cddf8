"""What a terminal shows of what it was sent: as much of one as `vsms` makes use of."""

import re
from typing import Final

from rich.cells import cell_len

_TOKEN: Final = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|[\r\n\a]|[^\x1b\r\n\a]")
_KNOWN_MODES: Final = frozenset({"7", "25", "1049"})  # wrapping, cursor, alternate screen


class Screen:
    """So many columns wide, as long as it takes. A sequence that is not known fails the test that meets it."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._lines: list[list[str]] = [[]]
        self._behind: list[list[str]] = []  # the normal screen, while the alternate one is shown
        self._at = (0, 0)
        self._wraps = True
        self.bells = 0

    @property
    def text(self) -> str:
        """Its lines without blanks at their ends, and without empty lines at its end."""
        lines = ["".join(line).rstrip() for line in self._lines]
        return "\n".join(lines).rstrip("\n")

    def feed(self, sent: str) -> None:
        position = 0
        while position < len(sent):
            found = _TOKEN.match(sent, position)
            assert found is not None, f"not understood: {sent[position : position + 20]!r}"
            position = found.end()
            if found[3] is not None:
                self._control(found[1], found[2], found[3])
            else:
                self._put(found[0])

    def _put(self, char: str) -> None:
        row, column = self._at
        if char == "\a":
            self.bells += 1
        elif char == "\r":
            self._at = (row, 0)
        elif char == "\n":
            self._move(row + 1, column)
        else:
            self._draw(char)

    def _draw(self, char: str) -> None:
        row, column = self._at
        width = cell_len(char)
        if column + width > self._columns:
            if not self._wraps:
                return
            row, column = row + 1, 0
            self._move(row, column)
        line = self._lines[row]
        line += [" "] * (column + width - len(line))
        line[column : column + width] = [char, *[""] * (width - 1)]
        self._at = (row, column + width)

    def _move(self, row: int, column: int) -> None:
        self._lines += [[] for _ in range(row + 1 - len(self._lines))]
        self._at = (row, column)

    def _control(self, private: str, given: str, final: str) -> None:
        row, column = self._at
        column = min(column, self._columns - 1)  # behind the last column the cursor still stands on it
        match private, given, final:
            case "?", mode, "h" | "l" if mode in _KNOWN_MODES:
                self._mode(mode, on=final == "h")
            case "", _, "m":
                return
            case "", "", "H":
                self._move(0, 0)
            case "", "", "K":
                del self._lines[row][column:]
            case "", "2", "K":
                self._lines[row].clear()
            case "", "", "J":
                del self._lines[row][column:]
                del self._lines[row + 1 :]
            case "", "2", "J":
                self._lines = [[] for _ in self._lines]
            case _:
                raise AssertionError(f"a sequence that is not known: {private}{given}{final}")

    def _mode(self, mode: str, *, on: bool) -> None:
        if mode == "7":
            self._wraps = on
        elif mode == "1049":
            self._lines, self._behind = (self._behind or [[]]), self._lines
            if not on:
                self._behind = []
            self._move(max(0, len(self._lines) - 1), 0)


def seen(sent: str, columns: int) -> str:
    """What is on a screen that was sent this."""
    screen = Screen(columns)
    screen.feed(sent)
    return screen.text
