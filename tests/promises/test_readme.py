"""README is the program's: its commands, tables and session are checked, not believed."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from promises import pictures, transcript
from vsms_cli import __version__
from vsms_cli.cli.app import app
from vsms_cli.cli.command_tree import GROUPS
from vsms_cli.domain.errors import ExitCode
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


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_each_picture_shows_what_a_terminal_shows(name: str) -> None:
    picture = pictures.PICTURES[name]
    screen = pictures.shown(picture)

    for end, theme in pictures.THEMES.items():
        kept = (pictures.FOLDER / f"{name}{end}.svg").read_text()
        now = pictures.drawn(picture, screen, theme)
        assert transcript.alike(pictures.text_of(now)) == transcript.alike(pictures.text_of(kept))
        assert f"tests/promises/pictures/{name}{end}.svg" in README
        assert "url(" not in kept.replace("url(#", "")


def test_the_exit_codes_are_the_programs() -> None:
    said = {int(code): meaning[0] for code, meaning in table("### Exit codes").items()}

    assert said == {code.value: code.meaning for code in ExitCode}


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
    assert checked > 20


def test_it_begins_with_the_two_commands_and_the_gate_runs_the_second() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    gate = (ROOT / ".ci" / "run").read_text()

    assert "--sandbox orders cancel" in blocks[0]
    assert "pytest" in blocks[1]
    assert README.index(blocks[1]) < 2500
    assert "README.md" in gate


def test_it_can_be_read_in_one_sitting() -> None:
    assert len(README.encode()) <= 12_000
    assert "never run against the live service" in README[:1000]
    assert f"version\n{__version__}" in README[:1000] or f"version {__version__}" in README[:1000]


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
