"""A damaged journal's file gives its name to the one that follows it, and a kill at any moment loses neither.

The name is never without a file, and no new file ever stands beside the -wal of the old one: SQLite would play that
into it. One process at a time does this or opens the journal, in this order, each step on disk before the next:

1. `journal.db.new` is written to its end by `journal_damage.take_over`. Killed until then: the damaged one is as it
   was, is refused as before, and the next attempt begins anew.
2. The damaged file and its -wal get second names, `journal.db.damaged-...`: hard links, or copies where there are no
   links. Killed here: the same, and the next attempt takes those names away again.
3. `.new` becomes `.next`. That decides it: whoever opens the journal, and whoever has the old one open and is about
   to read or write there, looks for `.next` and does the rest first.
4. The names of the old one's -wal, -shm and -journal go.
5. `.next` becomes `journal.db`, over the old one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.store.wal import make_private

if TYPE_CHECKING:
    from pathlib import Path

_LOGS: Final = ("-wal", "-journal")  # what of a database may be in them alone
_BESIDE: Final = (*_LOGS, "-shm")


def fresh(path: Path) -> Path:
    """The name for the new file. What an attempt left there that was ended is in the damaged one still."""
    _named(path, ".part").unlink(missing_ok=True)
    new = _named(path, ".new")
    for end in ("", *_BESIDE):
        _named(new, end).unlink(missing_ok=True)
    return new


def decided(path: Path) -> bool:
    """Whether another file is the journal already, and only its name is not."""
    return _named(path, ".next").exists()


def under_way(path: Path) -> bool:
    """Whether `finish` has anything to do."""
    return decided(path) or _left_without_a_name(path)


def finish(path: Path) -> None:
    """Do what is left to do of an exchange that was decided."""
    if _left_without_a_name(path):
        _named(path, ".new").replace(_named(path, ".next"))
    for end in _BESIDE:
        _named(path, end).unlink(missing_ok=True)
    _to_disk(path.parent)
    _named(path, ".next").replace(path)
    _to_disk(path.parent)


def exchange(path: Path, new: Path) -> Path:
    """Let `new` be the journal; where the damaged one lies from now on."""
    _forget_second_names(path)
    aside, part = _free_name(path), _named(path, ".part")
    for end in _LOGS:
        log = _named(path, end)
        if log.exists() and log.stat().st_size:
            _second_name(log, _named(aside, end), part)
    _second_name(path, aside, part)  # the last, because by it the others are found
    _to_disk(path.parent)
    new.replace(_named(path, ".next"))
    _to_disk(path.parent)
    finish(path)
    return aside


def _left_without_a_name(path: Path) -> bool:
    """Before there was a `.next` the damaged file was moved away first: a kill left the new one, whole, alone."""
    return not path.exists() and _named(path, ".new").exists()


def _forget_second_names(path: Path) -> None:
    """Those of an attempt that was ended: the file has its first name still."""
    files = [file for file in (path, *(_named(path, end) for end in _LOGS)) if file.exists()]
    names = [
        name
        for name in path.parent.glob(f"{path.name}.damaged-*")
        if any(name.samefile(file) for file in files)
    ]
    for name in names:
        for end in ("", *_LOGS):
            _named(name, end).unlink(missing_ok=True)


def _free_name(path: Path) -> Path:
    """With no -wal of that name either, left by an attempt that was ended: it would be taken for this one's."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside, more = _named(path, f".damaged-{stamp}"), 1
    while any(_named(aside, end).exists() for end in ("", *_LOGS)):
        more += 1
        aside = _named(path, f".damaged-{stamp}-{more}")
    return aside


def _second_name(file: Path, name: Path, part: Path) -> None:
    """A copy drops the locks that this process has on the damaged file; the one on writing is on its -shm."""
    with suppress(OSError):  # not every file system knows links
        name.hardlink_to(file)
        return
    make_private(part)
    with file.open("rb") as source, part.open("r+b") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    part.replace(name)


def _to_disk(directory: Path) -> None:
    """The names in it, and in that order: a power cut must not undo a step and leave the next one done."""
    with suppress(OSError):  # some systems open no directory
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _named(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")
