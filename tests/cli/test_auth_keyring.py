"""`vsms auth` against a real Secret Service, and against backends that are none, through the front door."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.secret_service import SecretService, secret_service
from support.vsms import Vsms

WAYS_ON = ("unlock or install", "VSMS_TOKEN", "--insecure-storage")
PLAIN = """
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 9
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): open("{file}", "w").write(password)
    def delete_password(self, service, username): pass
class PlaintextKeyring(Keyring): pass
"""


@pytest.fixture(scope="module")
def service() -> Iterator[SecretService]:
    with secret_service() as running:
        yield running


def test_the_real_keyring_keeps_the_token_from_login_to_logout(
    service: SecretService, server: FaultServer
) -> None:
    env = {"VSMS_BASE_URL": server.base_url, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    script = f"""
        printf %s {server.token} | vsms auth login --with-token 2>&1 || exit 90
        grep -q "keyring:SecretService" "$HOME"/.config/vsms/profiles.json || exit 90
        vsms auth status --fields token_source,token,valid || exit 91
        vsms balance || exit 92
        vsms balance --base-url {server.base_url.replace("127.0.0.1", "localhost")} 2>&1 && exit 93
        vsms auth logout 2>&1 || exit 94
        vsms auth status --fields valid 2>/dev/null && exit 95
        vsms auth logout 2>&1
    """
    program = " ".join(f"'{word}'" for word in Vsms.command())
    done = service.run(["sh", "-c", f'vsms() {{ {program} "$@"; }}\n{script}'], env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is kept in keyring (SecretService)" in done.stdout
    assert "keyring\tvsms_…cdef\ttrue\n50.00\tUSD\n" in done.stdout
    assert "no token for profile default at localhost" in done.stdout
    assert "was removed from this machine" in done.stdout
    assert "no token of profile default" in done.stdout
    assert server.token not in done.stdout + done.stderr


def test_a_locked_keyring_that_hangs_is_left_within_three_seconds(
    service: SecretService, server: FaultServer
) -> None:
    begun = time.monotonic()
    done = service.run(
        Vsms.command("balance"), prefix=service.locked_prefix, env={"VSMS_BASE_URL": server.base_url}
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "did not answer within 3 s" in done.stderr
    assert all(way in done.stderr for way in WAYS_ON)
    assert time.monotonic() - begun < 7
    assert server.requests == []


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("keyring.backends.null.Keyring", "the null backend forgets"),
        ("keyring.backends.fail.Keyring", "no keyring service was found"),
        ("beside.PlaintextKeyring", "in plain text"),
        ("beside.Keyring", "does not give back what was stored in it"),
        ("no_such_module.Keyring", "could not be loaded"),
        ("slow.Keyring", "did not answer within 3 s"),
    ],
)
def test_a_backend_that_is_none_stores_nothing_and_names_the_ways_on(
    vsms: Vsms, server: FaultServer, empty_path: Path, backend: str, reason: str
) -> None:
    stolen = empty_path / "stolen"
    (empty_path / "beside.py").write_text(PLAIN.format(file=stolen))
    (empty_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    begun = time.monotonic()
    done = vsms.process(
        "auth", "login", "--with-token", stdin=server.token,
        env={
            "VSMS_BASE_URL": server.base_url,
            "PYTHON_KEYRING_BACKEND": backend,
            "PYTHONPATH": str(empty_path),
        },
    )  # fmt: skip
    assert (done.code, done.out) == (4, "")
    assert reason in done.err
    assert all(way in done.err for way in WAYS_ON)
    assert server.token not in done.err
    assert "Traceback" not in done.err
    assert time.monotonic() - begun < 7
    assert not vsms.config_dir.exists()
    assert not stolen.exists() or backend == "beside.Keyring"


def test_a_broken_keyringrc_is_said_and_a_variable_is_a_way_on(vsms: Vsms, server: FaultServer) -> None:
    config = vsms.home / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text("[backend\nnot an ini")
    done = vsms.process("balance", env={"VSMS_BASE_URL": server.base_url})
    assert (done.code, done.out) == (4, "")
    assert all(way in done.err for way in WAYS_ON)
    assert "Traceback" not in done.err
    done = vsms.process("balance", env={"VSMS_BASE_URL": server.base_url, "VSMS_TOKEN": server.token})
    assert (done.code, done.out, done.err) == (0, "50.00\tUSD\n", "")
