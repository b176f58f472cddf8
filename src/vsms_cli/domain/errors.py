"""What stops a command, and the exit code that says so.

One order's refusal is an outcome (`domain.outcomes`), not an exception. An exception here ends the command.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from vsms_cli.domain.record_class import record


class ExitCode(IntEnum):
    """The exit codes of `vsms`, as scripts meet them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    AUTH = 4
    REFUSED = 5
    UNREACHABLE = 6
    RATE_LIMITED = 7
    UNKNOWN = 8
    MONEY_MISSING = 9
    TIMEOUT = 124
    HANGUP = 129  # 128 + SIGHUP: the terminal went away
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line, as README and `vsms help exit-codes` print it."""
        return _MEANINGS[self]


_MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done, or already so",
    ExitCode.FAILED: "failed, or declined at the prompt",
    ExitCode.USAGE: "wrong use; a confirmation was needed and nobody could answer",
    ExitCode.PARTIAL: "some done, some not",
    ExitCode.AUTH: "no token, or the service refuses it",
    ExitCode.REFUSED: "the service refuses: too early, SMS arrived, not found, not eligible, to be asked by hand",
    ExitCode.UNREACHABLE: "the service can't be reached, or answers with nonsense",
    ExitCode.RATE_LIMITED: "still rate-limited after all the patience allowed",
    ExitCode.UNKNOWN: "outcome unknown: `vsms journal resolve`",
    ExitCode.MONEY_MISSING: "the audit found money missing",
    ExitCode.TIMEOUT: "waited until the timeout",
    ExitCode.HANGUP: "the terminal went away (SIGHUP)",
    ExitCode.INTERRUPTED: "Ctrl-C",
    ExitCode.CLOSED_PIPE: "closed pipe",
    ExitCode.TERMINATED: "SIGTERM",
}


@record
class Problem:
    """Why one order did not end well: a stable code word, a sentence, and what to do next."""

    code: str
    message: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.FAILED


class VsmsError(Exception):
    """Stops the command. `message` says what happened, `hint` what to do next; neither holds a token."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_problem(self) -> Problem:
        return Problem(code=self.code, message=self.message, hint=self.hint, exit_code=self.exit_code)


class UsageMistake(VsmsError):
    """The command line asks for something that can't be meant. Nothing was sent."""

    code = "usage"
    exit_code = ExitCode.USAGE


class ConfirmationNeeded(UsageMistake):
    """A question had to be asked and there is no terminal to ask it on. Nothing was sent."""

    code = "confirmation_needed"


class ConfigBroken(UsageMistake):
    """`config.toml` or an environment variable holds a value that can't be used."""

    code = "config"


class Declined(VsmsError):
    """The person at the prompt said no. Nothing was sent."""

    code = "declined"


class TokenMissing(VsmsError):
    """No usable token. Nothing was sent."""

    code = "no_token"
    exit_code = ExitCode.AUTH


class KeyringUnusable(TokenMissing):
    """The OS keyring is absent, locked, hanging or not one to trust. This says nothing of any token's validity."""

    code = "keyring"


class TokenRefused(VsmsError):
    """The service answered 401 or 403: no further request of this run can succeed."""

    code = "unauthorized"
    exit_code = ExitCode.AUTH


class OrderNotFound(VsmsError):
    """The service knows no such order for this account."""

    code = "not_found"
    exit_code = ExitCode.REFUSED


class RequestRefused(VsmsError):
    """The service answered a read with a 4xx of no special meaning."""

    code = "refused"
    exit_code = ExitCode.REFUSED


class RefusedByAnother(RequestRefused):
    """The same in another form than the API's: what stands at the base URL is not the API, or is in front of it."""

    exit_code = ExitCode.UNREACHABLE


class RouteMissing(RequestRefused):
    """The deployment lacks an endpoint: no ledger, or no catalogue. What needs none of it still works."""

    code = "no_such_route"


class Unreachable(VsmsError):
    """No whole answer came. For a read that is all there is to say; it changed nothing."""

    code = "unreachable"
    exit_code = ExitCode.UNREACHABLE


class RefusedByProxy(Unreachable):
    """A proxy between here and the service refused with this HTTP status (None: not told). Nothing was sent."""

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class BadAnswer(VsmsError):
    """An answer came and is not the API's: HTML, broken JSON, a missing field, a 5xx."""

    code = "bad_answer"
    exit_code = ExitCode.UNREACHABLE


class RateLimited(VsmsError):
    """Still 429 after all the patience allowed. A 429 was refused before it did anything."""

    code = "rate_limited"
    exit_code = ExitCode.RATE_LIMITED


class OrderLocked(VsmsError):
    """Another process has held the order for longer than settling it can take. Nothing was sent."""

    code = "locked"


class NoThread(VsmsError):
    """The system lets this process start no thread."""

    code = "no_thread"

    def __init__(
        self,
        message: str = "the system allows no more threads or processes",
        *,
        hint: str = "end other programs, or raise the limit: see `ulimit -u`",
    ) -> None:
        super().__init__(message, hint=hint)


class NoTurn(RateLimited):
    """The rate limit let no request go out in the time that there was for it. The service was not asked."""


class JournalUnusable(VsmsError):
    """The journal can't be written, so nothing that moves money is sent."""

    code = "journal"


class JournalDamaged(JournalUnusable):
    """The journal's file can't be read as one. It is left as it is until `journal resolve` repairs it."""

    code = "journal_damaged"


class SandboxBroken(VsmsError):
    """The sandbox's database can't be read."""

    code = "sandbox_broken"


class StreamClosed(VsmsError):
    """Whoever read our stdout is gone (`| head -1`). Nothing new is sent."""

    code = "closed_pipe"
    exit_code = ExitCode.CLOSED_PIPE


class StdoutUnwritable(StreamClosed):
    """stdout can't be written: a full disk. Nothing new is sent, as where the reader is gone."""

    code = "stdout_unwritable"
    exit_code = ExitCode.FAILED


class Interrupted(VsmsError):
    """Ctrl-C, SIGTERM or SIGHUP ended the command."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED


class StopRequested(Interrupted):
    """Asked to end before the request was sent."""
