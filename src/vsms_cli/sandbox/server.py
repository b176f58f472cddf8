"""The sandbox as an HTTP/1.1 server, on this machine's loopback alone."""

from __future__ import annotations

import re
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from vsms_cli.sandbox.errors import SandboxError
from vsms_cli.sandbox.fault_injection import Fault, FaultInjection, pause_s, too_many, wrong_answer
from vsms_cli.sandbox.routing import BODY_LIMIT, Answer, Request, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOPBACK: Final = "127.0.0.1"
_IDLE_S: Final = 60  # a connection that says nothing so long is closed
_DRAIN_LIMIT: Final = 1024 * 1024  # bytes of a refused body that are read, so that the refusal gets through
_LOOK_EVERY_S: Final = 0.05  # whether a client that gets no answer is still there
_LONGEST_LINE: Final = 1024  # bytes of a chunk's head
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_HOST: Final = re.compile(r"(?:127\.[0-9.]+|localhost|\[::1\])(?::[0-9]{1,5})?")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_TOKEN: Final = re.compile(r"vsms_[^\s&#/?]*")
_SHOWN_AT_MOST: Final = 200  # characters of a target in the log
_ENCODED_AT_MOST: Final = 4  # times; a token that is wrapped up more often is not one by mistake


class SandboxServer(ThreadingHTTPServer):
    """Bound and listening; answers once `serve_forever` runs. Close it, or use it in a `with`."""

    request_queue_size = 128  # connections that come at once; the default of 5 drops some

    def __init__(
        self,
        sandbox: Sandbox,
        port: int,
        *,
        trouble: FaultInjection | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.trouble = trouble or FaultInjection()
        self.log = log
        self.ending = threading.Event()
        super().__init__((_LOOPBACK, port), _Desk)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which may go out to a name server
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, int(self.server_address[1])

    def server_close(self) -> None:
        self.ending.set()  # whatever is held back is held no longer
        super().server_close()

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """A client that went away is no reason to talk."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def base_url(self) -> str:
        return f"http://{_LOOPBACK}:{self.server_port}/api/v1"


def serve(
    sandbox: Sandbox,
    port: int = 0,
    *,
    trouble: FaultInjection | None = None,
    log: Callable[[str], None] | None = None,
) -> SandboxServer:
    """A server on loopback; port 0 takes a free one. SandboxError where the port can't be had.

    `log` gets a line a request, from any thread; there is no token in it, but whatever else a client may send.
    """
    try:
        return SandboxServer(sandbox, port, trouble=trouble, log=log)
    except (OSError, OverflowError) as exc:
        reason = (isinstance(exc, OSError) and exc.strerror) or exc
        raise SandboxError(f"port {port} on {_LOOPBACK} can't be opened: {reason}") from exc


class _Unreadable(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class _Desk(BaseHTTPRequestHandler):
    """One connection. Whatever can't be framed is refused and the connection closed."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = -1  # head and body leave in one piece
    disable_nagle_algorithm = True
    server: SandboxServer
    _said: int | None = None  # the status of the answer to the request under way

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The base class looks for do_GET, do_POST...; here the app decides about methods, never a 501
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        began = time.monotonic()
        if self.request_version == "HTTP/1.0":
            self.close_connection = True
        try:
            self._check_host()
            body = self._body()
        except _Unreadable as no:
            self.send_error(no.status)
            return
        if body is None:  # the client broke off: it may not have meant what came so far
            self.close_connection = True
            return
        headers = {name: str(value) for name, value in self.headers.items()}
        request = Request.to(self.command, self.path, headers, body)
        fault = None
        self._said = None
        try:
            self.server.ending.wait(self.server.trouble.latency_s)
            wait = self.server.trouble.over_limit(request.key)
            if wait is not None:
                self._send(too_many(self.server.sandbox, wait))
                return
            fault = self.server.trouble.fault_for(request.operation)
            if fault is None:
                self._send(self.server.sandbox.handle(request))
            else:
                self._fail(request, fault)
        finally:
            self._log(request, began, "" if fault is None else fault.name)

    def _log(self, request: Request, began: float, note: str) -> None:
        if self.server.log is not None:
            seconds = time.monotonic() - began
            self.server.log(_log_line(request, status=self._said, seconds=seconds, note=note))

    def _fail(self, request: Request, fault: Fault) -> None:
        """As the fault says. What ends without an answer is an OSError, as from a client that went away."""
        answer = self.server.sandbox.handle(request) if fault.done else None
        match fault.kind:
            case "timeout" | "slow":
                self._hold_back(pause_s(fault))
                if answer is None or fault.kind == "timeout":
                    raise ConnectionAbortedError(fault.name)
                self._send(answer)
            case "close":
                raise ConnectionAbortedError(fault.name)
            case "reset":
                self._reset()
                raise ConnectionResetError(fault.name)
            case "cut":
                self._send(answer or self.server.sandbox.refuse(200, "cut"), cut=True)
                raise ConnectionAbortedError(fault.name)
            case _:
                self._send(wrong_answer(self.server.sandbox, fault))

    def _hold_back(self, seconds: float) -> None:
        """Until then, or until the client or the server has had enough."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.server.ending.wait(
            min(_LOOK_EVERY_S, left)
        ):
            # Asked first: a socket with a time limit waits for data whatever the flags of recv say
            readable = select.select([self.connection], [], [], 0)[0]
            if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
                return

    def _reset(self) -> None:
        """Closed for good before the base class says goodbye, which would make it an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.close()
        self.rfile.close()
        self.connection.close()

    def handle_expect_100(self) -> bool:
        """Told at once: the base class leaves it in a buffer, and the client waits."""
        self.send_response_only(HTTPStatus.CONTINUE)
        self.end_headers()
        self.wfile.flush()
        return True

    def _check_host(self) -> None:
        """A page in a browser may send anything here under its own name (DNS rebinding): this machine's names alone."""
        host = self.headers.get("Host", _LOOPBACK)
        if _HOST.fullmatch(host.strip().lower()) is None:
            raise _Unreadable(HTTPStatus.MISDIRECTED_REQUEST)

    def _body(self) -> bytes | None:
        """None where the client broke off."""
        if "Transfer-Encoding" in self.headers:
            return self._chunks()
        length = self._body_length()
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def _chunks(self) -> bytes | None:
        if self.headers["Transfer-Encoding"].strip().lower() != "chunked" or "Content-Length" in self.headers:
            raise _Unreadable(HTTPStatus.BAD_REQUEST)
        body = b""
        while True:
            size = _CHUNK_SIZE.match(self.rfile.readline(_LONGEST_LINE))
            if size is None:
                raise _Unreadable(HTTPStatus.BAD_REQUEST)
            length = int(size[1], 16)
            if len(body) + length > BODY_LIMIT:
                raise _Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            if not length:
                while (line := self.rfile.readline(_LONGEST_LINE)) not in {b"\r\n", b"\n", b""}:
                    del line  # a trailer says nothing to us
                return body
            chunk = self.rfile.read(length)
            if len(chunk) < length or self.rfile.readline(_LONGEST_LINE).strip():
                return None
            body += chunk

    def _body_length(self) -> int:
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        length = lengths.pop()
        if lengths or not _LENGTH.fullmatch(length):
            raise _Unreadable(HTTPStatus.BAD_REQUEST)
        if int(length) > BODY_LIMIT:
            self.rfile.read(min(int(length), _DRAIN_LIMIT))
            raise _Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return int(length)

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        self._said = answer.status
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)

    def send_error(self, code: int, message: str | None = None, _explain: str | None = None) -> None:
        """In the service's own form, by the sandbox's own clock; the base class would send HTML."""
        self.close_connection = True
        self._send(self.server.sandbox.refuse(code, message or HTTPStatus(code).phrase))
        if self.server.log is not None:
            self.server.log(f"- - {code} [{HTTPStatus(code).phrase}: not a request that can be read]")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: stderr belongs to whoever started the sandbox."""


def _log_line(request: Request, *, status: int | None, seconds: float, note: str = "") -> str:
    """`POST /api/v1/customer/cancel/… 200 3 ms`. `status` None is no answer. The caller makes it safe to show."""
    target = _struck(f"{request.path}?{request.query}" if request.query else request.path, request.key)
    said = "-" if status is None else str(status)
    words = [request.method[:20], target[:_SHOWN_AT_MOST], said, f"{seconds * 1000:.0f} ms"]
    return " ".join([*words, f"[{note}]"] if note else words)


def _struck(target: str, key: str) -> str:
    """The target without the key that came with it, and without any other, however often it is encoded."""
    plain = target
    for _ in range(_ENCODED_AT_MOST):
        if _TOKEN.search(plain) or (key and key in plain):
            plain = _TOKEN.sub("vsms_…", plain)
            return plain.replace(key, "…") if key else plain
        plain = unquote(plain)
    return target
