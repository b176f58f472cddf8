from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.domain import record_class
from vsms_cli.domain.errors import ConfigBroken, ExitCode, UsageMistake
from vsms_cli.store.base_url import DEFAULT_BASE_URL
from vsms_cli.store.paths import Paths
from vsms_cli.store.settings import (
    Options,
    Settings,
    Source,
    load_settings,
    set_active_profile,
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config_dir=tmp_path / "c", state_dir=tmp_path / "s", cache_dir=tmp_path / "k")


def write(paths: Paths, text: str) -> None:
    paths.config_dir.mkdir(exist_ok=True)
    paths.config_file.write_bytes(text.encode())


def values(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name).value for name in record_class.fields(type(settings))}


def test_without_anything_the_defaults_hold(paths: Paths) -> None:
    settings = load_settings(Options(), {}, paths)
    assert values(settings) == {
        "profile": "default", "base_url": DEFAULT_BASE_URL, "timeout": 30.0, "rate_limit": 60, "output": None,
        "sandbox": False, "debug": False,
    }  # fmt: skip
    assert {getattr(settings, name).source for name in record_class.fields(type(settings))} == {
        Source.DEFAULT
    }


CONFIG = """
profile = "work"
base_url = "https://other.example/v1/"
timeout = 7
rate_limit = 30
output = "csv"
sandbox = true
debug = true
"""
ENVIRONMENT = {
    "VSMS_PROFILE": "home", "VSMS_BASE_URL": "http://localhost:1", "VSMS_TIMEOUT": "2.5",
    "VSMS_RATE_LIMIT": "10", "VSMS_OUTPUT": "json", "VSMS_SANDBOX": "off", "VSMS_DEBUG": "No",
}  # fmt: skip


def test_option_beats_environment_beats_config_and_each_says_so(paths: Paths) -> None:
    write(paths, CONFIG)
    from_config = load_settings(Options(), dict.fromkeys(ENVIRONMENT, ""), paths)
    assert values(from_config) == {
        "profile": "work", "base_url": "https://other.example/v1", "timeout": 7.0, "rate_limit": 30,
        "output": "csv", "sandbox": True, "debug": True,
    }  # fmt: skip
    assert from_config.timeout.source is Source.CONFIG
    from_env = load_settings(Options(), ENVIRONMENT, paths)
    assert values(from_env) == {
        "profile": "home", "base_url": "http://localhost:1", "timeout": 2.5, "rate_limit": 10,
        "output": "json", "sandbox": False, "debug": False,
    }  # fmt: skip
    assert (from_env.timeout.source, from_env.timeout.name) == ("environment", "VSMS_TIMEOUT")
    options = Options(profile="x", base_url="https://a.b", timeout=1, output="ids", sandbox=True, debug=True)
    from_options = load_settings(options, ENVIRONMENT, paths)
    assert values(from_options) == {
        "profile": "x", "base_url": "https://a.b", "timeout": 1.0, "rate_limit": 10, "output": "ids",
        "sandbox": True, "debug": True,
    }  # fmt: skip
    assert (from_options.profile.source, from_options.base_url.name) == ("option", "--base-url")


@pytest.mark.parametrize("word", ["1", "true", "YES", " on "])
def test_a_flag_in_the_environment_may_be_said_in_several_words(word: str, paths: Paths) -> None:
    assert load_settings(Options(), {"VSMS_SANDBOX": word}, paths).sandbox.value is True


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("VSMS_PROFILE", "a/b"), ("VSMS_PROFILE", "x" * 65), ("VSMS_BASE_URL", "http://evil.com"),
        ("VSMS_TIMEOUT", "0"), ("VSMS_TIMEOUT", "-1"), ("VSMS_TIMEOUT", "601"), ("VSMS_TIMEOUT", "nan"),
        ("VSMS_TIMEOUT", "inf"), ("VSMS_TIMEOUT", "1e2"), ("VSMS_TIMEOUT", "٣"), ("VSMS_RATE_LIMIT", "0"),
        ("VSMS_RATE_LIMIT", "10001"), ("VSMS_RATE_LIMIT", "1.5"), ("VSMS_RATE_LIMIT", "1_0"),
        ("VSMS_OUTPUT", "xml"), ("VSMS_SANDBOX", "maybe"), ("VSMS_DEBUG", "2"),
    ],
)  # fmt: skip
def test_a_bad_variable_is_named_and_exits_2(variable: str, text: str, paths: Paths) -> None:
    with pytest.raises(ConfigBroken, match=f"^{variable} ") as caught:
        load_settings(Options(), {variable: text}, paths)
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_bad_option_is_a_mistake_in_use(paths: Paths) -> None:
    with pytest.raises(UsageMistake, match=r"^--base-url must not hold a user name") as caught:
        load_settings(Options(base_url="https://a:hunter2@b"), {}, paths)
    assert "hunter2" not in caught.value.message + caught.value.hint
    with pytest.raises(UsageMistake, match=r"did you mean json"):
        load_settings(Options(output="jsno"), {}, paths)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("timeout = 30\ntimout = 3\n", 2, "'timout' is no setting"),
        ("# a\n\n[server]\nprofile = 'x'\n", 3, "'server' is no setting"),
        ("# a\r\nx.y = 1\r\n", 2, "'x' is no setting"),
        ("profile = 'a'\n\"output\" = 3", 2, "'output' must be a text in quotes"),
        ("\ntimeout = true", 2, "'timeout' must be a number"),
        ("timeout = nan", 1, "'timeout' must be a number"),
        ("timeout = 1" + "0" * 400, 1, "'timeout' must be a number"),
        ("rate_limit = 1.0", 1, "'rate_limit' must be a whole number"),
        ("rate_limit = true", 1, "'rate_limit' must be a whole number"),
        ("debug = 1", 1, "'debug' must be true or false"),
        ("profile = 'a b'", 1, "'profile' must be 1 to 64"),
        ("base_url = 'http://a.b'", 1, "'base_url' is plain http to a.b"),
        ("a = '''\nb = 1\n'''\n", 1, "'a' is no setting"),
        ('timeout = """\n', 1, "not valid TOML"),
        ("timeout = 1\ntimeout = \n", 2, "not valid TOML"),
        ("timeout = 1\ntimeout = 2\n", 2, "not valid TOML"),
        ("a = " + "[" * 5000, 1, "not valid TOML: nested too deep"),
        ("timeout = 1" + "0" * 5000, 1, "not valid TOML"),
    ],
)
def test_a_broken_config_names_file_line_and_key(text: str, line: int, words: str, paths: Paths) -> None:
    write(paths, text)
    with pytest.raises(ConfigBroken) as caught:
        load_settings(Options(), {}, paths)
    assert caught.value.message.startswith(f"{paths.config_file}, line {line}: {words}")
    assert caught.value.exit_code is ExitCode.USAGE


def test_an_unknown_key_is_answered_with_the_nearest(paths: Paths) -> None:
    write(paths, "timout = 3")
    with pytest.raises(ConfigBroken) as caught:
        load_settings(Options(timeout=3), {}, paths)
    assert caught.value.hint == "did you mean timeout?"
    write(paths, "zzzz = 3")
    with pytest.raises(ConfigBroken) as caught:
        load_settings(Options(), {}, paths)
    assert caught.value.hint.startswith("there are: profile, base_url")


def test_a_config_that_is_no_text_or_no_file_is_said(paths: Paths) -> None:
    paths.config_dir.mkdir()
    paths.config_file.write_bytes(b"timeout = 1\n# caf\xe9")
    with pytest.raises(ConfigBroken, match="line 2: not UTF-8"):
        load_settings(Options(), {}, paths)
    paths.config_file.unlink()
    paths.config_file.mkdir()
    with pytest.raises(ConfigBroken, match="can't be read"):
        load_settings(Options(), {}, paths)


def test_without_a_home_directory_there_is_no_config_to_read(paths: Paths) -> None:
    homeless = record_class.replace(paths, config_dir=Path("~/x"))
    assert load_settings(Options(), {}, homeless).profile.value == "default"


def test_the_profile_that_was_switched_to_is_in_force(paths: Paths) -> None:
    set_active_profile(paths, "work")
    profile = load_settings(Options(), {}, paths).profile
    assert (profile.value, profile.source) == ("work", "config.toml")


def test_switching_to_a_name_that_is_none_is_a_mistake(paths: Paths) -> None:
    with pytest.raises(UsageMistake, match="a profile's name must be"):
        set_active_profile(paths, 'a"\nb')
    assert not paths.config_dir.exists()


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_as_config_are_settings_or_a_clear_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("any")
    paths = Paths(config_dir=directory, state_dir=directory, cache_dir=directory)
    paths.config_file.write_bytes(content)
    try:
        load_settings(Options(), {}, paths)
    except ConfigBroken as exc:
        assert str(paths.config_file) in exc.message  # noqa: PT017 - most input is no error, and that is fine
