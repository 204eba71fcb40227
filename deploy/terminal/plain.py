"""How commands look in `--help`: as typer draws them, save for what reads strangely."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A command whose flags take no value in `--help`: `--once`, and not `--once <bool>`."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters as typer does."""
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands, likewise."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters as typer does."""
        return _plain(super().get_params(ctx))


def _plain(params: Any) -> Any:
    for param in params:
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
    return params
