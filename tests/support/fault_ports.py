"""Places on loopback where no conversation comes about, and a certificate nobody has signed but itself."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

HOST = "127.0.0.1"
NAMES = {"self-signed": "IP:127.0.0.1,DNS:localhost", "wrong-host": "DNS:elsewhere.example"}


class Ports:
    """Each is held until close(), so that no other program on this machine can come to listen there."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def _bound(self) -> socket.socket:
        sock = socket.socket()
        self._sockets.append(sock)
        sock.bind((HOST, 0))
        return sock

    def closed(self) -> int:
        """Refuses every connection: bound, and never listening."""
        return int(self._bound().getsockname()[1])

    def hanging(self) -> int:
        """Takes the connection and never says a word: a TLS handshake there hangs."""
        sock = self._bound()
        sock.listen(128)  # the kernel completes the connection; nobody ever accepts it
        return int(sock.getsockname()[1])

    def full(self) -> int:
        """Does not even take the connection (Linux): its queue of one is full, further SYNs are dropped."""
        sock = self._bound()
        sock.listen(0)
        port = int(sock.getsockname()[1])
        for _ in range(2):
            filler = socket.socket()
            self._sockets.append(filler)
            filler.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            filler.connect_ex((HOST, port))
        return port

    def close(self) -> None:
        while self._sockets:
            with contextlib.suppress(OSError):
                self._sockets.pop().close()


class Certificate:
    """Made by the openssl program in its own directory; a client with `path` in SSL_CERT_FILE trusts it."""

    def __init__(self, kind: str) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            raise RuntimeError("TLS needs the openssl program: install it, or skip this test with a word")
        self._directory = tempfile.TemporaryDirectory(prefix="fault-tls-")
        directory = Path(self._directory.name)
        self.path = directory / "certificate.pem"
        key = directory / "key.pem"
        request = ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=fault"]
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        names = ["-addext", f"subjectAltName={NAMES[kind]}"]
        subprocess.run(
            [openssl, *request, *curve, *names, "-keyout", str(key), "-out", str(self.path)],
            check=True,
            capture_output=True,
            timeout=20,
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.path, key)

    def close(self) -> None:
        self._directory.cleanup()


def openssl_is_there() -> bool:
    return shutil.which("openssl") is not None
