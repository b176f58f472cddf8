"""Which orders a cancel means, and how it is to be carried out, as the command line says."""

import sys

from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.record_class import record
from vsms_cli.ops.cancel_plan import ORDERS, Cancellable
from vsms_cli.ops.listing import completed
from vsms_cli.ops.selection import Filters, ids_in, ids_or_beginnings, refuse_beginnings, whole_ids


@record
class Mode:
    yes: bool
    dry_run: bool
    wait: bool
    expect: int | None
    verify: bool = False

    @property
    def asks(self) -> bool:
        return not (self.yes or self.dry_run)


@record
class Wanted:
    """Which orders are meant. `ids` is None where filters, or --all, choose among the active ones."""

    ids: tuple[str, ...] | None
    filters: Filters

    @classmethod
    def from_arguments(
        cls, ids: list[str], filters: Filters, *, everything: bool, asks: bool, kind: Cancellable = ORDERS
    ) -> "Wanted":
        """UsageMistake for nothing, for too much, and for an id that is none. Nothing was sent by then."""
        if everything and ids:
            raise UsageMistake("--all and ids contradict each other", hint="give one of them")
        if ids == ["-"]:
            return cls(ids=tuple(kind.parse(ids_in(_stdin_lines()), asks)), filters=filters)
        if "-" in ids:
            raise UsageMistake("- (ids on stdin) stands alone", hint="give ids, or - and nothing else")
        if ids:
            # Without a question a beginning could cancel what nobody meant: whole ids only.
            return cls(ids=tuple(kind.parse(ids, asks)), filters=filters)
        if not (everything or filters.given):
            raise UsageMistake(
                f"no {kind.noun} was named",
                hint="give ids, - for ids on stdin, filters such as --country, or --all for every active"
                f" {kind.noun}",
            )
        return cls(ids=None, filters=filters)


def _stdin_lines() -> list[str]:
    if sys.stdin is None:
        raise UsageMistake("- reads ids from stdin, which is closed")
    try:
        return sys.stdin.read().splitlines()
    except (OSError, ValueError) as exc:
        raise UsageMistake("the ids on stdin can't be read", hint="one id a line, as text") from exc


def one_order(run: Runtime, text: str, *, beginnings: bool) -> str:
    """The whole id that is meant. Only a beginning costs a look-up; UsageMistake where `beginnings` are not taken."""
    if not beginnings:
        refuse_beginnings([text], because="nobody is asked")
        return whole_ids([text])[0]
    wanted = ids_or_beginnings([text])
    return completed(run.client, wanted)[0]
