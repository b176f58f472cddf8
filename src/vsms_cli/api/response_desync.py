"""Bytes that nobody asked for, on a connection that is kept alive.

HTTP/1.1 numbers no answers: whatever comes first after a request is taken for its answer. So a stray second answer
to one cancel would be believed as the answer to the next, and a 404 among them would be "failed" for money that came
back. A connection therefore carries another request only while nothing is left of what came before, in any of the
three places where it can be: httpcore's parser (`left_in_parser`), TLS, and the kernel (both `waiting`).

What comes unasked *after* our next request left, as from a proxy that repeats answers, would be taken for its answer.
So a connection is closed after an answer that could be mistaken for another's: any refusal, and a cancel's that does
not name its order, as the live service's does not. What is left are answers that `api.wire` tells apart by what they
name. A connection for each such cancel costs two or three round trips; 60 requests a minute leave room for them.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable


def waiting(stream: httpcore.NetworkStream) -> bool:
    """Whether something can be read, if only its end, although nothing was asked. Before a request nothing may."""
    tls = stream.get_extra_info("ssl_object")
    if isinstance(tls, ssl.SSLObject):
        return True  # TLS inside a proxy's TLS: httpcore buffers it where nobody can look, so it is used once
    if tls is not None and tls.pending():
        return True
    return bool(stream.get_extra_info("is_readable"))


def left_in_parser(
    connections: Iterable[httpcore.ConnectionInterface], stream: httpcore.NetworkStream
) -> bool:
    """Whether more than one answer came with the last read of `stream`'s connection, which is one of these.

    httpcore reads 64 KiB at a time and keeps the rest for the next answer. That buffer is h11's public
    `trailing_data`, but the way to it is private: a connection that can't be found counts as one with leftovers, and
    tests/api/test_response_desync.py fails then, because no connection is kept.
    """
    for connection in connections:
        http = getattr(connection, "_connection", None)
        if isinstance(http, httpcore.HTTP11Connection) and http._network_stream is stream:  # noqa: SLF001 - see above
            return bool(http._h11_state.trailing_data[0])  # noqa: SLF001 - see above
    return True
