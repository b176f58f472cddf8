"""`config.toml`, read with line numbers and changed without disturbing what a person wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from vsms_cli.domain.errors import ConfigBroken, VsmsError
from vsms_cli.store.paths import refuse_shared, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")  # str.splitlines also splits where TOML does not
_ONE_LINE_STRING: Final = re.compile(r"""(\s*[^=]+=[ \t]*)(?:"[^"\\]*"|'[^']*')([ \t]*(?:\#.*)?\r?\n?)""")


def read_config(path: Path) -> tuple[dict[str, Any], str]:
    """What `config.toml` says, and its text; nothing without one. ConfigBroken names file and line."""
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise ConfigBroken(f"{path}, line {line}: not UTF-8", hint="save the file as UTF-8") from exc
    except OSError as exc:
        raise ConfigBroken(
            f"{path} can't be read: {exc.strerror}", hint="or name another directory with VSMS_CONFIG_DIR"
        ) from exc
    for each in (path, path.parent):
        refuse_shared(each, follow=True)
    try:
        return _parsed(text), text
    except ValueError as exc:
        raise ConfigBroken(
            f"{path}, line {_broken_line(text, str(exc))}: not valid TOML: {exc}",
            hint='a setting is a line such as `timeout = 30` or `output = "json"`',
        ) from exc


def line_of(text: str, key: str) -> int:
    """The line, from 1, where a top-level key or table of valid TOML stands; 1 where its spelling is odd."""
    return next((start + 1 for start, _ in _statements(text.replace("\r\n", "\n"), key)), 1)


def replace_profile(path: Path, name: str) -> None:
    """Write the top-level `profile = "NAME"`; all else stays byte for byte.

    ConfigBroken where the file is not valid before, or would not be after; VsmsError where it can't be
    written. In each case the file is as it was.
    """
    before, text = read_config(path)
    lines = _LINE.findall(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    statement = f'profile = "{name}"'
    place = next(_statements(text, "profile"), None)
    if place is None:
        lines.insert(0, statement + ending)
    else:
        start, end = place
        old = "".join(lines[start:end])
        simple = _ONE_LINE_STRING.fullmatch(old)
        lines[start:end] = [f'{simple[1]}"{name}"{simple[2]}' if simple else statement + ending]
    text = "".join(lines)
    try:
        after = _parsed(text)
    except ValueError:
        after = {}
    if not isinstance(before.get("profile", ""), str) or after != before | {"profile": name}:
        raise ConfigBroken(
            f"{path}: its `profile` is written in a way that can't be changed here",
            hint=f"change it by hand to {statement}",
        )
    try:
        write_private(path, text.encode(), follow=True)
    except OSError as exc:
        raise VsmsError(f"{path} can't be written: {exc.strerror}") from exc


def _statements(text: str, key: str) -> Iterator[tuple[int, int]]:
    """First line, from 0, and the line after the last one, of the top-level statement or table of that name.

    A candidate counts only where all that is above it is whole TOML: then it is in no string and no array.
    """
    quoted = re.escape(key)
    begins = re.compile(rf"""[ \t]*(\[?\[?)[ \t]*(?:{quoted}|"{quoted}"|'{quoted}')[ \t]*[=.\]]""")
    lines = _LINE.findall(text)
    for start, line in enumerate(lines):
        if not begins.match(line):
            continue
        above = "".join(lines[:start])
        try:
            known = _parsed(above)
        except ValueError:
            continue
        for end in range(start + 1, len(lines) + 1):
            try:
                with_it = _parsed(above + "".join(lines[start:end]))
            except ValueError:
                continue
            if key in with_it and key not in known:
                yield start, end
            break


def _parsed(text: str) -> dict[str, Any]:
    """ValueError where it is not TOML, or nested too deeply for the parser."""
    import tomllib  # noqa: PLC0415 - most runs have no config.toml to read

    try:
        return tomllib.loads(text)
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc


def _broken_line(text: str, complaint: str) -> int:
    """The parser gives it in words; where it says "at end of document", or nothing, it is the last line."""
    found = re.search(r"at line (\d+)", complaint)
    return int(found[1]) if found else max(1, len(_LINE.findall(text)))
