"""Printing results: each on stdout as it ends, whichever format; the bar makes way for it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from vsms_cli.cli.output_shape import Shape
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.outcomes import Result
from vsms_cli.render.documents import Document, Row
from vsms_cli.render.formats import Format
from vsms_cli.render.plural import plural
from vsms_cli.render.status_line import ProgressLine


class Reporter:
    """`row` is a result for a machine. JSON comes at the end, in the
    order of the input; ids are those of the orders that are done.
    """

    def __init__(
        self,
        run: Runtime,
        shape: Shape,
        *,
        row: Callable[[Result], Row],
        holds: Callable[[Result], bool] = lambda _result: False,
    ) -> None:
        """`holds` says whose row for a machine waits for `finish`: the ledger has yet to prove it."""
        self._holds: Callable[[Result], bool] = holds
        self._run = run
        self._shape = shape
        self._row: Callable[[Result], Row] = row
        self._progress = ProgressLine(run.streams, total=0)
        self._document: Document | None = None
        self._told: set[str] = set()
        self._silent = False

    def start(self, total: int) -> None:
        """A new page of so many orders."""
        self._progress = ProgressLine(self._run.streams, total=total, notices=self._run.notifier.notices)
        self._run.notifier.on_wait = lambda why, seconds: self._progress.waiting(
            why, timedelta(seconds=seconds)
        )

    def told_by_plan(self) -> None:
        """Of a dry run: who was shown the plan on this terminal is not told the same in lines."""
        streams = self._run.streams
        self._silent = self._shape.for_a_person and streams.out.is_terminal and streams.err.is_terminal

    def waiting(self, count: int, span: timedelta) -> None:
        self._progress.waiting(f"{plural(count, 'order')} too young", span)

    def ended(self, result: Result) -> None:
        """Tell one result. StreamClosed where nobody reads any more; it is journalled by then."""
        self._progress.hide()
        held = not self._shape.for_a_person and self._holds(result)
        if self._shape.format is not Format.JSON and not held:
            self._tell(result)
        if not self._silent:
            self._progress.ended()

    def finish(self, results: Sequence[Result]) -> None:
        """All of them, in the order of the input, for what was not told as it ended."""
        self._progress.hide()
        for result in results:
            if result.order_id not in self._told:
                self._tell(result)
        if not self._shape.for_a_person:
            self._open().end()

    def _tell(self, result: Result) -> None:
        self._told.add(result.order_id)
        if self._silent:
            return
        if self._shape.for_a_person:
            print_result(self._run, result)
        elif self._shape.format is not Format.IDS or result.done:
            self._open().row(self._row(result))

    def _open(self) -> Document:
        if self._document is None:
            self._document = self._shape.document(self._run)
        return self._document


def print_result(run: Runtime, result: Result) -> None:
    """How an order ended, for a person."""
    from vsms_cli.render.results import result_line  # noqa: PLC0415 - a machine needs none

    print_marked(run, result_line(result, now=run.clock.now()))


def print_marked(run: Runtime, marked: tuple[str, str]) -> None:
    """A mark and a line, for a person."""
    from vsms_cli.render.results import styled  # noqa: PLC0415 - as above

    mark, line = marked
    run.streams.out.line(styled(mark, run.notifier.typed(line), run.streams.out_surface))
