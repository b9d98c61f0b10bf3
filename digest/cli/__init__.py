"""The command line: argv -> one story. The only place that prints.

Each command is imported when it is called, so that `digest --help` answers at once: here stand only their names, where
they are, and the line that the help shows of each.
"""

import click

from digest import __version__
from digest.cli.base import LazyGroup, config_option

_COMMANDS = {
    "init": ("digest.cli.init:init", "Write a configuration, a secret and, on request, the templates."),
    "check": ("digest.cli.check:check", "Say whether configuration, templates and database are right."),
    "doctor": (
        "digest.cli.doctor:doctor",
        "Say whether others believe your mail and reach your pages; --live tries it with a mailbox.",
    ),
    "demo": ("digest.cli.demo:demo", "Show all of it on this machine: feeds, articles, an edition, mails."),
    "collect": ("digest.cli.collect:collect", "Poll feeds now."),
    "preview": ("digest.cli.preview:preview", "Show the letter that a reader would get."),
    "lint": ("digest.cli.lint:lint", "Say what could be better about a letter."),
    "templates": ("digest.cli.templates:templates", "List the templates; copy those you want to change."),
    "why": ("digest.cli.why:why", "Say why an article reached readers, or one of them, or did not."),
    "send": ("digest.cli.send:send", "Make an edition now and send it."),
    "run": ("digest.cli.run:run", "Collect, publish, deliver and serve the pages until stopped."),
    "worker": ("digest.cli.run:worker", "Collect and deliver only, beside a running service."),
    "dkim": ("digest.cli.dkim:dkim", "Make a key that signs letters, for a relay that does not."),
    "feeds": ("digest.cli.feeds:feeds", "List, try, import and export feeds."),
    "editions": ("digest.cli.editions:editions", "Show, plan, pause, cancel and retry editions."),
    "subscribers": ("digest.cli.subscribers:subscribers", "Add, show, import, export and remove readers."),
    "suppressions": ("digest.cli.suppressions:suppressions", "Addresses that are not mailed, and why."),
    "bounces": ("digest.cli.bounces:bounces", "Take in mail that came back."),
    "plan": ("digest.cli.plan:plan", "Say what a changed configuration would do, before it is taken over."),
    "status": ("digest.cli.status:status", "Say what ran, what is due and what fails."),
    "resume": ("digest.cli.resume:resume", "Let a restored or moved store send again."),
    "db": ("digest.cli.db:db", "Upgrade, back up, restore and prune the database."),
    "simulate": ("digest.cli.simulate:simulate", "Play years with faults and crashes, and check what is promised."),
    "completion": ("digest.cli.completion:completion", "Print what makes a shell complete commands and options."),
}


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    params=[config_option(envvar="DIGEST_CONFIG")],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, package_name="digest", message="digest %(version)s")
def main() -> None:
    """Email newsletter digests: feeds in, one mail out, each article to each reader exactly once.

    Exit status: 0 done; 1 something failed, said on stderr; 2 wrong usage or configuration.
    """
