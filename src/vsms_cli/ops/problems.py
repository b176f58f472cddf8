"""The reasons that more than one operation gives, in one wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from vsms_cli.domain.tickets import Operation

UNKNOWN_HINT: Final = "`vsms journal resolve` reads what became of it"
SMS_CAME: Final = Problem(
    code="sms_received",
    message="a code came before it could be cancelled",
    hint="if the platform refused the code: `vsms orders refund ID`",
    exit_code=ExitCode.REFUSED,
)


def undocumented_status(
    operation: Operation, *, hint: str = "", exit_code: ExitCode = ExitCode.FAILED
) -> Problem:
    noun = operation.noun
    return Problem(
        code="unknown_status",
        message=f"the {noun} has a status that no documentation names",
        hint=hint or f"see `vsms {noun}s show ID`",
        exit_code=exit_code,
    )


def too_early_problem(
    retry_at: datetime, *, what: str = "cancelling", hint: str = "add --wait to wait for it"
) -> Problem:
    return Problem(
        code="too_early",
        message=f"{what} opens at {rfc3339(retry_at.replace(microsecond=0))}",
        hint=hint,
        exit_code=ExitCode.REFUSED,
    )
