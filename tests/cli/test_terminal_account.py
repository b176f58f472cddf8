"""Signing in at a real terminal, and what a person is told of the account."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

Terminal = Callable[..., Any]
Ended = Callable[[Any], tuple[int | None, str]]


def test_the_hidden_prompt_does_not_echo_the_token(
    vsms: Vsms, server: FaultServer, terminal: Terminal, ended: Ended
) -> None:
    vsms.env["VSMS_BASE_URL"] = server.base_url
    child = terminal("auth", "login", "--insecure-storage")
    child.expect(r"Token for 127\.0\.0\.1:\d+ \(hidden\): ")
    child.sendline(server.token)
    code, text = ended(child)
    assert code == 0
    assert server.token not in text
    assert "signed in to 127.0.0.1" in text


@pytest.mark.parametrize(("keys", "code"), [("\x04", 1), ("\x03", 130), ("two words\n", 4), ("\xff\n", 4)])
def test_a_token_prompt_that_is_left_stores_nothing(
    vsms: Vsms, server: FaultServer, terminal: Terminal, ended: Ended, *, keys: str, code: int
) -> None:
    vsms.env["VSMS_BASE_URL"] = server.base_url
    child = terminal("auth", "login", "--insecure-storage")
    child.expect(r"\(hidden\): ")
    os.write(child.child_fd, keys.encode("latin-1"))
    got, text = ended(child)
    assert got == code
    assert "Traceback" not in text
    assert server.requests == []
    assert not vsms.config_dir.exists()


def test_the_balance_and_the_token_in_force_are_told_to_a_person(desk: Terminal, ended: Ended) -> None:
    assert ended(desk("balance")) == (0, "$50.00\n")
    code, text = ended(desk("auth", "status"))
    assert code == 0
    assert "token source  environment variable VSMS_TOKEN" in text
    assert "token         vsms_…cdef" in text
    assert "valid         yes" in text
