"""JSON as the API may send it, and nothing that merely looks like it.

The standard library takes NaN, repeated keys and lone surrogates, and turns 0.80 into a float. Here each of
those is an error, and a number with a point is a Decimal with the digits that were sent.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_NUMBER: Final = 64  # characters; the largest amount the API shows has 8
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decode(body: bytes) -> object:
    """The value in `body`. ValueError, with a reason fit for a person, if it is not strict JSON."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"),  # a byte-order mark is none of the text
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_not_a_number,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
    except json.JSONDecodeError as exc:
        raise ValueError(f"not JSON: {exc.msg} at character {exc.pos}") from None
    _check_text([value])
    return value


def _decimal(text: str) -> Decimal:
    _check_length(text)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("a number with a giant exponent") from None
    if value and abs(value.adjusted()) > _LONGEST_NUMBER:
        # Arithmetic with it would overflow, and int() of it would fill the memory.
        raise ValueError("a number with a giant exponent")
    return value


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} characters")


def _not_a_number(text: str) -> object:
    raise ValueError(f"{text} is not a number in JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("the same key twice")
    return result


def _check_text(values: Iterable[object]) -> None:
    """Walk without recursion: what was nested just short of json's own limit must not exceed ours."""
    todo = list(values)
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            if _SURROGATE.search(value):
                raise ValueError("a lone surrogate")
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value)
            todo.extend(value.values())
