"""Nobody else gets the token: through config.toml, an error, a child, a core dump, or what the service sends back."""

import base64
import html
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support.fault_server import TOKEN, FaultServer
from support.vsms import Done, Vsms
from vsms_cli.api.redaction import redact, redact_text

LogIn = Callable[..., Done]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


def config(vsms: Vsms, text: str, *, mode: int = 0o600) -> Path:
    vsms.config_dir.mkdir(parents=True, exist_ok=True)
    vsms.config_dir.chmod(0o700)
    file = vsms.config_dir / "config.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("mode", [0o666, 0o602])
def test_a_config_that_others_may_write_is_refused_with_its_mode_and_the_remedy(
    live: Vsms, server: FaultServer, mode: int
) -> None:
    file = config(live, f'base_url = "{server.base_url}"\n', mode=mode)

    done = live("balance")

    assert done.code == 2
    assert f"mode {mode:04o}" in done.err
    assert f"chmod go-w {file}" in done.err
    assert server.requests == []
    file.chmod(0o644)
    assert live("balance").code == 0


def test_a_config_directory_that_others_may_write_is_refused(live: Vsms) -> None:
    config(live, "timeout = 5\n")
    live.config_dir.chmod(0o777)

    done = live("balance")
    assert (done.code, "others may write it" in done.err) == (2, True)


@as_root
@pytest.mark.parametrize("whole", [False, True])
def test_a_config_of_another_user_is_refused(live: Vsms, *, whole: bool) -> None:
    file = config(live, "timeout = 5\n")
    path = file.parent if whole else file
    os.chown(path, 12345, 12345)

    done = live("balance")
    assert f"mode {stat.S_IMODE(path.stat().st_mode):04o}" in done.err
    assert f"chown 0 {path}" in done.err
    assert (done.code, "belongs to another user (uid 12345)" in done.err) == (2, True)


def test_a_variables_token_goes_to_no_host_that_config_alone_names_until_somebody_signed_in_there(
    here: Vsms, server: FaultServer, log_in: LogIn
) -> None:
    address = here.env.pop("VSMS_BASE_URL")
    config(here, f'base_url = "{address}"\n')
    token = {"VSMS_TOKEN": server.token}

    refused = here("balance", env=token)
    assert refused.code == 2
    assert "which config.toml alone names" in refused.err
    assert "vsms auth login" in refused.err
    assert server.requests == []

    assert here("balance", "--base-url", address, env=token).code == 0
    assert here("balance", env=token | {"VSMS_BASE_URL": address}).code == 0
    assert log_in(server.token).code == 0
    assert here("balance", env=token).code == 0


def test_a_token_in_the_variable_for_its_file_is_not_repeated(here: Vsms) -> None:
    for text in (
        TOKEN,
        "sk_live_0123456789abcdef",
        f"ab/{TOKEN}",
        "/q8Zx0123456789abcdef",
        "q8Zx/0123456789abcdef",
    ):
        done = here("balance", env={"VSMS_TOKEN_FILE": text})
        assert done.code == 4
        assert text not in done.err
        assert "the path of a file" in done.err


def test_a_token_in_a_variable_or_an_option_that_is_not_its_own_is_repeated_nowhere(here: Vsms) -> None:
    typed = [
        (("balance", "--profile", TOKEN), {}),
        (("config", "show"), {"VSMS_PROFILE": TOKEN}),
        (("auth", "login", "--with-token", "--profile", TOKEN), {}),
        (("orders", "show", TOKEN), {"VSMS_TOKEN": "vsms_another_0123456789"}),
        (("balance",), {"VSMS_STATE_DIR": f"~/{TOKEN}"}),
        (("balance", "--json"), {"VSMS_CONFIG_DIR": f"/dev/null/{TOKEN}"}),
    ]
    for words, env in typed:
        done = here(*words, env=env)
        assert done.code != 0
        assert TOKEN not in done.out + done.err
    assert not here.config_dir.exists()


def test_a_directory_named_like_a_token_is_not_repeated_in_an_error(here: Vsms, tmp_path: Path) -> None:
    folder = tmp_path / TOKEN
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text("= broken")
    for words in (("balance",), ("balance", "--json")):
        done = here(*words, env={"VSMS_CONFIG_DIR": str(folder)})
        assert (done.code, "vsms_" in done.err, TOKEN in done.err) == (2, True, False)


def test_a_pipe_that_nobody_writes_to_does_not_hang(
    here: Vsms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vsms_cli.store.named_token_file._PIPE_PATIENCE_S", 0.2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    done = here("balance", env={"VSMS_TOKEN_FILE": str(pipe)})
    assert (done.code, "nobody writes to this pipe" in done.err) == (4, True)


def test_a_token_file_that_others_may_read_is_warned_of(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(server.token)
    file.chmod(0o644)
    del live.env["VSMS_TOKEN"]

    done = live("balance", env={"VSMS_TOKEN_FILE": str(file)})
    assert (done.code, "others may read the token" in done.err) == (0, True)
    file.chmod(0o600)
    assert live("balance", env={"VSMS_TOKEN_FILE": str(file)}).err == ""


@as_root
def test_a_token_file_of_another_user_is_warned_of(live: Vsms, server: FaultServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(server.token)
    file.chmod(0o600)
    os.chown(file, 12345, 12345)
    del live.env["VSMS_TOKEN"]

    done = live("balance", env={"VSMS_TOKEN_FILE": str(file)})
    assert (done.code, "belongs to another user (uid 12345), who may read it" in done.err) == (0, True)


def test_a_short_token_is_not_stored(server: FaultServer, log_in: LogIn) -> None:
    server.token = "vsms_short"
    done = log_in(server.token)

    assert done.code == 4
    assert "shorter than 12 characters" in done.err
    assert "copy the token anew" in done.err
    assert server.requests == []


@pytest.mark.parametrize("token", ["", "two words of text", "vsms_fedcba9876543210fedcba9876543210"])
def test_login_with_a_bad_token_says_what_fits(log_in: LogIn, token: str) -> None:
    done = log_in(token)
    assert done.code == 4
    assert "stored; copy the token anew from the account's page" in done.err
    assert "auth login" not in done.err
    assert "auth status" not in done.err


def test_logout_without_a_keyring_does_not_contradict_itself(here: Vsms) -> None:
    done = here("auth", "logout")
    assert done.code == 0
    assert "is known on this machine: nothing was removed (the OS keyring can't be used" in done.err
    assert "this does not revoke it" not in done.err


def test_a_keyring_that_would_not_keep_it_is_said_before_the_token_is_asked_for(here: Vsms) -> None:
    done = here("auth", "login", "--with-token", stdin="")

    assert done.code == 4
    assert "keyring" in done.err
    assert "standard input" not in done.err


def test_a_backends_error_is_told_by_its_kind_alone(here: Vsms, server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "telltale.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 5\n"
        "    def get_password(self, service, name): return None\n"
        "    def set_password(self, service, name, secret): raise RuntimeError('no ' + secret[::-1] + secret)\n"
        "    def delete_password(self, service, name): pass\n"
    )
    env = {"PYTHON_KEYRING_BACKEND": "telltale.Keyring", "PYTHONPATH": str(tmp_path)}
    done = here.process("auth", "login", "--with-token", stdin=server.token, env=env)

    assert done.code == 4
    assert "RuntimeError" in done.err
    assert server.token[::-1] not in done.err


def test_a_child_gets_no_token_and_no_core_dump_holds_it(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    order = server.add_order(status="completed")
    server.fault("refund", "404", times=None)
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nenv >{seen}\nulimit -c >>{seen}\n")
    browser.chmod(0o700)
    env = {"BROWSER": f"{browser} %s"}
    words = ("orders", "refund", order, "--reason", "code-rejected", "--yes", "--open")
    subprocess.run(
        live.command(*words), env=live.environment(env), check=False, capture_output=True, timeout=30
    )

    told = seen.read_text()
    assert server.token not in told
    assert told.splitlines()[-1] == "0"


def test_no_child_of_a_library_gets_the_token_either(here: Vsms, server: FaultServer, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "spawning.py").write_text(
        "import subprocess\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 5\n"
        "    def get_password(self, service, name):\n"
        f"        subprocess.run('env >{seen}', shell=True)\n"
        "    def set_password(self, service, name, secret): pass\n"
        "    def delete_password(self, service, name): pass\n"
    )
    spawning = {"PYTHON_KEYRING_BACKEND": "spawning.Keyring", "PYTHONPATH": str(tmp_path)}
    held = {"VSMS_TOKEN": server.token, "VIRTUALSMS_API_KEY": server.token}
    assert here.process("auth", "logout", env=spawning | held).code == 0
    assert "PYTHON_KEYRING_BACKEND" in seen.read_text()
    assert server.token not in seen.read_text()


@pytest.mark.parametrize(
    "hidden",
    [
        quote(TOKEN, safe="").replace("_", "%5f"),
        "".join(f"%{ord(c):02x}" for c in TOKEN),
        "".join(f"&#{ord(c)};" for c in TOKEN),
        "".join(f"&#x{ord(c):X};" for c in TOKEN),
        TOKEN.upper(),
        TOKEN.encode().hex(),
        TOKEN.encode().hex().upper(),
        base64.b64encode(TOKEN.encode()).decode(),
        base64.b64encode(b"x" + TOKEN.encode() + b"yz").decode(),
        base64.urlsafe_b64encode(b"ab" + TOKEN.encode()).decode(),
        f"{TOKEN[:9]}\\n{TOKEN[9:]}",
        f"{TOKEN[:20]}\n{TOKEN[20:]}",
        f"{TOKEN[:9]}\u200b{TOKEN[9:]}",
        f"{TOKEN[:9]}\u00ad{TOKEN[9:]}",
        "".join(f"\\u00{ord(c):02x}" for c in TOKEN),
        f"{TOKEN[:9]}\\u034f{TOKEN[9:]}",
        *(f"{TOKEN[:9]}{c}{TOKEN[9:]}" for c in "\u034f\u115f\u180e\u2061\u202e\u2066\u3164\ufe0f\U000e0041"),
        f"{TOKEN[:9]}%E2%80%8B{TOKEN[9:]}",
        f"{TOKEN[:9]}\\r\\n \\t{TOKEN[9:]}",
        "".join(f"%25{ord(c):02x}" for c in TOKEN),
        "\u200b".join(TOKEN.encode().hex()),
    ],
)
def test_the_token_is_redacted_however_the_service_spells_it(hidden: str) -> None:
    for body in (
        f'{{"error": "no {hidden} here"}}',
        f'{{"error": "no {hidden}',
        f"key {hidden}!",
        f"<p>{hidden}</p>",
    ):
        shown = redact(body.encode(), TOKEN).decode()
        assert hidden not in shown
        assert TOKEN.lower() not in html.unescape(shown).lower()
        assert "[token]" in shown
        assert TOKEN.lower() not in redact_text(body, TOKEN).lower()


@pytest.mark.parametrize(
    "hidden",
    [
        f"{TOKEN[:9]}&#8203;{TOKEN[9:]}",
        f"{TOKEN[:9]}&shy;{TOKEN[9:]}",
        "".join(f"&amp;#{ord(c)};" for c in TOKEN),
        "".join(f"%{ord(c):02x}" for c in base64.b64encode(TOKEN.encode()).decode()),
        quote("".join(f"&#x{ord(c):x};" for c in TOKEN)),
    ],
)
def test_a_body_whose_token_can_not_be_cut_out_is_replaced_as_a_whole(hidden: str) -> None:
    assert redact(f'{{"error": "no {hidden} here"}}'.encode(), TOKEN) == b'"[token]"'


def test_what_holds_no_token_is_left_alone() -> None:
    body = (
        '{"orders": [{"id": "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11", "n": "a%20b &amp; \\u00e9"}]}' * 50
    ).encode()

    assert redact(body, TOKEN) == body


def test_what_is_stored_for_https_is_not_sent_in_clear(here: Vsms, tmp_path: Path) -> None:
    from vsms_cli.store.base_url import service_name  # noqa: PLC0415 - one test's

    assert service_name("https://localhost") != service_name("http://localhost")
    assert service_name("https://virtualsms.io") == "vsms:virtualsms.io"
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert here("auth", "status", "--json").json["token_source"] is None


def test_the_hidden_prompt_is_hidden_again_after_ctrl_z(
    here: Vsms, server: FaultServer, terminal: Callable[..., Any]
) -> None:
    words = " ".join(here.command("auth", "login", "--insecure-storage"))
    child = terminal(program=["bash", "--norc", "-i"], PS1="ready> ")
    child.expect_exact("ready> ")
    child.sendline(words)
    child.expect_exact("(hidden): ")
    child.send("\x1a")
    child.expect_exact("ready> ")
    child.sendline("fg")
    child.expect_exact("(hidden): ")
    child.sendline(server.token)
    child.expect_exact("signed in")
    assert server.token not in child.before
