"""Stats as something to look at: bars in a terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.times import short_duration
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import Column, layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from vsms_cli.domain.stats import Group, Stats

_BAR: Final = 24  # characters


def stats_chart(stats: Stats, *, width: int, colour: bool, unicode: bool) -> str:
    of_all = stats.all
    facts = {
        "spent": dollars(stats.spent),
        "returned": dollars(stats.returned),
        "net": dollars(stats.net),
        "orders": f"{stats.orders}, {stats.waiting} of them waiting",
        "time to the code": _median(stats),
    }
    longest = max(map(len, facts))
    lines = "".join(f"{name.ljust(longest)}  {text}\n" for name, text in facts.items())
    if not of_all.ended:
        return lines
    shares = [
        ("completed", of_all.completed),
        ("cancelled", of_all.cancelled),
        ("expired", of_all.expired),
    ]
    parts = [
        lines,
        _bars(
            "HOW THEY ENDED",
            [(name, of_all.share(count), f"{count} of {of_all.ended}") for name, count in shares],
            width=width, colour=colour, unicode=unicode,
        ),
        _bars("CODES BY COUNTRY", _rates(stats.by_country), width=width, colour=colour, unicode=unicode),
        _bars("CODES BY SERVICE", _rates(stats.by_service), width=width, colour=colour, unicode=unicode),
    ]  # fmt: skip
    return "\n".join(parts)


def _rates(groups: Sequence[Group]) -> list[tuple[str, Decimal | None, str]]:
    return [(shown(g.name), g.success_rate, f"{g.completed} of {g.ended}") for g in groups]


def _bars(
    title: str, rows: Sequence[tuple[str, Decimal | None, str]], *, width: int, colour: bool, unicode: bool
) -> str:
    columns = (
        Column(title=title, cells=tuple(name for name, _, _ in rows), keep=9),
        Column(
            title="", cells=tuple(_bar(rate, unicode=unicode) for _, rate, _ in rows), keep=1, style="green"
        ),
        Column(title="", cells=tuple(_percent(rate) for _, rate, _ in rows), keep=8, right=True),
        Column(title="", cells=tuple(count for _, _, count in rows), keep=5, right=True),
    )
    return layout(columns, width=width, colour=colour)


def _bar(rate: Decimal | None, *, unicode: bool) -> str:
    full, empty = ("█", "░") if unicode else ("#", ".")
    filled = 0 if rate is None else round(rate * _BAR)
    return full * filled + empty * (_BAR - filled)


def _percent(rate: Decimal | None) -> str:
    return "?" if rate is None else f"{rate * 100:.0f}%"


def _median(stats: Stats) -> str:
    if stats.median_seconds_to_code is None:
        return "?"
    return f"{short_duration(timedelta(seconds=stats.median_seconds_to_code))} (median)"
