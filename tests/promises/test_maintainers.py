"""What the maintainers' pages name is there."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "vsms_cli"
PAGE = (SOURCE / "README.md").read_text()
FILES = sorted(set(re.findall(r"`((?:\w+/)*\w+\.py)`", PAGE)))


def test_every_package_is_in_the_layout() -> None:
    named = set(re.findall(r"^(\w+)/ ", PAGE, re.MULTILINE))

    assert named == {each.name for each in SOURCE.iterdir() if (each / "__init__.py").exists()}


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_it_names_exists(file: str) -> None:
    root = Path(__file__).parents[2]

    assert (SOURCE / file).is_file() or (root / file).is_file()


@pytest.mark.parametrize(("file", "name"), re.findall(r"`((?:\w+/)+\w+\.py)`, `(\w+)`", PAGE))
def test_every_name_that_it_points_to_is_in_that_file(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (SOURCE / file).read_text())


def test_the_page_can_be_read_in_one_sitting() -> None:
    assert len(PAGE) < 11_000
