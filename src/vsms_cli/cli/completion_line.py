"""The command line under a Tab, as far as it is typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from vsms_cli.cli.completion_tree import CompletionTree, Node


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
