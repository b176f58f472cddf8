"""A service with a ledger as long as one likes, made up page by page: no line is kept."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.fault_ports import HOST

_START = datetime(2026, 5, 24, tzinfo=UTC)


class _Ledger(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, length: int) -> None:
        self.length = length
        self.requests = 0
        super().__init__((HOST, 0), _Desk)


class _Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a page leaves in one piece, and at once: Nagle and a late ACK cost 40 ms a page
    disable_nagle_algorithm = True
    server: _Ledger

    def do_GET(self) -> None:
        self.server.requests += 1
        query = {key: values[-1] for key, values in parse_qs(urlsplit(self.path).query).items()}
        offset, limit = int(query["offset"]), min(int(query["limit"]), 100)
        numbers = range(offset, min(offset + limit, self.server.length))
        payload = {"count": self.server.length, "transactions": [line(number) for number in numbers]}
        body = json.dumps(payload).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: a test's output is for the test."""


ODD_EVERY = 10_000
"""So many lines have one among them whose amount can't be read."""


def line(number: int) -> dict[str, Any]:
    made = f"{number:08d}-0000-4000-8000-00000000"
    return {
        "id": f"{made}aaaa",
        "amount": "much" if number % ODD_EVERY == ODD_EVERY // 2 else -0.8 if number % 2 else 0.8,
        "type": "purchase" if number % 2 else "refund",
        "description": "Number for wa in AR",
        "order_id": f"{made}bbbb",
        "balance_before": 50.0,
        "balance_after": 49.2,
        "created_at": (_START - timedelta(seconds=number)).isoformat(),
    }


@contextmanager
def long_ledger(length: int) -> Iterator[_Ledger]:
    with _Ledger(length) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def base_url(server: _Ledger) -> str:
    return f"http://{HOST}:{server.server_port}/api/v1"
