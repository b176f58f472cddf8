"""`vsms orders swap`"""

from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.confirm import ask, require_somebody
from vsms_cli.cli.orders.filter_options import DryRun, Yes
from vsms_cli.cli.orders.selection_arguments import one_order
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.result_output import print_result
from vsms_cli.cli.row_output import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, OrderNotFound
from vsms_cli.domain.orders import Order
from vsms_cli.domain.outcomes import Outcome, Result, exit_code_of
from vsms_cli.ops.mutation import carry_out_once
from vsms_cli.ops.swap_policy import Swap, foresee_swap
from vsms_cli.render.formats import Format
from vsms_cli.render.questions import THE_OLD_NUMBER, swap_facts, swap_question
from vsms_cli.render.rows import SWAP_FIELDS, result_row


@command(
    "swap", examples=("vsms orders swap 7e44c0", "vsms orders swap ID --yes --json | jq -r .phone_number")
)
def app(
    run: Runtime,
    *,
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Get another number for the same service and country, at no charge. It opens two minutes after the purchase."""
    shape = shape_of(run, SWAP_FIELDS)
    asks = not (yes or dry_run)
    if asks:
        require_somebody(run)
    wanted = one_order(run, order_id, beginnings=dry_run or not yes)
    result = _swapped(run, wanted, asks=asks, dry_run=dry_run)
    _tell(run, shape, result)
    return run.stop.exit_code if run.stop.requested else exit_code_of([result])


def _swapped(run: Runtime, order_id: str, *, asks: bool, dry_run: bool) -> Result:
    try:
        order = run.client.order(order_id)
    except OrderNotFound as exc:
        return Swap(order_id, number=None).result(Outcome.NOT_FOUND, problem=exc.as_problem())
    foreseen = foresee_swap(order, now=run.clock.now())
    if foreseen is not None:
        return foreseen
    # `foresee_swap` let none without a number pass.
    policy = Swap(order.id, order=order, number=order.phone_number)
    if asks or dry_run:
        _show(run, order)
    if dry_run:
        return policy.foreseen(Outcome.WOULD_SWAP)
    if asks:
        run.notify(THE_OLD_NUMBER)
        ask(run, swap_question(order))
    with run.stop.gently(
        lambda: run.notify("stopping after the requests under way; once more stops at once")
    ):
        return carry_out_once(run.context, policy)


def _show(run: Runtime, order: Order) -> None:
    run.streams.err.write(
        swap_facts(order, now=run.clock.now(), names=run.service_names, surface=run.streams.err_surface)
    )


def _tell(run: Runtime, shape: Shape, result: Result) -> None:
    if shape.for_a_person and not shape.chosen:
        print_result(run, result)
    elif shape.format is not Format.IDS or result.done:
        print_one(run, shape, result_row(result, None), text=str)
    if result.problem is not None and not run.streams.out.is_terminal and not shape.for_a_person:
        run.notify(result.problem.message)
    if result.problem is not None and result.problem.hint:
        run.notify(f"next: {result.problem.hint}")
