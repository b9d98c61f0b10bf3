"""Leaves things open to look at: the catcher's inbox, and the public pages that the links in the mails lead to."""

import asyncio
from dataclasses import dataclass

import click
from starlette.applications import Starlette

from digest.app.house import House
from digest.cli.demo.catcher import Catcher
from digest.web import inbox, public
from digest.web.server import serve

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where to listen; for the inbox, 0 is any free port."""

    inbox: int
    pages: int


async def until_stopped(house: House, catcher: Catcher, ports: Ports, stop: asyncio.Event) -> None:
    """Serves both until `stop` is set. Raises UsageError where a port is taken."""
    click.echo("Now open the inbox in a browser; Ctrl-C ends it.")
    endings = await asyncio.gather(
        _serve("inbox", inbox.application(lambda: catcher.mails), ports.inbox, stop),
        _serve("public pages", public.application(house), ports.pages, stop),
        return_exceptions=True,
    )
    for trouble in endings:
        if trouble is not None:
            raise trouble


async def _serve(what: str, app: Starlette, port: int, stop: asyncio.Event) -> None:
    """Says where `app` is, once it is. Ending, for whatever reason, it ends the other: they are shown together."""
    try:
        await serve(app, _HOST, port, stop, lambda own: click.echo(f"  {what}: http://{_HOST}:{own}/"))
    finally:
        stop.set()
