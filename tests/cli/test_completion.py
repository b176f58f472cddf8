"""Completion: from caches alone, silent where there is nothing, and in the shells themselves."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.loaded import TELLS_WHAT_IS_LOADED
from support.vsms import Vsms
from vsms_cli.cli import completion_candidates, transactions
from vsms_cli.cli.command_tree import GROUPS, ROOT
from vsms_cli.cli.topics import TOPICS
from vsms_cli.domain.orders import KNOWN_STATUSES
from vsms_cli.ops.refund import REASONS
from vsms_cli.store.settings import OUTPUT_FORMATS

Completed = Callable[..., list[str]]


@pytest.fixture
def completed(vsms: Vsms) -> Completed:
    """The candidates for the last of these words, without what they are about."""

    def ask(*words: str, **env: str) -> list[str]:
        done = vsms("__complete", *words, env=env)
        assert (done.code, done.err) == (0, "")
        assert all(line.count("\t") == 1 for line in done.lines)
        return [line.partition("\t")[0] for line in done.lines]

    return ask


def test_commands_and_options_are_completed(completed: Completed) -> None:
    assert completed("") == list(ROOT)
    assert completed("orders", "") == list(GROUPS["orders"])
    assert completed("orders", "ca") == ["cancel"]
    assert completed("--profile", "x", "--timeout=3", "orders", "--sandbox", "l") == ["list"]
    assert completed("orders", "list", "--not") == ["--not-country", "--not-service"]
    assert "--base-url" in completed("--")
    assert "--help" in completed("balance", "")
    assert completed("orders", "list", "--", "--not") == completed("nonsense", "") == []
    assert completed("orders", "nonsense", "") == completed("balance", "--", "") == []


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["orders", "list", "-o", ""], list(OUTPUT_FORMATS)),
        (["orders", "list", "--output=n"], ["--output=ndjson"]),
        (["orders", "list", "--output", "=", "n"], ["ndjson"]),
        (["orders", "list", "--output", "="], list(OUTPUT_FORMATS)),
        (["orders", "list", "--fields", "id,pr"], ["id,price"]),
        (["orders", "list", "--fields=id,i"], []),
        (["auth", "status", "--fields", "v"], ["valid"]),
        (["--sandbox", "orders", "list", "--country", "GB,'United S"], ["GB,United States"]),
        (["--sandbox", "orders", "list", "--service=wa,tg,wh"], ["--service=wa,tg,WhatsApp"]),
        (["orders", "list", "--status", "waiting,e"], ["waiting,expired"]),
        (["orders", "list", "--status", ""], list(KNOWN_STATUSES)),
        (["orders", "refund", "--reason", ""], list(REASONS)),
        (["transactions", "list", "--type", ""], list(transactions._TYPES)),
        (["orders", "list", "--limit", ""], []),
        (["completion", ""], list(completion_candidates.SHELLS)),
        (["completion", "bash", ""], []),
        (["help", ""], [*TOPICS, *ROOT]),
        (["help", "orders", "sh"], ["show"]),
        (["help", "scripting", ""], []),
    ],
    ids=" ".join,
)
def test_values_are_those_that_the_command_takes(
    completed: Completed, words: list[str], wanted: list[str]
) -> None:
    found = completed(*words)
    assert found == wanted or (not wanted and all(name.startswith("--") for name in found))


def test_ids_are_those_of_the_last_list_by_what_the_command_can_use(
    live: Vsms, server: FaultServer, completed: Completed
) -> None:
    waiting, ended = server.add_order(country="AR", service="wa"), server.add_order(status="completed")
    assert completed("orders", "show", "a") == []
    live("orders", "list", "--all")
    sent = len(server.requests)

    assert set(completed("orders", "show", "")) == {waiting, ended}
    assert completed("orders", "cancel", waiting[:3].upper()) == [waiting]
    assert completed("orders", "cancel", ended[:8]) == []
    assert completed("orders", "cancel", waiting, waiting[:3]) == []
    assert completed("transactions", "list", "--order", ended[:8]) == [ended]
    assert completed("orders", "show", waiting[:8], VSMS_BASE_URL="https://elsewhere.example") == []
    (cache,) = (live.state_dir / "cache").glob("orders-*")
    assert cache.stat().st_mode & 0o777 == 0o600
    assert server.token not in cache.read_text()
    assert len(server.requests) == sent


def test_countries_and_services_are_completed_by_code_and_by_name(
    live: Vsms, server: FaultServer, completed: Completed
) -> None:
    server.add_order(country="AQ", service="zz")
    assert live("orders", "list", "--country", "Argentina").code == 0
    sent = len(server.requests)

    assert completed("orders", "list", "--country", "AR")[:1] == ["AR"]
    assert completed("orders", "cancel", "--not-country", "argent") == ["Argentina"]
    assert completed("orders", "list", "--country", "aq") == ["AQ"]
    assert completed("orders", "list", "--service", "what") == ["WhatsApp"]
    assert completed("orders", "list", "--service=z") == ["--service=zz"]
    assert len(server.requests) == sent


def test_the_sandbox_has_its_own(vsms: Vsms, completed: Completed) -> None:
    ids = vsms.sandbox("orders", "list", "-q").lines

    assert completed("--sandbox", "orders", "cancel", "") == ids
    assert completed("orders", "cancel", ids[0][:8], VSMS_SANDBOX="1") == [ids[0]]
    assert completed("sandbox", "deliver", ids[0][:8]) == [ids[0]]
    assert completed("orders", "cancel", ids[0][:8]) == []
    assert completed("--sandbox", "orders", "list", "--country", "Czech") == ["Czech Republic"]


def test_profiles_are_those_of_the_host(vsms: Vsms, completed: Completed) -> None:
    vsms.config_dir.mkdir()
    profiles = {"vsms:virtualsms.io": {"work": "keyring", "home": "file"}, "vsms:a.example": {"x": "file"}}
    (vsms.config_dir / "profiles.json").write_text(json.dumps(profiles))

    assert completed("auth", "switch", "") == ["home", "work"]
    assert completed("--profile", "w") == ["work"]
    assert completed("--base-url", "https://a.example", "auth", "switch", "") == ["x"]


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[1]", b'{"of": 1}', b"[" * 9999, b"\xff", b'[{"id": "x"}]']
)
def test_whatever_is_wrong_it_is_silent(vsms: Vsms, completed: Completed, content: bytes) -> None:
    vsms.sandbox("orders", "list")
    completed("orders", "")
    cache = vsms.state_dir / "cache"
    assert {file.name for file in cache.iterdir()} == {"orders-sandbox.json"}
    for file in (*cache.iterdir(), cache / "catalogue-virtualsms.io.json"):
        file.write_bytes(content)
    vsms.config_dir.mkdir()
    (vsms.config_dir / "profiles.json").write_bytes(content)

    assert completed("--sandbox", "orders", "show", "a") == []
    assert completed("orders", "list", "--country", "A") == []
    assert completed("--profile", "x") == []
    assert completed("orders", "sh") == ["show"]
    (vsms.config_dir / "config.toml").write_bytes(b"timout = 1")
    assert completed("--sandbox", "orders", "cancel", "") == completed("auth", "switch", "x") == []
    assert completed("orders", "sh", VSMS_STATE_DIR="~/x") == []
    assert vsms("__complete").code == 0


def test_text_of_the_services_can_do_nothing_to_the_terminal(vsms: Vsms) -> None:
    countries(vsms, ["AR", "Arg\x1b[31m"], ["A\nX", "A\tb"], ["A\u202ez", "A"])

    done = vsms("__complete", "orders", "list", "--country", "A")
    assert done.lines == ["AR\tArg\\x1b[31m", "A\tA\\u202ez"]


# What some shell, or a list with commas, reads as more than a letter; PowerShell knows quotes and dashes beyond ASCII.
@pytest.mark.parametrize("char", [*"$`\"'\\!&|;<>(){}[]*?#~%^=,:@", *"‘’‚‛“”–\u00a0\u3000\u2028\u200b"])  # noqa: RUF001 - these are meant
def test_a_name_with_a_character_of_a_shells_is_not_offered_and_its_code_is(
    vsms: Vsms, completed: Completed, char: str
) -> None:
    countries(vsms, ["X1", f"Be{char}lin"], [f"B{char}", "Bonn"], ["-B", "-Brest"], ["X2", "Brno/Ost-2"])

    assert completed("orders", "list", "--country", "Be") == ["X1"]
    assert completed("orders", "list", "--country", '"B') == ["X1", "Bonn", "Brno/Ost-2"]
    assert completed("orders", "list", "--country", "") == ["X1", "Bonn", "X2"]
    assert completed("orders", "list", "--country=-") == []


@pytest.mark.parametrize(("env", "offered"), [({"LC_ALL": "C"}, "X1"), ({"LC_ALL": "de_DE.utf8"}, "Türkiye")])
def test_letters_beyond_ascii_are_offered_where_the_shell_can_write_them(
    vsms: Vsms, completed: Completed, env: dict[str, str], offered: str
) -> None:
    countries(vsms, ["X1", "Türkiye"])

    assert completed("orders", "list", "--country", "Tü", **env) == [offered]


def countries(vsms: Vsms, *entries: list[str]) -> None:
    """Left as if they had been read of the service."""
    cache = vsms.state_dir / "cache"
    cache.mkdir(parents=True)
    value = {"at": "2020-01-01T00:00:00Z", "countries": entries, "services": []}
    (cache / "catalogue-virtualsms.io.json").write_text(json.dumps(value))


def test_a_tab_imports_nothing_that_asks_or_draws_not_even_the_first(vsms: Vsms, empty_path: Path) -> None:
    (empty_path / "sitecustomize.py").write_text(TELLS_WHAT_IS_LOADED)
    # Measuring coverage imports sqlite3 itself.
    no_coverage = {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}
    done = vsms.process(
        "__complete", "auth", "status", "--fields", "v", env={"PYTHONPATH": str(empty_path), **no_coverage}
    )
    assert (done.code, done.out, done.err) == (0, "valid\t\n", "|")


def test_a_reader_that_left_gets_no_word(vsms: Vsms) -> None:
    with subprocess.Popen(
        vsms.command("__complete", ""),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=vsms.environment(),
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


def test_an_unknown_shell_is_answered_with_the_nearest(vsms: Vsms) -> None:
    done = vsms("completion", "bsh")
    assert (done.code, done.out) == (2, "")
    assert "did you mean bash?" in done.err
    for shell in completion_candidates.SHELLS:
        script = vsms("completion", shell, env={"VSMS_TIMEOUT": "x"})
        assert (script.code, script.err) == (0, "")
        assert "__complete" in script.out


@pytest.mark.parametrize(
    "words", [("orders", "show"), ("orders", "cancel"), ("rentals", "cancel"), ("auth", "switch")]
)
def test_where_nothing_is_known_nothing_is_offered(vsms: Vsms, words: tuple[str, ...]) -> None:
    done = vsms.process("__complete", *words, "")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_rental_that_is_over_is_not_offered_to_be_cancelled(vsms: Vsms) -> None:
    assert vsms.sandbox("rentals", "list", "--status", "expired").code == 0
    shown = vsms.process("__complete", "--sandbox", "rentals", "show", "").out
    assert "expired" in shown
    assert vsms.process("__complete", "--sandbox", "rentals", "cancel", "").out == ""
