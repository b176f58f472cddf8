"""A ledger of a hundred thousand lines goes through as it comes: no more memory for it than for a hundred."""

import subprocess
import sys
from pathlib import Path

from support.long_ledger import ODD_EVERY, base_url, long_ledger
from support.vsms import Vsms

_ALLOWED_KB = 32 * 1024
_LONG = 100_000


# A process starts with the peak of the one that forked it: so a small one lies between it and pytest.
_MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def listed(vsms: Vsms, length: int, *args: str) -> tuple[int, int, int, str]:
    """The largest resident size in KB, the lines that came out, the requests it took, and what was said on stderr."""
    with long_ledger(length) as server:
        env = {"VSMS_TOKEN": "vsms_made_up", "VSMS_BASE_URL": base_url(server), "VSMS_RATE_LIMIT": "10000"}
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", _MEASURE, *vsms.command("transactions", "list", *args)],
            env=vsms.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stderr is not None
        with child, child.stdout, child.stderr:
            count = sum(1 for _ in child.stdout)
            said, _, size = child.stderr.read().decode().rstrip().rpartition("\n")
        assert child.returncode == 0, said
        return int(size), count, server.requests, said


def test_a_hundred_thousand_lines_take_less_than_32_mb_more_than_a_hundred(tmp_path: Path) -> None:
    few, *_ = listed(Vsms(tmp_path / "few"), 100, "-o", "ndjson")
    many, lines, requests, said = listed(Vsms(tmp_path / "many"), _LONG, "-o", "ndjson")

    assert (lines, requests) == (
        _LONG,
        _LONG // 100 + 1,
    )  # behind a full page there may be more than it counts
    assert (
        f"{_LONG // ODD_EVERY} values of the service's answers can't be read (transactions[].amount)" in said
    )
    assert many - few < _ALLOWED_KB, f"{many - few} KB more"
    print(f"{few} KB for 100 lines, {many} KB for {lines}")
