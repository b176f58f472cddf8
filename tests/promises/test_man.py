"""The man pages are the program's, and the wheel installs them."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from promises import man

ROOT = Path(__file__).parents[2]


def test_the_pages_are_those_of_the_commands() -> None:
    kept = {path.name: path.read_text() for path in man.FOLDER.glob("*.1")}

    assert kept == man.pages(), "python tests/promises/man.py writes them anew"
    assert {"vsms.1", "vsms-orders-cancel.1", "vsms-rentals-list.1", "vsms-doctor.1"} <= kept.keys()


def test_the_wheel_installs_them() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    assert build["targets"]["wheel"]["shared-data"] == {"src/vsms_cli/man": "share/man/man1"}


def test_man_shows_them_without_a_complaint() -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    for page in ("vsms.1", "vsms-orders-cancel.1"):
        done = subprocess.run(
            ["man", "--warnings", "-l", "-Tascii", str(man.FOLDER / page)],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANWIDTH": "80"},
        )
        assert (done.returncode, done.stderr) == (0, "")
        plain = re.sub(".\b", "", done.stdout)  # bold is a letter twice
        assert "EXIT STATUS" in plain
