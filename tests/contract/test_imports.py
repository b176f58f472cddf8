"""Which modules a command loads: start-up is part of being pleasant. Not timed: a clock would say less, and lie."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

# Run as `python -m vsms_cli` is, and tells what is loaded when it ends. As where vsms alone is installed: import-linter
# brings click, and where there is one httpx loads it, and Rich, for a command line of its own.
SHOW = """import os, runpy, sys
sys.modules['click'] = None
end = os._exit
def tell(code):
    open({listing!r}, 'w').write(' '.join(name for name, module in sys.modules.items() if module))
    end(code)
os._exit = tell
runpy.run_module('vsms_cli', run_name='__main__')
"""
HEAVY = {
    "httpx",
    "keyring",
    "rich",
    "platformdirs",
    "sqlite3",
    "typer",
    "click",
    "pydantic",
    "asyncio",
    "http.server",
}


def loaded(vsms: Vsms, tmp_path: Path, *args: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules that a process of its own has loaded by its end."""
    listing = tmp_path / "modules"
    script = SHOW.format(listing=str(listing))
    env = vsms.environment()
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        env.pop(name, None)  # coverage itself loads sqlite3
    done = subprocess.run(
        [sys.executable, "-c", script, *args],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done
    return done.stdout, set(listing.read_text().split())


def test_the_version_is_printed_by_little_more_than_the_interpreter(vsms: Vsms, tmp_path: Path) -> None:
    said, modules = loaded(vsms, tmp_path, "--version")
    assert said.startswith("vsms ")
    assert not modules & HEAVY
    assert {name for name in modules if name.startswith("vsms_cli.")} <= {
        "vsms_cli.__main__",
        "vsms_cli.main",
    }


def test_one_cancel_with_a_token_from_the_environment_loads_no_keyring_no_rich_and_no_sandbox(
    vsms: Vsms, tmp_path: Path
) -> None:
    with FaultServer() as server:
        order = server.add_order(age_s=300)
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        said, modules = loaded(vsms, tmp_path, "orders", "cancel", order, "--yes")
        assert server.times_paid(order) == 1
    assert "cancelled" in said
    assert not modules & (HEAVY - {"httpx", "typer", "sqlite3", "asyncio"})
    assert not {name for name in modules if name.startswith("vsms_cli.sandbox")}
    assert {"vsms_cli.cli.orders.cancel"} == {
        name for name in modules if name.startswith("vsms_cli.cli.orders.c") and name.endswith(".cancel")
    }


def test_help_loads_neither_a_client_nor_a_store(vsms: Vsms, tmp_path: Path) -> None:
    _, modules = loaded(vsms, tmp_path, "orders", "cancel", "--help")
    assert not modules & (HEAVY - {"typer", "asyncio"})
    assert not {name for name in modules if name.startswith("vsms_cli.sandbox")}


@pytest.mark.parametrize("module", ["vsms_cli.sandbox.routing", "vsms_cli.sandbox.server"])
def test_the_sandbox_is_served_without_httpx(module: str) -> None:
    script = f"import sys, {module}; print('httpx' in sys.modules, 'typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "False"]
