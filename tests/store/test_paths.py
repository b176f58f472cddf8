import pwd
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.store.paths import Paths, private_dir, write_private


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_uid: int) -> NoReturn:
        raise KeyError("no such user")

    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)


def test_the_variables_override_and_take_the_cache_with_them(tmp_path: Path) -> None:
    env = {"VSMS_CONFIG_DIR": str(tmp_path / "c"), "VSMS_STATE_DIR": str(tmp_path / "s")}
    paths = Paths.from_environment(env)
    assert paths.config_file == tmp_path / "c" / "config.toml"
    assert paths.insecure_tokens == tmp_path / "c" / "tokens.json"
    assert paths.profiles == tmp_path / "c" / "profiles.json"
    assert paths.journal == tmp_path / "s" / "journal.db"
    assert paths.budget == tmp_path / "s" / "budget.db"
    assert paths.sandbox == tmp_path / "s" / "sandbox.db"
    assert paths.cache_dir == tmp_path / "s" / "cache"
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is needed"


def test_without_variables_the_platform_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    paths = Paths.from_environment({"VSMS_CONFIG_DIR": "", "VSMS_STATE_DIR": ""})
    assert (paths.config_dir, paths.state_dir, paths.cache_dir) == (
        tmp_path / "CONFIG" / "vsms",
        tmp_path / "STATE" / "vsms",
        tmp_path / "CACHE" / "vsms",
    )


@pytest.mark.usefixtures("homeless")
def test_without_a_home_only_what_needs_a_directory_fails_and_says_what_to_set(tmp_path: Path) -> None:
    paths = Paths.from_environment({"VSMS_STATE_DIR": str(tmp_path)})
    assert paths.journal == tmp_path / "journal.db"
    for needed in (
        lambda: paths.config_file,
        lambda: paths.profiles,
        lambda: private_dir(paths.config_dir),
        lambda: write_private(paths.config_dir / "x", b""),
    ):
        with pytest.raises(ConfigBroken) as caught:
            needed()
        assert "VSMS_CONFIG_DIR" in caught.value.hint
        assert "VSMS_STATE_DIR" in caught.value.hint


def test_a_home_that_is_not_absolute_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older:  # platformdirs before 4.6 hands the ~ back
        user_config_dir = user_state_dir = user_cache_dir = "~/.local/vsms"

        def __init__(self, *_: object, **__: object) -> None: ...

    monkeypatch.setattr("platformdirs.PlatformDirs", Older)
    with pytest.raises(ConfigBroken):
        _ = Paths.from_environment({}).journal


def test_an_unexpanded_tilde_is_refused() -> None:
    with pytest.raises(ConfigBroken, match="VSMS_STATE_DIR begins with ~"):
        Paths.from_environment({"VSMS_STATE_DIR": "~/state"})


def test_a_relative_directory_counts_from_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"VSMS_CONFIG_DIR": "here", "VSMS_STATE_DIR": "here"}
    assert Paths.from_environment(env).config_dir == tmp_path / "here"
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigBroken, match="working directory that is gone"):
        Paths.from_environment(env)


def test_a_private_directory_is_private_and_an_existing_one_keeps_its_mode(tmp_path: Path) -> None:
    made = private_dir(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o750)
    assert stat.S_IMODE(private_dir(made).stat().st_mode) == 0o750
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        private_dir(tmp_path / "file")


def test_a_file_is_0600_unless_it_had_a_mode_and_no_temporary_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "d" / "f"
    write_private(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    write_private(path, b"two")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o640)
    assert list(path.parent.iterdir()) == [path]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "config.toml"
    target.parent.mkdir()
    target.touch()
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    write_private(link, b"x = 1", follow=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"x = 1"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    directory = tmp_path / "in the way"
    (directory / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_private(directory, b"x")
    assert list(tmp_path.iterdir()) == [directory]
