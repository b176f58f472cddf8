"""The fault server's port: a thread for each connection, TLS where asked for, and an end within a second."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from support.fault_ports import HOST, Certificate
from support.fault_wire import Gate, GoneError, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPT_POLL_S = 0.05
END_S = 0.9  # everything is gone within a second of the exit


class Listener:
    """`converse` is called in its own thread with each connection and its number; its return closes it."""

    def __init__(self, converse: Callable[[Wire, int], None], *, date: Callable[[], str]) -> None:
        self.gate = Gate()
        self.connections = 0
        self.certificate: Certificate | None = None
        self.port = 0
        self._converse = converse
        self._date = date
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._late: list[threading.Timer] = []
        self._sockets: dict[int, socket.socket] = {}
        self._listener: socket.socket | None = None

    def open(self, *, tls: str | None) -> None:
        if tls:
            self.certificate = Certificate(tls)
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self._listener.settimeout(ACCEPT_POLL_S)
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept, self._listener)

    def close(self) -> None:
        self.gate.stopping.set()
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # on Linux this ends a waiting accept at once
        with self._lock:
            for timer in self._late:
                timer.cancel()
            for sock in self._sockets.values():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it; the thread closes it
        until = time.monotonic() + END_S
        for thread in [*self._threads, *self._late]:
            thread.join(max(until - time.monotonic(), 0))
        if self._listener:
            self._listener.close()
        if self.certificate:
            self.certificate.close()

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        timer = threading.Timer(seconds, work)
        timer.daemon = True
        with self._lock:
            self._late.append(timer)
            timer.start()

    def wait_for_late(self) -> None:
        for timer in list(self._late):
            timer.join()

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True, name="fault-server")
        with self._lock:
            self._threads = [*(old for old in self._threads if old.is_alive()), thread]
            thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self.gate.stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:  # the poll's time is up, or close() woke it
                continue
            self.connections += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._track(self.connections, sock)
            self._start(self._serve, self.connections, sock)

    def _track(self, number: int, sock: socket.socket) -> None:
        with self._lock:
            self._sockets[number] = sock
            if self.gate.stopping.is_set():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _serve(self, number: int, sock: socket.socket) -> None:
        try:
            # ValueError is what ssl raises on a socket that close() has shut down meanwhile.
            with contextlib.suppress(OSError, ValueError, GoneError):
                if self.certificate:
                    sock = self.certificate.context.wrap_socket(sock, server_side=True)
                    self._track(number, sock)
                self._converse(Wire(sock, gate=self.gate, date=self._date), number)
        finally:
            with self._lock:
                del self._sockets[number]
                sock.close()
