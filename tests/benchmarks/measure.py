"""One command, timed from outside: wall time, peak memory, what it printed."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# A process starts with the peak memory of the one that forked it, so a small one lies in between; it does the timing.
_MEASURE: Final = """
import json, os, sys, time
began = time.perf_counter()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - began
text = json.dumps([seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status)])
open(sys.argv[1], "w").write(text)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How it went. `peak_kb` is the largest resident size, as the kernel counted it."""

    seconds: float
    peak_kb: int
    code: int
    out: str


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    output: int = subprocess.PIPE,
    prefix: Sequence[str] = (),
) -> Ran:
    """In an empty home; nothing of our own environment but the path. The time of `prefix`, a program that runs what
    follows it (a session bus), is not counted.
    """
    with tempfile.TemporaryDirectory() as home:
        figures = Path(home) / "figures"
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "VSMS_STATE_DIR": home,
            "VSMS_CONFIG_DIR": home,
            **env,
        }
        done = subprocess.run(
            [*prefix, sys.executable, "-S", "-c", _MEASURE, str(figures), *command],
            env=surroundings,
            stdout=output,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        seconds, peak_kb, code = json.loads(figures.read_text())
        return Ran(seconds=seconds, peak_kb=peak_kb, code=code, out=done.stdout or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A contender's medians; `note` says what came of it, or what it asked."""

    who: str
    seconds: float
    peak_mb: float
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"who": self.who, "seconds": self.seconds, "peak_mb": self.peak_mb, "note": self.note}


def medians(contenders: Mapping[str, Callable[[], tuple[Ran, str]]], *, times: int) -> list[Figures]:
    """Each in turn, `times` over: what disturbs the machine for a while disturbs all of them."""
    rounds = [{who: go() for who, go in contenders.items()} for _ in range(times)]
    return [
        Figures(
            who=who,
            seconds=statistics.median(one[who][0].seconds for one in rounds),
            peak_mb=statistics.median(one[who][0].peak_kb for one in rounds) / 1024,
            note=rounds[-1][who][1],
        )
        for who in contenders
    ]
