"""What the fault server says: JSON with money as exact digits, and room for text that is not JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any


class Raw(str):
    """Stands in the JSON as it is, valid or not."""

    __slots__ = ()


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dumps(value: Any) -> str:
    match value:
        case Raw():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {dumps(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(dumps(inner) for inner in value) + "]"
        case datetime():
            return json.dumps(moment(value))
        case _:
            return json.dumps(value)


def replaced(payload: Any, changes: dict[str, Any]) -> Any:
    """The payload with these members changed wherever they stand, at any depth; a copy."""
    match payload:
        case dict():
            return {
                key: changes[key] if key in changes else replaced(inner, changes)
                for key, inner in payload.items()
            }
        case list():
            return [replaced(inner, changes) for inner in payload]
        case _:
            return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int = 200
    payload: Any = None
    body: bytes | None = None  # instead of the payload
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    def content(self) -> bytes:
        return dumps(self.payload).encode() if self.body is None else self.body

    def head(self, date: str, *framing: str, version: str = "HTTP/1.1") -> bytes:
        """The head, without Content-Length unless it is among the framing lines."""
        lines = [f"{version} {self.status} {reason(self.status)}", f"Date: {date}", "Server: fault"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, *framing, "", ""]).encode("latin-1")

    def encoded(self, date: str) -> bytes:
        body = self.content()
        # RFC 9110: neither a 1xx, nor a 204, nor a 304 has a body or says how long it would be.
        bodiless = self.status < HTTPStatus.OK or self.status in {
            HTTPStatus.NO_CONTENT,
            HTTPStatus.NOT_MODIFIED,
        }
        return self.head(date) if bodiless else self.head(date, f"Content-Length: {len(body)}") + body


def reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Strange"


def refusal(status: int, text: str, **fields: Any) -> Answer:
    return Answer(status=status, payload={"error": text, **fields})


def plain(status: int, text: str) -> Answer:
    return Answer(
        status=status, body=text.encode("utf-8", "surrogatepass"), content_type="text/plain; charset=utf-8"
    )


def page(status: int, text: str) -> Answer:
    html = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    return Answer(status=status, body=html.encode(), content_type="text/html; charset=utf-8")
