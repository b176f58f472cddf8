"""The question before something that can't be taken back."""

import sys
from collections.abc import Sequence

from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ConfirmationNeeded, Declined
from vsms_cli.render.line_wrapping import folded

_TRIES = 3  # answers that are not one of the choices


def ask(run: Runtime, question: str) -> None:
    """Return if the answer is yes. Declined for Enter, n or Ctrl-D; ConfirmationNeeded where nobody can answer.

    Typer's own prompt writes to stdout and can't tell "no" from Ctrl-C.
    """
    require_somebody(run)
    if _answer(run, question).lower() not in {"y", "yes"}:
        raise Declined("declined; nothing was sent")


def _answer(run: Runtime, question: str) -> str:
    width = run.streams.err_surface.width
    run.streams.err.write(f"{folded(question.rstrip(), width)} ")  # the answer stands behind a blank
    try:
        answer = sys.stdin.readline()
    except OSError:  # in the background, where the signal that would stop it is ignored
        run.streams.err.write("\n")
        raise _nobody("the terminal can't be read from the background") from None
    except ValueError:  # bytes that are no text: no answer to anything
        answer = "?\n"
    if not answer:  # Ctrl-D leaves the cursor behind the question
        run.streams.err.write("\n")
    return answer.strip()


def choose(run: Runtime, what: str, choices: Sequence[str]) -> str:
    """One of the choices, by its name or its number. Declined for Enter, and where no answer is one of them."""
    require_somebody(run)
    for number, choice in enumerate(choices, start=1):
        run.streams.err.line(f"  {number}  {choice}")
    numbered = {str(number): choice for number, choice in enumerate(choices, start=1)}
    for _ in range(_TRIES):
        answer = _answer(run, f"{what} (1-{len(choices)}): ").lower()
        if answer in choices or answer in numbered:
            return numbered.get(answer, answer)
        if not answer:
            break
    raise Declined("declined; nothing was sent")


def require_somebody(run: Runtime) -> None:
    """ConfirmationNeeded where there is no terminal to ask on: better before the reads than after them."""
    if not run.interactive:
        raise _nobody("there is no terminal to ask on")


def _nobody(why: str) -> ConfirmationNeeded:
    return ConfirmationNeeded(
        f"this needs a confirmation, and {why}",
        hint="add --yes to go ahead without the question, or --dry-run to see what would be done",
    )
