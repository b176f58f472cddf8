"""`vsms sandbox deliver`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, OrderNotFound, VsmsError
from vsms_cli.domain.orders import parse_id_or_beginning
from vsms_cli.sandbox.errors import OrderUnknown, SandboxError


@command("deliver", examples=('vsms sandbox deliver 7e44c0 "Your code is 123456"',), rows=False)
def app(
    run: Runtime,
    *,
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the SMS says.")],
) -> ExitCode:
    """Let an SMS arrive for a waiting order of the sandbox."""
    try:
        delivered = run.sandbox.deliver(parse_id_or_beginning(order_id), text)
    except OrderUnknown as exc:
        raise OrderNotFound(str(exc), hint="see `vsms --sandbox orders list`") from exc
    except SandboxError as exc:
        raise VsmsError(str(exc)) from exc
    run.say(f"an SMS arrived for {delivered}")
    return ExitCode.OK
