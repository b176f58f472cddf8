"""What a command says beside its data: on stderr, in words that fit this run."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import StreamClosed
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.times import short_duration
from vsms_cli.render.formats import Format
from vsms_cli.render.line_wrapping import folded, folded_command
from vsms_cli.render.safe import safe, without_tokens
from vsms_cli.render.status_line import WaitNotices
from vsms_cli.store.settings import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.errors import Problem, VsmsError
    from vsms_cli.render.streams import Streams
    from vsms_cli.store.settings import Settings

_BEFORE_A_REMARK: Final = "   "
_COMMAND: Final = re.compile("`vsms (?!sandbox )")
_WORTH_SAYING_S: Final = 0.9  # a shorter wait for the rate limit passes in silence


class Notifier:
    """For one run. `elsewhere` takes what is said while a live table has the terminal; `on_wait` is told of each wait
    for the rate limit, and a progress bar takes its place for a while.
    """

    def __init__(self, streams: Streams, settings: Settings) -> None:
        self._streams = streams
        self._settings = settings
        self.notices = WaitNotices()
        self._told_retries: set[str] = set()
        self.elsewhere: Callable[[str], None] | None = None
        self.on_wait: Callable[[str, float], None] = self._say_wait

    def notify(self, text: str) -> None:
        if self.elsewhere is not None:
            self.elsewhere(text)
            return
        line = self.typed(without_tokens(safe(text)))
        self._streams.err.line(folded(line, self._streams.err_surface.width))

    def typed(self, text: str) -> str:
        """The commands in it with the options of this run that they need: what was done in the sandbox must not be
        continued at the service.
        """
        return _COMMAND.sub(lambda _found: f"`{self._vsms} ", text)

    def notify_next(self, command: str) -> None:
        """What to type next, with the options of this run that it needs: the same account at the same service. What
        stands behind three blanks is a remark.
        """
        if not command.startswith("vsms "):
            self.notify(f"next: {command}")
            return
        width = self._streams.err_surface.width
        typed, _, remark = f"{self._vsms} {command.removeprefix('vsms ')}".partition(_BEFORE_A_REMARK)
        line = f"next: {typed}{_BEFORE_A_REMARK if remark else ''}{remark}"
        if width is not None and len(line) > width:
            line = folded_command(f"next: {typed}", width)
            line += f"\n{folded(f'      {remark}', width, indent=0)}" if remark else ""
        self._streams.err.line(line)

    def report(self, problem: Problem) -> None:
        """What stopped the command, or how it ended; where a script reads the output, as one line of JSON."""
        from vsms_cli.render.errors import problem_lines  # noqa: PLC0415 - rarely needed

        as_json = self._settings.output.value in {Format.JSON, Format.NDJSON}
        problem = replace(problem, hint=self.typed(problem.hint))
        for line in problem_lines(problem, as_json=as_json, width=self._streams.err_surface.width):
            self._streams.err.line(line)

    def report_error(self, error: VsmsError) -> None:
        """An error that stopped a run whose results are told all the same."""
        if error.hint or not isinstance(error, StreamClosed):  # a reader that left needs no word
            self.report(error.as_problem())

    def log(self, line: str) -> None:
        """What --debug tells."""
        self._streams.err.line(
            folded(f"debug: {without_tokens(safe(line))}", self._streams.err_surface.width)
        )

    def waiting(self, why: str, seconds: float) -> None:
        self.on_wait(why, seconds)

    def retrying(self, why: str, left: float) -> None:
        """Of what was not sent, for so many seconds more. Not to a script, for which an error is one line."""
        if self._settings.output.value not in {Format.JSON, Format.NDJSON} and why not in self._told_retries:
            self._told_retries.add(why)
            self.notify(f"{why}; trying again for {left:.0f} s")

    def _say_wait(self, why: str, seconds: float) -> None:
        span = timedelta(seconds=seconds)
        if seconds >= _WORTH_SAYING_S and self.notices.is_news(span):
            self.notify(f"{why}: the next request goes out in {short_duration(span)}")

    @cached_property
    def _vsms(self) -> str:
        said, words = self._settings, ["vsms"]
        if said.sandbox.source is Source.OPTION:
            words.append("--sandbox")
        for name, setting in (("--profile", said.profile), ("--base-url", said.base_url)):
            words += [name, setting.value] if setting.source is Source.OPTION else []
        return shlex.join(words)
