"""`digest demo`: all of it on this machine, end to end, with real parts only.

    sample feeds over HTTP ─▶ collect ─▶ publish ─▶ deliver over SMTP ─▶ a mail catcher ─▶ its inbox, or files

No mail leaves the machine and nothing of the operator's is written to: database, relay, secret and addresses are made
for the occasion and end with it. `run` is the plot, `play` the way of the news, the other modules are its props.
"""

from pathlib import Path

import click
from click.core import ParameterSource

from digest.cli.base import config_option, config_path

_OUTPUT = Path("out/demo")
_CONFIG = config_option()
_CONFIG.help = "Your own configuration; default: that of the sample, whatever $DIGEST_CONFIG says."


@click.command(params=[_CONFIG])
@click.option("--once", is_flag=True, help="Write the mails to files and end, instead of showing them in a browser.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Write the mails here as .eml, .html and .txt; with --once, {_OUTPUT} by default.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=0,
    metavar="N",
    help="Show the inbox on this port and the public pages on the next; default: any free ones.",
)
@click.pass_context
def demo(context: click.Context, once: bool, output: Path | None, port: int) -> None:
    """Show all of it on this machine: feeds, articles, an edition, mails.

    Sample feeds are served, collected and mailed to three invented readers, over real HTTP and SMTP, into a mail
    catcher whose inbox opens as a page. With --config, your own feeds, newsletters and templates are used; your
    database and your mail server are not touched.
    """
    from digest.cli.demo.run import Plan, run

    folder = output or (_OUTPUT if once else None)
    run(Plan(config=_given(context), once=once, output=folder, port=port))


def _given(context: click.Context) -> Path | None:
    """The configuration that was named on the command line: one in the environment is for the other commands."""
    places = filter(None, (context, context.parent))
    named = any(place.get_parameter_source("config") is ParameterSource.COMMANDLINE for place in places)
    return config_path() if named else None
