"""`vsms orders wait`"""

from datetime import datetime
from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.filter_options import Bell, duration_or_seconds
from vsms_cli.cli.orders.selection_arguments import one_order
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.row_output import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, VsmsError
from vsms_cli.domain.orders import Message, Order
from vsms_cli.domain.outcomes import Result
from vsms_cli.domain.sms_code import code_in
from vsms_cli.domain.times import short_duration
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.waiting import Limits, Waiting, WaitResult, Watcher
from vsms_cli.render.details import sms_text
from vsms_cli.render.documents import Row
from vsms_cli.render.order_text import waiting_words
from vsms_cli.render.results import result_line, styled
from vsms_cli.render.rows import MESSAGE_FIELDS, message_row
from vsms_cli.render.safe import safe
from vsms_cli.render.status_line import StatusLine
from vsms_cli.render.streams import BELL


@command(
    "wait",
    examples=(
        "vsms orders wait 7e44c0",
        "vsms orders wait ID --timeout 5m --json | jq -r .code",
        "CODE=$(vsms orders wait ID --cancel-after 10m)",
    ),
    takes_timeout=True,
)
def app(
    run: Runtime,
    *,
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
    timeout: Annotated[
        str | None, typer.Option(metavar="D", help="Stop waiting after 90s, 5m, 2h: exit code 124.")
    ] = None,
    cancel_after: Annotated[
        str | None, typer.Option(metavar="D", help="Cancel the order after so long. Takes a whole id.")
    ] = None,
    bell: Bell = False,
) -> ExitCode:
    """Wait for the SMS and print its code; with --json the whole message.

    The code is the first 4 to 8 digits of the newest message, 123-456 and 123 456 as 123456; without any, the
    whole message. The order is read every 5 seconds, later every 15.

    Exit code 0 when a code came, 5 when the order was refunded instead, 124 when --timeout is over. A code that comes
    while --cancel-after cancels is printed.
    """
    shape = shape_of(run, MESSAGE_FIELDS)
    limits = Limits(
        timeout=None if timeout is None else duration_or_seconds(timeout),
        cancel_after=None if cancel_after is None else duration_or_seconds(cancel_after),
    )
    # It cancels without a question: a beginning could mean another order than the person thinks.
    wanted = one_order(run, order_id, beginnings=cancel_after is None)
    return _Wait(run, shape, wanted, bell=bell).go(limits)


class _Wait:
    def __init__(self, run: Runtime, shape: Shape, order_id: str, *, bell: bool) -> None:
        self._bell = bell
        self._run = run
        self._shape = shape
        self._order_id = order_id
        self._line = StatusLine(run.streams)

    def go(self, limits: Limits) -> ExitCode:
        watcher = Watcher(tick=self._tick, failed=self._failed, held=self._held)
        context = self._run.context
        try:
            result = Waiting(context, self._order_id, limits, watcher=watcher, cancel=self._cancel).go()
        finally:
            self._line.hide()
        return self._tell(result)

    def _tick(self, order: Order | None) -> None:
        if order is not None:
            self._line.show(waiting_words(order, now=self._run.clock.now()))

    def _failed(self, error: VsmsError, pause: float) -> None:
        self._line.hide()
        self._run.notify(f"{error.message}; reading again in {pause:.0f} s")

    def _held(self, opens: datetime) -> None:
        self._line.hide()
        span = short_duration(opens - self._run.clock.now())
        self._run.notify(f"the time is up, but cancelling opens in {span}: waiting for the code until then")

    def _cancel(self, order: Order | None) -> Result:
        self._line.hide()
        run = self._run
        run.notify("the time is up: cancelling the order")
        with run.stop.gently(
            lambda: run.notify("stopping after the requests under way; once more stops at once")
        ):
            return cancel_order(run.context, self._order_id, order=order)

    def _tell(self, result: WaitResult) -> ExitCode:
        run = self._run
        if result.cancelled is not None:
            marked = result_line(result.cancelled, now=run.clock.now())
            run.streams.err.line(styled(*marked, run.streams.err_surface))
        if result.message is not None:
            if self._bell and run.streams.err.is_terminal:  # where the data goes may be a file
                run.streams.err.write(BELL)
            self._print(result.message)
        elif result.problem is not None:
            run.notifier.report(result.problem)
        if run.stop.requested:
            return run.stop.exit_code
        if result.message is not None:
            return ExitCode.OK
        return ExitCode.FAILED if result.problem is None else result.problem.exit_code

    def _print(self, message: Message) -> None:
        shape = self._shape
        row: Row = message_row(self._order_id, message)
        asked = self._run.settings.output.value is not None or shape.chosen
        if asked and not (shape.for_a_person and not shape.chosen):
            print_one(self._run, shape, row, text=str)
        elif code_in(message.content) is None and self._run.streams.out.is_terminal:
            self._run.streams.out.write(sms_text(message, self._run.streams.out_surface))
        else:
            self._run.streams.out.line(safe(code_in(message.content) or message.content))
