"""Phone numbers that belong to nobody.

Where a country's regulator keeps numbers for fiction, the sandbox sells those. Elsewhere the part behind the
dialling code begins with zeros, which no operator can hand out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vsms_cli.sandbox.catalogue import Country
    from vsms_cli.sandbox.tables import Page

_NORTH_AMERICAN_AREAS: Final = {
    "US": ("202", "206", "212", "213", "303", "305", "312", "404", "415", "512", "602", "617", "702", "713"),
    "CA": ("204", "403", "416", "506", "514", "604", "613", "902"),
}

# A beginning, and how many digits of one's own choice follow it.
_RANGES: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    # North American Numbering Plan: 555-0100 to 555-0199 in every area code
    **{code: tuple((f"1{area}55501", 2) for area in areas) for code, areas in _NORTH_AMERICAN_AREAS.items()},
    "GB": (("447700900", 3),),  # Ofcom, numbers for drama: mobile
    "IE": (("3532091", 5),),  # ComReg, numbers for drama
    "FR": (("3363998", 4),),  # Arcep, numbering plan: mobile numbers for audiovisual works
    "DE": (("49176040690", 2), ("493023125", 3)),  # Bundesnetzagentur, numbers for media productions
    # ACMA, numbers for creative works: six mobile numbers in all, so this is where a pool runs dry
    "AU": tuple((f"61491570{rest}", 0) for rest in ("006", "110", "156", "157", "158", "159")),
    "AR": (("5491100", 6),),
    "BR": (("5511900", 6),),
}


def draw(page: Page, country: Country) -> str | None:
    """The digits of a number, without +, that no waiting order has. None when the country has no more."""
    ranges = _RANGES.get(country.code, ((f"{country.dialling}000", 6),))
    size = sum(10**digits for _, digits in ranges)
    taken = _in_use(page, country)
    start = page.rng.randrange(size)
    for step in range(size):
        number = _numbered(ranges, (start + step) % size)
        if number not in taken:
            return number
    return None


def _in_use(page: Page, country: Country) -> frozenset[str]:
    rows = page.rows(
        "SELECT phone_number FROM orders WHERE status = 'waiting' AND country = ?", (country.code,)
    )
    return frozenset(str(row["phone_number"]).removeprefix("+") for row in rows)


def _numbered(ranges: tuple[tuple[str, int], ...], index: int) -> str:
    following = iter(ranges)
    beginning, digits = next(following)
    while index >= 10**digits:
        index -= 10**digits
        beginning, digits = next(following)
    return f"{beginning}{index:0{digits}}" if digits else beginning
