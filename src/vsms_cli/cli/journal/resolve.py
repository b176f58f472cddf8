"""`vsms journal resolve`"""

from datetime import timedelta

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.errors import ExitCode, JournalDamaged
from vsms_cli.domain.outcomes import CancelResult, RefundResult, SwapResult, exit_code_of
from vsms_cli.domain.times import short_duration
from vsms_cli.ops.resolve import resolve
from vsms_cli.render.documents import Document
from vsms_cli.render.number_words import swap_line
from vsms_cli.render.plural import plural
from vsms_cli.render.rows import JOURNAL_FIELDS, journal_row
from vsms_cli.render.sentences import cancel_line, dressed, refund_line


@command("resolve", examples=("vsms journal resolve",))
def app(run: Runtime) -> ExitCode:
    """Read what became of every unknown and unfinished entry, and close it. Nothing that moves money is sent."""
    shape = shape_of(run, JOURNAL_FIELDS)
    try:
        entries = run.journal.entries(unresolved=True)
    except JournalDamaged as exc:
        return _keep_aside(run, exc)
    if not entries:
        run.say("nothing to resolve")
    results: list[CancelResult | RefundResult | SwapResult] = []
    document = None if shape.for_a_person else shape.document(run)
    with run.stop.gently(lambda: run.say("ending: the entry under way is read to its end")):
        for entry in entries:
            if run.stop.requested:
                break
            result = resolve(
                run.desk, entry, run.journal.ticket_of(entry), on_wait=lambda left: _say_wait(run, left)
            )
            results.append(result)
            _tell(run, document, result, entry.entry)
    if document is not None:
        document.end()
    if entries:
        left = sum(result.outcome.value == "unknown" for result in results) + len(entries) - len(results)
        run.say(f"{plural(len(entries), 'entry').replace('entrys', 'entries')} read, {left} still not known")
    if run.stop.requested:
        return run.stop.exit_code
    return ExitCode.UNKNOWN if exit_code_of(results) is ExitCode.UNKNOWN else ExitCode.OK


def _keep_aside(run: Runtime, damage: JournalDamaged) -> ExitCode:
    """What the journal held is not known, so that is the exit code; the next command finds a new one."""
    aside = run.journal.keep_aside()
    run.say(f"vsms: {damage.message}")
    run.say(f"it is kept as {aside}, and a new one begins")
    run.say(
        "what it held is not known: `vsms orders list --all` and `vsms refunds audit` say what became of it"
    )
    return ExitCode.UNKNOWN


def _tell(
    run: Runtime, document: Document | None, result: CancelResult | RefundResult | SwapResult, number: int
) -> None:
    if document is not None:
        entry = run.journal.entry(number)
        if entry is not None:
            document.row(journal_row(entry))
        return
    now = run.clock.now()
    match result:
        case CancelResult():
            mark, line = cancel_line(result, now=now)
        case SwapResult():
            mark, line = swap_line(result, now=now)
        case _:
            mark, line = refund_line(result)
    out = run.streams.out
    out.line(dressed(mark, line, unicode=out.takes_unicode, colour=run.streams.colour))


def _say_wait(run: Runtime, left: float) -> None:
    if run.streams.talk.is_terminal:
        span = short_duration(timedelta(seconds=left))
        run.say(f"it may yet be on its way: reading on for {span}")
