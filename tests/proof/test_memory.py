"""However large an answer is, it is not read: 300 KB that become 300 MB, and a body without end."""

import os
import subprocess
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

_ALLOWED_KB = 32 * 1024


def peak_kb(vsms: Vsms, server: FaultServer) -> int:
    """The largest resident size of a cancel, as the kernel counted it."""
    order_id = server.add_order(age_s=300)
    env = {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "3"}
    child = subprocess.Popen(
        vsms.command("orders", "cancel", order_id, "--yes"),
        env=vsms.environment(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss


@pytest.mark.parametrize("kind", ["gzip-bomb", "endless-body", "giant-body", "huge-headers"])
def test_a_giant_answer_grows_the_process_by_less_than_32_mb(tmp_path: Path, kind: str) -> None:
    with FaultServer() as server:
        plain = peak_kb(Vsms(tmp_path / "plain"), server)
        fault = server.fault("cancel", kind, when="after")
        bloated = peak_kb(Vsms(tmp_path / "bloated"), server)

    assert fault.hits == 1
    assert bloated - plain < _ALLOWED_KB
