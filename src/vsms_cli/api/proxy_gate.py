"""A proxy that refuses is asked once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProxyRefused(httpx.ProxyError):
    """The proxy answered CONNECT with another status than 2xx: the service was not asked."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answered with status {status}")
        self.status = status


class ProxyGate:
    """Before a proxy. Each CONNECT carries its password, and some wrong ones lock an account: so the first request goes
    alone, and where the proxy refused it none goes after it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._refused: int | None = None

    @contextmanager
    def first_alone(self, time_limit: float) -> Iterator[None]:
        """ProxyRefused at once where it refused before; ConnectTimeout where the first took all the time there was."""
        if self._open:
            yield
            return
        if not self._lock.acquire(timeout=time_limit):
            raise httpx.ConnectTimeout("another request waits for the proxy")
        try:
            if self._refused is not None:
                raise ProxyRefused(self._refused)
            try:
                yield
            except ProxyRefused as exc:
                self._refused = exc.status
                raise
            self._open = True
        finally:
            self._lock.release()
