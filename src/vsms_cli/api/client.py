"""The service's endpoints as methods. Reads retry what was provably not sent; nothing here repeats a mutation."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from vsms_cli.api import wire
from vsms_cli.api.calls import NO_SUCH_ROUTE, Calls
from vsms_cli.api.deviation_collector import Deviations
from vsms_cli.api.response_classification import Meaning, meaning_of
from vsms_cli.api.transport import Exchange, Reply
from vsms_cli.domain.catalogue import Catalogue
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.mutation_answers import Ambiguous, Answer, Refused, TooEarly
from vsms_cli.domain.orders import Order, parse_order_id
from vsms_cli.domain.rentals import Rental, parse_rental_id
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.domain.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.api.deviation_collector import Notes
    from vsms_cli.api.rate_limiter import Pacer
    from vsms_cli.api.service_clock import ServiceClock
    from vsms_cli.domain.money import Account, Balance, LedgerPage
    from vsms_cli.domain.orders import OrderPage

REFUND_ENDPOINT: Final = "/customer/refund/"
"""ASSUMED. The vendor's help page says that a manual credit can be asked for; no public source names an endpoint.
Its path, its body (`reason`, `note`) and its answer (`request_id`, 409 for a second request, 400 for one that is
not eligible) are shaped after cancel. Whoever learns better changes this, `request_refund` and
`wire.read_requested`; where the service has no such route the request goes to a person (`ops.refund`)."""

_ACCEPTED: Final = 202
_CONFLICT: Final = 409


class Client:
    """The API over one transport. See `domain.ports.Service` for what each method promises."""

    def __init__(
        self,
        transport: Exchange,
        *,
        pacer: Pacer,
        clock: ServiceClock,
        log: Callable[[str], None] | None = None,
        on_retry: Callable[[str, float], None] | None = None,
    ) -> None:
        self.deviations = Deviations()
        """Where the answers so far differed in form from what is documented."""
        self._transport = transport
        self._pacer = pacer
        self._calls = Calls(transport, pacer=pacer, clock=clock, log=log, on_retry=on_retry)

    @property
    def time_limit(self) -> float:
        return self._transport.time_limit

    def reserve(self) -> None:
        self._pacer.reserve(until_stop=True)

    def release_turn(self) -> None:
        self._pacer.release_turn()

    # Reads

    def orders(self, *, status: str | None) -> OrderPage:
        params = {"limit": str(wire.ORDERS_PAGE)} | ({} if status is None else {"status": status})
        return wire.read_orders(
            self._calls.read("/customer/orders", params), self.deviations.of(f"orders {status}")
        )

    def order(self, order_id: str, *, within: float | None = None) -> Order:
        wanted = parse_order_id(order_id)
        body = self._calls.read(f"/customer/order/{wanted}", order_id=wanted, within=within)
        return wire.read_order(body, wanted, self.deviations.of(f"order {wanted}"))

    def rentals(self, *, status: str | None) -> tuple[Rental, ...]:
        """Those of a status, or `all`; None for the active ones, which is what the server gives then (the SDKs)."""
        body = self._calls.read("/rentals", None if status is None else {"status": status}, what="rentals")
        return wire.read_rentals(body, self.deviations.of(f"rentals {status}"))

    def balance(self) -> Balance:
        return wire.read_balance(self._calls.read("/customer/balance"), self.deviations.of("balance"))

    def account(self) -> Account:
        return wire.read_account(
            self._calls.read("/customer/profile", what="profile"), self.deviations.of("profile")
        )

    def transactions(
        self, *, type_: str | None = None, since: datetime | None = None, offset: int = 0
    ) -> LedgerPage:
        params = {"limit": str(wire.LEDGER_PAGE), "offset": str(offset)}
        if type_ is not None:
            params["type"] = type_
        if since is not None:
            params["from"] = rfc3339(since)
        return wire.read_ledger(
            self._calls.read("/customer/transactions", params, what="ledger"),
            self.deviations.of(f"transactions {type_} {offset}"),
        )

    def catalogue(self) -> Catalogue:
        return Catalogue(
            countries=wire.read_countries(
                self._calls.read("/customer/countries", what="catalogue"), self.deviations.of("countries")
            ),
            services=wire.read_services(
                self._calls.read("/customer/services", what="catalogue"), self.deviations.of("services")
            ),
        )

    def raw(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """The answer of a GET as it came, the token struck out. `path` begins with a slash, below the base URL."""
        return self._calls.read(path, params)

    # What moves money: one POST each, sent once

    def cancel(self, ticket: Ticket, *, price: Decimal | None) -> Answer:
        """`price` in dollars, where known, is the most that a believable refund can be."""
        path = f"/customer/cancel/{parse_order_id(ticket.order_id)}"
        read = partial(wire.read_cancelled, price=price)
        return self._mutate(ticket, path, None, read, special=_too_early)

    def cancel_rental(self, ticket: Ticket, *, price: Decimal | None) -> Answer:
        """Path, body and answer are the SDKs'. `price` as for `cancel`."""
        path = f"/rentals/{parse_rental_id(ticket.order_id)}/cancel"
        read = partial(wire.read_rental_cancelled, price=price)
        return self._mutate(ticket, path, b"{}", read, special=_too_early)

    def request_refund(self, ticket: Ticket, *, reason: str, note: str | None) -> Answer:
        """See `REFUND_ENDPOINT` for what is assumed."""
        path = f"{REFUND_ENDPOINT}{parse_order_id(ticket.order_id)}"
        content = json.dumps({"reason": reason} | ({} if note is None else {"note": note})).encode()
        return self._mutate(ticket, path, content, wire.read_requested, special=self._refused_request)

    def swap(self, ticket: Ticket, *, number: str) -> Answer:
        """`number` is the one that the order has."""
        path = f"/customer/swap/{parse_order_id(ticket.order_id)}"
        return self._mutate(ticket, path, None, partial(wire.read_swapped, number=number), special=_held)

    def _mutate(
        self,
        ticket: Ticket,
        path: str,
        content: bytes | None,
        read: Callable[[bytes, str, Notes], Answer],
        *,
        special: Callable[[Reply, Meaning, Ticket], Answer | None],
    ) -> Answer:
        """`read` reads a 2xx; `special` is what the operation takes otherwise than `Calls.other` does."""
        reply = self._calls.post(ticket, path, content)
        if not isinstance(reply, Reply):
            return reply
        meaning = meaning_of(reply.status)
        # 202 says that it will be done: of a request to a person that is all there is to say.
        if meaning is Meaning.SUCCESS and (reply.status != _ACCEPTED or ticket.operation is Operation.REFUND):
            try:
                return read(reply.body, ticket.order_id, self.deviations.of(f"post {ticket.order_id}"))
            except BadAnswer as exc:
                return Ambiguous(answered=True, status=reply.status, problem=exc.as_problem())
        return special(reply, meaning, ticket) or self._calls.other(reply, meaning, ticket.operation)

    def _refused_request(self, reply: Reply, meaning: Meaning, ticket: Ticket) -> Refused | None:
        """A missing route in any form; a second request (409) and one that is too early in the API's own alone."""
        own = wire.is_api_error(reply.body)
        if reply.status in NO_SUCH_ROUTE or (own and (reply.status == _CONFLICT or meaning is Meaning.EARLY)):
            return Refused(status=reply.status, problem=self._calls.refused(reply, ticket.operation))
        return None


def _too_early(reply: Reply, meaning: Meaning, _ticket: Ticket) -> TooEarly | None:
    """In JSON, or as text: the live run had that."""
    if meaning is not Meaning.EARLY:
        return None
    seconds = wire.read_seconds_remaining(reply.body)
    return TooEarly(seconds=seconds, web_page=reply.body.lstrip().startswith(b"<"))


def _held(reply: Reply, meaning: Meaning, ticket: Ticket) -> TooEarly | None:
    """The reference pages show the hold's body and not its status: any refusal that names the seconds is one."""
    if meaning is Meaning.REFUSED and wire.is_api_error(reply.body):
        seconds = wire.read_seconds_remaining(reply.body)
        return None if seconds is None else TooEarly(seconds=seconds)
    return _too_early(reply, meaning, ticket)
