"""Groups whose commands are imported when they are called: a whole tree of Typer options costs 90 ms to build."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from typer.core import TyperGroup
from typer.main import get_command

from vsms_cli.cli.command_decorator import group
from vsms_cli.cli.command_tree import GROUPS, ROOT, Command
from vsms_cli.cli.name_hints import ALIASES, command_hint
from vsms_cli.domain.errors import UsageMistake


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and summaries, and imports one when it is called."""

    table: ClassVar[Mapping[str, Command]] = {}
    topics: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is Typer's
        found = self.table.get(ALIASES.get(cmd_name, cmd_name))
        if found is None:
            return None
        if not found.where:
            return get_command(group(group_of(GROUPS[cmd_name]), ROOT[cmd_name].summary))
        module, _, name = found.where.partition(":")
        return get_command(getattr(import_module(module), name or "app"))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-"):
            name = args[0] if args[0] in self.table else ALIASES.get(args[0], args[0])
            if name not in self.table:
                there = [group for group, commands in GROUPS.items() if name in commands]
                inside = "" if self.table is ROOT else ctx.info_name
                hint = command_hint(name, self.table, there, group=inside)
                raise UsageMistake(
                    f"unknown command {args[0][:60]!r} for {ctx.command_path!r}",
                    hint=hint or f"see `{ctx.command_path} --help`",
                )
            args = [name, *args[1:]]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is Typer's
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.summary) for name, found in self.table.items()])
        if self.topics:
            with formatter.section("Help topics, as in `vsms help exit-codes`"):
                formatter.write_dl(list(self.topics.items()))


def group_of(table: Mapping[str, Command], topics: Mapping[str, str] | None = None) -> type[LazyGroup]:
    """A group's class for `typer.Typer(cls=...)`. `topics` are listed below its commands."""
    return type("Group", (LazyGroup,), {"table": table, "topics": topics or {}})
