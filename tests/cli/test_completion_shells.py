"""A Tab in the shells themselves, each at a terminal; one that is not installed is skipped."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from support.vsms import Vsms

SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(vsms completion bash)"'),
    "zsh": (
        ["-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(vsms completion zsh)"',
    ),
    "fish": (["--no-config", "-i"], "vsms completion fish | source"),
}


@pytest.fixture
def typed(vsms: Vsms, empty_path: Path) -> Path:
    """A `vsms` on the PATH that completes as ours and notes how else it was called."""
    vsms.sandbox("orders", "list")
    note = empty_path / "typed"
    program = empty_path / "vsms"
    program.write_text(
        f"#!/bin/sh\n"
        f'case "$1" in\n'
        f'  __complete|completion) exec "{sys.executable}" -m vsms_cli "$@" ;;\n'
        f"esac\n"
        f'printf "%s\\n" "$@" >"{note}.new" && mv "{note}.new" "{note}"\n'
    )
    program.chmod(0o755)
    return note


@contextmanager
def shell_at_a_terminal(name: str, vsms: Vsms, typed: Path) -> Iterator[Callable[[str], list[str]]]:
    """Types a line, and says with which words it called `vsms`."""
    options, setup = SHELLS[name]
    env = vsms.environment({"TERM": "xterm", "LC_ALL": "C.UTF-8", "VSMS_SANDBOX": "1"})
    env["PATH"] = f"{typed.parent}:{env['PATH']}"
    child: Any = pexpect.spawn(name, options, env=env, encoding="utf-8", timeout=20, dimensions=(24, 200))

    def type_line(line: str) -> list[str]:
        typed.unlink(missing_ok=True)
        child.send(line)
        deadline = time.monotonic() + 20
        while not typed.exists():
            assert time.monotonic() < deadline, f"{line!r} called nothing"
            try:  # what the shell draws has to be read, or it stops
                child.read_nonblocking(10_000, timeout=0.05)
            except pexpect.TIMEOUT:
                continue
        return typed.read_text().splitlines()

    try:
        assert type_line(f"{setup}; vsms ready\r") == ["ready"]
        yield type_line
    finally:
        child.close(force=True)


@pytest.mark.parametrize("name", SHELLS)
def test_in_the_shell_itself(vsms: Vsms, typed: Path, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    order = vsms.sandbox("orders", "list", "-q").lines[0]
    with shell_at_a_terminal(name, vsms, typed) as type_line:
        assert type_line("vsms bal\t\r") == ["balance"]
        assert type_line(f"vsms orders cancel {order[:8]}\t\r") == ["orders", "cancel", order]
        assert type_line("vsms orders list --output=nd\t\r") == ["orders", "list", "--output=ndjson"]
        assert type_line("vsms orders list --country Czech\t\r")[-1] == "Czech Republic"
        assert type_line("vsms orders list --not-c\tUS\r") == ["orders", "list", "--not-country", "US"]
