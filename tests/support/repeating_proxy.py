"""A proxy on loopback that sends every answer twice: the second one `delay` seconds after the first."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Self


class RepeatingProxy:
    def __init__(self, port: int, *, delay: float) -> None:
        self._port = port
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.repeated = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ValueError),
            client,
            socket.create_connection(("127.0.0.1", self._port)) as server,
        ):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _message(client):
                server.sendall(request)
                answer = _message(server)
                client.sendall(answer)
                threading.Thread(target=self._again, args=(client, answer), daemon=True).start()

    def _again(self, client: socket.socket, answer: bytes) -> None:
        time.sleep(self._delay)
        with contextlib.suppress(OSError):
            client.sendall(answer)
            self.repeated += 1


def _message(sock: socket.socket) -> bytes:
    """One request or answer: its head, and a body as long as the head says."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            return b""
        body += more
        data += more
    return data
