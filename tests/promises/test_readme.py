"""README is the program's: its commands, tables and session are checked, not believed."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from promises import pictures, transcript
from support.vsms import Vsms
from vsms_cli.cli.app import app
from vsms_cli.cli.auth import STATUS_FIELDS
from vsms_cli.cli.config import PATH_FIELDS as CONFIG_PATH_FIELDS
from vsms_cli.cli.config import SHOW_FIELDS as CONFIG_SHOW_FIELDS
from vsms_cli.cli.tree import GROUPS
from vsms_cli.domain.audit import Verdict
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.outcomes import OUTCOMES, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.render import check_lines, money_rows, rows
from vsms_cli.store.settings import OUTPUT_FORMATS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the first table behind a heading, by their first cell without its backquotes."""
    behind = README.partition(heading)[2]
    lines = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert lines is not None, f"no table behind {heading!r}"
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_session_in_the_sandbox_looks_as_a_terminal_shows_it() -> None:
    documented = transcript.documented()

    played = transcript.played(transcript.commands(documented))

    assert transcript.alike(played) == transcript.alike(documented)


def test_the_log_is_what_a_run_without_a_terminal_leaves(vsms: Vsms) -> None:
    kept = README.partition("<!-- log -->\n```text\n")[2].partition("```")[0]

    done = vsms.process(
        "orders", "cancel", "--country", "BR", "--yes",
        env={"VSMS_SANDBOX": "1"}, prefix=("sh", "-c", '"$@" 2>&1', "sh"),
    )  # fmt: skip

    notice = "sandbox: no network, no token, no money\n"
    assert transcript.alike(done.out.replace(notice, "")) == transcript.alike(kept)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_each_picture_shows_what_a_terminal_shows(name: str) -> None:
    kept = (pictures.FOLDER / f"{name}.svg").read_text()

    now = pictures.drawn(pictures.PICTURES[name])

    assert transcript.alike(pictures.text_of(now)) == transcript.alike(pictures.text_of(kept))
    assert f"tests/promises/pictures/{name}.svg" in README
    assert "url(" not in kept.replace("url(#", "")


def test_the_exit_codes_are_the_programs() -> None:
    said = {int(code): meaning[0] for code, meaning in table("### Exit codes").items()}

    assert said == {code.value: code.meaning for code in ExitCode}


@pytest.mark.parametrize(
    ("heading", "operation"),
    [
        ("| outcome of `orders cancel`", Operation.CANCEL),
        ("| outcome of `orders refund`", Operation.REFUND),
        ("| outcome of `orders swap`", Operation.SWAP),
    ],
)
def test_the_outcomes_are_the_programs(heading: str, operation: Operation) -> None:
    start = README.index(heading)
    lines = README[start:].partition("\n\n")[0].splitlines()[2:]
    said = {line.split("|")[1].strip(" `"): line.split("|")[-2].strip() for line in lines}

    ended = [Result(operation=operation, order_id="", outcome=outcome) for outcome in OUTCOMES[operation]]
    assert said == {result.outcome.value: "yes" if result.done else "no" for result in ended}


def test_the_json_keys_are_the_programs() -> None:
    said = {
        command: re.findall(r"\w+", cells[0].split("`")[-2]) for command, cells in table("### JSON").items()
    }

    assert said == {
        "orders list": list(rows.ORDER_FIELDS),
        "orders show": list(rows.ORDER_DETAIL_FIELDS[len(rows.ORDER_FIELDS) :]),
        "orders cancel": list(rows.CANCEL_FIELDS),
        "orders refund": list(rows.REFUND_FIELDS),
        "orders wait": list(rows.MESSAGE_FIELDS),
        "orders swap": list(rows.SWAP_FIELDS),
        "rentals list": list(rows.RENTAL_FIELDS),
        "rentals show": list(rows.RENTAL_FIELDS),
        "rentals cancel": list(rows.CANCEL_FIELDS),
        "balance": list(rows.BALANCE_FIELDS),
        "transactions list": list(money_rows.TRANSACTION_FIELDS),
        "refunds audit": list(money_rows.AUDIT_KEYS),
        "refunds audit .orders[]": list(money_rows.AUDIT_FIELDS),
        "refunds audit .totals": list(money_rows.TOTAL_KEYS),
        "stats": list(money_rows.STATS_KEYS),
        "config show": list(CONFIG_SHOW_FIELDS),
        "doctor": list(check_lines.CHECK_FIELDS),
        "config path": list(CONFIG_PATH_FIELDS),
        "auth status": list(STATUS_FIELDS),
        "journal list": list(rows.JOURNAL_FIELDS),
        "journal show": ["events"],
    }
    assert rows.ORDER_DETAIL_FIELDS[: len(rows.ORDER_FIELDS)] == rows.ORDER_FIELDS


def test_the_verdicts_are_the_programs_and_so_is_what_is_missing() -> None:
    start = README.index("| verdict |")
    rows_ = README[start:].partition("\n\n")[0].splitlines()[2:]
    said = {line.split("|")[1].strip(" `"): line.split("|")[-2].strip() for line in rows_}

    assert said == {verdict.value: "yes" if verdict.owed else "no" for verdict in Verdict}


def test_the_output_formats_are_named() -> None:
    help_ = tree()["orders list"]["--output"].help
    assert all(name in help_ for name in OUTPUT_FORMATS)


def tree() -> dict[str, dict[str, Any]]:
    """Each command's options, by every name that they have."""
    root = get_command(app)
    context = root.make_context("vsms", ["balance"])
    found: dict[str, dict[str, Any]] = {}
    for name in root.list_commands(context):  # type: ignore[attr-defined] # a group, which Typer types as a command
        command = root.get_command(context, name)  # type: ignore[attr-defined] # as above
        for sub in GROUPS.get(name, {"": None}):
            leaf = command.get_command(context, sub) if sub else command
            found[f"{name} {sub}".strip()] = {opt: param for param in leaf.params for opt in param.opts}
    return found


def typed_commands() -> Iterator[str]:
    """Every `vsms …` that README tells to type."""
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            yield from re.findall(r"(?<![\w./-])(?:\S*/)?vsms (?:[^|&;)>]|(?<=\")>)+", line)


def test_every_command_and_option_that_it_types_exists() -> None:
    known = tree()
    groups: Mapping[str, Mapping[str, object]] = GROUPS
    checked = 0
    for typed in typed_commands():
        words = shlex.split(typed.replace("`", ""), comments=True)[1:]
        names = [word for word in words if not word.startswith("-")]
        options = [word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)]
        if words == ["--help"] or "--profile" in words[:1]:
            continue
        path = " ".join(names[:2]) if names[0] in groups else names[0]
        assert path in known, typed
        missing = [option for option in options if option not in known[path]]
        assert not missing, f"{typed}: {missing}"
        checked += 1
    assert checked > 30


def test_it_begins_with_the_two_commands_and_the_gate_runs_the_second() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    gate = (ROOT / ".ci" / "run").read_text()

    assert "--sandbox orders cancel" in blocks[0]
    assert "pytest" in blocks[1]
    assert README.index(blocks[1]) < 1500
    assert "README.md" in gate


def test_every_folder_of_tests_is_run(pytestconfig: pytest.Config) -> None:
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    run = {Path(name).name for name in pytestconfig.getini("testpaths")}

    assert folders - run == {"proof"}
    assert "tests/proof" in (ROOT / ".ci" / "run").read_text()


def test_only_the_named_things_stand_at_the_top_level() -> None:
    import subprocess  # noqa: PLC0415 - one test's

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    top = {name.partition("/")[0] for name in tracked}
    if tracked:  # an unpacked sdist is no checkout
        assert {name for name in top if not name.startswith(".")} == {
            "src",
            "tests",
            "pyproject.toml",
            "README.md",
            "CHANGELOG.md",
        }
