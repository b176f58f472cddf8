"""Whom TLS trusts. Standard library and certifi alone: a connection is made with it while httpx is still imported."""

from __future__ import annotations

import errno
import os
import ssl
from pathlib import Path


def trusted_certificates() -> ssl.SSLContext:
    """What SSL_CERT_FILE or SSL_CERT_DIR names, else certifi's list, as httpx and requests have it. OSError where that
    can't be read, or the file that SSLKEYLOGFILE names can't be written.
    """
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        return ssl.create_default_context(cafile=file)
    if directory:
        return ssl.create_default_context(capath=directory)
    import certifi  # noqa: PLC0415 - not where a variable names another

    return ssl.create_default_context(cafile=certifi.where())


def no_certificates() -> ssl.SSLContext:
    """Trusts nobody: for plain http, where reading certificates would be 20 ms for nothing. OSError where a variable
    names what is not there: a mistake is told before it counts.
    """
    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    if named and not Path(named).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
