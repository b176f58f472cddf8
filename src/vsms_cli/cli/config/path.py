"""`vsms config path`"""

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import Shape, shape_of
from vsms_cli.domain.errors import ConfigBroken, ExitCode
from vsms_cli.render.documents import to_json
from vsms_cli.render.formats import Format
from vsms_cli.render.safe import safe

FIELDS = ("config_file", "config_dir")


@command("path", examples=('"$EDITOR" "$(vsms config path)"', "vsms config path --json"), checked=False)
def app(run: Runtime) -> ExitCode:
    """Print where config.toml is looked for, also where it is missing or broken."""
    row = {"config_file": str(run.paths.config_file), "config_dir": str(run.paths.config_dir)}
    try:
        shape = shape_of(run, FIELDS, ids=False)
    except ConfigBroken:  # which is what its path is wanted for
        said = Format.JSON if run.output.chosen == Format.JSON else Format.TSV
        shape = Shape(format=said, fields=FIELDS, chosen=False)
    if shape.format is Format.JSON:
        run.streams.out.line(to_json({name: row[name] for name in shape.fields}))
    elif shape.chosen:
        run.streams.out.line("\t".join(safe(row[name]) for name in shape.fields))
    else:
        run.streams.out.line(row["config_file"])
    return ExitCode.OK
