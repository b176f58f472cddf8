"""JSON with exact decimals: 0.80 stays 0.80. The standard library can't write a Decimal as a number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = "str | int | Decimal | Sequence[Json] | Mapping[str, Json] | None"


def written(value: Json) -> str:
    """The value as JSON text: no blanks, no exponents, non-ASCII letters as they are."""
    match value:
        case Decimal():
            return format(value, "f")
        case Mapping():
            return "{" + ",".join(f"{json.dumps(key)}:{written(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(written(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
