"""Records: as frozen dataclasses, without their cost."""

from __future__ import annotations

from typing import ClassVar

import pytest

from vsms_cli.domain.record_class import REQUIRED, fields, is_record, record, replace


@record
class Point:
    kind: ClassVar[str] = "point"
    x: int
    y: int = 2

    @property
    def total(self) -> int:
        return self.x + self.y


@record
class Named(Point):
    name: str = "a"


@record
class Nothing:
    pass


@record
class Secret:
    token: str

    def __repr__(self) -> str:
        return "Secret"


def test_fields_are_given_by_name_and_have_defaults() -> None:
    point = Point(x=1)
    assert (point.x, point.y, point.total, Point.kind) == (1, 2, 3, "point")
    assert Nothing() == Nothing()


@pytest.mark.parametrize("wrong", [{}, {"x": 1, "z": 2}])
def test_a_missing_and_a_wrong_field_are_refused(wrong: dict[str, int]) -> None:
    for _first_and_later in range(2):
        with pytest.raises(TypeError):
            Point(**wrong)


def test_a_field_without_its_name_is_refused() -> None:
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg] # what is refused


def test_nothing_can_be_changed() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match=r"Point\.x can't be changed"):
        point.x = 2  # type: ignore[misc] # what is refused
    with pytest.raises(AttributeError):
        point.new = 2  # type: ignore[attr-defined] # what is refused
    with pytest.raises(AttributeError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_equal_values_of_one_class_are_equal_and_hash_alike() -> None:
    assert Point(x=1) == Point(x=1, y=2)
    assert hash(Point(x=1)) == hash(Point(x=1, y=2))
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Named(x=1)
    assert Point(x=1) != object()


def test_a_record_that_extends_another_has_its_fields_too() -> None:
    named = Named(x=1, name="b")
    assert (named.x, named.y, named.name, named.total) == (1, 2, "b", 3)
    assert isinstance(named, Point)
    assert repr(named) == "Named(x=1, y=2, name='b')"


def test_a_copy_with_changes_is_of_the_same_class() -> None:
    named = Named(x=1)
    assert replace(named, y=5) == Named(x=1, y=5)
    assert named == Named(x=1)
    with pytest.raises(TypeError):
        replace(named, z=1)  # type: ignore[call-arg] # what is refused


def test_a_method_that_the_class_writes_itself_stays() -> None:
    assert repr(Secret(token="x")) == "Secret"


def test_fields_tells_names_and_defaults() -> None:
    assert dict(fields(Named)) == {"x": REQUIRED, "y": 2, "name": "a"}
    assert is_record(Point)
    assert not is_record(int)
