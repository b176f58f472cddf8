"""What the operations need of the world. `cli.runtime` alone says who provides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.catalogue import Catalogue
    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.money import Account, Balance, LedgerPage
    from vsms_cli.domain.mutation_answers import Answer
    from vsms_cli.domain.orders import Order, OrderPage
    from vsms_cli.domain.rentals import Rental
    from vsms_cli.domain.tickets import Operation, Ticket


class Stop(Protocol):
    """Whether the person or the system asked us to end (Ctrl-C, SIGTERM, SIGHUP, a closed pipe)."""

    @property
    def requested(self) -> bool: ...
    def wait(self, seconds: float) -> bool:
        """Sleep so long, or until asked to end; whether that was asked."""
        ...


class Clock(Protocol):
    """Time, handed in so that no test waits for it."""

    def now(self) -> datetime:
        """The service's time, in UTC: by its `Date` header once one was seen, else this machine's."""
        ...

    def monotonic(self) -> float:
        """Seconds from a point that never moves: for waiting."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Service(Protocol):
    """The REST API. Reads raise `VsmsError`; what moves money wants a ticket and answers with a value.

    Reads wait for the rate limit by themselves. What moves money is sent at once: `reserve` first.
    """

    @property
    def time_limit(self) -> float:
        """Seconds for a whole request."""
        ...

    def reserve(self) -> None:
        """Wait until one request may go out. StopRequested if asked to end first, RateLimited after the retry limit."""
        ...

    def release_turn(self) -> None:
        """What `reserve` let out last, in this thread, is not sent after all."""
        ...

    def orders(self, *, status: str | None) -> OrderPage: ...
    def order(self, order_id: str, *, within: float | None = None) -> Order:
        """`within` seconds, or Unreachable; NoTurn where the rate limit left none of them. No longer than `time_limit`
        for the request itself in any case.
        """
        ...

    def cancel(self, ticket: Ticket, *, price: Decimal | None) -> Answer: ...
    def rentals(self, *, status: str | None) -> Sequence[Rental]:
        """Those of a status, or `all`; the active ones for None. There is no route for one rental."""
        ...

    def cancel_rental(self, ticket: Ticket, *, price: Decimal | None) -> Answer: ...
    def request_refund(self, ticket: Ticket, *, reason: str, note: str | None) -> Answer: ...
    def swap(self, ticket: Ticket, *, number: str) -> Answer:
        """Another number in place of `number`."""
        ...

    def balance(self) -> Balance: ...
    def account(self) -> Account: ...
    def transactions(
        self, *, type_: str | None = None, since: datetime | None = None, offset: int = 0
    ) -> LedgerPage: ...
    def catalogue(self) -> Catalogue: ...


class Journal(Protocol):
    """Intents and outcomes on disk. `begin` returns only after the commit; the token is never in it."""

    def begin(
        self,
        operation: Operation,
        order_id: str,
        *,
        price: Decimal | None,
        time_limit: float,
        reference: str | None = None,
    ) -> Ticket:
        """`time_limit` in seconds is how long a request may be on its way. `reference` is what a swap starts from:
        the number that the order has now.
        """
        ...

    def note(self, ticket: Ticket, what: str, *, in_doubt: bool = False) -> None:
        """`in_doubt` from now on, until it is closed as settled."""
        ...

    def close(
        self,
        ticket: Ticket,
        outcome: str,
        *,
        refund_amount: Decimal | None = None,
        reference: str | None = None,
        detail: str | None = None,
        settled: bool = False,
    ) -> None:
        """`settled` is whether no request of it can be carried out unseen any more; `reference` the service's request
        or transaction.
        """
        ...

    def pass_over(
        self, operation: Operation, orders: Iterable[tuple[str, Decimal | None]], *, why: str
    ) -> None:
        """Orders, each with its price, that a run meant and sent nothing about: all of them `skipped`, or none."""
        ...

    def entries(self, *, unresolved: bool = False) -> Sequence[JournalEntry]: ...
    def entry(self, number: int) -> JournalEntry | None: ...
    def age_of(self, entry: JournalEntry) -> float:
        """For how long, in seconds, nothing of it was sent: at least so long, whatever was done to the clock. Of an
        entry of version 0.1.0 the wall clock alone says it.
        """
        ...

    def last_refund_request(self, order_id: str) -> JournalEntry | None:
        """The newest that may have reached the service, under another of its names too where its outcome is open."""
        ...

    def last_cancel(self, order_id: str, operation: Operation = ...) -> JournalEntry | None:
        """The newest cancel of an order, or of a rental, that may have been carried out, or that found it ended."""
        ...

    def open_swap(self, order_id: str) -> JournalEntry | None:
        """The newest swap of an order that may have been carried out unseen."""
        ...

    def last_swap(self, order_id: str) -> JournalEntry | None:
        """The newest swap of an order that was carried out."""
        ...

    def refer(self, entry: JournalEntry, reference: str, what: str) -> None:
        """Let a closed entry name what proves it: the refund's transaction. `what` is the event."""
        ...

    def ticket_of(self, entry: JournalEntry) -> Ticket:
        """The right to go on with an unresolved entry: its intent is on disk already."""
        ...

    def acquire(self, order_id: str) -> bool:
        """Lock the order for this process: False while another one that lives has it."""
        ...

    def release(self, order_id: str) -> None: ...
