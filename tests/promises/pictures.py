"""README's pictures: real runs on a real terminal, drawn by Rich's own export.

`python tests/promises/pictures.py` draws them anew; a test fails where one shows what the program does not.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pexpect
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme
from rich.text import Text

FOLDER = Path(__file__).with_name("pictures")
WIDTH = 100  # columns: every column of a listing, with short ids

_QUESTION = "[y/N] "
_FRAME = "\x1b[H"  # where `orders watch` begins to draw
_ERASE = "\r\x1b[2K"  # how a progress line makes way
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)  # Rich names a host for them: a picture asks nobody


def _to_its_end(child: Any) -> str:
    child.expect(pexpect.EOF)
    return str(child.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`typed` is run at a sandbox of its own, after `before`; `play` answers it and returns what is to be seen."""

    typed: str
    before: tuple[str, ...] = ()
    play: Callable[[Any], str] = _to_its_end


def _agreed(child: Any) -> str:
    child.expect_exact(_QUESTION)
    before = str(child.before)
    child.sendline("y")
    return f"{before}{_QUESTION}{_to_its_end(child)}"


def _watched(child: Any) -> str:
    """The live table as it stands once it was read, before it is left."""
    child.expect("orders waiting")
    child.send("\x1b[B")  # down: the second order is the selected one
    for _ in range(3):  # a frame may have been under way
        child.expect_exact(_FRAME)
    screen = str(child.before)
    child.send("q")
    child.expect(pexpect.EOF)
    return re.sub(r"\x1b\[[KJ]", "", screen)


PICTURES: Mapping[str, Picture] = {
    "cancel": Picture(typed="vsms --sandbox orders cancel --country AR", play=_agreed),
    "watch": Picture(typed="vsms --sandbox orders watch", play=_watched),
}


def shown(picture: Picture) -> str:
    """What the terminal shows, colours and all."""
    with tempfile.TemporaryDirectory() as home:
        env = {
            "HOME": home,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        }
        for line in picture.before:
            pexpect.run(line, env=env, timeout=30)
        child = pexpect.spawn(picture.typed, env=env, encoding="utf-8", timeout=30, dimensions=(30, WIDTH))
        try:
            text = picture.play(child)
        finally:
            child.close(force=True)
    lines = re.sub(r"\r+\n", "\n", text).split("\n")
    return "\n".join(line.rpartition(_ERASE)[2] for line in lines).strip("\n")


THEMES: Mapping[str, TerminalTheme] = {"": DEFAULT_TERMINAL_THEME, "-dark": MONOKAI}
"""By the end of the file's name."""


def drawn(picture: Picture, screen: str, theme: TerminalTheme) -> str:
    """The screen as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(Text(f"$ {picture.typed}", style="bold"))
    console.print(Text.from_ansi(screen))
    return _FONTS.sub("", console.export_svg(title="vsms", theme=theme))


def text_of(svg: str) -> str:
    """The lines that a picture shows."""
    rows: dict[str, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        rows.setdefault(y, []).append((float(x), unescape(text).replace("\xa0", " ")))
    return "\n".join("  ".join(text for _, text in sorted(row)).rstrip() for row in rows.values())


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        screen = shown(picture)
        for end, theme in THEMES.items():
            (FOLDER / f"{name}{end}.svg").write_text(drawn(picture, screen, theme))


if __name__ == "__main__":
    main()
