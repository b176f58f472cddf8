"""The real keyring package against real and false services, each in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.secret_service import SecretService, coverage_variables, secret_service

PROGRAM = """
import sys
from vsms_cli.domain.errors import KeyringUnusable
from vsms_cli.store.keyring_store import OsKeyring
keyring = OsKeyring()
asked = ("vsms:virtualsms.io", "default")
try:
    for what in sys.argv[1:]:
        match what:
            case "store": print(keyring.store(*asked, "vsms_0123456789abcdef"))
            case "read": print(keyring.read(*asked).token)
            case "all": print("keyring.backends.kwallet" in sys.modules)
            case name if name.startswith("read:"):
                found = keyring.read(*asked, backend=name.removeprefix("read:"))
                print(found.token, found.backend)
            case "delete": print(keyring.delete(*asked))
except KeyringUnusable as exc:
    print(f"{exc.code} {exc.exit_code}: {exc.message} | {exc.hint}")
"""
SOURCES = str(Path(__file__).parents[2] / "src")
WAYS_ON = ("unlock or install", "VSMS_TOKEN", "--insecure-storage")


@pytest.fixture(scope="module")
def service() -> Iterator[SecretService]:
    with secret_service() as running:
        yield running


def ask(*what: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, *what]


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.stderr == "", "a keyring's warnings are not for the terminal"
    assert done.returncode == 0
    return done.stdout.splitlines()


def alone(tmp_path: Path, *what: str, **env: str) -> str:
    """One line from a process with no session bus and a fresh HOME."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": f"{SOURCES}:{tmp_path}"}
    done = subprocess.run(
        ask(*what),
        env=surroundings | coverage_variables() | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    (line,) = lines(done)
    return line


def refused(line: str) -> str:
    assert line.startswith("keyring 4: the OS keyring ")
    assert all(way in line for way in WAYS_ON)
    assert "invalid token" not in line
    return line


def test_a_real_secret_service_keeps_the_token_from_one_command_to_the_next(service: SecretService) -> None:
    env = {"PYTHONPATH": SOURCES}
    stored = lines(service.run(ask("read", "store", "read"), env=env))
    assert stored == ["None", "SecretService", "vsms_0123456789abcdef"]
    assert lines(service.run(ask("read"), env=env)) == ["vsms_0123456789abcdef"]
    assert lines(service.run(ask("delete", "read", "delete"), env=env)) == ["True", "None", "False"]


def test_the_backend_that_stored_it_is_asked_without_loading_the_others(service: SecretService) -> None:
    env = {"PYTHONPATH": SOURCES}
    read = "vsms_0123456789abcdef SecretService"
    asked = ("store", "read:SecretService", "all")
    assert lines(service.run(ask(*asked), env=env))[1] == read
    assert lines(service.run(ask("read:SecretService", "all"), env=env)) == [read, "False"]
    for gone in (
        "macOS",
        "Windows.WinVaultKeyring",
        "fail",
        "chainer.ChainerBackend",
        "no.such",
        "../x",
        "os",
    ):
        assert lines(service.run(ask(f"read:{gone}", "all"), env=env)) == [read, "True"], gone
    assert lines(service.run(ask("delete", "read:SecretService"), env=env)) == ["True", "None SecretService"]


BETTER = """
from keyring.backend import KeyringBackend
class Better(KeyringBackend):
    priority = 9
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): raise AssertionError
    def delete_password(self, service, username): raise AssertionError
from vsms_cli.store.keyring_store import OsKeyring
keyring, asked = OsKeyring(), ("vsms:virtualsms.io", "default")
print(keyring.read(*asked).token, keyring.read(*asked, backend="SecretService").token)
print(keyring.delete(*asked, backend="SecretService"), keyring.read(*asked, backend="SecretService").token)
"""


def test_a_token_is_removed_from_the_backend_that_stored_it(service: SecretService) -> None:
    """Also where keyring prefers another one by now."""
    env = {"PYTHONPATH": SOURCES}
    assert lines(service.run(ask("store"), env=env)) == ["SecretService"]
    done = service.run([sys.executable, "-c", BETTER], env=env)
    assert lines(done) == ["None vsms_0123456789abcdef", "True None"]


def test_a_backend_that_was_chosen_since_goes_before_the_one_that_stored_it(service: SecretService) -> None:
    chosen = {"PYTHONPATH": SOURCES, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    assert "no keyring service was found" in refused(
        lines(service.run(ask("read:SecretService"), env=chosen))[0]
    )


def test_a_locked_keyring_whose_prompt_nobody_answers_fails_within_three_seconds(
    service: SecretService,
) -> None:
    begun = time.monotonic()
    (line,) = lines(service.run(ask("read"), prefix=service.locked_prefix, env={"PYTHONPATH": SOURCES}))
    assert "did not answer within 3 s" in refused(line)
    assert 3 <= time.monotonic() - begun < 6


@pytest.mark.parametrize("what", ["read", "store", "delete"])
def test_a_locked_keyring_whose_prompt_is_dismissed_says_that_it_is_locked(
    service: SecretService, what: str
) -> None:
    done = service.run(ask(what), prefix=service.no_prompter_prefix, env={"PYTHONPATH": SOURCES})
    assert "it is locked" in refused(lines(done)[0])


def test_no_keyring_at_all_is_said(tmp_path: Path) -> None:
    assert "no keyring service was found" in refused(alone(tmp_path, "read"))


def test_a_hanging_backend_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    begun = time.monotonic()
    line = alone(tmp_path, "store", PYTHON_KEYRING_BACKEND="slow.Keyring")
    assert "did not answer within 3 s" in refused(line)
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("keyring.backends.null.Keyring", "the null backend forgets"),
        ("keyring.backends.fail.Keyring", "no keyring service was found"),
        ("no_such_module.Keyring", "PYTHON_KEYRING_BACKEND and keyringrc.cfg): ModuleNotFoundError"),
        ("keyring.backends.null.Nope", "AttributeError"),
        ("nodots", "ValueError"),
        ("", "ValueError"),
        ("os.path.join", "AttributeError"),
    ],
)
def test_a_backend_that_keeps_nothing_or_is_none_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in refused(alone(tmp_path, "store", PYTHON_KEYRING_BACKEND=name))


BACKEND = """
from keyring.backend import KeyringBackend
class {name}(KeyringBackend):
    priority = {priority}
    held = {{}}
    def get_password(self, service, username): return self.held.get((service, username))
    def set_password(self, service, username, password): self.held[service, username] = password
    def delete_password(self, service, username): del self.held[service, username]
"""


def test_a_plaintext_backend_is_refused_by_its_module_its_name_and_its_rank(tmp_path: Path) -> None:
    alt = tmp_path / "keyrings" / "alt"
    alt.mkdir(parents=True)
    (alt / "file.py").write_text(BACKEND.format(name="Innocent", priority=9))
    (tmp_path / "mine.py").write_text(
        BACKEND.format(name="MyPlaintextKeyring", priority=9)
        + BACKEND.format(name="Feeble", priority=0.5)
        + "from keyrings.alt.file import Innocent\nclass Heir(Innocent): pass\n"
    )
    for name in ("keyrings.alt.file.Innocent", "mine.MyPlaintextKeyring", "mine.Heir"):
        assert "plain text" in refused(alone(tmp_path, "store", PYTHON_KEYRING_BACKEND=name))
    assert "does not recommend" in refused(alone(tmp_path, "read", PYTHON_KEYRING_BACKEND="mine.Feeble"))


def chain(tmp_path: Path, *, backends: str) -> str:
    """A chainer as keyring makes one where several backends are installed."""
    (tmp_path / "chain.py").write_text(
        BACKEND.format(name="MyPlaintextKeyring", priority=9)
        + BACKEND.format(name="Sound", priority=2)
        + "from keyring.backends.chainer import ChainerBackend\nclass Chain(ChainerBackend):\n"
        + f"    priority = 10\n    backends = [{backends}]\n"
    )
    return alone(tmp_path, "store", PYTHON_KEYRING_BACKEND="chain.Chain")


def test_of_a_chain_the_first_sound_backend_is_used_and_never_a_plaintext_one(tmp_path: Path) -> None:
    assert "MyPlaintextKeyring keeps secrets in plain text" in refused(
        chain(tmp_path, backends="MyPlaintextKeyring()")
    )
    assert "there is none" in refused(chain(tmp_path, backends=""))
    assert chain(tmp_path, backends="MyPlaintextKeyring(), Sound()") == "chain.Sound"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("nonsense without a section", "MissingSectionHeaderError"),
        ("[backend]\ndefault-keyring=no_such_module.Keyring", "ModuleNotFoundError"),
        ("[backend]\ndefault-keyring=", "ValueError"),
        ("[backend]\nother=1", "no keyring service was found"),
        ("[backend]\ndefault-keyring=keyring.backends.null.Keyring", "null backend"),
        ("\x00\xff", "UnicodeDecodeError"),
    ],
)
def test_a_broken_keyringrc_is_a_reason_and_no_traceback(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "python_keyring" / "keyringrc.cfg"
    file.parent.mkdir()
    file.write_bytes(content.encode("latin-1"))
    assert reason in refused(alone(tmp_path, "read", XDG_CONFIG_HOME=str(tmp_path)))
