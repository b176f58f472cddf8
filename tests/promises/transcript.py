"""README's session in the sandbox: typed into a real shell on a real terminal, and kept as it looked.

`python tests/promises/transcript.py` writes it into README.md anew; a test fails where the two differ in more
than ids, numbers and times.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pexpect

README = Path(__file__).parents[2] / "README.md"
WIDTH = 100  # columns: every column of a listing, with short ids

_BLOCK = re.compile(r"(<!-- session -->\n```console\n)(.*?)(```\n)", re.DOTALL)
_PROMPT = "$ "
_ERASE = "\r\x1b[2K"
_QUESTION = re.escape("[y/N] ")
_VARIES = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "TIME"),
    (re.compile(r"^ *\d+  +(?=TIME)", re.MULTILINE), "ENTRY  "),
    (re.compile(r"(?:\d+:)?\d+:\d\d"), "SPAN"),
    (re.compile(r"\+?\d{8,}"), "NUMBER"),
    (re.compile(r"req_\S+"), "REQUEST"),
    (re.compile(r"[ ]{2,}"), "  "),
)


def commands(session: str) -> list[str]:
    """What is typed in a session."""
    return [line.removeprefix(_PROMPT) for line in session.splitlines() if line.startswith(_PROMPT)]


def documented() -> str:
    found = _BLOCK.search(README.read_text())
    assert found is not None, "README.md has no session"
    return found[2]


def played(typed: list[str]) -> str:
    """The session as a terminal shows it; every question is answered with y."""
    with tempfile.TemporaryDirectory() as home:
        shell = pexpect.spawn(
            "/bin/sh",
            encoding="utf-8",
            timeout=30,
            dimensions=(50, WIDTH),
            env={
                "HOME": home,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PS1": _PROMPT,
                "TERM": "xterm",
                "LANG": "C.UTF-8",
                "NO_COLOR": "1",
                **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            },
        )
        try:
            return "".join(_exchange(shell, typed))
        finally:
            shell.close(force=True)


def alike(session: str) -> list[str]:
    """The lines of a session without what differs from one run to the next: ids, numbers, times, and which of
    several cancels under way at once ends first."""
    text = session
    for pattern, word in _VARIES:
        text = pattern.sub(word, text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        line
        for ended, together in groupby(lines, key=lambda line: line.startswith("✓") or "  cancel  ID" in line)
        for line in (sorted(together) if ended else together)
    ]


def _exchange(shell: "pexpect.spawn[str]", typed: list[str]) -> Iterator[str]:
    shell.expect_exact(_PROMPT)
    for line in typed:
        shell.sendline(line)
        shell.expect_exact("\n")  # the terminal's echo
        yield f"{_PROMPT}{line}\n"
        # The answer to a question ends with the prompt at the beginning of a line.
        while shell.expect([rf"(?:^|\r\n){re.escape(_PROMPT)}$", _QUESTION, rf"^{re.escape(_PROMPT)}$"]) == 1:
            yield _plain(shell.before) + "[y/N] "
            shell.sendline("y")
        yield _closed(_plain(shell.before))


def _plain(text: object) -> str:
    """As the terminal shows it: the progress line is drawn and erased in place, and what follows stays."""
    lines = str(text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition(_ERASE)[2] for line in lines)


def _closed(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def main() -> None:
    typed = commands(documented())
    session = played(typed)
    text = README.read_text()
    README.write_text(_BLOCK.sub(lambda found: f"{found[1]}{session}{found[3]}", text))


if __name__ == "__main__":
    main()
