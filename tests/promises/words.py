"""The words that completion knows, as Typer has them: `python tests/promises/words.py` writes them anew."""

import json
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from vsms_cli.cli.app import app
from vsms_cli.cli.command_tree import GROUPS, ROOT
from vsms_cli.cli.completion_tree import FILE
from vsms_cli.cli.output_fields import FIELDS


def text() -> str:
    return json.dumps(dict(_nodes(get_command(app), ())), indent=1) + "\n"


def _nodes(found: Any, path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    options = [param for param in found.params if param.param_type_name == "option"]
    table = (GROUPS[path[0]] if path else ROOT) if hasattr(found, "table") else {}
    yield (
        " ".join(path),
        {
            "commands": {name: lazy.summary for name, lazy in table.items()},
            "options": {name: param.help or "" for param in options for name in param.opts}
            | {"--help": "Help."},
            "takes": [name for param in options if not param.is_flag for name in param.opts],
            "fields": list(FIELDS.get(" ".join(path), ())),
        },
    )
    for name in table:
        yield from _nodes(found.get_command(None, name), (*path, name))


if __name__ == "__main__":
    FILE.write_text(text())
