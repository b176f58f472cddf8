"""Running `vsms` as its users do: in this process for speed, or as a process of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from support.canary import assert_unspoken
from vsms_cli import main as edge

_KEPT = ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
_NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
"""In the tests' own process keyring would find the backends that other tests made, and keep the one it found."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.lines]


@dataclass(slots=True)
class Vsms:
    """`vsms` with a home of its own. `env` is the whole environment beside the system's own variables."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    measured: bool = True  # whether coverage counts its processes, which costs each some 0.2 s

    @property
    def config_dir(self) -> Path:
        return self.home / "config"

    @property
    def state_dir(self) -> Path:
        return self.home / "state"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        if not self.measured:
            kept = {name: value for name, value in kept.items() if not name.startswith("COVERAGE_")}
        return {
            **kept,
            "HOME": str(self.home),
            "VSMS_CONFIG_DIR": str(self.config_dir),
            "VSMS_STATE_DIR": str(self.state_dir),
            **self.env,
            **(more or {}),
        }

    def __call__(self, *args: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
        """In this process: neither stream is a terminal."""
        out, err = io.StringIO(), io.StringIO()
        with _replaced(_NO_KEYRING | self.environment(env), io.StringIO(stdin), out, err):
            code = edge.run(list(args))
        assert_unspoken(out.getvalue() + err.getvalue(), args)
        return Done(code, out.getvalue(), err.getvalue())

    def on_a_terminal(self, *args: str, columns: int = 120, env: Mapping[str, str] | None = None) -> Done:
        """In this process, both streams a real terminal of so many columns. `out` is all that it was sent."""
        controller, terminal = os.openpty()
        shown = bytearray()

        def read() -> None:
            with contextlib.suppress(OSError):  # EIO: nobody writes any more
                while chunk := os.read(controller, 65536):
                    shown.extend(chunk)

        reader = threading.Thread(target=read)
        reader.start()
        drawn = {"TERM": "xterm-256color", "COLUMNS": str(columns)}
        try:
            with (
                open(terminal, "w", encoding="utf-8", newline="") as stream,  # noqa: PTH123 - a descriptor
                _replaced(
                    _NO_KEYRING | self.environment(drawn | dict(env or {})), io.StringIO(), stream, stream
                ),
            ):
                code = edge.run(list(args))
        finally:
            reader.join()
            os.close(controller)
        assert_unspoken(shown.decode(), args)
        return Done(code, shown.decode().replace("\r\n", "\n"), "")

    def sandbox(self, *args: str, stdin: str = "") -> Done:
        return self("--sandbox", *args, stdin=stdin)

    def process(
        self,
        *args: str,
        stdin: str | None = "",
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        prefix: Sequence[str] = (),
    ) -> Done:
        """As a process of its own; `prefix` goes before it (dbus-run-session, env -i, a shell)."""
        done = subprocess.run(
            [*prefix, *self.command(*args)],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment(env),
            timeout=timeout,
            check=False,
        )
        assert_unspoken(done.stdout + done.stderr, args)
        return Done(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def command(*args: str) -> list[str]:
        return [sys.executable, "-m", "vsms_cli", *args]


@contextmanager
def _replaced(env: Mapping[str, str], stdin: io.StringIO, out: TextIO, err: TextIO) -> Iterator[None]:
    before = dict(os.environ)
    streams = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(env)
    sys.stdin, sys.stdout, sys.stderr = stdin, out, err
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        os.environ.clear()
        os.environ.update(before)
