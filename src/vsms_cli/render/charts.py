"""Stats as bars, with the sums beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.times import short_duration
from vsms_cli.render.details import facts_text
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import NAME, Column, column, layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from vsms_cli.domain.stats import Group, Stats
    from vsms_cli.render.streams import Surface

_BAR: Final = 24  # characters
_SHORT_BAR: Final = 12
_ROOMY: Final = 72  # columns: names, bars and counts all fit
_GROUPS_SHOWN: Final = 6  # of countries, and of services: a screen has 24 lines
_Row = tuple[str, "Decimal | None", str]


def stats_chart(stats: Stats, surface: Surface, *, names: Mapping[str, str]) -> str:
    facts = facts_text(
        {
            "orders": f"{stats.orders}, {stats.waiting} of them waiting",
            "time to the code": _median(stats),
            "spent": dollars(stats.spent),
            "returned": dollars(stats.returned),
            "net": dollars(stats.net),
        },
        surface,
    )
    if not stats.all.ended:
        return facts
    return f"{_bars([*_sections(stats, names, surface)], surface)}\n{facts}"


def _sections(stats: Stats, names: Mapping[str, str], surface: Surface) -> Iterator[tuple[str, list[_Row]]]:
    of_all = stats.all
    services = {group.name: names.get(group.name.casefold(), group.name) for group in stats.by_service}
    most = None if surface.width is None else _GROUPS_SHOWN
    yield "CODES BY COUNTRY", _rates(stats.by_country, {}, most)
    yield "CODES BY SERVICE", _rates(stats.by_service, services, most)
    ends = (("completed", of_all.completed), ("cancelled", of_all.cancelled), ("expired", of_all.expired))
    yield (
        "HOW THEY ENDED",
        [(name, of_all.share(count), f"{count} of {of_all.ended}") for name, count in ends],
    )


def _rates(groups: Sequence[Group], names: Mapping[str, str], most: int | None) -> list[_Row]:
    rows: list[_Row] = [
        (shown(names.get(group.name, group.name)), group.success_rate, f"{group.completed} of {group.ended}")
        for group in groups[:most]
    ]
    left = len(groups) - len(rows)
    return [*rows, (f"and {left} more", None, "")] if left else rows


def _bars(sections: Sequence[tuple[str, list[_Row]]], surface: Surface) -> str:
    """All sections in one set of columns."""
    rows: list[_Row] = []
    for title, of_section in sections:
        rows += [("", None, ""), (title, None, ""), *of_section] if rows else of_section
    titles = {title for title, _ in sections}
    columns = (
        Column(
            title=sections[0][0],
            cells=tuple(name for name, _, _ in rows),
            keep=9,
            most=NAME,
            styles=tuple("bold" if name in titles else "" for name, _, _ in rows),
        ),
        column("", (_bar(rate, surface) for _, rate, _ in rows), keep=1, style="green"),
        column("", (_percent(rate) for _, rate, _ in rows), keep=8, right=True),
        column("", (count for _, _, count in rows), keep=5, right=True),
    )
    return layout(columns, surface).text


def _bar(rate: Decimal | None, surface: Surface) -> str:
    if rate is None:
        return ""
    full, empty = ("█", "░") if surface.unicode else ("#", ".")
    length = _BAR if surface.width is None or surface.width >= _ROOMY else _SHORT_BAR
    filled = round(rate * length)
    return full * filled + empty * (length - filled)


def _percent(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate * 100:.0f}%"


def _median(stats: Stats) -> str:
    if stats.median_seconds_to_code is None:
        return "?"
    return f"{short_duration(timedelta(seconds=stats.median_seconds_to_code))} (median)"
