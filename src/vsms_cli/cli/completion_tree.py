"""The words of the command line, for completion, from a file beside this one.

Asking Typer takes 100 to 200 ms, which a Tab should not cost, not even the first. `python tests/promises/words.py`
writes the file anew, and a test fails where it is not the program's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).with_name("completion_tree.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A group or a command. `commands` with their summaries; `options` by every name, with their help; `takes` are
    the names of those that take a value, `fields` what --fields knows.
    """

    commands: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class CompletionTree:
    """The nodes by their path, read once."""

    def __init__(self, nodes: Mapping[str, Any]) -> None:
        self._nodes = nodes

    @classmethod
    def of_this_program(cls) -> Self:
        """OSError or ValueError where the file is not as it was installed."""
        return cls(json.loads(FILE.read_bytes()))

    def node(self, path: tuple[str, ...]) -> Node:
        """KeyError where there is no such command."""
        kept = self._nodes[" ".join(path)]
        return Node(**{**kept, "takes": tuple(kept["takes"]), "fields": tuple(kept["fields"])})
