import io
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.core
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from vsms_cli.domain import record_class
from vsms_cli.domain.errors import (
    ConfigBroken,
    ExitCode,
    KeyringUnusable,
    TokenMissing,
    UsageMistake,
    VsmsError,
)
from vsms_cli.store.keyring_store import OsKeyring
from vsms_cli.store.paths import Paths
from vsms_cli.store.profiles import Place
from vsms_cli.store.settings import Options, Settings, load_settings
from vsms_cli.store.token_lookup import (
    Origin,
    check_token,
    environment_token_variable,
    find_token,
    mask,
    read_token_line,
)
from vsms_cli.store.token_store import TokenStore

TOKEN = "vsms_0123456789abcdef"
SERVICE = "vsms:virtualsms.io"


class Memory(KeyringBackend):
    """A trustworthy backend of a third party, which can be told to misbehave."""

    priority = 5

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.garbles = self.keeps = self.locked = False
        self.threads: set[threading.Thread] = set()

    def _touched(self) -> None:
        self.threads.add(threading.current_thread())
        if self.locked:
            raise KeyringLocked("not today")

    def get_password(self, service: str, username: str) -> str | None:
        self._touched()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._touched()
        self.held[service, username] = password + ("?" if self.garbles else "")

    def delete_password(self, service: str, username: str) -> None:
        self._touched()
        if not self.keeps:
            del self.held[service, username]


@pytest.fixture
def memory() -> Iterator[Memory]:
    before = keyring.core._keyring_backend  # what set_keyring sets has no public way back to "none yet"
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.core._keyring_backend = before


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config_dir=tmp_path / "c", state_dir=tmp_path / "s", cache_dir=tmp_path / "k")


@pytest.fixture
def store(paths: Paths) -> TokenStore:
    return TokenStore.at(paths, interactive=False)


@pytest.fixture
def settings(paths: Paths) -> Settings:
    return load_settings(Options(), {}, paths)


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=512))
def test_a_token_of_good_form_is_taken_and_trimmed(token: str) -> None:
    assert check_token(f" \t{token}\r\n") == token


@given(st.text(min_size=1).filter(lambda text: text.strip() and not text.strip().isascii()) | st.just("a b"))
def test_a_token_of_bad_form_is_refused(text: str) -> None:
    with pytest.raises(TokenMissing):
        check_token(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "sEcReT sEcReT", "sEcReT\nX-Evil: 1", "sEcReTé", "sEcReT\x7f", "sEcReT\x00", "sEcReT" * 100],
)
def test_the_message_about_a_bad_token_repeats_no_part_of_it(text: str) -> None:
    with pytest.raises(TokenMissing) as caught:
        check_token(text)
    assert "sEcReT" not in caught.value.message + caught.value.hint
    assert caught.value.exit_code is ExitCode.AUTH


@pytest.mark.parametrize(
    ("token", "shown"),
    [(TOKEN, "vsms_…cdef"), ("abcdefghijkl", "…ijkl"), ("abcdefghijk", "…"), ("vsms_abcdef", "…"), ("", "…")],
)
def test_a_masked_token_shows_four_characters_at_most(token: str, shown: str) -> None:
    assert mask(token) == shown


def test_one_line_of_stdin_is_the_token() -> None:
    assert read_token_line(io.StringIO(f"{TOKEN}\r\nmore\n")) == TOKEN
    closed = io.StringIO()
    closed.close()
    for stream in (
        io.StringIO(""),
        io.StringIO("x" * 5000),
        closed,
        io.TextIOWrapper(io.BytesIO(b"\xff"), "utf-8"),
    ):
        with pytest.raises(TokenMissing, match="standard input"):
            read_token_line(stream)


def test_the_first_variable_that_is_set_supplies_the_token(
    store: TokenStore, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"\xef\xbb\xbffrom-file\r\nsecond line\n")
    env = {"VSMS_TOKEN": "from-token", "VSMS_TOKEN_FILE": str(file), "VIRTUALSMS_API_KEY": "from-vendor"}
    first = find_token(env, settings, lambda: store)
    assert (first.token, first.source.what, first.source.description) == (
        "from-token", "VSMS_TOKEN", "environment variable VSMS_TOKEN",
    )  # fmt: skip
    second = find_token(env | {"VSMS_TOKEN": ""}, settings, lambda: store)
    assert (second.token, second.source.what, second.source.description) == (
        "from-file", "VSMS_TOKEN_FILE", f"{file} (VSMS_TOKEN_FILE)",
    )  # fmt: skip
    third = find_token({"VIRTUALSMS_API_KEY": "from-vendor"}, settings, lambda: store)
    assert (third.token, third.source.what) == ("from-vendor", Origin.VENDOR)
    assert third.source.from_environment
    assert "from-vendor" not in repr(third)
    assert environment_token_variable(env) == "VSMS_TOKEN"
    assert environment_token_variable({"VSMS_TOKEN": ""}) is None


@pytest.mark.parametrize(
    "env",
    [
        {"VSMS_TOKEN": "bad one", "VIRTUALSMS_API_KEY": TOKEN},
        {"VSMS_TOKEN": "  ", "VIRTUALSMS_API_KEY": TOKEN},
        {"VSMS_TOKEN_FILE": "/nowhere/at/all", "VIRTUALSMS_API_KEY": TOKEN},
        {"VSMS_TOKEN_FILE": "/", "VIRTUALSMS_API_KEY": TOKEN},
        {"VSMS_TOKEN_FILE": "/dev/null", "VIRTUALSMS_API_KEY": TOKEN},
    ],
)
def test_a_bad_variable_never_falls_through_and_is_named(
    env: dict[str, str], store: TokenStore, settings: Settings
) -> None:
    with pytest.raises(TokenMissing, match=next(iter(env))) as caught:
        find_token(env, settings, lambda: store)
    assert "bad one" not in caught.value.message


def test_a_token_file_that_can_not_be_read_is_said_with_path_and_reason(
    store: TokenStore, settings: Settings
) -> None:
    with pytest.raises(TokenMissing, match=r"/nowhere .*No such file"):
        find_token({"VSMS_TOKEN_FILE": "/nowhere"}, settings, lambda: store)


def test_profile_on_the_command_line_contradicts_a_variable(store: TokenStore, paths: Paths) -> None:
    chosen = load_settings(Options(profile="work"), {}, paths)
    with pytest.raises(UsageMistake, match="VIRTUALSMS_API_KEY"):
        find_token({"VIRTUALSMS_API_KEY": TOKEN}, chosen, lambda: store)
    quiet = load_settings(Options(), {"VSMS_PROFILE": "work"}, paths)
    assert find_token({"VIRTUALSMS_API_KEY": TOKEN}, quiet, lambda: store).token == TOKEN


def test_a_variable_needs_no_home_directory(settings: Settings) -> None:
    nowhere = Path("~/x")
    store = TokenStore.at(Paths(config_dir=nowhere, state_dir=nowhere, cache_dir=nowhere), interactive=True)
    assert find_token({"VSMS_TOKEN": TOKEN}, settings, lambda: store).token == TOKEN
    with pytest.raises(ConfigBroken):
        find_token({}, settings, lambda: store)


def test_a_person_at_the_terminal_gets_a_minute(paths: Paths) -> None:
    assert TokenStore.at(paths, interactive=True).keyring.time_limit_s == 60
    assert TokenStore.at(paths, interactive=False).keyring.time_limit_s == 3


def test_what_is_stored_is_found_for_its_host_and_profile_alone(
    store: TokenStore, settings: Settings, paths: Paths, memory: Memory
) -> None:
    with pytest.raises(TokenMissing, match=r"no token for profile default at virtualsms\.io") as caught:
        find_token({}, settings, lambda: store)
    assert not isinstance(caught.value, KeyringUnusable)
    assert all(way in caught.value.hint for way in ("vsms auth login", "VSMS_TOKEN", "--sandbox"))
    source = store.store(SERVICE, "default", TOKEN, insecure=False)
    assert source.what == "keyring"
    assert "Memory" in source.description
    found = find_token({}, settings, lambda: store)
    assert (found.token, found.source) == (TOKEN, source)
    assert not found.source.from_environment
    assert store.profiles.names(SERVICE) == ("default",)
    assert TOKEN not in paths.profiles.read_text()
    assert TOKEN not in repr(store.keyring.read(SERVICE, "default"))
    elsewhere = load_settings(Options(base_url="https://virtualsms.io:8443"), {}, paths)
    with pytest.raises(TokenMissing, match=r"virtualsms\.io:8443"):
        find_token({}, elsewhere, lambda: store)
    removal = store.delete(SERVICE, "default")
    assert (removal.found, removal.unasked) == (True, None)
    assert not store.delete(SERVICE, "default").found, "twice is fine"
    assert store.profiles.names(SERVICE) == ()
    assert threading.main_thread() not in memory.threads


def test_what_lies_in_the_keyring_is_checked_before_it_is_sent(
    store: TokenStore, settings: Settings, memory: Memory
) -> None:
    memory.held[SERVICE, "default"] = "no token\r\nX-Evil: 1"
    with pytest.raises(TokenMissing, match="what is stored in keyring") as caught:
        find_token({}, settings, lambda: store)
    assert "Evil" not in caught.value.message


def test_the_insecure_file_is_0600_and_spares_the_keyring(
    store: TokenStore, settings: Settings, paths: Paths, memory: Memory
) -> None:
    memory.locked = True
    source = store.store(SERVICE, "default", TOKEN, insecure=True)
    assert (source.what, source.description) == ("insecure file", f"{paths.insecure_tokens} (not encrypted)")
    assert stat.S_IMODE(paths.insecure_tokens.stat().st_mode) == 0o600
    assert find_token({}, settings, lambda: store).token == TOKEN
    assert store.profiles.place_of(SERVICE, "default") is Place.FILE
    assert not memory.threads, "the keyring was not touched"
    paths.profiles.unlink()
    assert find_token({}, settings, lambda: store).token == TOKEN, "found without the note too"
    store.store(SERVICE, "other", "x" * 20, insecure=True)
    removal = store.delete(SERVICE, "default")
    assert removal.found
    assert isinstance(removal.unasked, KeyringUnusable)
    assert json.loads(paths.insecure_tokens.read_text()) == {SERVICE: {"other": "x" * 20}}


def test_a_login_to_the_keyring_removes_the_unencrypted_copy(
    store: TokenStore, paths: Paths, memory: Memory
) -> None:
    store.store(SERVICE, "default", TOKEN, insecure=True)
    store.store(SERVICE, "default", TOKEN, insecure=False)
    assert json.loads(paths.insecure_tokens.read_text()) == {}
    assert memory.held == {(SERVICE, "default"): TOKEN}


def test_a_token_that_left_the_file_is_missing_and_looked_for_nowhere_else(
    store: TokenStore, settings: Settings, paths: Paths, memory: Memory
) -> None:
    store.store(SERVICE, "default", TOKEN, insecure=True)
    paths.insecure_tokens.unlink()
    with pytest.raises(TokenMissing, match="no token for profile"):
        find_token({}, settings, lambda: store)
    assert not memory.threads


def test_a_logout_that_can_not_reach_the_keyring_does_not_claim_success(
    store: TokenStore, memory: Memory
) -> None:
    store.store(SERVICE, "default", TOKEN, insecure=False)
    memory.locked = True
    with pytest.raises(KeyringUnusable, match="it is locked"):
        store.delete(SERVICE, "default")
    assert store.profiles.names(SERVICE) == ("default",)


def test_a_file_that_others_may_read_is_not_used(store: TokenStore, settings: Settings, paths: Paths) -> None:
    store.store(SERVICE, "default", TOKEN, insecure=True)
    for mode in (0o640, 0o604, 0o620):
        paths.insecure_tokens.chmod(mode)
        with pytest.raises(TokenMissing, match=f"mode {mode:04o}") as caught:
            find_token({}, settings, lambda: store)
        assert f"chmod 600 {paths.insecure_tokens}" in caught.value.hint


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"b": 1}}', "\udcff", "[" * 100_000])
def test_corrupt_files_are_named(content: str, store: TokenStore, paths: Paths) -> None:
    store.store(SERVICE, "default", TOKEN, insecure=True)
    for path in (paths.insecure_tokens, paths.profiles):
        good = path.read_bytes()
        path.write_bytes(content.encode(errors="surrogateescape"))
        with pytest.raises(ConfigBroken, match=str(path)):
            store.read(SERVICE, "default")
        path.write_bytes(good)
    paths.profiles.write_text(json.dumps({SERVICE: {"default": "moon"}}))
    with pytest.raises(ConfigBroken, match=r"profiles\.json"):
        store.store(SERVICE, "default", TOKEN, insecure=True)


def test_files_that_can_not_be_read_or_written_are_named(store: TokenStore, paths: Paths) -> None:
    paths.insecure_tokens.mkdir(parents=True)
    with pytest.raises(TokenMissing, match=r"tokens\.json can't be read"):
        store.file.read(SERVICE, "default")
    paths.profiles.mkdir()
    with pytest.raises(VsmsError, match=r"profiles\.json can't be read"):
        store.profiles.names(SERVICE)
    (paths.state_dir).touch()
    blocked = TokenStore.at(record_class.replace(paths, config_dir=paths.state_dir / "x"), interactive=False)
    with pytest.raises(VsmsError, match="can't be"):
        blocked.store(SERVICE, "default", TOKEN, insecure=True)


def test_a_full_disk_stores_no_token(
    store: TokenStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(VsmsError, match="No space left"):
        store.store(SERVICE, "default", TOKEN, insecure=True)
    assert list(paths.config_dir.iterdir()) == []


def test_a_keyring_that_garbles_is_refused_and_emptied(
    store: TokenStore, paths: Paths, memory: Memory
) -> None:
    memory.garbles = True
    with pytest.raises(KeyringUnusable, match="does not give back what was stored"):
        store.store(SERVICE, "default", TOKEN, insecure=False)
    assert memory.held == {}
    assert not paths.config_dir.exists(), "and never in the file instead"


def test_a_keyring_that_deletes_nothing_is_told(memory: Memory) -> None:
    memory.held[SERVICE, "default"] = TOKEN
    memory.keeps = True
    with pytest.raises(KeyringUnusable, match="still holds what was deleted"):
        OsKeyring().delete(SERVICE, "default")


@pytest.mark.parametrize(
    "failure",
    [RuntimeError(f"can't keep {TOKEN}"), SystemExit(TOKEN), ValueError("x" * 999 + "\x1b[2J"), OSError()],
)
def test_whatever_a_backend_raises_becomes_a_reason_without_the_token(
    failure: BaseException, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: str) -> None:
        raise failure

    monkeypatch.setattr(memory, "set_password", fail)
    with pytest.raises(KeyringUnusable, match=type(failure).__name__) as caught:
        OsKeyring().store(SERVICE, "default", TOKEN)
    said = caught.value.message + repr(caught.value.__cause__)
    assert TOKEN not in said
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300
