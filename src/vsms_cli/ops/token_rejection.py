"""A refused token, met where an exception would hide an order that is in doubt."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsms_cli.domain.errors import TokenRefused


class TokenRejection:
    """Shared by the workers of a run. An order that is in doubt and can't be read any more is `unknown`, which its
    result says; the run stops at the first one that is not, before anything of it is sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._met: TokenRefused | None = None

    def met(self, refused: TokenRefused) -> None:
        with self._lock:
            self._met = self._met or refused

    @property
    def met_before(self) -> TokenRefused | None:
        with self._lock:
            return self._met

    def check(self) -> None:
        """TokenRefused if one was met in this run: no further request can succeed."""
        refused = self.met_before
        if refused is not None:
            raise refused
