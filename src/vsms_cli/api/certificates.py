"""Whom TLS trusts. Standard library and certifi alone: a connection is made with it while httpx is still imported."""

from __future__ import annotations

import os
import ssl


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


def names_certificates() -> bool:
    """Whether the environment names some, right or wrong."""
    return bool(os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"))


def no_certificates() -> ssl.SSLContext:
    """Trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
