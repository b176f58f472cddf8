"""`vsms balance`"""

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.output_shape import shape_of
from vsms_cli.cli.row_output import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.money import CURRENCY, dollars
from vsms_cli.render.documents import Row
from vsms_cli.render.rows import BALANCE_FIELDS


@command("balance", examples=("vsms balance", "vsms balance --json | jq .balance"))
def app(run: Runtime) -> ExitCode:
    """Show the prepaid balance."""
    shape = shape_of(run, BALANCE_FIELDS, ids=False)
    amount = run.client.balance().amount
    row: Row = {"balance": amount, "currency": CURRENCY}
    print_one(run, shape, row, text=lambda: f"{dollars(amount)}\n")
    return ExitCode.OK
