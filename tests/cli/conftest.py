"""A faulty service, and `vsms` signed in to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms
from vsms_cli.sandbox.dialects import DIALECTS

IN_EVERY_DIALECT = frozenset(
    {
        "test_orders_list",
        "test_orders_show",
        "test_cancel_selection",
        "test_cancel_outcomes",
        "test_cancel_not_meant",
    }
    | {"test_cancel_verify"}
)
"""Modules about listing and cancelling: what they promise holds in whatever form the service answers."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = str(metafunc.module.__name__).rpartition(".")[2]
    one_form = metafunc.definition.get_closest_marker("one_form") is not None
    if "dialect" in metafunc.fixturenames and module in IN_EVERY_DIALECT and not one_form:
        metafunc.parametrize("dialect", [None, *DIALECTS], ids=["documented", *DIALECTS])


@pytest.fixture
def dialect() -> str | None:
    """The form in which the service answers; as documented, where a module says nothing."""
    return None


@pytest.fixture
def server(dialect: str | None) -> Iterator[FaultServer]:
    with FaultServer(dialect=dialect) as running:
        yield running


@pytest.fixture
def live(vsms: Vsms, server: FaultServer) -> Vsms:
    """`vsms` with a token for the server; a request is given up after a second."""
    return signed_in(vsms, server)


def signed_in(vsms: Vsms, server: FaultServer) -> Vsms:
    vsms.env |= {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": "1",
        "VSMS_RATE_LIMIT": "5000",
    }
    return vsms


@pytest.fixture
def empty_path(tmp_path: Path) -> Path:
    """A directory of its own, for programs put in the way of ours."""
    path = tmp_path / "beside"
    path.mkdir()
    return path


Terminal = Callable[..., Any]


@pytest.fixture
def terminal(vsms: Vsms) -> Iterator[Terminal]:
    """Starts `vsms` on a terminal of its own, 120 columns wide unless told otherwise."""
    started: list[Any] = []

    def start(*args: str, columns: int = 120, program: list[str] | None = None, **env: str) -> Any:
        words = program or vsms.command(*args)
        child = pexpect.spawn(
            words[0],
            words[1:],
            env=vsms.environment({"TERM": "xterm", "LC_ALL": "C.UTF-8"} | env),
            dimensions=(40, columns),
            encoding="utf-8",
            codec_errors="replace",
            timeout=15,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


@pytest.fixture
def here(vsms: Vsms, server: FaultServer) -> Vsms:
    """`vsms` with the server's address and neither a token nor a keyring."""
    vsms.env |= {
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return vsms


@pytest.fixture
def log_in(here: Vsms) -> Callable[..., Done]:
    """Signs in with a token on stdin; it is kept in a file."""

    def sign_in(token: str, *args: str) -> Done:
        return here("auth", "login", "--with-token", "--insecure-storage", *args, stdin=f"{token}\n")

    return sign_in


@pytest.fixture
def desk(live: Vsms, terminal: Terminal) -> Terminal:
    """Terminals of somebody who is signed in."""
    assert "VSMS_TOKEN" in live.env
    return terminal


@pytest.fixture
def ended() -> Callable[[Any], tuple[int | None, str]]:
    """The exit code of what runs on a terminal, and what was shown since the last question."""

    def wait(child: Any) -> tuple[int | None, str]:
        child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus, child.before.replace("\r\n", "\n")

    return wait
