"""What `digest run` and `digest worker` start, and what they say meanwhile."""

import asyncio
import logging
import os
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from digest import publish
from digest.app import listening, loop, notify, returning
from digest.app.house import House
from digest.app.keeping import keep_in_order
from digest.app.service import Companion, Service
from digest.app.tasks import Tasks
from digest.cli import logs
from digest.scheduler import Round, keep
from digest.settings import nouns
from digest.web import public, server

log = logging.getLogger("digest")

_FEEDS_EVERY = timedelta(seconds=15)
_SLOTS_EVERY = timedelta(seconds=10)
_ALERTS_EVERY = timedelta(minutes=1)
_RETENTION_EVERY = timedelta(days=1)
#: What an operator decides takes hold within this.
_OUTBOX_EVERY = timedelta(seconds=2)


def run(house: House, *, with_pages: bool) -> None:
    """All of the service, until it is stopped."""
    _begin(house)
    _say_slots(house)
    companions: list[Companion] = [_everything, _bounces(house), _listener(house), _systemd(house)]
    if with_pages:
        companions.append(_pages(house))
    _serve(house, companions)


def work(house: House) -> None:
    """Collects and delivers beside `run`, until it is stopped."""
    _begin(house)
    _serve(house, [_systemd(house), *([_feeds_and_outbox] if house.database.is_sqlite else [])])


def _serve(house: House, companions: Sequence[Companion]) -> None:
    loop.run(Service(house, tuple(companions)).run())
    log.info("stopped")


def _begin(house: House) -> None:
    logs.configure(house.settings.log.format, house.settings.log.level)
    log.info("configuration %s", house.path)
    log.info("database %s", nouns.database_place(house.settings))


def _say_slots(house: House) -> None:
    for newsletter in house.newsletters.values():
        slot = house.database.call(publish.coming, newsletter, house.site, house.clock())
        log.info("%s is due next at %s", newsletter.name, slot.at.isoformat() if slot else "no time at all")


async def _everything(tasks: Tasks, stop: asyncio.Event) -> None:
    slots = Round("slots", _SLOTS_EVERY, tasks.look_at_slots, moment=tasks.next_slot_at)
    alerts = Round("alerts", _ALERTS_EVERY, tasks.watch.look)
    retention = Round("retention", _RETENTION_EVERY, partial(keep_in_order, tasks.house, stop))
    await keep([*_rounds(tasks), slots, alerts, retention], stop)


async def _feeds_and_outbox(tasks: Tasks, stop: asyncio.Event) -> None:
    await keep(_rounds(tasks), stop)


def _rounds(tasks: Tasks) -> list[Round]:
    return [
        Round("feeds", _FEEDS_EVERY, tasks.look_at_feeds),
        Round("outbox", _OUTBOX_EVERY, tasks.look_at_outbox),
    ]


def _bounces(house: House) -> Companion:
    async def bounces(_tasks: Tasks, stop: asyncio.Event) -> None:
        await returning.look(house, stop)

    return bounces


def _listener(house: House) -> Companion:
    async def listener(_tasks: Tasks, stop: asyncio.Event) -> None:
        await listening.listen(house, stop)

    return listener


def _systemd(house: House) -> Companion:
    async def systemd(tasks: Tasks, stop: asyncio.Event) -> None:
        await notify.keep_telling(house, tasks.vitals, notify.Notifier.of(os.environ), stop)

    return systemd


def _pages(house: House) -> Companion:
    listen = house.settings.web.listen

    async def pages(tasks: Tasks, stop: asyncio.Event) -> None:
        log.info("pages at http://%s:%d for %s", listen.host, listen.port, house.site.url)
        await server.serve(public.application(house, tasks.vitals), listen.host, listen.port, stop)

    return pages
