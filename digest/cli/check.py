"""`digest check`: whether configuration, templates, database and, with --online, the world outside are right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from digest.cli import doors
from digest.cli.base import Command
from digest.cli.findings import Finding, Verdict

if TYPE_CHECKING:
    from digest.app.house import House


@click.command(cls=Command)
@click.option("--online", is_flag=True, help="Also fetch each feed, ask the DNS, and sign in at the mail server.")
@click.option("--alerts", is_flag=True, help="Also tell the operators something, by every way there is.")
@click.pass_context
def check(context: click.Context, *, online: bool, alerts: bool) -> None:
    """Say whether configuration, templates and database are right.

    Changes nothing, and without --alerts sends nothing. A configuration with mistakes ends it with 2, anything else
    that is wrong with 1.
    """
    with doors.bare_house() as house:
        failed = asyncio.run(_report(house, online=online, alerts=alerts))
    context.exit(1 if failed else 0)


async def _report(house: House, *, online: bool, alerts: bool) -> bool:
    """Shows findings as they come; whether one of them is wrong."""
    failed = False
    async for finding in _findings(house, online=online, alerts=alerts):
        finding.show()
        failed |= finding.verdict is Verdict.WRONG
    return failed


async def _findings(house: House, *, online: bool, alerts: bool) -> AsyncIterator[Finding]:
    from digest.cli import check_offline

    for finding in check_offline.findings(house):
        yield finding
    if online:
        from digest.cli import check_online

        async for finding in check_online.findings(house):
            yield finding
    if alerts:
        from digest.cli import check_alerts

        for finding in await check_alerts.findings(house):
            yield finding
