"""Each read endpoint's answer compared with what is documented, field by field: names and types, never a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vsms_cli.api import wire
from vsms_cli.api.deviation_collector import Deviation, Deviations, Kind
from vsms_cli.api.json_fields import ENVELOPES, decode_body, list_in, object_in, objects, type_of
from vsms_cli.domain.orders import OrderPage, is_whole_id
from vsms_cli.domain.record_class import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vsms_cli.api.client import Client

_SHOWN_NAME: Final = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)  # another name may hold a value of the account


@record
class Endpoint:
    """A read endpoint as documented (vendor's live run and reference pages). A field is written with the other names
    that older deployments give it: `id|order_id`. `optional` ones may be absent, `rows` is the list's name.
    """

    name: str
    path: str
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()
    rows: str | None = None
    around: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


_TIMES: Final = ("cancel_available_at", "swap_available_at", "rules")
_SMS: Final = ("sms_received", "sms_code", "sms_text", "messages", "success")
ENDPOINTS: Final = (
    Endpoint(
        name="balance", path="/customer/balance", fields=("balance|balance_usd",), optional=("success",)
    ),
    Endpoint(
        name="profile",
        path="/customer/profile",
        fields=("id", "email", "balance_usd", "created_at"),
        optional=(
            *("telegram_linked", "telegram_username", "total_spent_usd", "total_credits_usd"),
            *("total_orders", "active_api_keys", "success"),
        ),
        inside=("user", "profile"),
    ),
    Endpoint(
        name="orders",
        path="/customer/orders",
        rows="orders",
        around=("count", "success", "limit", "offset"),
        fields=(
            *("id|order_id", "phone_number", "service_id|service", "country_id|country", "status"),
            *("price_charged|price", "created_at", "expires_at"),
        ),
        optional=(*_TIMES, *_SMS),
    ),
    Endpoint(
        name="order",
        path="/customer/order/",
        fields=(
            *("order_id|id", "phone_number", "service|service_id", "country|country_id", "status"),
            *("price|price_charged", "created_at", "expires_at"),
        ),
        optional=(*_TIMES, *_SMS),
        inside=("order",),
    ),
    Endpoint(
        name="transactions",
        path="/customer/transactions",
        rows="transactions",
        around=("count", "limit", "offset", "success"),
        fields=("id", "amount", "type", "created_at"),
        optional=("description", "order_id", "balance_before", "balance_after"),
    ),
    Endpoint(
        name="rentals",
        path="/rentals",
        rows="rentals",
        around=("success", "count"),
        fields=(
            *("id|rental_id", "phone_number", "started_at|created_at", "expires_at"),
            *("price", "status", "sms_received"),
        ),
        optional=(
            *("rental_type", "tier", "service_id", "service", "duration_hours", "auto_renew"),
            *("sms_forwarded", "last_sms_at", "provider", "country", "country_code", "country_id"),
        ),
    ),
    Endpoint(
        name="services",
        path="/customer/services",
        rows="services",
        around=("success", "count"),
        fields=("service_id", "service_name"),
        optional=("base_price",),
    ),
    Endpoint(
        name="countries",
        path="/customer/countries",
        rows="countries",
        around=("success", "count"),
        fields=("country_id", "country_name"),
        optional=("min_price", "services"),
    ),
)


@record
class Surveyed:
    """An endpoint's answer: how many rows were compared, and where they differ, each place once."""

    rows: int
    differences: tuple[Deviation, ...]
    first_id: str | None = None


def survey(client: Client, endpoint: Endpoint, *, order_id: str = "") -> Surveyed:
    """One request. VsmsError where it is not answered; BadAnswer where the answer can't be read at all."""
    body = client.raw(endpoint.path + order_id, _PARAMS.get(endpoint.name))
    notes = Deviations()
    read = wire.read_order(body, order_id, notes) if order_id else _READERS[endpoint.name](body, notes)
    orders = read.orders if isinstance(read, OrderPage) else ()
    found = {_key(each): each for each in map(_of_any_row, notes)}
    count = 0
    for path, names in _named(endpoint, body):
        count += 1
        for difference in _compared(endpoint, path, names):
            found.setdefault(_key(difference), difference)
    first_id = next((order.id for order in orders if is_whole_id(order.id)), None)
    return Surveyed(rows=count, differences=tuple(found.values()), first_id=first_id)


def _of_any_row(deviation: Deviation) -> Deviation:
    path = ".".join(part if _shown(part) else "?" for part in deviation.place.split("."))
    return replace(deviation, path=path)


def _key(difference: Deviation) -> tuple[str, str]:
    return difference.path, difference.found


def _named(endpoint: Endpoint, body: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    """The objects whose fields are compared, each with its path."""
    unnoted = Deviations()
    if endpoint.rows is None:
        wanted = tuple(name for field in endpoint.fields for name in field.split("|"))
        fields = object_in(body, unnoted, wanted=wanted, inside=endpoint.inside)
        yield fields.path, fields.all
        return
    value = decode_body(body)
    if isinstance(value, dict):
        known = {endpoint.rows, *ENVELOPES, *endpoint.around}
        for name in value.keys() - known:
            yield "", {name: value[name]}
    rows, path, _ = list_in(body, endpoint.rows, unnoted)
    for row in objects(rows, path, unnoted):
        yield f"{path}[]", row.all


def _compared(endpoint: Endpoint, path: str, names: dict[str, object]) -> Iterator[Deviation]:
    prefix = f"{path}." if path else ""
    known = {name for field in (*endpoint.fields, *endpoint.optional) for name in field.split("|")}
    for name in sorted(names.keys() - known):
        shown = name if _shown(name) else "?"
        yield Deviation(
            path=f"{prefix}{shown}", found=type_of(names[name]), expected="no such field", kind=Kind.NEW
        )
    if endpoint.rows is not None and not path:
        return
    for field in endpoint.fields:
        alternatives = field.split("|")
        if not any(name in names for name in alternatives):
            yield Deviation(
                path=f"{prefix}{alternatives[0]}", found="missing", expected="a value", kind=Kind.MISSING
            )


def _shown(name: str) -> bool:
    return _SHOWN_NAME.fullmatch(name.removesuffix("[]")) is not None


_READERS: Final[dict[str, Callable[[bytes, Deviations], object]]] = {
    "balance": wire.read_balance,
    "profile": wire.read_account,
    "orders": wire.read_orders,
    "transactions": wire.read_ledger,
    "rentals": wire.read_rentals,
    "services": wire.read_services,
    "countries": wire.read_countries,
}
_PARAMS: Final = {
    "rentals": {"status": "all"},
    "orders": {"limit": str(wire.ORDERS_PAGE)},
    "transactions": {"limit": str(wire.LEDGER_PAGE), "offset": "0"},
}
