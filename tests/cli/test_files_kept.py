"""Files of somebody else are not trusted: planted directories and links, and a lock that is never released."""

import fcntl
import os
import signal
import stat
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


def test_every_directory_that_is_made_is_ours_alone_whatever_the_umask(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    order = server.add_order()
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    env = {"HOME": str(home), "VSMS_CONFIG_DIR": "", "VSMS_STATE_DIR": ""}
    script = ("sh", "-c", 'umask 000; exec "$@"', "sh")

    assert live.process("orders", "list", env=env, prefix=script).code == 0
    assert live.process("orders", "cancel", order, "--yes", env=env, prefix=script).code == 0

    made = [path for path in home.rglob("*") if path.is_dir()]
    assert made
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.parametrize("name", ["journal.db", "budget.db"])
def test_a_planted_link_is_neither_followed_nor_replaced(
    live: Vsms, server: FaultServer, tmp_path: Path, name: str
) -> None:
    order, target = server.add_order(), tmp_path / "bashrc"
    target.write_text("alias ls=ls\n")
    live.state_dir.mkdir(parents=True, mode=0o700)
    (live.state_dir / name).symlink_to(target)

    done = live("orders", "cancel", order, "--yes")

    assert done.code == 2
    assert f"rm {live.state_dir / name}" in done.err
    assert target.read_text() == "alias ls=ls\n"
    assert server.posts(order) == 0


def test_a_planted_link_in_the_cache_is_passed_over(live: Vsms, server: FaultServer, tmp_path: Path) -> None:
    server.add_order()
    target = tmp_path / "bashrc"
    target.write_text("alias ls=ls\n")
    assert live("orders", "list").code == 0
    (cached,) = [path for path in live.home.rglob("*.json") if "orders" in path.name]
    cached.unlink()
    cached.symlink_to(target)

    assert live("orders", "list").code == 0
    assert target.read_text() == "alias ls=ls\n"


@as_root
def test_a_journal_of_another_user_decides_nothing(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    assert live("orders", "cancel", server.add_order(), "--yes").code == 0
    os.chown(live.state_dir / "journal.db", 12345, 12345)

    done = live("orders", "cancel", order, "--yes")
    assert done.code == 2
    assert "belongs to another user (uid 12345)" in done.err
    assert "VSMS_STATE_DIR" in done.err
    assert server.posts(order) == 0


@as_root
def test_a_state_directory_that_is_another_user_s_link_is_refused(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    order = server.add_order()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    live.state_dir.parent.mkdir(parents=True, exist_ok=True)
    live.state_dir.symlink_to(tmp_path / "elsewhere")
    assert live("orders", "cancel", server.add_order(), "--yes").code == 0  # a link of ours is followed
    os.chown(live.state_dir, 12345, 12345, follow_symlinks=False)

    done = live("orders", "cancel", order, "--yes")
    assert (done.code, f"rm {live.state_dir}" in done.err) == (2, True)
    assert server.posts(order) == 0


def test_a_read_says_that_a_state_directory_of_others_is_not_used(live: Vsms, server: FaultServer) -> None:
    server.add_order()
    live.state_dir.mkdir(parents=True)
    live.state_dir.chmod(0o777)

    done = live("balance")
    assert done.code == 0
    assert "the rate limit is not shared with other processes" in done.err
    assert f"chmod go-w {live.state_dir}" in done.err
    assert not (live.state_dir / "budget.db").exists()


def test_a_state_directory_that_others_may_write_is_refused(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    live.state_dir.mkdir(parents=True)
    live.state_dir.chmod(0o777)

    done = live("orders", "cancel", order, "--yes")
    assert (done.code, f"chmod go-w {live.state_dir}" in done.err) == (2, True)
    assert server.posts(order) == 0


def test_a_lock_that_is_never_given_back_is_waited_for_with_a_limit(
    live: Vsms, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vsms_cli.ops.mutation.DOUBT_S", 0.1)
    monkeypatch.setattr("vsms_cli.ops.mutation._TURN_S", 0.0)
    order, other = server.add_order(), server.add_order()
    assert live("orders", "cancel", other, "--yes").code == 0
    held, ready = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        with (live.state_dir / "journal.claims").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX, 1 << 56, 0)  # of every order
            os.write(ready, b"x")
            signal.pause()
    os.read(held, 1)
    try:
        done = live("orders", "cancel", order, "--yes", "--json", "--timeout", "0.2")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)

    assert done.code == 1
    assert done.json[0]["error"]["code"] == "locked"
    assert server.posts(order) == 0


def test_a_home_that_is_none_is_no_config(live: Vsms, server: FaultServer) -> None:
    server.add_order()
    env = {"HOME": "/dev/null", "VSMS_CONFIG_DIR": "", "VSMS_STATE_DIR": ""}

    assert live.process("balance", env=env).code == 0
    assert live.process("orders", "list", "-q", env=env).code == 0


@as_root
def test_a_config_that_cannot_be_read_stops_and_names_the_way_on(live: Vsms, server: FaultServer) -> None:
    live.config_dir.mkdir(parents=True, mode=0o700)
    (live.config_dir / "config.toml").mkdir()

    done = live("balance")
    assert (done.code, "VSMS_CONFIG_DIR" in done.err) == (2, True)
    assert server.requests == []
