"""`vsms auth` through the front door, without a keyring of the system."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms

LogIn = Callable[..., Done]

OTHER_TOKEN = "vsms_fedcba9876543210fedcba9876543210"


def test_login_proves_the_token_then_keeps_it_in_a_private_file(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    done = log_in(f"  {server.token} ")
    assert (done.code, done.out) == (0, "")
    assert f"signed in to 127.0.0.1:{server.port} as holder@example.com, balance $50.00" in done.err
    assert "token vsms_…cdef of profile default is kept in" in done.err
    assert "(not encrypted)" in done.err
    assert server.token not in done.err
    (file,) = [p for p in here.config_dir.iterdir() if server.token in p.read_text()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [r.operation for r in server.requests] == ["balance", "profile"]
    assert here("balance").code == 0


def test_where_the_account_has_no_address_login_works_all_the_same(
    server: FaultServer, log_in: LogIn
) -> None:
    server.fault("profile", "404", times=None)
    done = log_in(server.token)
    assert done.code == 0
    assert " as " not in done.err


def test_a_token_that_the_service_refuses_is_not_stored(here: Vsms, log_in: LogIn) -> None:
    done = log_in(OTHER_TOKEN)
    assert (done.code, done.out) == (4, "")
    assert "refuses the token (status 401" in done.err
    assert OTHER_TOKEN not in done.err
    assert not here.config_dir.exists()
    assert here("auth", "status").code == 4


def test_a_service_that_is_gone_says_nothing_of_the_token(here: Vsms, server: FaultServer) -> None:
    done = here(
        "auth", "login", "--with-token", "--insecure-storage", stdin=server.token,
        env={"VSMS_BASE_URL": f"http://127.0.0.1:{server.closed_port()}/api/v1"},
    )  # fmt: skip
    assert done.code == 6
    assert not here.config_dir.exists()


@pytest.mark.parametrize(
    "token", ["", "   ", "two words", "vsms_é", "vsms_\x00x", "v" * 600, "vsms_\x1b[31m"]
)
def test_a_token_of_the_wrong_form_is_refused_before_anything_is_sent(
    here: Vsms, server: FaultServer, token: str, log_in: LogIn
) -> None:
    done = log_in(token)
    assert (done.code, done.out) == (4, "")
    assert "\x1b" not in done.err
    if token.strip():
        assert token.strip() not in done.err
    assert server.requests == []
    assert not here.config_dir.exists()


def test_only_one_line_of_stdin_is_read(server: FaultServer, log_in: LogIn) -> None:
    assert log_in(f"{server.token}\nmore\nlines").code == 0


def test_without_a_keyring_nothing_is_stored_and_the_three_ways_on_are_named(
    here: Vsms, server: FaultServer
) -> None:
    done = here("auth", "login", "--with-token", stdin=server.token)
    assert (done.code, done.out) == (4, "")
    assert "no keyring service was found" in done.err
    assert all(way in done.err for way in ("unlock or install", "VSMS_TOKEN", "--insecure-storage"))
    assert server.token not in done.err
    assert not list(here.home.rglob("*token*"))


def test_where_nobody_can_be_asked_login_names_the_other_way(here: Vsms, server: FaultServer) -> None:
    done = here("auth", "login")
    assert (done.code, done.out) == (2, "")
    assert "--with-token" in done.err
    assert server.requests == []


def test_there_is_no_way_to_give_a_token_in_argv(here: Vsms, server: FaultServer) -> None:
    for args in (["auth", "login", server.token], ["auth", "login", "--token", server.token]):
        assert here(*args).code == 2
    assert server.requests == []


def test_the_variables_go_in_their_order_and_before_what_is_stored(
    here: Vsms, server: FaultServer, tmp_path: Path, log_in: LogIn
) -> None:
    log_in(server.token)
    file = tmp_path / "token"
    file.write_text("vsms_from_the_file_0002\nmore\n")
    env = {
        "VSMS_TOKEN": "vsms_from_the_variable_1",
        "VSMS_TOKEN_FILE": str(file),
        "VIRTUALSMS_API_KEY": "vsms_from_the_vendor_003",
    }
    told = []
    for _ in range(4):
        told.append(here("auth", "token", env=env).out.strip())
        env = dict(list(env.items())[1:])
    assert told == [
        "vsms_from_the_variable_1",
        "vsms_from_the_file_0002",
        "vsms_from_the_vendor_003",
        server.token,
    ]


def test_a_refused_token_never_falls_through_to_the_next(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token)
    assert here("balance", env={"VSMS_TOKEN": OTHER_TOKEN, "VIRTUALSMS_API_KEY": server.token}).code == 4
    assert (
        here("balance", env={"VSMS_TOKEN_FILE": "/nowhere/token", "VIRTUALSMS_API_KEY": server.token}).code
        == 4
    )
    assert here("balance", env={"VSMS_TOKEN": "two words", "VIRTUALSMS_API_KEY": server.token}).code == 4


def test_a_profile_on_the_command_line_contradicts_a_token_from_the_environment(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token)
    before = len(server.requests)
    env = {"VIRTUALSMS_API_KEY": server.token}
    for args in (["balance"], ["auth", "status"], ["auth", "token"], ["auth", "login", "--with-token"]):
        done = here(*args, "--profile", "default", env=env, stdin=server.token)
        assert (done.code, done.out) == (2, "")
        assert "--profile contradicts the token in VIRTUALSMS_API_KEY" in done.err
    assert len(server.requests) == before
    assert here("balance", env=env | {"VSMS_PROFILE": "default"}).code == 0


def test_status_tells_a_script_everything_with_the_token_masked(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    log_in(server.token)
    done = here("auth", "status", "--json")
    assert (done.code, done.err) == (0, "")
    status = done.json
    assert status.pop("token_source") == "insecure file"
    assert status == {
        "profile": "default",
        "account": "holder@example.com",
        "host": f"127.0.0.1:{server.port}",
        "token": "vsms_…cdef",
        "valid": True,
        "balance": 50,
        "currency": "USD",
    }


@pytest.mark.parametrize(
    ("env", "code", "valid", "source"),
    [
        ({"VSMS_TOKEN": OTHER_TOKEN}, 4, False, "VSMS_TOKEN"),
        ({"VSMS_TOKEN": "two words"}, 4, None, None),
        ({}, 4, None, None),
    ],
)
def test_status_is_four_where_there_is_no_token_or_it_is_refused(
    here: Vsms, *, env: dict[str, str], code: int, valid: bool | None, source: str | None
) -> None:
    done = here("auth", "status", "--json", env=env)
    assert done.code == code
    assert (done.json["valid"], done.json["token_source"], done.json["balance"]) == (valid, source, None)
    assert "error" in json.loads(done.err)
    told = here("auth", "status", "-o", "table", env=env)
    assert told.code == code
    assert "valid         " + ("no: the service refuses it" if valid is False else "not known") in told.out


def test_status_of_a_service_that_is_gone_does_not_judge_the_token(here: Vsms, server: FaultServer) -> None:
    env = {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": f"http://127.0.0.1:{server.closed_port()}/api/v1"}
    done = here("auth", "status", "--json", env=env)
    assert (done.code, done.json["valid"]) == (6, None)


def test_logout_removes_it_and_twice_is_fine(here: Vsms, server: FaultServer, log_in: LogIn) -> None:
    log_in(server.token)
    first, second = here("auth", "logout"), here("auth", "logout")
    assert (first.code, second.code) == (0, 0)
    assert "was removed from this machine" in first.err
    assert "no token of profile default" in second.err
    assert all("does not revoke it" in done.err for done in (first, second))
    assert here("balance").code == 4
    assert len(server.requests) == 2


def test_login_and_logout_say_that_a_variable_goes_before_what_is_stored(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    here.env["VSMS_TOKEN"] = OTHER_TOKEN
    assert "VSMS_TOKEN is set and goes before it" in log_in(server.token).err
    assert "VSMS_TOKEN is set and still supplies a token" in here("auth", "logout").err
