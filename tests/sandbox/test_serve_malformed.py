"""Bytes that are nearly a request, thrown at the served sandbox: never a 500, a hang or a torn book."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.caller import Caller, assert_adds_up
from sandbox.test_random_requests import new_caller
from vsms_cli.sandbox.server import serve

_HANG_S = 5.0

SPACE = st.sampled_from([b" ", b"  ", b"\t", b"", b"\r\n"])
END = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00"])
METHOD = st.one_of(st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT", b"get"]), st.binary(max_size=8))
PATH = st.sampled_from(
    [b"/api/v1/customer/orders", b"/api/v1/customer/cancel/", b"/api/v1/customer/purchase", b"*", b"//", b"/%",
     b"/api/v1/customer/../price", b"http://[", b"/api/v1/customer/order/%00%ff", b"/api/v1/customer/refund/"]
)  # fmt: skip
TARGET = st.builds(b"".join, st.tuples(PATH, st.one_of(st.just(b""), st.binary(max_size=30))))
VERSION = st.sampled_from(
    [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"HTTP/1.1.1", b"HTTP/-1.1", b"", b"http/1.1"]
)
HEADER = st.one_of(
    st.sampled_from(
        [b"X-API-Key: vsms_x", b"Content-Length: 2", b"Content-Length: 1e3", b"Content-Length: +2",
         b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Connection: keep-alive",
         b"Content-Type: text/plain", b" folded: x", b":", b"no colon"]
    ),
    st.binary(max_size=40),
)  # fmt: skip
BODY = st.one_of(
    st.sampled_from(
        [b"", b"{}", b'{"service": "wa", "country": "AR"}', b"[" * 5000, b'{"reason": NaN}', b"\xff\xfe{}"]
    ),
    st.binary(max_size=60),
)


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """One to three requests on a connection, each a bit off, or not at all."""
    said = b""
    for _ in range(draw(st.integers(1, 3))):
        end = draw(END)
        line = draw(METHOD) + draw(SPACE) + draw(TARGET) + draw(SPACE) + draw(VERSION)
        said += end.join([line, *draw(st.lists(HEADER, max_size=4)), b"", b""]) + draw(BODY)
    return said


def test_no_bytes_whatever_break_the_server_or_the_book() -> None:
    with new_caller() as caller, listening(caller) as port:

        @settings(max_examples=150, deadline=None)
        @given(said=conversations())
        def say(said: bytes) -> None:
            assert b"HTTP/1.1 5" not in exchange(port, said)

        say()
        alive = exchange(port, b"GET /api/v1/customer/balance HTTP/1.1\r\nX-API-Key: vsms_x\r\n\r\n")
        assert re.match(rb"HTTP/1\.1 200 OK\r\n", alive)
        assert_adds_up(caller.book)


@contextmanager
def listening(caller: Caller) -> Iterator[int]:
    """The served sandbox, with a log that a bug in it would break."""
    lines: list[str] = []
    with serve(caller.sandbox, log=lines.append) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()
    assert lines
    assert not any("vsms_x" in line for line in lines)


def exchange(port: int, said: bytes) -> bytes:
    """What comes back until the server ends the connection; TimeoutError where it never does."""
    with socket.create_connection(("127.0.0.1", port), timeout=_HANG_S) as line:
        try:
            with suppress(OSError):  # it may have answered and hung up before all was said
                line.sendall(said)
                line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))
        except (ConnectionResetError, BrokenPipeError):  # it was refused before all of it was read
            return b""
