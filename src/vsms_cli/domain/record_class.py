"""Immutable records: what `@dataclass(frozen=True, slots=True, kw_only=True)` gives, at a fraction of its cost.

One cancel defines some 60 of them before its request. `dataclass` writes and compiles five methods for each, which
takes 0.4 ms. Here all records share four methods, and the fifth, the constructor, is compiled for the first object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, dataclass_transform

_T = TypeVar("_T")

if TYPE_CHECKING:
    from collections.abc import Mapping

    # A checker then checks the names and types of the changes.
    from dataclasses import replace
else:

    def replace(old: _T, /, **changes: object) -> _T:
        """A copy of a record, with some fields changed."""
        kind: Any = type(old)
        return kind(**{name: getattr(old, name) for name in kind.record_fields} | changes)


__all__ = ["REQUIRED", "fields", "is_record", "record", "replace"]

REQUIRED: Final = object()  # the default of a field that has none


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[_T]) -> type[_T]:
    """The class as a record: its annotations, and those of a record that it extends, are its fields."""
    space: dict[str, Any] = dict(vars(cls))
    own = {
        name: space.pop(name, REQUIRED)
        for name, annotation in cls.__annotations__.items()
        if not str(annotation).startswith(("ClassVar", "typing.ClassVar"))
    }
    for name in ("__dict__", "__weakref__"):
        space.pop(name, None)
    for name, method in _METHODS.items():
        space.setdefault(name, method)
    space["__slots__"] = tuple(own)
    space["record_fields"] = {**getattr(cls, "record_fields", {}), **own}
    metaclass: Any = type(cls)
    made: type[_T] = metaclass(cls.__name__, cls.__bases__, space)
    return made


def is_record(kind: type[Any]) -> bool:
    return hasattr(kind, "record_fields")


def fields(kind: type[Any]) -> Mapping[str, Any]:
    """The names of a record's fields, each with its default or REQUIRED."""
    found: Mapping[str, Any] = kind.record_fields
    return found


def _compile_init(self: Any, /, **values: Any) -> None:  # noqa: ANN401 - any record
    """The constructor until the first object is made: it puts the real one in its place."""
    kind = type(self)
    names = kind.record_fields
    parameters = ", ".join(
        name if default is REQUIRED else f"{name}=defaults['{name}']" for name, default in names.items()
    )
    lines = [f"def __init__(self, *, {parameters}):" if names else "def __init__(self):"]
    lines += [f"    set_{name}(self, {name})" for name in names] or ["    pass"]
    space = {"defaults": names, **{f"set_{name}": getattr(kind, name).__set__ for name in names}}
    exec("\n".join(lines), space)  # noqa: S102 - names from our own source, as dataclass does
    kind.__init__ = space["__init__"]
    kind.__init__(self, **values)


def _refuse(self: Any, name: str, *_value: object) -> None:  # noqa: ANN401 - any record
    raise AttributeError(f"{type(self).__name__}.{name} can't be changed")


def _values(of: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any record
    return tuple([getattr(of, name) for name in of.record_fields])


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:  # noqa: ANN401 - any record
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.record_fields)
    return f"{type(self).__name__}({shown})"


_METHODS: Final[Mapping[str, Any]] = {
    "__init__": _compile_init,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
}
