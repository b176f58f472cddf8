"""A client of bare bytes, for what no HTTP library shows: how exactly a connection ended."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.fault_ports import HOST

if TYPE_CHECKING:
    from support.fault_server import FaultServer

ENOUGH = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    data: bytes
    end: str  # eof, reset, silence (for the patience), whole (by Content-Length), enough (2 MiB)
    after_s: float

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


def request(server: FaultServer, method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: {HOST}\r\nX-API-Key: {server.token}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def listen(sock: socket.socket, *, patience_s: float) -> Heard:
    start = time.monotonic()
    heard = b""
    sock.settimeout(patience_s)
    end = "enough"
    while len(heard) < ENOUGH:
        try:
            data = sock.recv(64 * 1024)
        except ConnectionResetError:
            end = "reset"
            break
        except TimeoutError:
            end = "silence"
            break
        if not data:
            end = "eof"
            break
        heard += data
        if _whole(heard):
            end = "whole"
            break
    return Heard(data=heard, end=end, after_s=time.monotonic() - start)


def ask(
    server: FaultServer,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    patience_s: float = 0.3,
    to_end: bool = False,
) -> Heard:
    """One request on its own connection; `to_end` listens on after a whole answer, for how the end comes."""
    with socket.create_connection((HOST, server.port), timeout=5) as sock:
        sock.sendall(request(server, method, path, body))
        heard = listen(sock, patience_s=patience_s)
        if not to_end or heard.end != "whole":
            return heard
        rest = listen(sock, patience_s=patience_s)
        return Heard(data=heard.data + rest.data, end=rest.end, after_s=heard.after_s + rest.after_s)


def _whole(data: bytes) -> bool:
    head, gap, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if gap and line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return False
