"""Profiles, and the host that a stored token belongs to."""

from collections.abc import Callable, Iterator

import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms

OTHER_TOKEN = "vsms_fedcba9876543210fedcba9876543210"
LogIn = Callable[..., Done]


@pytest.fixture
def other() -> Iterator[FaultServer]:
    with FaultServer(token=OTHER_TOKEN) as running:
        yield running


def test_a_token_goes_to_the_host_and_port_it_was_stored_for_and_to_no_other(
    here: Vsms, server: FaultServer, other: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token)
    done = here("balance", "--base-url", other.base_url)
    assert (done.code, done.out) == (4, "")
    assert f"127.0.0.1:{other.port}" in done.err or "keyring" in done.err
    assert other.requests == []
    log_in(OTHER_TOKEN, "--base-url", other.base_url)
    assert here("auth", "token", "--base-url", other.base_url).out == f"{OTHER_TOKEN}\n"
    assert here("auth", "token").out == f"{server.token}\n"


def test_profiles_are_kept_apart_and_one_is_switched_to(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token)
    log_in(server.token, "--profile", "work")
    assert here("auth", "status", "--profile", "work", "--fields", "profile").out == "work\n"
    done = here("auth", "switch", "work")
    assert (done.code, done.out) == (0, "")
    assert "profile work is in force" in done.err
    assert here("auth", "status", "--fields", "profile").out == "work\n"
    assert here("auth", "status", "--fields", "profile", env={"VSMS_PROFILE": "default"}).out == "default\n"
    here("auth", "logout")
    assert here("auth", "token", "--profile", "default").code == 0
    assert here("balance").code == 4


def test_switching_to_a_profile_that_nobody_signed_in_names_the_nearest(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token, "--profile", "work")
    done = here("auth", "switch", "wrok")
    assert (done.code, done.out) == (2, "")
    assert "did you mean work?" in done.err
    assert "has signed in" in here("auth", "switch", "../x").err


def test_the_sandbox_has_no_token(vsms: Vsms) -> None:
    assert vsms.sandbox("auth", "login", "--with-token", stdin="x").code == 2
    assert vsms.sandbox("auth", "token").code == 2
    assert vsms.sandbox("auth", "status", "--json").json["token_source"] == "none"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/api",
        "https://user:pw@127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "x",
    ],
)
def test_a_base_url_that_is_not_safe_is_refused_and_the_token_stays_here(
    here: Vsms, server: FaultServer, url: str
) -> None:
    done = here("balance", "--base-url", url, env={"VSMS_TOKEN": server.token})
    assert (done.code, done.out) == (2, "")
    assert server.token not in done.err
