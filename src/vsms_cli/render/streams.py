"""Where output goes: stdout is data, stderr is messages."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

from vsms_cli.domain.errors import StdoutUnwritable, StreamClosed
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Mapping

_NARROWEST: Final = 20  # columns; below that nothing can be laid out
_DEFAULT_WIDTH: Final = 80
BELL: Final = "\a"


class Out:
    """stdout. A write that nobody can read raises StreamClosed, so that nothing new is begun."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.is_terminal = _is_terminal(stream)
        self.takes_unicode = _takes_unicode(stream)

    def write(self, text: str) -> None:
        """Write and flush: a line is out the moment it is known."""
        if self._stream is None:
            raise StreamClosed("stdout is closed")
        try:
            self._stream.write(text)
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            self._abandon()
            raise StreamClosed("whoever read the output is gone") from None
        except OSError as exc:
            self._abandon()
            raise StdoutUnwritable(
                f"stdout can't be written: {exc.strerror}", hint="what was sent stands in `vsms journal list`"
            ) from None

    def line(self, text: str) -> None:
        self.write(text + "\n")

    def _abandon(self) -> None:
        self._stream = None
        _to_devnull(sys.stdout)


class Err:
    """stderr. Nothing depends on somebody reading it, so it never raises."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.is_terminal = _is_terminal(stream)
        self.takes_unicode = _takes_unicode(stream)

    def write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            _to_devnull(self._stream)
            self._stream = None

    def line(self, text: str) -> None:
        self.write(text + "\n")


def _to_devnull(stream: TextIO | None) -> None:
    """Keep anything else from writing there: a library's warning must not fail on it."""
    if stream is None:
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):
        pass


@record
class Surface:
    """What text is laid out for. `width` is None where it is no terminal: then nothing is folded, cut or left out."""

    width: int | None
    colour: bool = False
    unicode: bool = True


@record
class Streams:
    """Both, and the colours and width of a terminal. Machine formats look at none of it."""

    out: Out
    err: Err
    colour: bool
    err_colour: bool
    width: int
    redraws: bool = False  # whether a line on stderr can be drawn over: a terminal that is not dumb

    @property
    def out_surface(self) -> Surface:
        width = self.width if self.out.is_terminal else None
        return Surface(width=width, colour=self.colour, unicode=self.out.takes_unicode)

    @property
    def err_surface(self) -> Surface:
        width = self.width if self.err.is_terminal else None
        return Surface(width=width, colour=self.err_colour, unicode=self.err.takes_unicode)

    @classmethod
    def of_this_process(cls, env: Mapping[str, str], *, no_color: bool) -> Streams:
        """As `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` and `COLUMNS` ask (no-color.org; force-color.org)."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        out, err = Out(sys.stdout), Err(sys.stderr)
        return cls(
            out=out,
            err=err,
            colour=_colour(env, terminal=out.is_terminal, no_color=no_color),
            err_colour=_colour(env, terminal=err.is_terminal, no_color=no_color),
            width=width_of(env),
            redraws=err.is_terminal and env.get("TERM") != "dumb",
        )


def _colour(env: Mapping[str, str], *, terminal: bool, no_color: bool) -> bool:
    if no_color or env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return terminal and env.get("TERM") != "dumb"


def width_of(env: Mapping[str, str]) -> int:
    """Columns: `COLUMNS`, else those of the terminal, else 80."""
    said = env.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said[:6]):
        return max(_NARROWEST, int(said[:6]))
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            columns = 0 if stream is None else os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            continue
        if columns:
            return max(_NARROWEST, columns)
    return _DEFAULT_WIDTH


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _takes_unicode(stream: TextIO | None) -> bool:
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        "✓…·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
