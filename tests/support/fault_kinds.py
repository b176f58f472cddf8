"""Faults: what to do to which request, and the answers that are well framed and still wrong."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from support.fault_answers import Answer, Raw, page, plain, refusal, replaced
from support.fault_api import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1024 * 1024
MONEY = (
    "refund_amount",
    "balance",
    "balance_usd",
    "price",
    "price_charged",
    "amount",
    "base_price",
    "min_price",
)
IDS = ("id", "order_id")
FREE_TEXT = (
    *("phone_number", "previous_number", "service", "service_id", "country", "country_id"),
    *("sender", "content", "description", "error", "message", "service_name", "country_name"),
)
HOSTILE = (
    "\x1b[31mred\x1b]52;c;aGk=\x07\x1b]8;;http://evil.example\x1b\\\x9b2J\x00\r\n\u2028\u202e\u200b"
    "[/x][bold]:+1:=cmd()\t%s{0}"
)
DEPTH = 100_000
DIGITS = 5_000
HEADERS_SIZE = 300 * 1024
BOMB_SIZE = 300 * MIB


@dataclass(slots=True, kw_only=True)
class Fault:
    operation: str  # one of OPERATIONS, or any
    kind: str  # a status like 503, or a name out of STRANGE, ACTIONS or `raw`
    times: int | None = 1  # None: for ever
    skip: int = 0  # so many requests pass first
    when: str = (
        "before"  # before: never committed; after: committed, then the fault; late: committed late_s after it
    )
    late_s: float = 0.5
    order_id: str | None = None  # only this order's requests
    seconds: float | None = (
        None  # how long it holds (None: until released), or the pause between dripped bytes
    )
    raw: bytes = b""  # the whole answer of kind raw
    form: str = "json"  # of a status's body: json, text, html, empty
    text: str = ""  # the error's sentence, the hostile text, the content type, the bad amount
    fields: dict[str, Any] = field(
        default_factory=dict
    )  # put over the answer's members; Raw for what is not JSON
    retry_after: str | None = None
    location: str = ""
    status: int = 0  # of a redirect
    size: int = 0  # bytes: of the body, the headers, or of what a bomb unpacks to
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS | {"any"}:
            raise ValueError(f"no operation {self.operation!r}")
        if self.when not in {"before", "after", "late"}:
            raise ValueError(f"no moment {self.when!r}")
        if self.form not in {"json", "text", "html", "empty"}:
            raise ValueError(f"no form {self.form!r}")
        self.order_id = self.order_id and self.order_id.lower()

    def fits(self, operation: str, order_id: str | None) -> bool:
        return self.operation in {"any", operation} and self.order_id in {None, order_id}


def status_answer(fault: Fault) -> Answer:
    status = int(fault.kind)
    text = fault.text or f"fault {status}"
    match fault.form:
        case "json":
            made = refusal(status, text, **fault.fields)
        case "text":
            made = plain(status, text)
        case "html":
            made = page(status, text)
        case _:
            made = Answer(status=status, body=b"")
    # `is None`: an empty Retry-After is one of its forms.
    return made if fault.retry_after is None else replace(made, headers=(("Retry-After", fault.retry_after),))


def changed(answer: Answer, members: dict[str, Any]) -> Answer:
    """The answer with these members where it has them, and the first of them added where it has none."""
    payload = replaced(answer.payload, members)
    if payload == answer.payload:
        name, value = next(iter(members.items()))
        payload = {name: value} | (answer.payload if isinstance(answer.payload, dict) else {})
    return replace(answer, status=200, payload=payload, body=None)


def _object(answer: Answer) -> dict[str, Any]:
    return answer.payload if isinstance(answer.payload, dict) else {"data": answer.payload}


def _everywhere(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    return dict.fromkeys(names, value)


def _doubled(answer: Answer, _fault: Fault) -> Answer:
    twice = {key: Raw(f'"waiting", "{key}": "cancelled"') for key in ("status",)}
    twice |= {key: Raw(f'0.80, "{key}": 999.99') for key in MONEY}
    return changed(answer, twice)


def _deep(answer: Answer, _fault: Fault) -> Answer:
    # Once only: 200 kB, so that no limit on the body's size is what stops it.
    payload = _object(answer)
    name = next((key for key in ("status", *MONEY) if key in payload), next(iter(payload)))
    return replace(answer, status=200, payload=payload | {name: Raw("[" * DEPTH + "]" * DEPTH)}, body=None)


def _sparse(answer: Answer, _fault: Fault) -> Answer:
    payload: Any = {"success": True}
    if isinstance(answer.payload, dict):
        lists = {
            key: rows for key, rows in answer.payload.items() if isinstance(rows, list) and key != "messages"
        }
        payload = {key: [{"created_at": None} for _ in rows] for key, rows in lists.items()} or payload
    return Answer(payload=payload)


def _redirect(_answer: Answer, fault: Fault) -> Answer:
    location = fault.location or "/api/v1/elsewhere"
    return replace(page(fault.status or 307, "Moved"), headers=(("Location", location),))


def _bomb(answer: Answer, fault: Fault) -> Answer:
    packed = gzip_bomb(answer.content(), fault.size or BOMB_SIZE)
    return replace(answer, body=packed, headers=(("Content-Encoding", "gzip"),))


def gzip_bomb(start: bytes, size: int) -> bytes:
    """A gzip stream that unpacks to this text and about `size` blanks: good JSON, if anybody gets there.

    After a full flush equal input packs to equal bytes, so one packed MiB repeated stands for all of them.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    blanks = b" " * MIB
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    count = max(size // MIB, 1)
    check = zlib.crc32(start)
    for _ in range(count):
        check = zlib.crc32(blanks, check)
    total = (len(start) + count * MIB) % 2**32
    trailer = check.to_bytes(4, "little") + total.to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + head + block * count + packer.flush() + trailer


def _many_headers(answer: Answer, fault: Fault) -> Answer:
    size = fault.size or HEADERS_SIZE
    pads = (
        [("X-Pad", "a" * size)]
        if fault.text != "many"
        else [(f"X-Pad-{n}", "a" * 90) for n in range(size // 100)]
    )
    return replace(answer, headers=tuple(pads))


STRANGE: dict[str, Callable[[Answer, Fault], Answer]] = {
    "captive-portal": lambda _answer, _fault: page(200, "Welcome to the hotel's network: please log in"),
    "empty-200": lambda _answer, _fault: Answer(body=b""),
    "invalid-json": lambda answer, _fault: replace(answer, body=answer.content()[:-1] + b", oops}"),
    "not-utf8": lambda answer, _fault: replace(answer, body=answer.content()[:-1] + b', "x": "\xff\xfe"}'),
    "a-scalar": lambda _answer, _fault: Answer(payload=True),
    "an-array": lambda answer, _fault: Answer(payload=[answer.payload]),
    "nan": lambda answer, _fault: changed(answer, _everywhere(MONEY, Raw("NaN"))),
    "long-number": lambda answer, _fault: changed(answer, _everywhere(MONEY, Raw("9" * DIGITS))),
    "amount": lambda answer, fault: changed(answer, _everywhere(MONEY, Raw(fault.text or "null"))),
    "deep-nesting": _deep,
    "duplicate-key": _doubled,
    "lone-surrogate": lambda answer, _fault: changed(answer, _everywhere(("status", *FREE_TEXT), "\ud800")),
    "success-false": lambda answer, _fault: replace(
        answer, payload={**_object(answer), "success": False}, body=None
    ),
    "other-id": lambda answer, _fault: changed(answer, _everywhere(IDS, str(uuid.uuid4()))),
    "missing-fields": _sparse,
    "fields": lambda answer, fault: changed(answer, fault.fields),
    "hostile-text": lambda answer, fault: changed(answer, _everywhere(FREE_TEXT, fault.text or HOSTILE)),
    "wrong-content-type": lambda answer, fault: replace(answer, content_type=fault.text or "text/html"),
    "redirect": _redirect,
    "redirect-loop": lambda answer, fault: _redirect(answer, replace(fault, location="?")),
    "gzip-bomb": _bomb,
    "huge-headers": _many_headers,
}


def strange_answer(answer: Answer, fault: Fault) -> Answer | None:
    """The wrong answer of this kind, from the right one; None where the kind breaks the frame instead."""
    if fault.kind.isdigit():
        return status_answer(fault)
    change = STRANGE.get(fault.kind)
    return change(answer, fault) if change else None
