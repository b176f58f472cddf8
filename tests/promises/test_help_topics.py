"""README and `vsms help` say the same, and of the source what is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from promises import words
from promises.test_readme import README, ROOT
from support.vsms import Vsms
from vsms_cli.cli import reference, topics
from vsms_cli.cli.completion_tree import FILE
from vsms_cli.cli.output_fields import FIELDS
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.refund_verdicts import Verdict
from vsms_cli.domain.tickets import Operation
from vsms_cli.render import money_rows
from vsms_cli.store.settings import OUTPUT_FORMATS

SOURCE = [path for path in sorted((ROOT / "src").rglob("*.py")) if path.name != "reference.py"]
TRIAL = [line.strip() for line in reference.TRIAL.splitlines()]


def test_the_words_of_completion_are_those_of_the_commands() -> None:
    assert FILE.read_text() == words.text(), "python tests/promises/words.py writes them anew"


def test_the_environment_table_names_what_the_source_reads_and_nothing_else() -> None:
    https = {"SSL_CERT_FILE", "SSL_CERT_DIR"}  # httpx's, looked at to say what is wrong with them
    assert {name for path in SOURCE for name in variables_in(path)} - https == set(reference.ENVIRONMENT)


def variables_in(path: Path) -> Iterator[str]:
    """Every variable of ours that a file names, and every one that it takes from an environment."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(r"(VSMS|VIRTUALSMS)_[A-Z_]+", text):
                yield text
            case (
                ast.Call(
                    func=ast.Attribute(
                        attr="get", value=(ast.Name(id="env") | ast.Attribute(attr="environ" | "env"))
                    ),
                    args=[ast.Constant(value=str(text)), *_],
                )
                | ast.Subscript(
                    value=(ast.Name(id="env") | ast.Attribute(attr="environ" | "env")),
                    slice=ast.Constant(value=str(text)),
                )
            ):
                yield text
            case ast.Call(func=ast.Attribute(attr="getenv")):
                pytest.fail(f"{path}: the environment is handed down, not read on the way")


def test_four_recipes_of_the_help_stand_in_readme() -> None:
    shared = [
        what for what, lines in reference.RECIPES.items() if "\n".join(lines) in README and what in README
    ]

    assert len(shared) == 4


def test_the_formats_are_the_programs() -> None:
    assert tuple(reference.FORMATS) == OUTPUT_FORMATS


@pytest.mark.parametrize("operation", Operation)
def test_every_outcome_is_explained_and_marked_where_it_is_done(operation: Operation) -> None:
    meanings = reference.OUTCOME_MEANINGS[operation]
    part = (
        topics.text_of("outcomes", unicode=True).partition(f"{operation.command}\n\n")[2].partition("\n\n")[0]
    )
    for outcome in map(Outcome, meanings):
        done = Result(operation=operation, order_id="", outcome=outcome).done
        assert re.search(rf"^  {outcome.value}{re.escape(' *') if done else ''}  ", part, re.MULTILINE)


def test_every_verdict_is_explained() -> None:
    assert {name for name, _ in reference.VERDICTS} == set(Verdict)


def test_the_keys_of_json_are_the_commands() -> None:
    text = " ".join(topics.text_of("json", unicode=True).split())

    for command, names in FIELDS.items():
        if command != "refunds audit":
            assert f"{command} {', '.join(names)} " in f"{text} "
    assert f".orders[] {', '.join(FIELDS['refunds audit'])}" in text
    assert f".totals {', '.join(money_rows.TOTAL_KEYS)}" in text


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_every_topic_fits_a_terminal_and_needs_no_unicode(topic: str) -> None:
    text = topics.text_of(topic, unicode=False)

    assert text.isascii()
    recipes = {line for lines in reference.RECIPES.values() for line in lines}
    assert all(len(line) <= 80 for line in text.splitlines() if line.strip() not in recipes | set(TRIAL))


def test_the_config_example_is_a_config(vsms: Vsms) -> None:
    vsms.config_dir.mkdir(parents=True)
    (vsms.config_dir / "config.toml").write_text(reference.CONFIG_EXAMPLE)

    rows = {row["key"]: row for row in vsms("config", "show", "--json").json}
    assert rows["profile"]["value"] == "work"
    assert rows["timeout"]["source"].startswith("config.toml")
