"""`vsms auth token`"""

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake


@command(
    "token",
    examples=(
        'curl -H @<(echo "X-API-Key: $(vsms auth token)") https://virtualsms.io/api/v1/customer/balance',
    ),
    rows=False,
)
def app(run: Runtime) -> ExitCode:
    """Print the token in force, for another program. Nothing is sent."""
    if run.in_sandbox:
        raise UsageMistake("the sandbox has no token", hint="leave out --sandbox")
    run.streams.out.line(run.token().token)
    return ExitCode.OK
