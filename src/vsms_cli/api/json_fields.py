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

from vsms_cli.api.deviation_collector import Kind
from vsms_cli.api.strict_json import decode
from vsms_cli.domain.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vsms_cli.api.deviation_collector import Notes

_LARGEST_AMOUNT: Final = Decimal(10) ** 9  # dollars; beyond it an amount is an error, not money
_DECIMALS: Final = 5
_STEP: Final = Decimal(1).scaleb(-_DECIMALS)
"""A thousandth of a cent. What lies behind it is the noise of binary floats: Go prints 0.30000000000000004."""
_CENT: Final = Decimal("0.01")
_YEARS: Final = range(1970, 2200)  # beyond them a time is an error, and sums with it would leave the calendar
_AMOUNT: Final = re.compile(r"[+-]?\d{1,12}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?"
    r"\s?(?:([Zz]|UTC)|([+-])(\d{2}):?(\d{2})?(?: [A-Z]{3,5})?)?",  # Go's own print: `+0000 UTC`
    re.ASCII,
)
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EPOCH: Final = re.compile(r"\d{9,19}(\.\d{1,9})?", re.ASCII)
_MILLISECONDS: Final = 10**11  # as seconds since 1970 it would be the year 5138
_UNITS: Final = (1, 10**3, 10**6, 10**9)  # of a second, in which services count from 1970
_GO_ZERO: Final = datetime(1, 1, 1, tzinfo=UTC)  # a time that is not set
ENVELOPES: Final = ("data", "items", "result", "results", "rows", "records", "list")
DEEPEST: Final = 3  # {"data": {"order": {...}}}
_LONGEST_WORDS: Final = 200  # characters of a service's sentence
_AGAIN: Final = "try again in a moment"
_HINT: Final = (
    "this may not be the API: check the base URL, or run with --debug; `vsms doctor` says what differs"
)


class Fields:
    """A JSON object, read field by field. A field that is absent, null or empty is None; it is noted as missing where
    the documents have it always.
    """

    def __init__(self, value: Mapping[str, object], path: str, notes: Notes) -> None:
        self._fields = value
        self._notes = notes
        self.path = path

    @property
    def all(self) -> dict[str, object]:
        """Every field, as it came."""
        return dict(self._fields)

    def value(self, *names: str) -> object:
        return self._fields.get(self._name(names))

    def text(self, *names: str, always: bool = False) -> str | None:
        """A number where text is expected is its text. `always` is whether the documents have the field always."""
        value = self.value(*names)
        if value is None or value == "":
            self._missing(names, value, "text", always=always)
            return None if value is None else ""
        if isinstance(value, str):
            return value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._note(names, value, "text", Kind.UNDERSTOOD)
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        self._note(names, value, "text", Kind.UNREADABLE)
        return None

    def money(self, *names: str, negative: bool = True, always: bool = False) -> Decimal | None:
        """In dollars. `negative` is whether it can be below zero."""
        value = self.value(*names)
        if value is None:
            self._missing(names, value, "an amount", always=always)
            return None
        amount = _amount(value)
        if amount is None or (amount < 0 and not negative):
            self._note(names, value, "an amount", Kind.UNREADABLE)
            return None
        if isinstance(value, str):
            self._note(names, value, "number", Kind.UNDERSTOOD)
        elif isinstance(value, Decimal) and _is_noisy(value):
            self._note(
                names, value, "an amount in cents", Kind.UNDERSTOOD, found="number with the noise of a float"
            )
        return amount

    def number(self, *names: str, most: int) -> Decimal | None:
        """A number from 0 to `most`, text or not."""
        value = self.value(*names)
        if value is None:
            return None
        number = _amount(value)
        if number is None or not 0 <= number <= most:
            self._note(names, value, "a number", Kind.UNREADABLE)
            return None
        if isinstance(value, str):
            self._note(names, value, "number", Kind.UNDERSTOOD)
        return number

    def inner(self, *names: str) -> Fields | None:
        """An object in the object; None where there is none."""
        value = self.value(*names)
        if value is not None and not isinstance(value, dict):
            self._note(names, value, "object", Kind.UNREADABLE)
            return None
        return None if value is None else Fields(value, self._path(names), self._notes)

    def time(self, *names: str, always: bool = False) -> datetime | None:
        """Aware, in UTC. Go's zero time and an empty text are None: not known."""
        value = self.value(*names)
        if value is None or value == "":
            self._missing(names, value, "an RFC 3339 time", always=always or value == "")
            return None
        moment = _moment(value)
        if moment is None:
            self._note(names, value, "an RFC 3339 time", Kind.UNREADABLE)
            return None
        if moment.year == 1:
            self._note(
                names, value, "an RFC 3339 time, or null where it is not set", Kind.MISSING, found="zero time"
            )
            return None
        if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
            self._note(names, value, "an RFC 3339 time", Kind.UNDERSTOOD)
        if moment.year not in _YEARS:
            self._note(names, value, "a time of this age", Kind.UNREADABLE)
            return None
        return moment

    def objects(self, *names: str, text_is: str = "") -> list[Fields] | None:
        """The objects of a list; None where there is none. See `objects`."""
        value = self.value(*names)
        if value is None:
            return None
        if not isinstance(value, list):
            self._note(names, value, "list", Kind.UNREADABLE)
            return None
        return list(objects(value, self._path(names), self._notes, text_is=text_is))

    def unreadable(self, *names: str, expected: str) -> None:
        """Note a value that the reader could not use."""
        self._note(names, self.value(*names), expected, Kind.UNREADABLE)

    def understood(self, *names: str, found: str, expected: str) -> None:
        """Note a value that the reader took in another form than is documented."""
        self._note(names, self.value(*names), expected, Kind.UNDERSTOOD, found=found)

    def named(self, *names: str) -> str:
        """The JSON path of the one of these fields that is read."""
        return self._path(names)

    def refuse(self, why: str) -> NoReturn:
        """BadAnswer; with the service's own words where the object has some."""
        _refuse(why, self._fields)

    def _missing(self, names: tuple[str, ...], value: object, expected: str, *, always: bool) -> None:
        if always:
            self._note(names, value, expected, Kind.MISSING)

    def _name(self, names: tuple[str, ...]) -> str:
        """The one of these names that the object has a value under; else one that it has at all."""
        for name in names:
            if self._fields.get(name) not in (None, ""):
                return name
        return next((name for name in names if name in self._fields), names[0])

    def _path(self, names: tuple[str, ...]) -> str:
        name = self._name(names)
        return f"{self.path}.{name}" if self.path else name

    def _note(
        self, names: tuple[str, ...], value: object, expected: str, kind: Kind, *, found: str = ""
    ) -> None:
        if not found:
            found = type_of(value) if self._name(names) in self._fields else "missing"
        self._notes.add(self._path(names), found=found, expected=expected, kind=kind)


def objects(rows: list[object], path: str, notes: Notes, *, text_is: str = "") -> Iterator[Fields]:
    """Each row that is an object. Another is noted and hides none; a text is an object with the field `text_is`, where
    that is given.
    """
    for index, row in enumerate(rows):
        where = f"{path}[{index}]"
        if isinstance(row, dict):
            yield Fields(row, where, notes)
        elif isinstance(row, str) and row and text_is:
            notes.add(where, found="text", expected="object", kind=Kind.UNDERSTOOD)
            yield Fields({text_is: row}, where, notes)
        else:
            notes.add(where, found=type_of(row), expected="object", kind=Kind.UNREADABLE)


def object_in(
    body: bytes, notes: Notes, *, wanted: tuple[str, ...] = (), inside: tuple[str, ...] = ()
) -> Fields:
    """The object that the answer is, or that it holds under `data` or one of `inside`. With one of the `wanted` fields
    it is no error, whatever else it says.
    """
    value, path = decode_body(body), ""
    for _ in range(DEEPEST):
        if not isinstance(value, dict):
            bad("the answer is not a JSON object")
        refuse_error(value, wanted)
        name = next((each for each in ("data", *inside) if isinstance(value.get(each), dict)), None)
        if name is None or any(field in value for field in wanted):
            break
        path = f"{path}.{name}" if path else name
        notes.add(path, found="object", expected="its fields at the top", kind=Kind.UNDERSTOOD)
        value = value[name]
    return Fields(value if isinstance(value, dict) else {}, path, notes)


def list_in(body: bytes, name: str, notes: Notes, *, also: str = "") -> tuple[list[object], str, Fields]:
    """The list that the answer is or holds, its path, and the object around it. Go's null for an empty list is one, and
    so is a count of 0 without a list. `also` is another documented name; such an answer may be the bare list too.
    """
    value = decode_body(body)
    if also and isinstance(value, list):
        return value, "", Fields({}, "", notes)
    if also and isinstance(value, dict) and isinstance(value.get(also), list):
        name = also
    return _list_in(value, "", name, notes)


def _list_in(value: object, path: str, name: str, notes: Notes) -> tuple[list[object], str, Fields]:
    if isinstance(value, list):
        if not path:
            notes.add(name, found="list", expected=f'object with "{name}"', kind=Kind.UNDERSTOOD)
        return value, path or name, Fields({}, path, notes)
    if not isinstance(value, dict):
        bad(f"the answer is neither a list nor an object with {name}")
    refuse_error(value, (name,))
    around = Fields(value, path, notes)
    prefix = f"{path}." if path else ""
    keys = [key for key in (name, *ENVELOPES) if key in value]
    key = next((key for key in keys if isinstance(value[key], list)), None)
    if key is not None:
        if key != name:
            notes.add(f"{prefix}{key}", found="list", expected=f'list "{name}"', kind=Kind.UNDERSTOOD)
        return value[key], f"{prefix}{key}", around
    for key in keys if path.count(".") < DEEPEST else ():
        inner = value[key]
        if isinstance(inner, dict) and inner:
            notes.add(f"{prefix}{key}", found="object", expected=f'list "{name}"', kind=Kind.UNDERSTOOD)
            return _list_in(inner, f"{prefix}{key}", name, notes)
    if not any(value[key] in (None, {}) for key in keys) and value.get("count") != 0:
        _refuse(f"the answer has no list {name}", value)
    empty = keys[0] if keys else name
    found = type_of(value[empty]) if keys else "missing"
    notes.add(f"{prefix}{empty}", found=found, expected=f'list "{name}"', kind=Kind.UNDERSTOOD)
    return [], f"{prefix}{empty}", around


def refuse_error(value: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    """A 200 that says that it failed, and has nothing that is wanted: in the service's own words."""
    error = value.get("error") or value.get("errors")
    failed = error and not any(value.get(name) is not None for name in wanted)
    if failed or value.get("success") is False:
        words = words_of(value)
        raise BadAnswer(f"the service says that it failed{f': {words}' if words else ''}", hint=_AGAIN)


def _refuse(why: str, value: object) -> NoReturn:
    words = words_of(value)
    if words:
        raise BadAnswer(f"{why}, and says: {words}", hint=_AGAIN)
    bad(why)


def words_of(value: object) -> str:
    """What an error's object says: `error` and `message` (the reference pages), `title` and `detail` (RFC 7807); of an
    error that is an object, or the first of a list, what stands in it.
    """
    return ": ".join(dict.fromkeys(_said(value, deepest=2)))[:_LONGEST_WORDS]


def _said(value: object, *, deepest: int) -> Iterator[str]:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str) and value and deepest < 2:  # noqa: PLR2004 - within an error, not a bare text
        yield value
    if not isinstance(value, dict) or deepest < 0:
        return
    for name in ("error", "errors", "message", "msg", "title", "detail"):
        yield from _said(value.get(name), deepest=deepest - 1)


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
        case str() if _AMOUNT.fullmatch(value.strip()):
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
    if _is_noisy(amount):
        amount = _without_noise(amount)
    return amount or abs(amount)


def _without_noise(amount: Decimal) -> Decimal:
    """As prices are written: in cents, with more digits only where they are not zero."""
    rounded = amount.quantize(_STEP)
    cents = rounded.quantize(_CENT)
    return cents if cents == rounded else Decimal(f"{rounded.normalize():f}")


def _is_noisy(amount: Decimal) -> bool:
    """Whether it has more digits than any price or balance."""
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and -exponent > _DECIMALS


def _moment(value: object) -> datetime | None:
    """A time as text in any form of ISO 8601 that has seconds, UTC where it names no zone; or the seconds since 1970,
    or their thousandths, millionths or billionths.
    """
    if isinstance(value, str) and _EPOCH.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        seconds = next((Decimal(value) / unit for unit in _UNITS if value / unit < _MILLISECONDS), Decimal(0))
        if seconds <= 0:
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
