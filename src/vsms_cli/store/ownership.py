"""Whether a file or a directory is ours alone: owned by us (or root), and writable by nobody else.

What others can write is not trusted: a config.toml that names a host would get the token, a planted journal would
decide about money.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def why_not_ours(path: Path, *, follow: bool = True) -> str | None:
    """Half a sentence that names the owner or the mode, and ends with the command that repairs it; None where it is
    ours, or is not there. With `follow` a link of ours (or root's) stands for what it names; every other is refused.
    """
    try:
        facts = path.lstat()
        if follow and stat.S_ISLNK(facts.st_mode) and _by_us(facts):
            facts = path.stat()
    except OSError:  # what can't be looked at can't be used either: whoever opens it says so
        return None
    me = getattr(os, "geteuid", None)  # Windows has none, and modes there say nothing
    return None if me is None else _wrong(facts, shlex.quote(str(path)), me=me())


def _by_us(facts: os.stat_result) -> bool:
    me = getattr(os, "geteuid", None)  # Windows has none
    return me is None or facts.st_uid in {me(), 0}


def _wrong(facts: os.stat_result, quoted: str, *, me: int) -> str | None:
    wrong = None
    if sys.platform != "win32":
        mode = stat.S_IMODE(facts.st_mode)
        sticky_dir = stat.S_ISDIR(facts.st_mode) and bool(mode & stat.S_ISVTX)
        by_group = bool(mode & stat.S_IWGRP) and not sticky_dir and _group_has_others(facts.st_gid, me)
        if stat.S_ISLNK(facts.st_mode):
            wrong = f"it is a link; remove it: rm {quoted}"
        elif facts.st_uid not in {me, 0}:
            wrong = (
                f"it belongs to another user (uid {facts.st_uid}), mode {mode:04o}; remove it, or look into it and"
                f" mend it: sudo chown {me} {quoted}"
            )
        elif by_group or (mode & stat.S_IWOTH and not sticky_dir):
            wrong = f"others may write it (mode {mode:04o}); mend it: chmod go-w {quoted}"
    return wrong


def _group_has_others(group: int, user: int) -> bool:
    """Whether somebody else is in the group; many systems give each user a group of one."""
    others = False
    if sys.platform != "win32":
        import grp  # noqa: PLC0415 - for a file that a group may write alone
        import pwd  # noqa: PLC0415 - as above

        try:
            me = pwd.getpwuid(user)
            others = group != me.pw_gid or bool(set(grp.getgrgid(group).gr_mem) - {me.pw_name})
        except KeyError:
            others = True
    return others
