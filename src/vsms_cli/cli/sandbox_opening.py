"""Opening the sandbox's database where this machine keeps it, and keeping aside one that is broken."""

from pathlib import Path

from vsms_cli.domain.errors import SandboxBroken, VsmsError
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.errors import NoRoom, SandboxError
from vsms_cli.store.paths import Paths, private_dir, refuse_shared


def open_database(paths: Paths) -> Database:
    """SandboxBroken for a file that is no database; VsmsError where no file can be."""
    try:
        private_dir(paths.state_dir)
        refuse_shared(paths.sandbox)
        return Database.open(paths.sandbox)
    except OSError as exc:
        raise VsmsError(
            f"the sandbox can't be opened in {paths.state_dir}: {exc.strerror}",
            hint="make that directory writable, or name another with VSMS_STATE_DIR",
        ) from exc
    except NoRoom as exc:
        raise VsmsError(
            str(exc), hint="free disk space, or name another directory with VSMS_STATE_DIR"
        ) from exc
    except SandboxError as exc:
        raise SandboxBroken(
            str(exc), hint="`vsms sandbox reset` keeps it aside and begins a new one"
        ) from exc


def kept_aside(database: Path) -> Path:
    """Its new name. What SQLite keeps beside it goes with it: it belongs to no other database."""
    aside = database.with_name(f"{database.name}.broken")
    for companion in ("-wal", "-shm", ""):
        file = database.with_name(f"{database.name}{companion}")
        if file.exists():
            file.replace(aside.with_name(f"{aside.name}{companion}"))
    return aside
