"""`vsms config`: each setting, and where it comes from; never a token."""

import json
from pathlib import Path

import pytest

from support.vsms import Vsms
from vsms_cli.store.base_url import DEFAULT_BASE_URL

SETTINGS = ["profile", "base_url", "timeout", "rate_limit", "output", "sandbox", "debug"]
DIRECTORIES = ["config_dir", "state_dir", "cache_dir"]


def write(vsms: Vsms, text: str) -> Path:
    vsms.config_dir.mkdir(exist_ok=True)
    file = vsms.config_dir / "config.toml"
    file.write_text(text)
    return file


def test_without_anything_every_setting_is_its_default(vsms: Vsms) -> None:
    done = vsms("config", "show", "--json")

    assert (done.code, done.err) == (0, "")
    assert [row["key"] for row in done.json] == SETTINGS + DIRECTORIES
    assert all(list(row) == ["key", "value", "source"] for row in done.json)
    values = {row["key"]: row["value"] for row in done.json}
    assert values["base_url"] == DEFAULT_BASE_URL
    assert (values["timeout"], values["rate_limit"], values["output"]) == (30, 60, "json")
    assert (values["sandbox"], values["debug"]) == (False, False)
    sources = {row["key"]: row["source"] for row in done.json}
    assert sources.pop("output") == "option --output"
    assert {sources[key] for key in sources if key in SETTINGS} == {"default"}


def test_the_place_is_named_option_before_variable_before_file(vsms: Vsms) -> None:
    write(vsms, '# mine\nprofile = "work"\ntimeout = 7\nrate_limit = 30\n')
    done = vsms("config", "show", "--timeout", "2.5", env={"VSMS_RATE_LIMIT": "10", "VSMS_TIMEOUT": "9"})

    rows = {key: (value, source) for key, value, source in done.rows}
    assert rows["profile"] == ("work", "config.toml, line 2")
    assert rows["timeout"] == ("2.5", "option --timeout")
    assert rows["rate_limit"] == ("10", "environment variable VSMS_RATE_LIMIT")
    assert rows["output"] == ("", "default")
    assert rows["config_dir"] == (str(vsms.config_dir), "environment variable VSMS_CONFIG_DIR")
    assert rows["state_dir"] == (str(vsms.state_dir), "environment variable VSMS_STATE_DIR")


def test_a_table_shows_the_same(vsms: Vsms) -> None:
    done = vsms("config", "show", "-o", "table", "--fields", "key,source")

    assert done.lines[0].split() == ["KEY", "SOURCE"]
    assert [line.split()[0] for line in done.lines[1:]] == SETTINGS + DIRECTORIES


@pytest.mark.parametrize("variable", ["VSMS_TOKEN", "VIRTUALSMS_API_KEY"])
def test_no_token_is_shown(vsms: Vsms, variable: str) -> None:
    for format_ in ("table", "tsv", "csv", "json", "ndjson"):
        done = vsms("config", "show", "-o", format_, "--debug", env={variable: "vsms_0123456789canary"})
        assert done.code == 0
        assert "canary" not in done.out + done.err


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\ntimout = 3\n", 2, "'timout' is no setting"),
        ("timeout = 3\noutput = 'jsno'\n", 2, "did you mean json?"),
        ("[\n", 1, "not valid TOML"),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_its_path_still_told(
    vsms: Vsms, text: str, line: int, words: str
) -> None:
    file = write(vsms, text)

    shown = vsms("config", "show")
    assert (shown.code, shown.out) == (2, "")
    assert f"{file}, line {line}:" in shown.err
    assert words in shown.err
    assert vsms("config", "path").out == f"{file}\n"
    assert vsms("config", "path", "--json").json["config_file"] == str(file)


def test_the_path_is_a_line_and_with_json_the_directory_too(vsms: Vsms) -> None:
    file = vsms.config_dir / "config.toml"

    assert vsms("config", "path").out == f"{file}\n"
    assert vsms("config", "path", "-o", "tsv", env={"VSMS_TIMEOUT": "x"}).out == f"{file}\n"
    assert vsms("config", "path", "--json").json == {
        "config_file": str(file),
        "config_dir": str(vsms.config_dir),
    }
    assert vsms("config", "path", "--fields", "config_dir").out == f"{vsms.config_dir}\n"
    assert vsms("config", "path", "-o", "jsno").code == 2
    assert not vsms.config_dir.exists()


def test_without_a_home_it_says_what_to_set(vsms: Vsms) -> None:
    done = vsms("config", "path", "--json", env={"VSMS_CONFIG_DIR": "~/nowhere"})

    assert (done.code, done.out) == (2, "")
    assert "VSMS_CONFIG_DIR" in json.loads(done.err)["error"]["message"]
