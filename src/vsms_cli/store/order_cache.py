"""The orders that `orders list` saw last: for completion, where a Tab must ask neither the service nor the keyring,
and for their prices, so that a cancel by id can tell a smaller refund without a look-up.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.record_class import record
from vsms_cli.domain.rentals import is_rental_id
from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.paths import read_own, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path


_HIGHEST_PRICE: Final = Decimal(1000)  # dollars; the most expensive number costs some $20


@record
class CachedOrder:
    """An order, or a rental, as it was. `until` is when its time is over, `price` in dollars; None: not known."""

    id: str
    waiting: bool
    country: str
    service: str
    status: str
    until: datetime | None
    price: Decimal | None = None

    def may_wait(self, now: datetime) -> bool:
        """Whether it may still wait for a code."""
        return self.waiting and (self.until is None or self.until > now)


class OrderCache:
    """Those of one host, in the cache directory, 0600. A cache: whatever is wrong with it, it is empty."""

    def __init__(self, cache_dir: Path, *, host: str, kind: str = "orders") -> None:
        """`kind` may be `rentals`."""
        self._file = cache_dir / f"{kind}-{host.replace(':', '_')}.json"

    def write(self, orders: Sequence[Order]) -> None:
        """Replace what was cached before."""
        value = [
            {
                "id": order.id,
                "waiting": order.phase is Phase.WAITING,
                "country": order.country or "",
                "service": order.service or "",
                "status": order.status,
                "price": None if order.price is None else str(order.price),
                "until": None if order.lives_until is None else rfc3339(order.lives_until),
            }
            for order in orders
            if order.nameable
        ]
        try:
            write_private(self._file, json.dumps(value).encode())
        except (OSError, ConfigBroken):  # ConfigBroken: there is no home directory
            return  # then nothing completes

    def read(self) -> tuple[CachedOrder, ...]:
        try:
            return tuple(_cached(value) for value in json.loads(read_own(self._file)))
        except (
            OSError,
            ConfigBroken,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
            ArithmeticError,
        ):
            return ()

    def prices(self) -> dict[str, Decimal]:
        """In dollars, by id. An order's price does not change."""
        return {order.id: order.price for order in self.read() if order.price is not None}


def _cached(value: dict[str, object]) -> CachedOrder:
    if not is_rental_id(str(value["id"])):  # the wider of the two forms
        raise ValueError("no order's id")
    until = value["until"]
    price = None if value.get("price") is None else Decimal(str(value["price"]))
    if price is not None and not (price.is_finite() and 0 <= price <= _HIGHEST_PRICE):
        raise ValueError("no price")
    return CachedOrder(
        id=str(value["id"]),
        waiting=value["waiting"] is True,
        country=str(value["country"]),
        service=str(value["service"]),
        status=str(value["status"]),
        until=None if until is None else parse_rfc3339(str(until)),
        price=price,
    )
