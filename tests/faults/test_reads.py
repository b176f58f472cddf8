"""Rows 8 to 17 for reads: a clear error, exit 6, within the time limit, and nothing changed."""

import sys
import time

import pytest

from faults.scene import Scene, assert_decent, scene
from support.fault_server import FaultServer
from support.vsms import Vsms

MEMORY_MB = 32
BAD = [
    *("500", "502", "503", "504", "599", "409", "408"),
    *("captive-portal", "empty-200", "204", "invalid-json", "not-utf8", "a-scalar", "nan", "long-number"),
    *("deep-nesting", "duplicate-key", "lone-surrogate", "missing-fields", "redirect", "redirect-loop"),
    *("close", "reset", "half-close", "body-reset", "body-cut-short", "chunked-cut-short", "broken-chunked"),
    *("head-cut-short", "http10-half", "garbage", "huge-headers", "gzip-bomb"),
]
MANY = ("500", "captive-portal", "invalid-json", "reset", "body-cut-short", "long-number", "redirect")


@pytest.mark.parametrize("kind", BAD)
def test_a_read_that_is_broken_is_told_in_a_sentence(stage: Scene, kind: str) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", kind, times=None, size=1024 * 1024 if kind == "gzip-bomb" else 0)

    done = stage.run("orders", "show", order, "--json")

    assert done.code == 6, done.err
    assert done.out == ""
    assert done.err.startswith('{"error": {"code": ')


@pytest.mark.parametrize("command", ["orders list", "balance", "orders cancel --all --yes"])
@pytest.mark.parametrize("kind", MANY)
def test_every_command_that_reads_tells_it_so(stage: Scene, command: str, kind: str) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", kind, times=None)

    done = stage.run(*command.split())

    assert (done.code, done.out) == (6, ""), done.err
    assert done.err.startswith("vsms: ")
    assert stage.server.status(order) == "waiting"


@pytest.mark.parametrize("kind", ["timeout", "drip-head", "drip-body", "stall-in-body"])
def test_a_read_ends_at_its_time_limit_whatever_drips(vsms: Vsms, kind: str) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server, timeout=1.0)
        server.fault("balance", kind, times=None)

        start = time.monotonic()
        done = stage.run("balance")

        # The row demands half a second; the rest is the start of the command on a busy machine.
        assert time.monotonic() - start < 1.0 + 0.5 + 0.5
        assert done.code == 6


def test_a_web_page_is_named_as_one(stage: Scene) -> None:
    stage.server.fault("any", "captive-portal", times=None)

    assert "not the API" in stage.run("balance").err


MEASURED = """
import resource, sys
from vsms_cli.main import run
code = run(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def peak_mb(stage: Scene, *args: str) -> float:
    done = stage.vsms.process(prefix=(sys.executable, "-c", MEASURED, *args, "--"))
    assert_decent(done, stage.server.token)
    words = done.err.split()
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return int(words[words.index("peak") + 1]) / unit


@pytest.mark.parametrize("kind", ["gzip-bomb", "endless-body", "giant-body", "huge-headers"])
def test_a_giant_answer_takes_no_memory(stage: Scene, kind: str) -> None:
    healthy = peak_mb(stage, "balance")
    stage.server.fault("balance", kind, times=None)

    assert peak_mb(stage, "balance") - healthy < MEMORY_MB
