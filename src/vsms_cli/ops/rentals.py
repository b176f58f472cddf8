"""Rentals as the service lists them, and what a cancel of them takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import OrderNotFound, UsageMistake
from vsms_cli.domain.orders import PREFIX_LENGTH, Phase, is_whole_id
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.rentals import Rental, parse_rental_id
from vsms_cli.ops.cancel_plan import Cancellable, foresee_undocumented
from vsms_cli.ops.listing import Listing, newest_first
from vsms_cli.ops.rental_policy import EVERY, SMS_CAME, TOO_LATE, RentalCancel, rental_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.ports import Service


def active_rentals(service: Service) -> Listing:
    """Those that run. The list has no pages, as far as any source says."""
    rentals = service.rentals(status=None)
    return Listing(
        orders=newest_first(rental for rental in rentals if rental.active),
        full=False,
        odd=newest_first(rental for rental in rentals if rental.undocumented),
    )


def rentals_with(service: Service, statuses: Sequence[str]) -> Listing:
    """All rentals, or those with one of the statuses."""
    wanted = {status.lower() for status in statuses}
    found = service.rentals(status=EVERY)
    rentals = (rental for rental in found if not wanted or rental.status.lower() in wanted)
    return Listing(orders=newest_first(rentals), full=False)


def _parse(said: Sequence[str], _beginnings: bool) -> list[str]:  # noqa: FBT001 - see `Cancellable`
    return list(dict.fromkeys(map(parse_rental_id, said)))


def _complete(service: Service, said: Sequence[str], beginnings: bool) -> list[str]:  # noqa: FBT001 - as above
    """A UUID is whole. Any other id is looked up in the list, as whether it is whole shows there alone."""
    if all(map(is_whole_id, said)):
        return [*said]
    listed = [rental.id for rental in service.rentals(status=EVERY) if rental.nameable]
    return list(dict.fromkeys(meant(text, listed, beginnings=beginnings) for text in said))


def meant(text: str, listed: Iterable[str], *, beginnings: bool) -> str:
    """UsageMistake where several begin so, or where a beginning is not allowed; OrderNotFound where none fits."""
    wanted = text.lower()
    ids = [*listed]
    whole = next((rental_id for rental_id in ids if rental_id.lower() == wanted), None)
    if whole is not None:
        return whole
    found = [rental_id for rental_id in ids if rental_id.lower().startswith(wanted)]
    if not found or len(wanted) < PREFIX_LENGTH:
        raise OrderNotFound(
            f"no rental has the id {text}, or {PREFIX_LENGTH} characters or more of its beginning",
            hint="see `vsms rentals list --all`; an order is cancelled with `vsms orders cancel`",
        )
    if not beginnings:
        raise UsageMistake(
            f"{text} is a beginning of an id, and --yes asks nobody", hint=f"give the whole id: {found[0]}"
        )
    if len(found) > 1:
        raise UsageMistake(f"{len(found)} rentals begin with {text}", hint="give more of the id")
    return found[0]


def _foresee(rental: Order, now: datetime, named: bool) -> Result:  # noqa: FBT001 - see `Cancellable`
    policy = RentalCancel(rental.id, order=rental)
    match rental.phase:
        case Phase.COMPLETED:
            return policy.foreseen(Outcome.SMS_RECEIVED, problem=SMS_CAME)
        case Phase.WAITING if not (isinstance(rental, Rental) and rental.too_late(now)):
            return policy.foreseen(Outcome.WOULD_CANCEL)
        case Phase.WAITING | Phase.EXPIRED:
            return policy.foreseen(Outcome.TOO_LATE, problem=TOO_LATE)
        case Phase.CANCELLED:
            return policy.foreseen(Outcome.ALREADY_CANCELLED)
        case Phase.UNKNOWN:
            return foresee_undocumented(policy, rental, named=named)
        case _:
            assert_never(rental.phase)


RENTALS: Final = Cancellable(
    rule="A rental is refunded in full within 20 minutes of its purchase and before its first SMS.",
    sms_came="an SMS came, so nothing comes back any more",
    policy=RentalCancel,
    active=active_rentals,
    every=rentals_with,
    one=rental_named,
    parse=_parse,
    complete=_complete,
    foresee=_foresee,
)
