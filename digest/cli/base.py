"""What all commands share: --config and --json, lazy loading, and the one place where trouble becomes words."""

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from digest.errors import ConfigurationError, DigestError, UsageError

_CONFIG = "digest.config"
_DEFAULT_CONFIG = Path("config/digest.yaml")
#: Ended by Ctrl-C: 128 + SIGINT, as shells have it.
INTERRUPTED = 130


def config_option(*, envvar: str | None = None) -> click.Option:
    """--config; a command's own goes before the one that stands before its name."""
    return click.Option(
        ["--config"],
        type=click.Path(dir_okay=False, path_type=Path),
        envvar=envvar,
        expose_value=False,
        callback=_remember,
        metavar="FILE",
        help="The configuration; default: $DIGEST_CONFIG, or config/digest.yaml.",
    )


def _remember(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[_CONFIG] = value


def config_path() -> Path:
    """The configuration that the running command is to use."""
    path: Path = click.get_current_context().meta.get(_CONFIG, _DEFAULT_CONFIG)
    return path


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Command(click.Command):
    """A command that takes --config after its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(config_option())


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


class LazyGroup(click.Group):
    """A group that knows its commands by name, and imports each when it is called."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        """`lazy`: name -> (module:attribute, the line that the help shows)."""
        super().__init__(*args, **kwargs)
        self._places = {name: place for name, (place, _) in lazy.items()}
        self.commands = {name: click.Command(name, short_help=line) for name, (_, line) in lazy.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._places:
            return None
        module, _, attribute = self._places[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.short_help or "") for name, command in self.commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            result = super().invoke(ctx)
            # Here, so that a pipe which nobody reads any more is noticed where click ends quietly for it.
            sys.stdout.flush()
        except DigestError as error:
            complain(error)
            ctx.exit(2 if isinstance(error, ConfigurationError | UsageError) else 1)
        except OSError as error:
            if not error.filename:
                raise  # a pipe that is closed, which click knows about, or a fault of ours
            complain(DigestError(f"{error.filename}: {error.strerror}"))
            ctx.exit(1)
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)
        return result


def complain(error: DigestError) -> None:
    """Says on stderr what went wrong, each problem on a line."""
    sign = click.style("error:", fg="red", bold=True)
    lines = error.problems if isinstance(error, ConfigurationError) else [error]
    for line in lines:
        click.echo(f"{sign} {printable(str(line))}", err=True)


def printable(text: str) -> str:
    """`text` in one line without what could steer a terminal: some of it comes from feeds and servers."""
    return "".join(char if char.isprintable() else " " for char in text)
