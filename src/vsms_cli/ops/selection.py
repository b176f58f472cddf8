"""Which orders are meant: by filters, by ids, by the beginnings of ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.catalogue import Catalogue, Entry, code_of
from vsms_cli.domain.errors import OrderNotFound, UsageMistake
from vsms_cli.domain.orders import (
    Order,
    is_number,
    is_whole_id,
    parse_id_or_beginning,
    parse_order_id,
    with_plus,
)
from vsms_cli.domain.record_class import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta


_COUNTRY: Final = re.compile(r"[a-z]{2}", re.ASCII)  # ISO 3166-1 alpha-2 (the vendor's live run)
_SERVICE: Final = re.compile(r"[a-z0-9]{1,4}", re.ASCII)  # `wa`, `tg` (the vendor's live run)
_NO_CATALOGUE: Final = Catalogue(countries=(), services=())


@record
class Filters:
    """As typed. Repeating one means "or", different ones mean "and"; `limit` takes the first of what is left.

    `catalogue` says which codes and names there are; None where it can't be read, and codes then match as they are.
    """

    countries: tuple[str, ...] = ()
    not_countries: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    not_services: tuple[str, ...] = ()
    older_than: timedelta | None = None
    newer_than: timedelta | None = None
    limit: int | None = None
    catalogue: Catalogue | None = None

    @property
    def given(self) -> bool:
        return self != Filters()

    @property
    def need_catalogue(self) -> bool:
        return bool(self.countries or self.not_countries or self.services or self.not_services)

    @property
    def by_age(self) -> bool:
        return self.older_than is not None or self.newer_than is not None

    def resolved(self, catalogue: Catalogue | None, orders: Sequence[Order]) -> Filters:
        """With every country and service as its code: by the catalogue, and by the codes that the orders have.
        UsageMistake, naming the nearest, for one that neither knows: a mistyped --not-country must not widen a run.
        """
        known = catalogue or _NO_CATALOGUE
        countries = _Codes(known.countries, [order.country for order in orders], _COUNTRY)
        services = _Codes(known.services, [order.service for order in orders], _SERVICE)
        blind = catalogue is None
        return replace(
            self,
            countries=tuple(countries.wanted(text, known.country, blind=blind) for text in self.countries),
            not_countries=tuple(countries.wanted(text, known.country) for text in self.not_countries),
            services=tuple(services.wanted(text, known.service, blind=blind) for text in self.services),
            not_services=tuple(services.wanted(text, known.service) for text in self.not_services),
            catalogue=catalogue,
        )

    def split(self, orders: Sequence[Order], *, now: datetime) -> tuple[list[Order], int]:
        """The orders that match, of filters that are `resolved`, and how many can't be judged by them. What can't be
        told of an order matches no filter, and neither does an order that waits and has a message already.
        """
        known = self.catalogue or _NO_CATALOGUE
        countries = _Codes(known.countries, [order.country for order in orders], _COUNTRY)
        services = _Codes(known.services, [order.service for order in orders], _SERVICE)
        matching, unjudged = [], 0
        for order in orders:
            fits = (
                True if not (self.need_catalogue or self.by_age) else not (order.active and order.messages),
                countries.fits(
                    order.country, self.countries, self.not_countries, blind=self.catalogue is None
                ),
                services.fits(order.service, self.services, self.not_services, blind=self.catalogue is None),
                self._age_fits(order, now),
            )
            if False in fits[1:]:
                continue
            if None in fits or not fits[0]:
                unjudged += 1
            else:
                matching.append(order)
        return (matching if self.limit is None else matching[: self.limit]), unjudged

    def _age_fits(self, order: Order, now: datetime) -> bool | None:
        if not self.by_age:
            return True
        if order.created_at is None:
            return None
        age = now - order.created_at
        old_enough = self.older_than is None or age > self.older_than
        return old_enough and (self.newer_than is None or age < self.newer_than)


class _Codes:
    """The codes of countries, or of services. A code that the catalogue does not know may be a known one in another
    spelling (`UK` for `GB`), however many orders have it: no negative filter can tell it from what it excludes.
    """

    def __init__(
        self, entries: Sequence[Entry], of_orders: Sequence[str | None], form: re.Pattern[str]
    ) -> None:
        self._entries = entries
        self._form = form
        self._of_orders = {self._plain(value) for value in of_orders}

    def wanted(self, text: str, find: Callable[[str], str], *, blind: bool = False) -> str:
        """The code that a person means. `blind` takes any code by its form, where there is no catalogue."""
        plain = self._plain(text)
        if plain is not None and code_of(text, self._entries) is None and (plain in self._of_orders or blind):
            return plain
        return find(text)

    def fits(
        self, value: str | None, wanted: Sequence[str], unwanted: Sequence[str], *, blind: bool
    ) -> bool | None:
        """Whether a value is one of the wanted and none of the unwanted; None where that can't be told."""
        if not wanted and not unwanted:
            return True
        code = self._code(value, blind=blind)
        # As it is written, it may still be the one that is wanted; and one that is not wanted, in another spelling.
        if code is None and wanted and not unwanted:
            code = self._plain(value)
        if code is None:
            return None
        among = code in {text.casefold() for text in wanted} if wanted else True
        return among and code not in {text.casefold() for text in unwanted}

    def _code(self, value: str | None, *, blind: bool) -> str | None:
        known = code_of(value, self._entries)
        if known is not None:
            return known.casefold()
        return self._plain(value) if blind else None

    def _plain(self, value: str | None) -> str | None:
        """The value in small letters, where it has the form of a code."""
        text = (value or "").strip().casefold()
        return text if self._form.fullmatch(text) else None


def whole_ids(texts: Iterable[str]) -> list[str]:
    """Whole ids, each once, in the order given. UsageMistake at the first that is none."""
    return list(dict.fromkeys(parse_order_id(text) for text in texts))


def refuse_beginnings(texts: Iterable[str], *, because: str) -> None:
    """UsageMistake for the beginning of an id, where it might mean another order than the person thinks."""
    for text in texts:
        try:
            beginning = not is_whole_id(parse_id_or_beginning(text))
        except UsageMistake:  # neither: refused in its own words
            continue
        if beginning:
            what = "a phone number" if is_number(parse_id_or_beginning(text)) else "the beginning of an id"
            raise UsageMistake(
                f"{text!r} is {what}, and {because}: it might mean another order",
                hint="give the whole id: `vsms orders list -q` prints them",
            )


def ids_in(lines: Iterable[str]) -> list[str]:
    """What stands one a line; blank lines and `#` comments are passed over."""
    bare = (line.partition("#")[0].strip() for line in lines)
    return [text for text in bare if text]


def ids_or_beginnings(texts: Iterable[str]) -> list[str]:
    """Whole ids and beginnings of 6 characters or more, each once."""
    return list(dict.fromkeys(parse_id_or_beginning(text) for text in texts))


def complete(texts: Sequence[str], listed: Sequence[Order]) -> list[str]:
    """Each beginning made the whole id that it fits among the listed orders; exactly one, or it is an error."""
    return list(dict.fromkeys(text if is_whole_id(text) else _complete(text, listed) for text in texts))


def _fits(order: Order, beginning: str) -> bool:
    """By its id, or by its phone number: a few digits may be either."""
    number = "+" if order.phone_number is None else with_plus(order.phone_number)
    if is_number(beginning):
        return number == beginning
    return order.id.startswith(beginning) or number == f"+{beginning}"


def _complete(beginning: str, listed: Sequence[Order]) -> str:
    fitting = sorted({order.id for order in listed if _fits(order, beginning)})
    if not fitting:
        what = "has the number" if is_number(beginning) else "begins with"
        raise OrderNotFound(
            f"no listed order {what} {beginning}", hint="see `vsms orders list --all`, or give the whole id"
        )
    if len(fitting) > 1:
        shown = ", ".join(fitting[:10]) + (", …" if len(fitting) > 10 else "")  # noqa: PLR2004 - as many as fit a screen
        hint = "give the id of one" if is_number(beginning) else "type more of the id"
        raise UsageMistake(f"{beginning} fits {len(fitting)} orders: {shown}", hint=hint)
    return fitting[0]
