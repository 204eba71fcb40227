"""How commands look in `--help`, and how their words are read: as by typer, save for what people stumble on."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from deploy.terminal.usage import typed


class PlainCommand(TyperCommand):
    """A command whose flags take no value in `--help`: `--once`, and not `--once <bool>`."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters as typer does."""
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands, likewise. Words are read in digits of any keyboard."""

    def parse_args(self, ctx: Any, args: Any) -> Any:
        """Read the words of a command line, those of the commands below among them."""
        return super().parse_args(ctx, typed(args) if ctx.parent is None else args)

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters as typer does."""
        return _plain(super().get_params(ctx))


def _plain(params: Any) -> Any:
    for param in params:
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
    return params
