"""The one boundary between the service's JSON and our values.

Reading is tolerant: a value in another form and of the same meaning is understood, and one that can't be understood is
None, in its field alone. Both are noted as deviations. Whoever decides about money looks at the value: None is never
yes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NoReturn

from vsms_cli.api.strict_json import decode
from vsms_cli.domain.deviations import Kind
from vsms_cli.domain.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vsms_cli.api.deviations import Deviations

_LARGEST_AMOUNT: Final = Decimal(10) ** 9  # dollars; beyond it an amount is an error, not money
_DECIMALS: Final = 5
_STEP: Final = Decimal(1).scaleb(-_DECIMALS)
"""A thousandth of a cent. What lies behind it is the noise of binary floats: Go prints 0.30000000000000004."""
_YEARS: Final = range(1970, 2200)  # beyond them a time is an error, and sums with it would leave the calendar
_AMOUNT: Final = re.compile(r"[+-]?\d{1,12}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?",
    re.ASCII,
)
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MILLISECONDS: Final = 10**11  # as seconds since 1970 it would be the year 5138
_GO_ZERO: Final = datetime(1, 1, 1, tzinfo=UTC)  # a time that is not set
_ENVELOPES: Final = ("data", "items", "result", "results")
_DEEPEST: Final = 3  # {"data": {"order": {...}}}
_ABSENT: Final = object()
_HINT: Final = (
    "this may not be the API: check the base URL, or run with --debug; `vsms doctor` says what differs"
)


class Fields:
    """A JSON object, read field by field. A field that is absent or null is None, without a note."""

    def __init__(self, value: Mapping[str, object], path: str, notes: Deviations) -> None:
        self._fields = value
        self._notes = notes
        self.path = path

    @property
    def all(self) -> dict[str, object]:
        """Every field, as it came."""
        return dict(self._fields)

    def value(self, *names: str) -> object:
        return self._fields.get(self._name(names))

    def text(self, *names: str) -> str | None:
        """A number where text is expected is its text."""
        value = self.value(*names)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._note(names, value, "text", Kind.UNDERSTOOD)
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        self._note(names, value, "text", Kind.UNREADABLE)
        return None

    def money(self, *names: str, negative: bool = True) -> Decimal | None:
        """In dollars. `negative` is whether it can be below zero."""
        value = self.value(*names)
        if value is None:
            return None
        amount = _amount(value)
        if amount is None or (amount < 0 and not negative):
            self._note(names, value, "an amount", Kind.UNREADABLE)
            return None
        if isinstance(value, str):
            self._note(names, value, "number", Kind.UNDERSTOOD)
        return amount

    def time(self, *names: str) -> datetime | None:
        """Aware, in UTC. Go's zero time and an empty text are None: not known."""
        value = self.value(*names)
        if value is None or value == "":
            return None
        moment = _moment(value)
        if moment is None:
            self._note(names, value, "an RFC 3339 time", Kind.UNREADABLE)
            return None
        if moment.year != 1 and (not isinstance(value, str) or _RFC3339.fullmatch(value) is None):
            self._note(names, value, "an RFC 3339 time", Kind.UNDERSTOOD)
        if moment.year == 1:
            self._note(
                names,
                None,
                "an RFC 3339 time, or null where it is not set",
                Kind.UNDERSTOOD,
                found="zero time",
            )
            return None
        if moment.year not in _YEARS:
            self._note(names, value, "a time of this age", Kind.UNREADABLE)
            return None
        return moment

    def objects(self, *names: str) -> list[Fields] | None:
        """The objects of a list; None where there is none. What is no object is noted and left out."""
        value = self.value(*names)
        if value is None:
            return None
        if not isinstance(value, list):
            self._note(names, value, "list", Kind.UNREADABLE)
            return None
        return list(
            objects(value, f"{self.path}.{self._name(names)}" if self.path else names[0], self._notes)
        )

    def unreadable(self, *names: str, expected: str) -> None:
        """Note a value that the reader could not use."""
        self._note(names, self.value(*names), expected, Kind.UNREADABLE)

    def _name(self, names: tuple[str, ...]) -> str:
        """The one of these names that the object has."""
        return next((name for name in names if self._fields.get(name) is not None), names[0])

    def _note(
        self, names: tuple[str, ...], value: object, expected: str, kind: Kind, *, found: str | None = None
    ) -> None:
        name = self._name(names)
        path = f"{self.path}.{name}" if self.path else name
        self._notes.add(path, found=found or type_of(value), expected=expected, kind=kind)


def objects(rows: list[object], path: str, notes: Deviations) -> Iterator[Fields]:
    """Each row that is an object. Another is noted and hides none."""
    for index, row in enumerate(rows):
        where = f"{path}[{index}]"
        if isinstance(row, dict):
            yield Fields(row, where, notes)
        else:
            notes.add(where, found=type_of(row), expected="object", kind=Kind.UNREADABLE)


def object_in(
    body: bytes, notes: Deviations, *, wanted: tuple[str, ...] = (), inside: tuple[str, ...] = ()
) -> Fields:
    """The object that the answer is, or that it holds under `data` or one of `inside`. With one of the `wanted` fields
    it is no error, whatever else it says.
    """
    value, path = decode_body(body), ""
    for _ in range(_DEEPEST):
        if not isinstance(value, dict):
            bad("the answer is not a JSON object")
        _refuse_error(value, wanted)
        name = next((each for each in ("data", *inside) if isinstance(value.get(each), dict)), None)
        if name is None or any(field in value for field in wanted):
            break
        path = f"{path}.{name}" if path else name
        notes.add(path, found="object", expected="its fields at the top", kind=Kind.UNDERSTOOD)
        value = value[name]
    return Fields(value if isinstance(value, dict) else {}, path, notes)


def list_in(body: bytes, name: str, notes: Deviations) -> tuple[list[object], str, Fields]:
    """The list that the answer is or holds, its path, and the object around it. Go's null for an empty list is one, and
    so is a count of 0 without a list.
    """
    return _list_in(decode_body(body), "", name, notes)


def _list_in(value: object, path: str, name: str, notes: Deviations) -> tuple[list[object], str, Fields]:
    if isinstance(value, list):
        if not path:
            notes.add(name, found="list", expected=f'object with "{name}"', kind=Kind.UNDERSTOOD)
        return value, path or name, Fields({}, path, notes)
    if not isinstance(value, dict):
        bad(f"the answer is neither a list nor an object with {name}")
    _refuse_error(value, (name,))
    around = Fields(value, path, notes)
    prefix = f"{path}." if path else ""
    for key in (name, *_ENVELOPES):
        inner = value.get(key, _ABSENT)
        where = f"{prefix}{key}"
        if isinstance(inner, dict) and not path:
            notes.add(where, found="object", expected=f'"{name}"', kind=Kind.UNDERSTOOD)
            return _list_in(inner, where, name, notes)
        if inner is None or isinstance(inner, list):
            if inner is None or key != name:
                notes.add(where, found=type_of(inner), expected=f'list "{name}"', kind=Kind.UNDERSTOOD)
            return inner or [], where, around
    if value.get("count") != 0:
        bad(f"the answer has no list {name}")
    notes.add(f"{prefix}{name}", found="missing", expected="list", kind=Kind.UNDERSTOOD)
    return [], f"{prefix}{name}", around


def _refuse_error(value: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    """A 200 that says that it failed, and has nothing that is wanted: in the service's own words."""
    error = value.get("error")
    failed = isinstance(error, str) and error and not any(value.get(name) is not None for name in wanted)
    if failed or value.get("success") is False:
        words = words_of(value)
        raise BadAnswer(
            f"the service says that it failed{f': {words}' if words else ''}", hint="try again in a moment"
        )


def words_of(value: object) -> str:
    """What an error's object says: `error` and `message` (the reference pages), `title` and `detail` (RFC 7807)."""
    if not isinstance(value, dict):
        return ""
    said = [value.get(name) for name in ("error", "message", "title", "detail")]
    return ": ".join(dict.fromkeys(text for text in said if isinstance(text, str) and text))[:200]


def type_of(value: object) -> str:
    """The JSON type, or the form of a text, in a word; nothing of the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | Decimal():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
        case str() if not value:
            return "empty text"
        case str() if _AMOUNT.fullmatch(value):
            return "number as text"
        case str() if _TIME.fullmatch(value):
            return "time in another form"
    return "text"


def _amount(value: object) -> Decimal | None:
    if isinstance(value, str):
        text = value.strip()
        if _AMOUNT.fullmatch(text) is None:
            return None
        value = Decimal(text)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) > _LARGEST_AMOUNT:
        return None
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _DECIMALS:
        amount = Decimal(f"{amount.quantize(_STEP).normalize():f}")
    return amount or abs(amount)


def _moment(value: object) -> datetime | None:
    """A time as text in any form of ISO 8601 that has seconds, UTC where it names no zone; or seconds or milliseconds
    since 1970.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        seconds = Decimal(value) / 1000 if value >= _MILLISECONDS else Decimal(value)
        if not 0 < seconds < _MILLISECONDS:
            return None
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 10**6))
    if not isinstance(value, str):
        return None
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, off_hours, off_minutes = found.groups()
    offset = timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0))
    leap = second == "60"  # RFC 3339 allows it; Python's clock does not know it
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second),
            int((fraction or "").ljust(6, "0")[:6]), tzinfo=timezone(-offset if sign == "-" else offset),
        )  # fmt: skip
        return (local + timedelta(seconds=leap)).astimezone(UTC)
    except (ValueError, OverflowError):  # no date of the calendar; Go's zero time in another zone leaves it
        return _GO_ZERO if year == "0001" else None


def decode_body(body: bytes) -> object:
    if not body.strip():
        bad("the answer is empty")
    if body.lstrip()[:1] == b"<":
        bad(
            "a web page came instead of an answer: this is not the API (a captive portal, or a wrong base URL?)"
        )
    try:
        return decode(body)
    except ValueError as exc:
        raise BadAnswer(f"the answer is broken: {exc}", hint=_HINT) from None


def bad(why: str) -> NoReturn:
    raise BadAnswer(why, hint=_HINT)
