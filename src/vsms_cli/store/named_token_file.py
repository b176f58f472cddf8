"""The file that VSMS_TOKEN_FILE names."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final

from vsms_cli.domain.errors import TokenMissing
from vsms_cli.store.token_lookup import LONG_ENOUGH, LONGEST_LINE, check_token

_PIPE_PATIENCE_S: Final = 5.0


def first_line(path: Path) -> str:
    """The token in it. TokenMissing where it can't be read, or holds none."""
    whose = f"the first line of {path} (VSMS_TOKEN_FILE)"
    try:
        line = _read_line(path)
    except (OSError, ValueError) as exc:
        shown = f"{path} (VSMS_TOKEN_FILE)" if _is_a_place(path) else "the file that VSMS_TOKEN_FILE names"
        reason = exc.strerror if isinstance(exc, OSError) else "it is no path"
        raise TokenMissing(
            f"{shown} can't be read: {reason}",
            hint="set it to the path of a file that holds the token, or unset it; no other token was tried",
        ) from exc
    # A byte that is not UTF-8 fails the check as U+FFFD; some editors put a mark before the text.
    return check_token(line.decode("utf-8-sig", errors="replace"), whose=whose)


def _is_a_place(path: Path) -> bool:
    """Whether it may be shown: somebody may have put the token itself into the variable, and one may hold slashes."""
    if len(str(path)) < LONG_ENOUGH:
        return True
    try:
        return path.exists() or (path.parent.name != "" and path.parent.is_dir())
    except (OSError, ValueError):
        return False


def _read_line(path: Path) -> bytes:
    """Not longer than a token can be; a pipe that nobody writes to is given up after some seconds."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb", buffering=0) as file:
        if stat.S_ISFIFO(os.fstat(handle).st_mode):
            import select  # noqa: PLC0415 - for pipes alone

            if not select.select([handle], [], [], _PIPE_PATIENCE_S)[0]:
                raise OSError(errno.ETIMEDOUT, "nobody writes to this pipe")
        if sys.platform != "win32":
            os.set_blocking(handle, True)
        return file.readline(LONGEST_LINE + 1)


def shared_token_file(text: str) -> str | None:
    """A warning where others may read the file of this name."""
    warning = None
    if sys.platform != "win32":
        try:
            facts = Path(text).stat()
        except OSError:
            return None
        mode = stat.S_IMODE(facts.st_mode)
        if not stat.S_ISREG(facts.st_mode):
            warning = None
        elif facts.st_uid not in {os.geteuid(), 0}:
            warning = f"the token in {text} belongs to another user (uid {facts.st_uid}), who may read it"
        elif mode & (stat.S_IRGRP | stat.S_IROTH):
            warning = f"others may read the token in {text} (mode {mode:04o}): chmod 600 {shlex.quote(text)}"
    return warning
