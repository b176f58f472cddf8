"""The words of the command line, for completion: asked of Typer once, then kept in the cache directory.

A tree of Typer's takes 100 ms to import, which a Tab should not cost. What is kept holds as long as the command
line's own files stay as they are.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from vsms_cli import __version__
from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.store.paths import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A group or a command. `commands` with their summaries; `options` by every name, with their help; `takes` are
    the names of those that take a value, `fields` what --fields knows.
    """

    commands: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @classmethod
    def of_typer(cls, path: tuple[str, ...]) -> Self:
        """KeyError where there is no such command."""
        from typer.main import get_command  # noqa: PLC0415 - see the top

        from vsms_cli.cli.app import ROOT, app  # noqa: PLC0415 - as above
        from vsms_cli.cli.fields import FIELDS  # noqa: PLC0415 - as above

        found: Any = get_command(app)
        for name in path:
            found = found.get_command(None, name)
            if found is None:
                raise KeyError(name)
        options = [param for param in found.params if param.param_type_name == "option"]
        table = getattr(found, "table", {})
        return cls(
            commands={name: (ROOT if not path else table)[name].summary for name in table},
            options={name: param.help or "" for param in options for name in param.opts}
            | {"--help": "Help."},
            takes=tuple(name for param in options if not param.is_flag for name in param.opts),
            fields=tuple(FIELDS.get(" ".join(path), ())),
        )


class Words:
    """The nodes, each read from the cache or else asked of Typer and kept."""

    def __init__(self, cache_dir: Path) -> None:
        self._file = cache_dir / "words.json"
        self._stamp = f"{__version__} {_newest_source()}"
        self._nodes: dict[str, Any] = {}
        try:
            kept = json.loads(self._file.read_bytes())
            if kept["of"] == self._stamp:
                self._nodes = dict(kept["nodes"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return

    def node(self, path: tuple[str, ...]) -> Node:
        """KeyError where there is no such command."""
        name = " ".join(path)
        if name in self._nodes:
            kept = self._nodes[name]
            return Node(**{**kept, "takes": tuple(kept["takes"]), "fields": tuple(kept["fields"])})
        node = Node.of_typer(path)
        self._nodes[name] = asdict(node)
        with contextlib.suppress(
            OSError, ConfigBroken
        ):  # read-only, or no home: the next Tab asks Typer again
            write_private(self._file, json.dumps({"of": self._stamp, "nodes": self._nodes}).encode())
        return node


def _newest_source() -> int:
    """When the command line last changed, as its files say."""
    return max(path.stat().st_mtime_ns for path in Path(__file__).parent.rglob("*.py"))
