"""The service as a function: a request in, an answer out, the database in between; and the controls of its operator."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qsl, unquote

from vsms_cli.sandbox import endpoints, orders, rentals, scenario
from vsms_cli.sandbox.catalogue import PRODUCTS
from vsms_cli.sandbox.dialects import told
from vsms_cli.sandbox.errors import OrderUnknown, SandboxError
from vsms_cli.sandbox.orders import Message, Order, Status
from vsms_cli.sandbox.parameters import Call, storable
from vsms_cli.sandbox.response_bodies import Refusal, Reply, refusal, written
from vsms_cli.sandbox.tables import Page, stamp

if TYPE_CHECKING:
    from vsms_cli.sandbox.database import Database

BODY_LIMIT: Final = 64 * 1024  # bytes; the longest honest body is a refund request of some 2 KB

_BASE: Final = "/api/v1"
_KEY: Final = re.compile(r"vsms_[!-~]+")
_BEGINNING: Final = re.compile(r"[0-9a-fA-F-]{6,36}")
_FURTHEST: Final = timedelta(days=3650)  # far from the calendar's end, which no time may pass

_Endpoint = Callable[[Page, Call], Reply]
_ROUTES: Final[Mapping[str, tuple[str, str, _Endpoint]]] = {
    "/customer/orders": ("orders", "GET", endpoints.list_orders),
    "/customer/order/{id}": ("order", "GET", endpoints.show_order),
    "/customer/purchase": ("purchase", "POST", endpoints.purchase),
    "/customer/cancel/{id}": ("cancel", "POST", endpoints.cancel),
    "/customer/swap/{id}": ("swap", "POST", endpoints.swap),
    "/customer/refund/{id}": ("refund", "POST", endpoints.request_refund),
    "/rentals": ("rentals", "GET", rentals.list_rentals),
    "/rentals/{id}/cancel": ("rental-cancel", "POST", rentals.cancel_rental),
    "/customer/balance": ("balance", "GET", endpoints.show_balance),
    "/balance": ("balance", "GET", endpoints.show_balance),
    "/catalog/countries": ("stock", "GET", endpoints.list_stock),
    "/customer/profile": ("profile", "GET", endpoints.show_profile),
    "/customer/transactions": ("transactions", "GET", endpoints.list_transactions),
    "/customer/services": ("services", "GET", endpoints.list_services),
    "/customer/countries": ("countries", "GET", endpoints.list_countries),
    "/price": ("price", "GET", endpoints.show_price),
}
"""Path → operation, method, what it does."""
_OPEN_TO_ALL: Final = frozenset({"/price"})  # the live run asked it without a key


_RENTAL_CANCEL: Final = re.compile(r"/rentals/([^/]*)/cancel")


OPERATIONS: Final = frozenset(operation for operation, _, _ in _ROUTES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it is on the wire: `path` and `query` still percent-encoded, header names in any case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def to(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Self:
        """`target` is the path with the query behind its `?`."""
        path, _, query = target.partition("?")
        return cls(method=method, path=path, query=query, headers=headers, body=body)

    @property
    def operation(self) -> str:
        """One of OPERATIONS; empty where there is no such path, or not by this method."""
        operation, method, _ = _ROUTES.get(_route(self.path)[0], ("", "", None))
        return operation if method == self.method else ""

    @property
    def key(self) -> str:
        """What came as the API key, whatever it is."""
        return next((value for name, value in self.headers.items() if name.lower() == "x-api-key"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a request. `Content-Length` is added by the transport or the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sandbox:
    """The service over a database; a blank database is filled with the default scenario.

    `seed` makes the ids and numbers of that scenario the same every time; later ones are always random. `hold` is
    how long after its purchase an order can't be cancelled or swapped, in place of the service's two minutes.
    `dialect` is one of `dialects.DIALECTS`; None for answers as documented.
    """

    def __init__(
        self,
        database: Database,
        *,
        seed: int | None = None,
        hold: timedelta | None = None,
        dialect: str | None = None,
    ) -> None:
        self._database = database
        self._hold = hold
        self._dialect = dialect
        with database.turn() as page:
            if page.setting("scenario") is None:
                _fill(page, scenario.DEFAULT, seed)

    def handle(self, request: Request) -> Answer:
        """Never raises: malformed is a 4xx, and 503 only where the database can't be used, changing nothing."""
        try:
            with self._database.turn() as page:
                reply = _reply(replace(page, hold=self._hold), request)
                return _answer(reply, page.now, dialect=self._dialect)
        except (sqlite3.Error, SandboxError):
            return _answer(refusal(503, "Sandbox database unavailable").reply, datetime.now(UTC))

    def refuse(self, status: int, error: str) -> Answer:
        """What is answered to bytes that are no request."""
        try:
            with self._database.turn() as page:
                now = page.now
        except (sqlite3.Error, SandboxError):
            now = datetime.now(UTC)
        return _answer(refusal(status, error).reply, now)

    def reset(self, scenario: str = scenario.DEFAULT, *, seed: int | None = None) -> None:
        """As at first start, the clock set right too. ValueError for an unknown scenario: nothing changes."""
        with self._database.turn() as page:
            _fill(page.blank(), scenario, seed)

    def advance(self, span: timedelta) -> datetime:
        """Moves the clock on, and lets happen what is due by then. Answers with the new time."""
        with self._database.turn() as page:
            ahead = page.clock_offset
            if not timedelta() <= span <= _FURTHEST - ahead:
                raise SandboxError(
                    "the clock only goes forward, and ten years at most; `reset` sets it right"
                )
            page.put_clock_ahead(ahead + span)
        with self._database.turn() as page:
            return page.now

    def deliver(self, order_id: str, text: str, *, sender: str | None = None) -> str:
        """The SMS arrives; without a sender it is the service's name. Answers with the order's whole id.

        A beginning of the id will do, from 6 characters. OrderUnknown, or another SandboxError where the order does
        not wait, where several begin so, or where the text is none.
        """
        with self._database.turn() as page:
            order = _meant(page, order_id)
            if order.status is not Status.WAITING:
                raise SandboxError(f"order {order.id} is {order.status}: only a waiting order gets an SMS")
            message = Message(
                sender=sender or PRODUCTS[order.service].name, content=text, received_at=page.now
            )
            if not storable(message.sender + message.content):
                raise SandboxError("the SMS is not valid Unicode text")
            orders.receive(page, order, message)
            return order.id


def _fill(page: Page, name: str, seed: int | None) -> None:
    if seed is not None:
        page = replace(page, rng=random.Random(seed))  # noqa: S311 - ids of a play account, the same each time
    scenario.write(page, name)
    page.set("account_id", page.fresh_id())
    page.set("account_created_at", stamp(page.now - timedelta(days=42)))


def _reply(page: Page, request: Request) -> Reply:
    try:
        endpoint, call = _routed(request)
        return endpoint(page, call)
    except Refusal as no:
        return no.reply


def _routed(request: Request) -> tuple[_Endpoint, Call]:
    """404 before 405 before 401 before 413: a key is not needed to learn that a path does not exist."""
    route, order_id = _route(request.path)
    if route not in _ROUTES:
        raise refusal(404, "Not found")
    _, method, endpoint = _ROUTES[route]
    if request.method != method and (request.method, method) != ("HEAD", "GET"):
        raise Refusal(Reply(405, {"error": "Method not allowed"}, {"Allow": method}))
    if route not in _OPEN_TO_ALL and not _KEY.fullmatch(request.key):
        raise refusal(401, "Invalid or missing API key")
    if len(request.body) > BODY_LIMIT:
        raise refusal(413, "Request body too large")
    query = dict(parse_qsl(request.query.encode("utf-8", "replace").decode(), keep_blank_values=True))
    return endpoint, Call(order_id=order_id, query=query, body=request.body)


def _route(path: str) -> tuple[str, str]:
    """The path without the base; where it ends in an order's id, with `{id}` in its place."""
    if not path.startswith(f"{_BASE}/"):
        return "", ""
    inner = path.removeprefix(_BASE)
    rental = _RENTAL_CANCEL.fullmatch(inner)
    if rental is not None:
        return "/rentals/{id}/cancel", unquote(rental[1])
    parent, _, last = inner.rpartition("/")
    return (inner, "") if inner in _ROUTES else (f"{parent}/{{id}}", unquote(last))


def _answer(reply: Reply, now: datetime, *, dialect: str | None = None) -> Answer:
    content = reply.content
    plain = isinstance(content, str)
    if isinstance(content, str):
        text = content
    else:
        text = written(content if dialect is None else told(dialect, content, status=reply.status))
    return Answer(
        status=reply.status,
        headers={
            "Content-Type": "text/plain; charset=utf-8" if plain else "application/json",
            "Date": format_datetime(now.replace(microsecond=0), usegmt=True),
            **reply.headers,
        },
        body=text.encode(),
    )


def _meant(page: Page, order_id: str) -> Order:
    found = orders.beginning_with(page, order_id) if _BEGINNING.fullmatch(order_id) else []
    match found:
        case [order]:
            return order
        case []:
            raise OrderUnknown(f"no order has the id {order_id!r}, or 6 characters or more of its beginning")
        case _:
            raise SandboxError(f"{len(found)} orders begin with {order_id!r}: give more of the id")
