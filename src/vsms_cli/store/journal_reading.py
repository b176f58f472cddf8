"""What the journal's tables hold, as entries and events."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.entries import JournalEntry, JournalEvent
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import parse_rfc3339
from vsms_cli.store.journal_database import JournalDatabase
from vsms_cli.store.journal_schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_UNRESOLVED: Final = "(outcome IS NULL OR outcome = 'unknown')"


class JournalReader:
    """The journal in the file at `path`, for the orders of one `host`. Where there is no file it is empty."""

    def __init__(self, path: Path, *, host: str) -> None:
        self._host = host
        self._database = JournalDatabase(path)

    def entries(self, *, unresolved: bool = False) -> Sequence[JournalEntry]:
        """This host's entries, oldest first."""
        where = f"host = ? AND {_UNRESOLVED}" if unresolved else "host = ?"
        return self._select(f"{where} ORDER BY entry", self._host)

    def in_doubt(self) -> Sequence[JournalEntry]:
        """This host's entries that are closed, and whose request may yet have been carried out; oldest first."""
        return self._select(f"host = ? AND in_doubt = 1 AND NOT {_UNRESOLVED} ORDER BY entry", self._host)

    def entry(self, number: int) -> JournalEntry | None:
        return self._newest("host = ? AND entry = ?", self._host, number)

    def events(self, number: int) -> Sequence[JournalEvent]:
        """The steps of an entry, oldest first."""
        with self._database.reading() as db:
            if db is None:
                return []
            rows = db.execute("SELECT at, what FROM events WHERE entry = ? ORDER BY rowid", (number,))
            return [JournalEvent(at=parse_rfc3339(str(at)), what=str(what)) for at, what in rows]

    def last_refund_request(self, order_id: str) -> JournalEntry | None:
        """The newest refund request for an order that may have reached the service. Of another host's, which may be
        this one's other name, those alone whose outcome is open: they keep a second request from being sent.
        """
        return self._newest(
            f"order_id = ? AND operation = ? AND ({_UNRESOLVED} OR (host = ? AND outcome IN"
            " ('requested', 'already_requested'))) ORDER BY host = ? DESC, entry DESC",
            order_id, Operation.REFUND.value, self._host, self._host,
        )  # fmt: skip

    def last_cancel(self, order_id: str, operation: Operation = Operation.CANCEL) -> JournalEntry | None:
        """The newest cancel of an order, or of a rental, that may have been carried out, or that found it ended."""
        return self._newest(
            "host = ? AND order_id = ? AND operation = ? AND (outcome IS NULL OR in_doubt = 1 OR outcome IN"
            " ('unknown', 'cancelled', 'already_cancelled', 'expired', 'sms_received')) ORDER BY entry DESC",
            self._host, order_id, operation.value,
        )  # fmt: skip

    def open_swap(self, order_id: str) -> JournalEntry | None:
        """The newest swap of an order that may have been carried out unseen."""
        return self._newest(
            f"host = ? AND order_id = ? AND operation = ? AND (in_doubt = 1 OR {_UNRESOLVED})"
            " ORDER BY entry DESC",
            self._host, order_id, Operation.SWAP.value,
        )  # fmt: skip

    def _newest(self, where: str, *values: object) -> JournalEntry | None:
        found = self._select(f"{where} LIMIT 1", *values)
        return found[0] if found else None

    def _select(self, where: str, *values: object) -> list[JournalEntry]:
        with self._database.reading() as db:
            if db is None:
                return []
            # `where` is this module's own text; what varies is bound.
            rows = db.execute(f"SELECT {COLUMNS} FROM entries WHERE {where}", values)  # noqa: S608 - above
            return [entry_of(row) for row in rows]


def entry_of(row: Sequence[object]) -> JournalEntry:
    """The entry in a row of `COLUMNS`. ValueError where it is none."""
    entry, at, host, operation, order_id, key, price, outcome, amount, reference, detail, *rest = row
    updated_at, in_doubt, time_limit, monotonic = rest
    return JournalEntry(
        entry=int(str(entry)),
        at=parse_rfc3339(str(at)),
        host=str(host),
        operation=Operation(str(operation)),
        order_id=str(order_id),
        idempotency_key=str(key),
        price=amount_of(price),
        outcome=None if outcome is None else str(outcome),
        refund_amount=amount_of(amount),
        reference=None if reference is None else str(reference),
        detail=None if detail is None else str(detail),
        updated_at=parse_rfc3339(str(updated_at)),
        in_doubt=bool(in_doubt),
        time_limit=None if time_limit is None else float(str(time_limit)),
        monotonic=None if monotonic is None else float(str(monotonic)),
    )


def amount_of(text: object) -> Decimal | None:
    """ValueError where it is none."""
    if text is None:
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{str(text)[:40]!r} is no amount") from None
    if not amount.is_finite():
        raise ValueError(f"{amount} is no amount")
    return amount
