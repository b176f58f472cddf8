"""Where things lie on this machine, and the one way in which a file here is written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.domain.record_class import record
from vsms_cli.store.ownership import why_not_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_DIR_VARIABLE: Final = "VSMS_CONFIG_DIR"
STATE_DIR_VARIABLE: Final = "VSMS_STATE_DIR"

_APP: Final = "vsms"
_PRIVATE_DIR: Final = 0o700
_PRIVATE_FILE: Final = 0o600
_NO_HOME: Final = "~"  # the first part of a directory that could not be placed


@record
class Paths:
    """The directories of `vsms`, and its files in them. Making one reads and creates nothing.

    Without a home directory a directory still begins with `~`. The files below, `private_dir` and
    `write_private` raise ConfigBroken for such a one: a command that needs none of them runs all the same.
    """

    config_dir: Path
    state_dir: Path
    cache_dir: Path

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Self:
        """VSMS_CONFIG_DIR and VSMS_STATE_DIR, else the platform's places.

        Where VSMS_STATE_DIR is set, the cache lies below it: one variable then keeps a run apart.
        """
        config = _chosen(env, CONFIG_DIR_VARIABLE)
        state = _chosen(env, STATE_DIR_VARIABLE)
        return cls(
            config_dir=config or _platform_dir("user_config_dir"),
            state_dir=state or _platform_dir("user_state_dir"),
            cache_dir=state / "cache" if state else _platform_dir("user_cache_dir"),
        )

    @property
    def config_file(self) -> Path:
        return _placed(self.config_dir) / "config.toml"

    @property
    def insecure_tokens(self) -> Path:
        """Tokens of `auth login --insecure-storage`, unencrypted."""
        return _placed(self.config_dir) / "tokens.json"

    @property
    def profiles(self) -> Path:
        """Which profiles are known and where their tokens lie; never a token."""
        return _placed(self.config_dir) / "profiles.json"

    @property
    def journal(self) -> Path:
        return _placed(self.state_dir) / "journal.db"

    @property
    def budget(self) -> Path:
        """The requests of the last minute, shared by all processes."""
        return _placed(self.state_dir) / "budget.db"

    @property
    def sandbox(self) -> Path:
        return _placed(self.state_dir) / "sandbox.db"


def private_dir(path: Path) -> Path:
    """The directory, made with mode 0700 where it is missing, and so is each parent: under a umask of 000 somebody else
    could put another in its place. OSError where it can't be made, ConfigBroken where it is not ours alone.
    """
    missing = [_placed(path)]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        each.mkdir(mode=_PRIVATE_DIR, exist_ok=True)
    refuse_shared(path, follow=True)
    return path


def refuse_shared(path: Path, *, follow: bool = False) -> None:
    """ConfigBroken, with what to do, for a file or directory that somebody else owns or may write; without `follow` for
    a link too. One that is missing is fine.
    """
    wrong = why_not_ours(path, follow=follow)
    if wrong is not None:
        variables = f"{STATE_DIR_VARIABLE} or {CONFIG_DIR_VARIABLE}"
        raise ConfigBroken(
            f"{path} is not used, as it is not yours alone: {wrong}",
            hint=f"or name another directory with {variables}",
        )


def read_own(path: Path) -> bytes:
    """The content of a file that is ours alone. OSError where it can't be read, ConfigBroken where it is not."""
    refuse_shared(path)
    return path.read_bytes()


def write_private(path: Path, content: bytes, *, follow: bool = False) -> None:
    """The whole file or the old one, also through a crash. OSError where it can't be written.

    A new file is 0600; one that exists keeps its mode. With `follow` a symbolic link stays one, and its target is
    replaced; else a link is refused with ConfigBroken: it may be somebody else's.
    """
    private_dir(path.parent)
    if not follow:
        refuse_shared(path)
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode & 0o777
    except FileNotFoundError:
        mode = _PRIVATE_FILE
    beside = target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # O_BINARY: Windows only
    try:
        with os.fdopen(os.open(beside, flags, _PRIVATE_FILE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode != _PRIVATE_FILE:
            beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_dir(target.parent)


def sync_dir(directory: Path) -> None:
    """What was renamed in it stays renamed, also through a power cut."""
    if os.name == "nt":  # pragma: no cover - Windows opens no directory, and its rename is durable
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems can't; the file itself is on disk
            os.fsync(handle)
    finally:
        os.close(handle)


def _chosen(env: Mapping[str, str], variable: str) -> Path | None:
    text = env.get(variable, "")
    if not text:
        return None
    if text.startswith(_NO_HOME):
        raise ConfigBroken(
            f"{variable} begins with ~, which was not expanded", hint="give the directory's whole path"
        )
    try:
        return Path(text).absolute()
    except OSError as exc:  # a relative path, and the working directory is gone
        raise ConfigBroken(
            f"{variable} is relative to a working directory that is gone",
            hint="give the directory's whole path",
        ) from exc


def _platform_dir(which: str) -> Path:
    from platformdirs import PlatformDirs  # noqa: PLC0415 - 4 ms of start-up that an override saves

    unplaced = Path(_NO_HOME, which)
    try:
        path = Path(getattr(PlatformDirs(_APP, appauthor=False), which))
    except RuntimeError:  # platformdirs >= 4.6 where there is no home; before that it hands back a ~
        return unplaced
    return path if path.is_absolute() else unplaced


def _placed(directory: Path) -> Path:
    if directory.parts[:1] == (_NO_HOME,):
        raise ConfigBroken(
            "there is no home directory to keep anything in",
            hint=f"set {CONFIG_DIR_VARIABLE} and {STATE_DIR_VARIABLE} to directories that may be written",
        )
    return directory
