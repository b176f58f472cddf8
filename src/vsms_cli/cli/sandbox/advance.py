"""`vsms sandbox advance`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.domain.times import parse_duration, rfc3339
from vsms_cli.sandbox.errors import SandboxError


@command("advance", examples=("vsms sandbox advance 20m",), rows=False)
def app(
    run: Runtime,
    *,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="90s, 5m, 2h, 30d.")],
) -> ExitCode:
    """Move the sandbox's clock: orders grow old, and those whose time is up refund themselves."""
    try:
        now = run.sandbox.advance(parse_duration(duration))
    except SandboxError as exc:
        raise UsageMistake(str(exc)) from exc
    run.say(f"in the sandbox it is {rfc3339(now.replace(microsecond=0))}")
    return ExitCode.OK
