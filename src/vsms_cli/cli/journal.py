"""`vsms journal`: what was sent that moves money, and what came of it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.result_output import print_result
from vsms_cli.cli.row_output import print_one, print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, JournalDamaged, StopRequested, UsageMistake, VsmsError
from vsms_cli.domain.journal_entry import JournalEntry
from vsms_cli.domain.outcomes import Result, exit_code_of
from vsms_cli.domain.times import short_duration
from vsms_cli.ops.resolve import manual_outcomes, resolve
from vsms_cli.render.details import entry_details
from vsms_cli.render.documents import Document, Row
from vsms_cli.render.rows import JOURNAL_FIELDS, journal_row

if TYPE_CHECKING:
    from vsms_cli.render.tables import Column


@command("list", examples=("vsms journal list", "vsms journal list --unresolved --json"))
def list_entries(
    run: Runtime,
    *,
    unresolved: Annotated[
        bool, typer.Option("--unresolved", help="Only those whose outcome is not known yet.")
    ] = False,
) -> ExitCode:
    """List what was sent that moves money, newest first."""
    shape = shape_of(run, JOURNAL_FIELDS)
    entries = run.journal.entries(unresolved=unresolved)
    print_rows(run, shape, entries[::-1], row=journal_row, columns=_columns, none="no entries")
    return ExitCode.OK


def _columns(entries: Sequence[JournalEntry]) -> "Sequence[Column]":
    from vsms_cli.render.order_tables import journal_columns  # noqa: PLC0415 - Rich: for a person alone

    return journal_columns(entries)


@command("show", examples=("vsms journal show 12",))
def show(
    run: Runtime,
    *,
    number: Annotated[int, typer.Argument(metavar="ENTRY", help="As `vsms journal list` numbers it.", min=1)],
) -> ExitCode:
    """Show an entry's history: what was intended, what was answered, what was read."""
    shape = shape_of(run, (*JOURNAL_FIELDS, "events"))
    entry = _numbered(run, number)
    events = run.journal.events(number)
    rows: list[Row] = [{"at": event.at, "message": event.what} for event in events]
    row: Row = {**journal_row(entry), "events": rows}
    print_one(run, shape, row, text=lambda: entry_details(entry, events, run.streams.out_surface))
    return ExitCode.OK


@command("resolve", examples=("vsms journal resolve", "vsms journal resolve 12 --as failed"))
def resolve_entries(
    run: Runtime,
    *,
    number: Annotated[
        int | None,
        typer.Argument(metavar="[ENTRY]", help="That entry alone, as `vsms journal list` numbers it."),
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="OUTCOME", help="What support told you, if nothing can be read of it."),
    ] = None,
) -> ExitCode:
    """Read what became of every unknown and unfinished entry, and close it. Nothing that moves money is sent.

    A refund request whose answer was lost shows in the ledger once it is granted. Until then only a person can tell:
    with an entry and --as, what can't be read is closed as requested or failed (cancelled, swapped or failed for the
    others). What can be read goes before that word.
    """
    shape = shape_of(run, JOURNAL_FIELDS)
    if as_ is not None and number is None:
        raise UsageMistake("--as is about one entry", hint="name it: `vsms journal list --unresolved`")
    try:
        run.journal.check()
        entries = _open(run) if number is None else _entry(run, number, word=as_)
    except JournalDamaged as exc:
        return _repair(run, exc)
    return _resolve(run, shape, entries, word=as_)


def _open(run: Runtime) -> list[JournalEntry]:
    """Every entry that a reading may tell something of."""
    found = [*run.journal.entries(unresolved=True), *run.journal.in_doubt()]
    return sorted(found, key=lambda entry: entry.entry)


def _numbered(run: Runtime, number: int) -> JournalEntry:
    entry = run.journal.entry(number)
    if entry is None:
        raise VsmsError(f"the journal of {run.host} has no entry {number}", hint="see `vsms journal list`")
    return entry


def _entry(run: Runtime, number: int, *, word: str | None) -> list[JournalEntry]:
    """The entry, if it is open; none if it is closed already. UsageMistake for a word that is no outcome of it."""
    entry = _numbered(run, number)
    known = manual_outcomes(entry.operation)
    if word is not None and word not in known:
        raise UsageMistake(
            f"--as {word[:60]!r} is no outcome of `{entry.operation.command}`",
            hint=f"say {' or '.join(known)}",
        )
    return [entry] if entry.unsettled else []


def _resolve(run: Runtime, shape: Shape, entries: Sequence[JournalEntry], *, word: str | None) -> ExitCode:
    if not entries:
        run.notify("nothing to resolve")
    results: list[Result] = []
    document = None if shape.for_a_person else shape.document(run)
    stopped_by: VsmsError | None = None
    with run.stop.gently(lambda: run.notify("ending: the entry under way is read to its end")):
        for entry in entries:
            if run.stop.requested:
                break
            try:
                result = resolve(run.context, entry, word=word, on_wait=partial(_say_wait, run))
            except StopRequested:  # while another process had the order: that entry is as it was
                break
            except VsmsError as exc:
                stopped_by = exc
                break
            results.append(result)
            _tell(run, document, result, entry.entry)
    if document is not None:
        document.end()
    if stopped_by is not None:
        raise stopped_by
    if entries:
        tried = zip(entries, results, strict=False)  # fewer results where we were asked to end
        unknown = [entry for entry, result in tried if result.outcome.value == "unknown"]
        left = len(unknown) + len(entries) - len(results)
        read = _entries(len(entries))
        read = read if len(results) == len(entries) else f"{len(results)} of {read}"
        run.notify(f"{read} read, {left} still not known")
        for entry in unknown[:1]:
            run.notify(f"next: {_next(entry)}")
    if run.stop.requested:
        return run.stop.exit_code
    return ExitCode.UNKNOWN if exit_code_of(results) is ExitCode.UNKNOWN else ExitCode.OK


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _next(entry: JournalEntry) -> str:
    done, failed = manual_outcomes(entry.operation)
    return (
        "`vsms journal resolve` again later; or ask support@virtualsms.io, and close what they tell you:"
        f" `vsms journal resolve {entry.entry} --as {done}`, or `--as {failed}`"
    )


def _repair(run: Runtime, damage: JournalDamaged) -> ExitCode:
    """What the journal held is not known, so that is the exit code; the next command finds a new one."""
    run.notify(f"vsms: {damage.message}")
    repaired = run.journal.repair()
    run.notify(f"it is kept as {repaired.quarantine}, and a new one begins")
    if repaired.entries:
        run.notify(
            f"{_entries(repaired.entries)} could be read and taken over, {repaired.unresolved} of them not resolved"
        )
    run.notify(
        f"what {'else ' if repaired.entries else ''}it held is not known:"
        " `vsms orders list --all` and `vsms refunds audit` say what became of it"
    )
    if repaired.unresolved:
        run.notify("next: `vsms journal resolve`")
    return ExitCode.UNKNOWN


def _tell(run: Runtime, document: Document | None, result: Result, number: int) -> None:
    if document is not None:
        entry = run.journal.entry(number)
        if entry is not None:
            document.row(journal_row(entry))
        return
    print_result(run, result)


def _say_wait(run: Runtime, left: float) -> None:
    if run.streams.err.is_terminal:
        span = short_duration(timedelta(seconds=left))
        run.notify(f"it may yet be on its way: reading on for {span}")
