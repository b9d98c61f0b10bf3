"""`digest completion`: what a shell has to be told to complete our commands."""

import click
from click.shell_completion import get_completion_class

from digest.cli.base import Command
from digest.errors import UnknownName

_SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands and options.

    Read by the shell at its start, as from `digest completion bash > /etc/bash_completion.d/digest`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise UnknownName("shell", shell, _SHELLS)
    click.echo(kind(click.get_current_context().find_root().command, {}, "digest", "_DIGEST_COMPLETE").source())
