"""A live table: drawn and asked in this thread, read in another."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from vsms_cli.cli.orders.keyboard import SUSPEND, Keys
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, RateLimited, StreamClosed, TokenRefused, VsmsError
from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import Order
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.record_class import record, replace
from vsms_cli.domain.times import short_duration
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.selection import Filters
from vsms_cli.ops.watching import Board, Watched, look
from vsms_cli.render import order_text
from vsms_cli.render.live import Screen, live_table, screen_lines, size
from vsms_cli.render.plural import plural
from vsms_cli.render.results import result_line
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import left_out_words, short_ids

_REDRAW_S: Final = 0.5  # countdowns show whole seconds
_LONGEST_PAUSE_S: Final = 60.0  # between two reads that fail
_PATIENCE_S: Final = 0.3  # at the end, for a read under way
_KEYS: Final = "q leaves   up/down selects   c cancels"


@record
class Failed:
    """A read that failed. `pause` is how long until the next, in seconds; None where none follows."""

    error: Exception
    pause: float | None


class Reader:
    """Reads in a thread, so that countdowns tick and keys are heard while an answer is on its way. `look` is called
    every `interval` seconds, later after failures, and at once when asked.
    """

    def __init__(self, look: Callable[[Board], Board], *, interval: float) -> None:
        self._look = look
        self._interval = interval
        self._news: queue.SimpleQueue[Board | Failed] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._done = False
        # A daemon: a read that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._done = True
        self._wake.set()
        if self._thread.ident is not None:  # a signal may have come before it was started
            self._thread.join(_PATIENCE_S)

    def at_once(self) -> None:
        self._wake.set()

    def news(self) -> Board | Failed | None:
        """What was read since the last call, oldest first."""
        try:
            return self._news.get_nowait()
        except queue.Empty:
            return None

    def _run(self) -> None:
        board, failures = Board(), 0
        while not self._done:
            pause: float | None = self._interval
            try:
                board = self._look(board)
                failures = 0
                self._news.put(board)
            except Exception as exc:  # noqa: BLE001 - what is no VsmsError ends the command, in the main thread
                failures += 1
                stops = not isinstance(exc, VsmsError) or isinstance(exc, (TokenRefused, RateLimited))
                pause = None if stops else min(self._interval * 2.0 ** min(failures, 6), _LONGEST_PAUSE_S)
                self._news.put(Failed(error=exc, pause=pause))
                if pause is None:
                    return
            self._wake.wait(pause)
            self._wake.clear()


class Watching:
    def __init__(self, run: Runtime, filters: Filters, *, interval: float, bell: bool) -> None:
        self._run = run
        self._bell = bell
        self._names = run.service_names
        self._came: set[str] = set()  # ids of orders whose code was told
        self._context = run.context
        self._reader = Reader(lambda board: look(run.client, run.clock, filters, board), interval=interval)
        self._board: Board | None = None
        self._selected = ""  # an order's id: rows move
        self._asking: Order | None = None
        self._note = ""
        self._rentals = run.rentals_running
        self._failure = ""

    def go(self) -> ExitCode:
        self._run.notifier.elsewhere = self._hear
        try:
            with Keys(self._run.stop) as keys, Screen(self._run.streams.out) as screen:
                self._run.stop.before_exit = lambda: _restore(screen, keys)
                self._reader.start()
                while not self._run.stop.requested:
                    self._take_news(screen)
                    self._draw(screen, alive=keys.alive)
                    asked = self._asking
                    key = keys.read(_REDRAW_S)
                    if key == SUSPEND:
                        screen.leave()
                        keys.suspend()
                        screen.enter()
                        continue
                    if not self._obey(key, screen):
                        break
                    if self._asking is not asked:
                        keys.forget()
        finally:
            self._run.stop.before_exit = lambda: None
            self._reader.end()
            self._run.notifier.elsewhere = None
            self._leave_last_state()
        return self._run.stop.exit_code if self._run.stop.requested else ExitCode.OK

    def _hear(self, text: str) -> None:
        self._note = text

    def _take_news(self, screen: Screen) -> None:
        while (news := self._reader.news()) is not None:
            if isinstance(news, Board):
                self._board, self._failure = news, ""
            elif news.pause is None:
                raise news.error
            else:
                self._failure = _failure_words(news)
        rows = self._rows()
        came = {row.order.id for row in rows if row.message is not None}
        if self._bell and not came <= self._came:
            screen.ring()
        self._came |= came
        if rows and self._selected not in {row.order.id for row in rows}:
            self._selected = rows[0].order.id

    def _rows(self) -> tuple[Watched, ...]:
        return () if self._board is None else self._board.rows

    def _draw(self, screen: Screen, *, alive: bool) -> None:
        question = None if self._asking is None else self._question(self._asking)
        lines = screen_lines(
            [row.order for row in self._rows()],
            title=f"sandbox: {self._title()}" if self._run.in_sandbox else self._title(),
            note=question or self._failure or self._note,
            keys=_KEYS if alive else "Ctrl-C leaves",
            selected=self._selected if alive else None,
            now=self._run.clock.now(),
            names=self._names,
            surface=self._run.streams.out_surface,
        )
        screen.draw(lines)

    def _question(self, order: Order) -> str:
        (short,) = short_ids([order.id])
        what = f"{order_text.number(order.phone_number)}, {order_text.service(order, self._names)}, {shown(short)}"
        return f"Cancel {what} and return {dollars(order.price)}? [y/N]"

    def _title(self) -> str:
        if self._board is None:
            return "vsms orders watch: reading"
        came = sum(row.message is not None for row in self._board.ended)
        more = " (a page of 200 came back full: more may exist)" if self._board.full else ""
        rentals = f", {plural(self._rentals, 'rental')}" if self._rentals else ""
        return (
            f"{plural(len(self._board.waiting), 'order')} waiting, {plural(came, 'code')} came{rentals}{more}"
        )

    def _obey(self, key: str, screen: Screen) -> bool:
        """Do what a key says; False to leave."""
        if self._asking is not None:
            if key:
                order, self._asking = self._asking, None
                self._note = "not cancelled"
                if key.lower() == "y":
                    self._cancel(order, screen)
            return True
        match key:
            case "q" | "Q" | "\x04" | "\x1c":  # Ctrl-D, Ctrl-\
                return False
            case "up" | "down":
                self._move(-1 if key == "up" else 1)
            case "c" | "C":
                self._ask()
        return True

    def _move(self, by: int) -> None:
        ids = [row.order.id for row in self._rows()]
        if self._selected in ids:
            self._selected = ids[max(0, min(len(ids) - 1, ids.index(self._selected) + by))]

    def _ask(self) -> None:
        row = next((row for row in self._rows() if row.order.id == self._selected), None)
        if row is None:
            return
        opens = row.order.cancel_opens_at
        now = self._run.clock.now()
        if not row.waits:
            self._note = f"{row.order.id} has ended: nothing to cancel"
        elif not row.order.nameable:
            self._note = "its id is not a UUID, so no request can name it: ask support@virtualsms.io"
        elif opens is not None and row.order.too_young(now):
            self._note = f"too early: cancelling opens in {short_duration(opens - now)}"
        else:
            self._asking = row.order

    def _cancel(self, order: Order, screen: Screen) -> None:
        self._note = f"cancelling {order.id}"
        self._draw(screen, alive=True)
        try:
            with self._run.stop.gently(lambda: None):
                result = cancel_order(self._context, order.id, order=order)
        except VsmsError as exc:
            self._note = exc.message
            return
        self._note = result_line(result, now=self._run.clock.now())[1]
        if self._board is not None and result.outcome is Outcome.CANCELLED:
            ended = order if result.status is None else replace(order, status=result.status)
            self._board = self._board.without(ended)
        self._reader.at_once()

    def _leave_last_state(self) -> None:
        orders = [row.order for row in self._rows()]
        surface = replace(self._run.streams.out_surface, width=size()[0])
        with suppress(StreamClosed):  # it must not hide why it ended
            if orders:
                table = live_table(orders, now=self._run.clock.now(), names=self._names, surface=surface)
                self._run.streams.out.write(table.text)
                self._say(left_out_words(table.left_out))
            elif self._board is not None:
                self._run.notify("nothing to watch")
        self._say(self._note)

    def _say(self, text: str) -> None:
        if text:
            self._run.notify(text)


def _restore(screen: Screen, keys: Keys) -> None:
    screen.restore()
    keys.restore()


def _failure_words(failed: Failed) -> str:
    message = failed.error.message if isinstance(failed.error, VsmsError) else "the read failed"
    return f"{message}; reading again in {short_duration(timedelta(seconds=failed.pause or 0))}"
