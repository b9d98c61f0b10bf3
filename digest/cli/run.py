"""`digest run` and `digest worker`: the service, until it is stopped."""

import click

from digest.cli import doors
from digest.cli.base import Command

_watch = click.option(
    "--watch", "watches", is_flag=True, help="Take over a changed configuration as soon as it is saved."
)


@click.command(cls=Command)
@_watch
@click.option("--no-web", is_flag=True, help="Without the public pages.")
def run(*, no_web: bool, watches: bool) -> None:
    """Collect, publish, deliver and serve the pages until stopped.

    On PostgreSQL any number of these may run, on any number of machines: they share the work.

    SIGHUP has the configuration read again: it is taken over if all of it is right, and otherwise not at all.
    """
    from digest.cli import serving

    with doors.house(prepare=True) as house:
        serving.run(house, with_pages=not no_web, watches=watches)


@click.command(cls=Command)
@_watch
def worker(*, watches: bool) -> None:
    """Collect and deliver only, beside a running service.

    On PostgreSQL it takes work that `digest run` puts on the list, editions included. On SQLite it shares the file
    with `digest run` and looks for feeds and deliveries itself; one process is usually enough there.
    """
    from digest.cli import serving

    with doors.house(prepare=True) as house:
        serving.work(house, watches=watches)
