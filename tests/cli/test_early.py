"""Which commands connect while they start, and where to: the configured host, where they are sure to ask it."""

from pathlib import Path

import pytest

from vsms_cli.cli.early_start import destination

URL = "https://api.example/api/v1"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        "VSMS_CONFIG_DIR": str(tmp_path),
        "VSMS_STATE_DIR": str(tmp_path),
        "VSMS_BASE_URL": URL,
        "VSMS_TOKEN": "vsms_made_up",
    }


@pytest.mark.parametrize(
    "line",
    [
        "orders cancel 7e44c0 --yes",
        "orders list",
        "orders list --debug -o json",
        "rentals show 7e44c0",
        "transactions list --since 2026-01-01",
        "refunds audit",
        "balance",
        "stats",
        "api /customer/balance",
    ],
)
def test_a_command_that_asks_the_service_connects_to_the_configured_host(
    env: dict[str, str], line: str
) -> None:
    assert destination(line.split(), env) == URL


@pytest.mark.parametrize(
    "line",
    [
        "",
        "orders",
        "orders frobnicate",
        "orders list --help",
        "orders list -h",
        "orders list -qh",
        "orders --sandbox list",
        "orders list --sandbox",
        "orders list --base-url https://other.example",
        "orders list --base-url=https://other.example",
        "orders list --profile other",
        "--debug orders list",
        "--version",
        "auth login",
        "auth token",
        "config show",
        "journal list",
        "journal resolve",
        "sandbox serve",
        "doctor",
        "completion bash",
        "help orders",
        "__complete orders",
    ],
)
def test_one_that_may_not_or_that_may_ask_another_does_not(env: dict[str, str], line: str) -> None:
    assert destination(line.split(), env) == ""


@pytest.mark.parametrize(
    "more",
    [
        {"VSMS_SANDBOX": "1"},
        {"VSMS_BASE_URL": "http://127.0.0.1:8080"},
        {"VSMS_BASE_URL": "https://user@api.example"},
        {"VSMS_TIMEOUT": "none"},
        {"VSMS_TOKEN": ""},
        {"HTTPS_PROXY": "http://proxy.example:3128"},
        {"https_proxy": "http://proxy.example:3128"},
        {"ALL_PROXY": "http://proxy.example:3128"},
        {"VSMS_STATE_DIR": "~/nowhere"},
    ],
)
def test_what_the_environment_has_against_it(env: dict[str, str], more: dict[str, str]) -> None:
    assert destination(["balance"], env | more) == ""


@pytest.mark.parametrize("file", ["profiles.json", "tokens.json"])
def test_a_token_may_also_have_been_stored(env: dict[str, str], tmp_path: Path, file: str) -> None:
    del env["VSMS_TOKEN"]
    assert destination(["balance"], env) == ""
    (tmp_path / file).write_text("{}")
    assert destination(["balance"], env) == URL


def test_the_host_may_stand_in_the_config_where_no_variable_s_token_would_be_kept_from_it(
    env: dict[str, str], tmp_path: Path
) -> None:
    del env["VSMS_BASE_URL"]
    assert destination(["balance"], env) == "https://virtualsms.io/api/v1"
    (tmp_path / "config.toml").write_text(f'base_url = "{URL}"\n')
    (tmp_path / "config.toml").chmod(0o600)
    assert destination(["balance"], env) == ""
    (tmp_path / "profiles.json").write_text("{}")
    del env["VSMS_TOKEN"]
    assert destination(["balance"], env) == URL
    (tmp_path / "config.toml").write_text("sandbox = true\n")
    assert destination(["balance"], env) == ""
