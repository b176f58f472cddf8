"""The filters that list, cancel and watch share."""

import shlex
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.catalogue import Catalogue
from vsms_cli.domain.errors import RateLimited, TokenRefused, UsageMistake, VsmsError
from vsms_cli.domain.orders import Order
from vsms_cli.domain.record_class import record
from vsms_cli.domain.times import parse_duration, parse_seconds, parse_since
from vsms_cli.ops.selection import Filters

Bell = Annotated[bool, typer.Option("--bell", help="Ring the terminal's bell when a code comes.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Expect = Annotated[int | None, typer.Option(metavar="N", min=0, help="Refuse unless exactly N match.")]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="Compare each refund with the ledger: posted, short, twice, missing, unjudged."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


_Words = list[str] | None
Rerun = Callable[[bool, int], str | None]
"""The whole command typed again: with --wait or not, and for how many it is done. None where there is none."""


@record
class Given:
    """The filters as Typer parsed them: a command takes them all as one parameter of this type."""

    country: Annotated[
        _Words, typer.Option("--country", metavar="C", help="Of this country, by code or name.")
    ] = None
    not_country: Annotated[
        _Words, typer.Option("--not-country", metavar="C", help="Of any other country.")
    ] = None
    service: Annotated[
        _Words, typer.Option("--service", metavar="S", help="For this service, by code or name.")
    ] = None
    not_service: Annotated[
        _Words, typer.Option("--not-service", metavar="S", help="For any other service.")
    ] = None
    older_than: Annotated[
        str | None, typer.Option(metavar="D", help="Bought longer ago: 90s, 5m, 2h, 30d.")
    ] = None
    newer_than: Annotated[str | None, typer.Option(metavar="D", help="Bought more recently.")] = None
    limit: Annotated[int | None, typer.Option(metavar="N", help="The first N that match, newest first.")] = (
        None
    )

    def words(self, *, done: int = 0) -> list[str]:
        """As they would be typed again after so many orders are done, which --limit counted."""
        lists = {
            "--country": self.country,
            "--not-country": self.not_country,
            "--service": self.service,
            "--not-service": self.not_service,
        }
        words = [word for name, values in lists.items() for value in values or () for word in (name, value)]
        for name, value in (("--older-than", self.older_than), ("--newer-than", self.newer_than)):
            words += [] if value is None else [name, value]
        return words if self.limit is None else [*words, "--limit", str(self.limit - done)]

    def rerun(self, command: str, *, everything: bool, yes: bool, wait: bool = False) -> Rerun:
        """The run typed again. With a --limit that is used up there is nothing to type."""

        def typed(with_wait: bool, done: int) -> str | None:
            if self.limit is not None and done >= self.limit:
                return None
            said = {"--all": everything, "--wait": wait or with_wait, "--yes": yes}
            options = [name for name, given in said.items() if given]
            return shlex.join([*command.split(), *self.words(done=done), *options])

        return typed

    def filters(self) -> Filters:
        """UsageMistake for a duration or a limit that is none."""
        if self.limit is not None and self.limit < 1:
            raise UsageMistake("--limit must be 1 or more", hint="leave it out for all")
        return Filters(
            countries=parts(self.country),
            not_countries=parts(self.not_country),
            services=parts(self.service),
            not_services=parts(self.not_service),
            older_than=None if self.older_than is None else parse_duration(self.older_than),
            newer_than=None if self.newer_than is None else parse_duration(self.newer_than),
            limit=self.limit,
        )


def span_since(said: str) -> timedelta:
    """How long ago: a duration, or a date. UsageMistake where it is neither, or in the future."""
    now = datetime.now(UTC)
    start = parse_since(said, now=now)
    if start > now:
        raise UsageMistake(f"--since {said} is in the future")
    return now - start


def parts(said: Sequence[str] | None) -> tuple[str, ...]:
    """The values of an option that may be repeated, and take several with commas."""
    return tuple(
        part.strip() for value in said or () for part in value.split(",") if part.strip() or not value
    )


def statuses_of(said: Sequence[str] | None, known: Sequence[str], *, everything: bool) -> list[str]:
    """Those of --status. UsageMistake for one that no source names, and beside --all."""
    statuses = parts(said)
    if statuses and everything:
        raise UsageMistake("--all and --status contradict each other", hint="give one of them")
    for status in statuses:
        if status.lower() not in known:
            raise unknown_word("status", status, known)
    return [status.lower() for status in statuses]


def duration_or_seconds(said: str) -> timedelta:
    """A duration, or seconds."""
    return timedelta(seconds=parse_seconds(said))


def resolve(run: Runtime, filters: Filters, orders: Sequence[Order]) -> Filters:
    """Countries and services as codes, by the catalogue and by the orders that are listed. What a day-old catalogue
    does not know is asked anew before it is an error: a mistyped --not-country must not cancel everything. A catalogue
    that can't be read is none: codes are taken as they are then.
    """
    if not filters.need_catalogue:
        return filters
    catalogue, fresh = _catalogue(run, fresh=False)
    try:
        return filters.resolved(catalogue, orders)
    except UsageMistake:
        if fresh:
            raise
    return filters.resolved(_catalogue(run, fresh=True)[0], orders)


def _catalogue(run: Runtime, *, fresh: bool) -> tuple[Catalogue | None, bool]:
    try:
        return run.catalogue(fresh=fresh)
    except (TokenRefused, RateLimited):
        raise
    except VsmsError as exc:
        run.notify(
            f"countries and services are taken by their codes, as the catalogue can't be read: {exc.message}"
        )
        return None, True


def notify_unjudged(run: Runtime, count: int, *, noun: str = "order") -> None:
    """Orders or rentals that no filter matched, because it can't be told whether it does."""
    if count:
        which, them = (f"1 {noun} has", "it") if count == 1 else (f"{count} {noun}s have", "them")
        run.notify(
            f"{which} a country, a service or an age that can't be told, or an SMS already:"
            f" no filter matches {them}, and `vsms {noun}s list` shows {them}"
        )
