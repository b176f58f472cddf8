"""`vsms sandbox serve` as a process of its own, and what a client needs to find it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from support.vsms import Vsms

TOKEN = "vsms_made_up_for_the_served_sandbox"


@dataclass(slots=True, kw_only=True)
class Served:
    """The running server. `log` is its stderr, whole once it has ended."""

    child: subprocess.Popen[str]
    base_url: str
    token: str
    log: str = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code. A second call does nothing."""
        if self.child.stdout is not None and not self.child.stdout.closed:
            self.child.send_signal(number)
            _, self.log = self.child.communicate(timeout=20)
        return self.child.returncode

    def client(self, **options: Any) -> httpx.Client:
        """Plain httpx: it knows nothing of what a wrong answer means."""
        headers = {"X-API-Key": TOKEN}
        return httpx.Client(**{"base_url": self.base_url, "headers": headers, "trust_env": False, **options})


@contextmanager
def served(vsms: Vsms, *args: str) -> Iterator[Served]:
    """Ready when it says so: the two `export` lines are out once the port is open."""
    child = subprocess.Popen(
        vsms.command("sandbox", "serve", *args),
        env=vsms.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listen_to_ctrl_c,  # noqa: PLW1509 - no threads yet that could hold a lock
    )
    assert child.stdout is not None
    said = dict(
        child.stdout.readline().removeprefix("export ").rstrip("\n").partition("=")[::2] for _ in range(2)
    )
    server = Served(child=child, base_url=said.get("VSMS_BASE_URL", ""), token=said.get("VSMS_TOKEN", ""))
    try:
        yield server
    finally:
        server.end()


def _listen_to_ctrl_c() -> None:
    """A shell that runs the tests in the background has SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgrp()
