"""`vsms config`: the settings in force, and where each comes from."""

from collections.abc import Iterator
from decimal import Decimal

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.row_output import print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ConfigBroken, ExitCode
from vsms_cli.domain.record_class import fields
from vsms_cli.render.details import facts_text
from vsms_cli.render.documents import Row, Value, cell, to_json
from vsms_cli.render.formats import Format
from vsms_cli.render.safe import safe
from vsms_cli.store.config_file import line_of, read_config
from vsms_cli.store.paths import CONFIG_DIR_VARIABLE, STATE_DIR_VARIABLE
from vsms_cli.store.settings import Source
from vsms_cli.store.settings import Value as Setting

SHOW_FIELDS = ("key", "value", "source")


@command("show", examples=("vsms config show", "vsms config show --json | jq -r '.[] | .key'"))
def show(run: Runtime) -> ExitCode:
    """Show every setting, and whether an option, a variable, config.toml or the default decides it.

    The token is none of them: see `vsms auth status`.
    """
    shape = shape_of(run, SHOW_FIELDS, ids=False)
    rows = list(_rows(run))
    if shape.for_a_person and not shape.chosen:
        facts = {str(row["key"]): f"{cell(row['value']) or '-'}  ({row['source']})" for row in rows}
        run.streams.out.write(facts_text(facts, run.streams.out_surface))
    else:
        print_rows(run, shape, rows, row=lambda each: each)
    return ExitCode.OK


def _rows(run: Runtime) -> Iterator[Row]:
    for name in fields(type(run.settings)):
        setting = getattr(run.settings, name)
        yield {"key": name, "value": _value(setting.value), "source": _source(run, setting)}
    where = {
        "config_dir": CONFIG_DIR_VARIABLE,
        "state_dir": STATE_DIR_VARIABLE,
        "cache_dir": STATE_DIR_VARIABLE,
    }
    for key, variable in where.items():
        said = f"environment variable {variable}" if run.env.get(variable) else str(Source.DEFAULT)
        yield {"key": key, "value": str(getattr(run.paths, key)), "source": said}


def _value(value: str | float | bool | None) -> Value:
    """For a document, whose numbers are decimals."""
    return Decimal(f"{value:g}") if isinstance(value, float) else value


def _source(run: Runtime, setting: Setting[object]) -> str:
    match setting.source:
        case Source.OPTION:
            return f"option {setting.name}"
        case Source.ENVIRONMENT:
            return f"environment variable {setting.name}"
        case Source.CONFIG:
            return f"config.toml, line {_line(run, setting.name)}"
        case Source.DEFAULT:
            return str(Source.DEFAULT)


def _line(run: Runtime, key: str) -> int:
    try:
        return line_of(read_config(run.paths.config_file)[1], key)
    except ConfigBroken:  # changed since it was read, a moment ago
        return 1


PATH_FIELDS = ("config_file", "config_dir")


@command("path", examples=('"$EDITOR" "$(vsms config path)"', "vsms config path --json"), checked=False)
def path(run: Runtime) -> ExitCode:
    """Print where config.toml is looked for, also where it is missing or broken."""
    row = {"config_file": str(run.paths.config_file), "config_dir": str(run.paths.config_dir)}
    try:
        shape = shape_of(run, PATH_FIELDS, ids=False)
    except ConfigBroken:  # which is what its path is wanted for
        said = Format.JSON if run.output.chosen == Format.JSON else Format.TSV
        shape = Shape(format=said, fields=PATH_FIELDS, chosen=False)
    if shape.format is Format.JSON:
        run.streams.out.line(to_json({name: row[name] for name in shape.fields}))
    elif shape.chosen:
        run.streams.out.line("\t".join(safe(row[name]) for name in shape.fields))
    else:
        run.streams.out.line(row["config_file"])
    return ExitCode.OK
