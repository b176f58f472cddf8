"""Help, versions, and what a mistyped command line is told."""

import json
import re
from pathlib import Path

import pytest

from support.loaded import TELLS_WHAT_IS_LOADED
from support.vsms import Vsms
from vsms_cli.cli.command_tree import GROUPS, ROOT

COMMON = ("--profile", "--sandbox", "--base-url", "--timeout", "--debug", "--no-color", "-h, --help")
COMMANDS = [[name] for name in ROOT if name not in GROUPS] + [
    [group, name] for group, table in GROUPS.items() for name in table
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_of_its_own(vsms: Vsms, command: list[str]) -> None:
    done = vsms(*command, "--help")
    assert (done.code, done.err) == (0, "")
    assert vsms(*command, "-h").out == done.out
    _, _, examples = done.out.partition("Example")
    assert re.search(rf"^ {{4}}.*vsms {' '.join(command)}", examples, re.MULTILINE)
    assert all(option in done.out for option in COMMON)
    assert all(len(line) <= 100 for line in done.lines)
    assert not re.search(r"^  -.*[^ ]$", done.out, re.MULTILINE) or "  " in done.out


@pytest.mark.parametrize("group", [[], *([name] for name in GROUPS)], ids=" ".join)
def test_a_group_lists_its_commands_also_when_called_bare(vsms: Vsms, group: list[str]) -> None:
    done = vsms(*group, "-h")
    assert (done.code, done.err) == (0, "")
    table = GROUPS[group[0]] if group else ROOT
    assert all(re.search(rf"^  {name} +[A-Z]", done.out, re.MULTILINE) for name in table)
    bare = vsms(*group)
    assert (bare.code, bare.err) == (0, "")
    assert bare.out.strip() == done.out.strip()


def test_global_options_are_taken_before_between_and_after(vsms: Vsms) -> None:
    lists = [
        ("--sandbox", "orders", "list"),
        ("orders", "--sandbox", "list"),
        ("orders", "list", "--sandbox"),
        ("--timeout", "5", "orders", "--no-color", "list", "--sandbox"),
    ]
    for args in lists:
        done = vsms(*args)
        assert done.code == 0, done.err
        assert len(done.lines) == 10


def test_what_is_said_nearest_to_the_command_wins(vsms: Vsms) -> None:
    told = vsms(
        "--profile", "far", "auth", "--profile", "nearer", "status", "--sandbox", "--fields", "profile"
    )
    assert told.out == "nearer\n"


@pytest.mark.parametrize(
    "args",
    [["--timeout", "0"], ["--timeout", "-1"], ["--timeout", "x"], ["--profile", ""], ["--base-url", ""]],
)
def test_a_global_option_without_sense_is_refused_and_never_passed_over(vsms: Vsms, args: list[str]) -> None:
    for line in ([*args, "--sandbox", "balance"], ["--sandbox", "balance", *args]):
        done = vsms(*line)
        assert (done.code, done.out) == (2, "")
        assert args[0] in done.err


@pytest.mark.parametrize(
    ("args", "near"),
    [
        (["ordrs"], "orders"),
        (["orders", "lst"], "list"),
        (["orders", "cancle"], "cancel"),
        (["auth", "stat"], "status"),
        (["orders", "list", "--contry", "AR"], "--country"),
        (["orders", "cancel", "--yess"], "--yes"),
        (["balance", "--jsn"], "--json"),
        (["--sandbx", "balance"], "--sandbox"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest(vsms: Vsms, args: list[str], near: str) -> None:
    done = vsms(*args)
    assert (done.code, done.out) == (2, "")
    assert "did you mean " in done.err
    assert near in done.err
    assert "Possible options" not in done.err


@pytest.mark.parametrize(
    ("args", "message", "help_of"),
    [
        (["orders", "show"], "missing argument 'ID'", "orders show"),
        (["orders", "list", "--country"], "option '--country' needs a value", "orders list"),
        (["orders", "list", "--limit", "x"], "'x' is not a whole number", "orders list"),
        (["journal", "show", "x"], "'x' is not a whole number", "journal show"),
        (["orders", "list", "extra"], "too many arguments: (extra)", "orders list"),
        (["nonsense"], "unknown command 'nonsense' for 'vsms'", ""),
    ],
)
def test_a_mistake_says_what_it_is_and_whose_help_to_read(
    vsms: Vsms, args: list[str], message: str, help_of: str
) -> None:
    done = vsms(*args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert f"`vsms {help_of} --help`".replace("  ", " ") in done.err


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["orders", "list", "-o", "json", "--bogus"], {}),
        (["orders", "list", "--json", "--bogus"], {}),
        (["orders", "list", "--output=json", "--limit", "x"], {}),
        (["orders", "lst"], {"VSMS_OUTPUT": "json"}),
        (["orders", "show", "zzz", "-ojson"], {}),
        (["orders", "cancel", "-o", "ndjson"], {}),
    ],
)
def test_with_json_an_error_is_one_line_of_json_on_stderr(
    vsms: Vsms, args: list[str], env: dict[str, str]
) -> None:
    done = vsms(*args, env=env)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    error = json.loads(line)["error"]
    assert list(error) == ["code", "message", "hint"]
    assert error["code"] == "usage"


def test_an_option_goes_before_the_environment_for_errors_too(vsms: Vsms) -> None:
    done = vsms("orders", "show", "zzz", "-o", "tsv", env={"VSMS_OUTPUT": "json"})
    assert done.err.startswith("vsms: 'zzz' is not an order id")


def test_the_version_is_printed_wherever_it_is_asked_for(vsms: Vsms) -> None:
    first = vsms("--version")
    assert (first.code, first.err) == (0, "")
    assert re.fullmatch(r"vsms \d+\.\d+\.\d+\n", first.out)
    assert vsms("--sandbox", "--version").out == vsms("--version", "orders").out == first.out
    assert "--version" in vsms("--help").out


def test_the_version_costs_neither_typer_nor_httpx(vsms: Vsms, empty_path: Path) -> None:
    (empty_path / "sitecustomize.py").write_text(TELLS_WHAT_IS_LOADED)
    # Measuring coverage imports sqlite3 itself.
    no_coverage = {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}
    done = vsms.process("--version", env={"PYTHONPATH": str(empty_path), **no_coverage})
    assert (done.code, done.err) == (0, "|")


@pytest.mark.parametrize(
    "args", [("-yo", "json"), ("-yojson",), ("-yo=json",), ("-qo", "ndjson"), ("--output", "json", "-y")]
)
def test_an_error_is_json_however_json_was_asked_for(vsms: Vsms, args: tuple[str, ...]) -> None:
    done = vsms("orders", "cancel", "zzz", *args)
    assert list(json.loads(done.err)) == ["error"]


def test_an_error_is_json_where_config_toml_says_so(vsms: Vsms) -> None:
    vsms.config_dir.mkdir()
    (vsms.config_dir / "config.toml").write_text('output = "json"\n')
    assert list(json.loads(vsms("orders", "show", "zzz").err)) == ["error"]
    assert vsms("orders", "show", "zzz", "-o", "tsv").err.startswith("vsms: ")


def test_an_option_goes_before_a_variable_that_cannot_be_used(vsms: Vsms) -> None:
    done = vsms("--timeout", "5", "config", "show", env={"VSMS_TIMEOUT": "x", "VSMS_OUTPUT": "tsv"})
    assert (done.code, "timeout\t5\toption --timeout" in done.out) == (0, True), done.out


def test_retries_are_no_lines_beside_a_json_error(vsms: Vsms) -> None:
    env = {"VSMS_TOKEN": "vsms_x", "VSMS_BASE_URL": "http://127.0.0.1:9/api/v1", "VSMS_TIMEOUT": "0.7"}
    done = vsms("balance", "--json", env=env)
    assert (done.code, list(json.loads(done.err))) == (6, ["error"])


@pytest.mark.parametrize("args", [("--json", "orders", "list"), ("orders", "-q", "list"), ("--yes",)])
def test_an_option_of_commands_before_the_command_is_put_in_its_place(
    vsms: Vsms, args: tuple[str, ...]
) -> None:
    done = vsms(*args)
    assert done.code == 2
    assert "it goes behind the command, as in `vsms orders list --json`" in done.err


def test_an_option_that_a_command_does_not_have_is_not_said_to_go_behind_it(vsms: Vsms) -> None:
    assert "behind" not in vsms("orders", "list", "--yes").err
    assert "did you mean --all? see" in vsms("orders", "cancel", "--al").err
