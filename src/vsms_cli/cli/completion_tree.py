"""The words of the command line, for completion, from a file beside this one; and the line under a Tab, read by them.

Asking Typer takes 100 to 200 ms, which a Tab should not cost, not even the first. `python tests/promises/words.py`
writes the file anew, and a test fails where it is not the program's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """The nodes by their path, read once. OSError or ValueError where the file is not as it was installed."""

    def __init__(self) -> None:
        self._nodes = json.loads(FILE.read_bytes())

    def node(self, path: tuple[str, ...]) -> Node:
        """KeyError where there is no such command."""
        kept = self._nodes[" ".join(path)]
        return Node(**{**kept, "takes": tuple(kept["takes"]), "fields": tuple(kept["fields"])})


@dataclass(slots=True)
class Line:
    """The line as far as it goes. `option` is the one whose value is under the cursor, `before` what stands in the
    same word ahead of what is to be completed.
    """

    node: Node
    current: str
    path: tuple[str, ...] = ()
    option: str = ""
    before: str = ""
    said: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    ended: bool = False

    @classmethod
    def read(cls, words: Sequence[str], tree: CompletionTree) -> Self:
        line, words = cls(node=tree.node(()), current=""), [_plain(word) for word in words] or [""]
        for word in words[:-1]:
            line._take(word, tree)
        last = words[-1]
        if last == "=" and line.option:  # bash splits `--output=json` into three words
            last = ""
        elif last.startswith("--") and "=" in last and not line.option and not line.ended:
            line.option, _, last = last.partition("=")
            line.before = f"{line.option}="
        line.current = last
        return line

    def _take(self, word: str, tree: CompletionTree) -> None:
        if self.option:
            if word != "=":
                self.said[self.option], self.option = word, ""
        elif word == "--":
            self.ended = True
        elif word.startswith("-") and word != "-" and not self.ended:
            name, equals, value = word.partition("=")
            if equals:
                self.said[name] = value
            elif name in self.node.takes:
                self.option = name
            else:
                self.said[name] = ""
        elif self.node.commands:
            self.path = (*self.path, word)
            self.node = tree.node(self.path)
        else:
            self.arguments.append(word)


def _plain(word: str) -> str:
    """A word as it is typed, without its quotes and backslashes: it is only compared with others."""
    return "".join(char for char in word if char not in "\"'\\").strip()
