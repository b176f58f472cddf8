"""Groups whose commands are imported when they are called: a whole tree of Typer options costs 90 ms to build."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, ClassVar

from typer.core import TyperGroup
from typer.main import get_command

from vsms_cli.domain.errors import UsageMistake


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command lives (`app` of this module) and the line that says what it does."""

    module: str
    summary: str


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and summaries, and imports one when it is called."""

    table: ClassVar[Mapping[str, Lazy]] = {}
    topics: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is Typer's
        lazy = self.table.get(cmd_name)
        return None if lazy is None else get_command(import_module(lazy.module).app)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in self.table:
            elsewhere = _elsewhere(args[0])
            if elsewhere:
                raise UsageMistake(
                    f"unknown command {args[0][:60]!r} for {ctx.command_path!r}",
                    hint=f"did you mean {' or '.join(elsewhere)}?",
                )
            near = get_close_matches(args[0], self.table, n=3)
            raise UsageMistake(
                f"unknown command {args[0][:60]!r} for {ctx.command_path!r}",
                hint=f"did you mean {' or '.join(near)}?" if near else f"see `{ctx.command_path} --help`",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is Typer's
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self.table.items()])
        if self.topics:
            with formatter.section("Help topics, as in `vsms help exit-codes`"):
                formatter.write_dl(list(self.topics.items()))


def _elsewhere(name: str) -> list[str]:
    """The commands of that very name in any group: `vsms cancel` means `vsms orders cancel`."""
    from vsms_cli.cli.app import GROUPS  # noqa: PLC0415 - it imports this module

    return [f"`vsms {group} {name}`" for group, commands in GROUPS.items() if name in commands]


def group_of(table: Mapping[str, Lazy], topics: Mapping[str, str] | None = None) -> type[LazyGroup]:
    """A group's class for `typer.Typer(cls=...)`. `topics` are listed below its commands."""
    return type("Group", (LazyGroup,), {"table": table, "topics": topics or {}})
