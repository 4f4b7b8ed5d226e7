"""A click group that imports a command only when it is called; never a command itself."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose command `name` is the object `command` of the module `package.name`."""

    def __init__(
        self, *args: Any, package: str, table: Mapping[str, str], **attributes: Any
    ) -> None:
        super().__init__(*args, **attributes)
        self.package = package
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now, or None."""
        if cmd_name not in self.table:
            return None
        command = import_module(f"{self.package}.{cmd_name}").command
        assert isinstance(command, click.Command), f"{cmd_name} defines no command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with, its name and what follows it.

        Raises:
            click.UsageError: no such command; the message names the nearest.
        """
        if args[0] not in self.table and not args[0].startswith("-"):
            from snncc.ir import describe_unknown

            raise click.UsageError(describe_unknown("command", args[0], self.table), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table as it stands: help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
