"""One line on a terminal's stderr that counts down, redrawn in place; elsewhere nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.render import order_text
from vsms_cli.render.folding import beginning

if TYPE_CHECKING:
    from datetime import datetime

    from vsms_cli.domain.orders import Order
    from vsms_cli.render.streams import Streams

_ERASE: Final = "\r\x1b[2K"


class CountLine:
    """`hide` makes way for a line on stdout, which may be the same terminal."""

    def __init__(self, streams: Streams, *, alive: bool) -> None:
        self._err = streams.err
        self._alive = streams.err.is_terminal and alive
        self._width = streams.width
        self._visible = False

    def hide(self) -> None:
        if self._visible:
            self._err.write(_ERASE)
            self._visible = False

    def show(self, text: str) -> None:
        if self._alive:
            self._err.write(f"{_ERASE}{beginning(text, self._width - 1)}")  # in the last column it would wrap
            self._visible = True


def waiting_words(order: Order, *, now: datetime) -> str:
    number = "the order" if order.phone_number is None else order_text.number(order.phone_number)
    return f"waiting for a code to {number}; refunds itself {order_text.auto_refund(order, now)}"
