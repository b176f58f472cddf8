"""README and `vsms help` say the same, and of the source what is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from promises import words
from promises.test_readme import README, ROOT, table
from vsms_cli.cli import topics
from vsms_cli.cli.completion_tree import FILE
from vsms_cli.cli.fields import FIELDS
from vsms_cli.store.settings import OUTPUT_FORMATS

SOURCE = [path for path in sorted((ROOT / "src").rglob("*.py")) if path.name != "topics.py"]
FLAT = " ".join(README.split())


def test_the_words_of_completion_are_those_of_the_commands() -> None:
    assert FILE.read_text() == words.text(), "python tests/promises/words.py writes them anew"


def test_the_environment_table_is_readmes() -> None:
    assert {name: cells[0] for name, cells in table("### Environment").items()} == topics.ENVIRONMENT


def test_the_environment_table_names_what_the_source_reads_and_nothing_else() -> None:
    https = {"SSL_CERT_FILE", "SSL_CERT_DIR"}  # httpx's, looked at to say what is wrong with them
    assert {name for path in SOURCE for name in variables_in(path)} - https == set(topics.ENVIRONMENT)


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


@pytest.mark.parametrize(
    "sentence",
    [topics.PRECEDENCE, topics.SEVERAL_ORDERS, topics.STREAMS, topics.TWICE, topics.JSON, topics.JSON_ERRORS],
)
def test_what_a_topic_says_stands_in_readme(sentence: str) -> None:
    assert sentence in FLAT


def test_the_recipes_are_readmes() -> None:
    for what, lines in topics.RECIPES.items():
        assert f"{what}\n\n```sh\n" + "\n".join(lines) + "\n```" in README.replace("\r", "") or what in FLAT
        assert "\n".join(lines) in README


def test_the_formats_are_the_programs() -> None:
    assert tuple(topics.FORMATS) == OUTPUT_FORMATS


def test_the_fields_are_those_of_readmes_table() -> None:
    checked = 0
    for heading, cells in table("### JSON").items():
        if heading == "refunds audit":  # an object of two; --fields names those of its orders
            continue
        command = heading.removesuffix(" .orders[]")
        names = tuple(re.findall(r"\w+", cells[0].split("`")[-2]))
        if command in FIELDS:
            assert FIELDS[command][-len(names) :] == names
            checked += 1
    assert checked == len(FIELDS)
