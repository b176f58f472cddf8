"""The question before something that can't be taken back."""

import sys

from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ConfirmationNeeded, Declined


def ask(run: Runtime, question: str) -> None:
    """Return if the answer is yes. Declined for Enter, n or Ctrl-D; ConfirmationNeeded where nobody can answer.

    Typer's own prompt writes to stdout and can't tell "no" from Ctrl-C.
    """
    require_somebody(run)
    run.streams.talk.write(question)
    try:
        answer = sys.stdin.readline()
    except ValueError:  # bytes that are no text: not a yes
        answer = "?"
    if not answer:  # Ctrl-D leaves the cursor behind the question
        run.streams.talk.write("\n")
    if answer.strip().lower() not in {"y", "yes"}:
        raise Declined("declined; nothing was sent")


def require_somebody(run: Runtime) -> None:
    """ConfirmationNeeded where there is no terminal to ask on: better before the reads than after them."""
    if not run.interactive:
        raise ConfirmationNeeded(
            "this needs a confirmation, and there is no terminal to ask on",
            hint="add --yes to go ahead without the question, or --dry-run to see what would be done",
        )
