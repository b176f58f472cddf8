"""A proxy on loopback that carries bytes as a line of a given length would: TLS through it is the server's own."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_HOST: Final = "127.0.0.1"
_STEP: Final = 64 * 1024


@contextmanager
def delaying_proxy(port: int, *, round_trip: float) -> Iterator[int]:
    """The port of a proxy to `port`. Each byte takes half a `round_trip` (seconds); the client's first takes one more,
    for the TCP handshake, which loopback does at once.
    """
    with socket.create_server((_HOST, 0), backlog=128) as listener:
        threading.Thread(target=_accept, args=(listener, port, round_trip), daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the accept


def _accept(listener: socket.socket, port: int, round_trip: float) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        opens = time.monotonic() + round_trip
        server = socket.create_connection((_HOST, port))
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in ((client, server), (server, client)):
            _carry(source, target, opens=opens, delay=round_trip / 2)


def _carry(source: socket.socket, target: socket.socket, *, opens: float, delay: float) -> None:
    """One direction. Reading goes on while earlier bytes are still on their way."""
    on_its_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def read() -> None:
        data = b"begun"
        while data:
            try:
                data = source.recv(_STEP)
            except OSError:
                data = b""
            on_its_way.put((max(time.monotonic(), opens) + delay, data))

    def write() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = on_its_way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)

    for work in (read, write):
        threading.Thread(target=work, daemon=True).start()
