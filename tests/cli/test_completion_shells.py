"""A Tab in the shells themselves, each at a terminal; one that is not installed is skipped."""

import json
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

LOCALES = ("C", "C.UTF-8")
QUOTES = ("", '"', "'")

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
    vsms.measured = False  # each Tab is a process, and the tests beside these reach the same lines
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
def shell_at_a_terminal(
    name: str, vsms: Vsms, typed: Path, locale: str = "C.UTF-8"
) -> Iterator[Callable[[str], list[str]]]:
    """Types a line, and says with which words it called `vsms`."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    options, setup = SHELLS[name]
    env = vsms.environment({"TERM": "xterm", "LC_ALL": locale, "VSMS_SANDBOX": "1"})
    env["PATH"] = f"{typed.parent}:{env['PATH']}"
    child: Any = pexpect.spawn(name, options, env=env, encoding="utf-8", timeout=20, dimensions=(24, 200))

    def type_line(line: str) -> list[str]:
        typed.unlink(missing_ok=True)
        child.send(f"{line}\r")
        deadline = time.monotonic() + 20
        while not typed.exists():
            assert time.monotonic() < deadline, f"{line!r} called nothing"
            try:  # what the shell draws has to be read, or it stops
                child.read_nonblocking(10_000, timeout=0.02)
            except pexpect.TIMEOUT:
                continue
        return typed.read_text().splitlines()

    try:
        assert type_line(f"{setup}; vsms ready") == ["ready"]
        yield type_line
    finally:
        child.close(force=True)


@pytest.mark.parametrize("name", SHELLS)
def test_in_the_shell_itself(vsms: Vsms, typed: Path, name: str) -> None:
    order = vsms.sandbox("orders", "list", "-q").lines[0]
    with shell_at_a_terminal(name, vsms, typed) as type_line:
        assert type_line("vsms bal\t") == ["balance"]
        assert type_line(f"vsms orders cancel {order[:8]}\t") == ["orders", "cancel", order]
        assert type_line("vsms orders list --output=nd\t") == ["orders", "list", "--output=ndjson"]
        assert type_line("vsms orders list --country Czech\t")[-1] == "Czech Republic"
        assert type_line("vsms orders list --not-c\tUS") == ["orders", "list", "--not-country", "US"]
        # bash alone completes what stands behind a quote inside a word, and can be offered nothing.
        half, whole = ('"', "Czech") if name == "bash" else ("", "Czech Republic")
        assert type_line(f'vsms orders list --country Cz"ech\t{half}')[-1] == whole
        assert type_line("vsms orders list --fields id,pr\t")[-1] == "id,price"
        assert type_line("vsms orders list --fields id,\tst\t")[-1] == "id,status"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", SHELLS)
def test_a_name_that_is_a_command_runs_in_no_shell_whatever_quote_is_open(
    vsms: Vsms, typed: Path, empty_path: Path, name: str, locale: str
) -> None:
    ran = empty_path / "ran"
    names = {
        "X1": f"Alfa$(>{ran})",
        "X2": f"Bravo`>{ran}`",
        "X3": f'Charlie";>{ran};"',
        "X4": f"Delta';>{ran};'",
        "X5": f"Eöcho$(>{ran})",
        f"Foxtrot$(>{ran})": "Foxtrot",
        "X6": "Türkiye",
        "X7": "United States",
        "X8": "United Kingdom",
    }
    countries = {"at": "2020-01-01T00:00:00Z", "countries": [*names.items()], "services": []}
    cache = vsms.state_dir / "cache" / "catalogue-sandbox.json"
    cache.write_text(json.dumps(countries))

    with shell_at_a_terminal(name, vsms, typed, locale) as type_line:
        for quote in QUOTES:
            for begun, whole in (
                *(
                    ("Alf", "X1"),
                    ("Bra", "X2"),
                    ("Char", "X3"),
                    ("Del", "X4"),
                    ("E", "X5"),
                    ("Fox", "Foxtrot"),
                ),
                *(("T", "Türkiye" if locale == "C.UTF-8" else "X6"), ("United S", "United States")),
            ):
                blank = begun if quote else begun.replace(" ", "\\ ")
                told = type_line(f"vsms orders list --country {quote}{blank}\t")
                assert told == ["orders", "list", "--country", whole], (quote, begun)
                assert not ran.exists(), (quote, begun)
