"""`vsms sandbox reset`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.sandbox.opening import kept_aside
from vsms_cli.domain.errors import ExitCode, SandboxBroken, UsageMistake


@command("reset", examples=("vsms sandbox reset",), rows=False)
def app(
    run: Runtime,
    *,
    scenario: Annotated[str, typer.Option(metavar="NAME", help="What the sandbox begins with.")] = "default",
) -> ExitCode:
    """Begin the sandbox anew: its orders, its ledger and its clock. The journal keeps what was done in it."""
    try:
        sandbox = run.sandbox
    except SandboxBroken as exc:
        run.say(f"{exc.message}: it is kept as {kept_aside(run.paths.sandbox).name}")
        sandbox = run.sandbox
    try:
        sandbox.reset(scenario)
    except ValueError as exc:
        raise UsageMistake(str(exc)) from exc
    run.say("the sandbox is as on its first day")
    return ExitCode.OK
