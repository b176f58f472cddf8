"""Which orders are meant: by filters, by ids, by the beginnings of ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import OrderNotFound, UsageMistake
from vsms_cli.domain.orders import Order, is_whole_id, parse_id_or_beginning, parse_order_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from vsms_cli.domain.catalogue import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """As typed. Repeating one means "or", different ones mean "and"; `limit` takes the first of what is left."""

    countries: tuple[str, ...] = ()
    not_countries: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    not_services: tuple[str, ...] = ()
    older_than: timedelta | None = None
    newer_than: timedelta | None = None
    limit: int | None = None

    @property
    def given(self) -> bool:
        return self != Filters()

    @property
    def need_catalogue(self) -> bool:
        return bool(self.countries or self.not_countries or self.services or self.not_services)

    def resolved(self, catalogue: Catalogue) -> Filters:
        """With every country and service as its code. UsageMistake, naming the nearest, for an unknown one."""
        return Filters(
            countries=tuple(catalogue.country(text) for text in self.countries),
            not_countries=tuple(catalogue.country(text) for text in self.not_countries),
            services=tuple(catalogue.service(text) for text in self.services),
            not_services=tuple(catalogue.service(text) for text in self.not_services),
            older_than=self.older_than,
            newer_than=self.newer_than,
            limit=self.limit,
        )

    def select(self, orders: Iterable[Order], *, now: datetime) -> list[Order]:
        """The orders that match. One whose age is not known matches no filter by age."""
        matching = [order for order in orders if self._match(order, now)]
        return matching if self.limit is None else matching[: self.limit]

    def _match(self, order: Order, now: datetime) -> bool:
        return (
            _among(order.country, self.countries, default=True)
            and not _among(order.country, self.not_countries, default=False)
            and _among(order.service, self.services, default=True)
            and not _among(order.service, self.not_services, default=False)
            and self._age_fits(order, now)
        )

    def _age_fits(self, order: Order, now: datetime) -> bool:
        if self.older_than is None and self.newer_than is None:
            return True
        if order.created_at is None:
            return False
        age = now - order.created_at
        old_enough = self.older_than is None or age > self.older_than
        return old_enough and (self.newer_than is None or age < self.newer_than)


def _among(value: str | None, wanted: Sequence[str], *, default: bool) -> bool:
    if not wanted:
        return default
    return value is not None and value.casefold() in {text.casefold() for text in wanted}


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
            raise UsageMistake(
                f"{text!r} is the beginning of an id, and {because}: it might mean another order",
                hint="give the whole id: `vsms orders list -q` prints them",
            )


def ids_from_lines(lines: Iterable[str], *, beginnings: bool) -> list[str]:
    """Ids one a line; blank lines and `#` comments are passed over. With `beginnings` those of ids do too."""
    bare = (line.partition("#")[0].strip() for line in lines)
    given = [text for text in bare if text]
    return ids_or_beginnings(given) if beginnings else whole_ids(given)


def ids_or_beginnings(texts: Iterable[str]) -> list[str]:
    """Whole ids and beginnings of 6 characters or more, each once."""
    return list(dict.fromkeys(parse_id_or_beginning(text) for text in texts))


def complete(texts: Sequence[str], listed: Sequence[Order]) -> list[str]:
    """Each beginning made the whole id that it fits among the listed orders; exactly one, or it is an error."""
    return list(dict.fromkeys(text if is_whole_id(text) else _complete(text, listed) for text in texts))


def _complete(beginning: str, listed: Sequence[Order]) -> str:
    fitting = sorted({order.id for order in listed if order.id.startswith(beginning)})
    if not fitting:
        raise OrderNotFound(
            f"no listed order begins with {beginning}",
            hint="see `vsms orders list --all`, or give the whole id",
        )
    if len(fitting) > 1:
        shown = ", ".join(fitting[:10]) + (", …" if len(fitting) > 10 else "")  # noqa: PLR2004 - as many as fit a screen
        raise UsageMistake(f"{beginning} fits {len(fitting)} orders: {shown}", hint="type more of the id")
    return fitting[0]
