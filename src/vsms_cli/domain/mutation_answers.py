"""The answers to requests that move money, before anything is concluded from them.

FINAL answers say what the service did. `Ambiguous` proves nothing: only a read settles it.
`NotSent` proves that the service never saw the request, so that it may go again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from decimal import Decimal

    from vsms_cli.domain.errors import Problem


@record
class Cancelled:
    """A 2xx to a cancel in which every field is valid. `refund_amount` in dollars."""

    status: str
    refund_amount: Decimal


@record
class Requested:
    """A 2xx to a refund request in which every field is valid."""

    request_id: str
    status: str | None


@record
class Swapped:
    """A 2xx to a swap in which every field is valid, with a number that is not the one before."""

    phone_number: str


@record
class TooEarly:
    """425. `seconds` as the answer gave them, None where it gave none or an absurd number. `web_page` is whether it was
    one, which is no word of the service's.
    """

    seconds: int | None
    web_page: bool = False


@record
class Refused:
    """A 4xx in the API's own form: the service did nothing, for this request. `status` is the HTTP status.

    Of a 400 the order tells why it was refused; the sentence never does.
    """

    status: int
    problem: Problem


@record
class Ambiguous:
    """It may have happened. `answered` is whether a whole answer of the service came, rather than none, or a gateway's
    that gave up waiting for one; `status` is the HTTP status of whatever came.
    """

    answered: bool
    status: int | None
    problem: Problem


@record
class NotSent:
    """The service never saw the request. `hopeless` is whether trying again can't help."""

    problem: Problem
    hopeless: bool


@record
class Throttled:
    """429: refused before it did anything, so the same request may go again once the pause is over."""


Answer = Throttled | Cancelled | Requested | Swapped | TooEarly | Refused | Ambiguous | NotSent
"""The answer to any request that moves money. `Cancelled`, `Requested` and `Swapped` each belong to one operation."""
