"""A real Secret Service (gnome-keyring) on a session bus of its own, for one command at a time.

The keyring's file lies in a fresh HOME, so that what one command stores the next one finds.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

# gnome-keyring asks this name for a person's answer. Here it starts and never answers: nobody is there.
_PROMPTER: Final = """[D-BUS Service]
Name=org.gnome.keyring.SystemPrompter
Exec=/bin/sh -c 'exec sleep 8'
"""

_BUS: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

_UNLOCKED: Final = "printf password | gnome-keyring-daemon --unlock --components=secrets"
_LOCKED: Final = "gnome-keyring-daemon --start --components=secrets"

# A command that ended before the daemon is on the bus would leave the daemon behind.
_READY: Final = """; n=0
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \\
        org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets; do
    n=$((n + 1)); [ $n -lt 100 ] || exit 99; sleep 0.05
done"""

# The bus and the daemon are noisy and would keep the streams open: only the command has them (3 and 4).
_RUN: Final = """config=$1; start=$2; shift 2
exec dbus-run-session --config-file="$config" -- sh -c '
    eval "$0" >/dev/null 2>&1 3>&- 4>&- </dev/null
    exec "$@" >&4 2>&3 3>&- 4>&-
' "$start" "$@" 3>&2 4>&1 >/dev/null 2>/dev/null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretService:
    """`[*prefix, "vsms", ...]` with `env` runs a command beside an unlocked keyring.

    `locked_prefix`: a locked one whose prompt nobody answers, so that it hangs. `no_prompter_prefix`: a
    locked one whose prompt is dismissed at once. `env` holds a fresh HOME, PATH, and what measures coverage.
    """

    home: Path
    env: dict[str, str]
    prefix: tuple[str, ...]
    locked_prefix: tuple[str, ...]
    no_prompter_prefix: tuple[str, ...]

    def run(
        self,
        command: Sequence[str],
        *,
        prefix: Sequence[str] | None = None,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*(self.prefix if prefix is None else prefix), *command],
            env=self.env | (env or {}), capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip


def coverage_variables() -> dict[str, str]:
    """What a child process needs so that coverage counts it too."""
    return {name: text for name, text in os.environ.items() if name.startswith("COVERAGE_")}


@contextmanager
def secret_service() -> Iterator[SecretService]:
    """Skips the test, with a word, where the machine has no gnome-keyring or no D-Bus."""
    for program in ("gnome-keyring-daemon", "dbus-run-session"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: gnome-keyring, dbus)")
    with TemporaryDirectory(prefix="vsms-keyring-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        home = root / "home"
        home.mkdir(mode=0o700)

        def prefix(start: str, *, prompter: bool) -> tuple[str, ...]:
            services = root / f"services-{prompter}"
            services.mkdir(exist_ok=True)
            if prompter:
                (services / "prompter.service").write_text(_PROMPTER)
            config = root / f"bus-{prompter}.conf"
            config.write_text(_BUS.format(services=services))
            return ("sh", "-c", _RUN, "sh", str(config), start + _READY)

        service = SecretService(
            home=home,
            env={"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | coverage_variables(),
            prefix=prefix(_UNLOCKED, prompter=False),
            locked_prefix=prefix(_LOCKED, prompter=True),
            no_prompter_prefix=prefix(_LOCKED, prompter=False),
        )
        # Unlocking makes the keyring's file: without one there would be nothing to be locked.
        assert service.run(["true"]).returncode == 0
        yield service
