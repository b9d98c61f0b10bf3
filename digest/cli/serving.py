"""What `digest run` and `digest worker` start, and what they say meanwhile."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Self

from digest import publish
from digest.app import listening, loop, notify, returning
from digest.app.house import House
from digest.app.keeping import keep_in_order
from digest.app.reloading import Companions, Keeper, accept_all
from digest.app.service import Companion
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


def run(house: House, *, with_pages: bool, watches: bool) -> None:
    """All of the service, until it is stopped."""
    with _Entrance() as entrance:

        def companions(house: House) -> tuple[Companion, ...]:
            _say_slots(house)
            pages = [_pages(house, entrance)] if with_pages else []
            return (_everything, _bounces(house), _listener(house), _systemd(house), *pages)

        _serve(house, companions, entrance.look if with_pages else accept_all, watches)


def work(house: House, *, watches: bool) -> None:
    """Collects and delivers beside `run`, until it is stopped."""

    def companions(house: House) -> tuple[Companion, ...]:
        return (_systemd(house), *([_feeds_and_outbox] if house.database.is_sqlite else []))

    _serve(house, companions, accept_all, watches)


def _serve(house: House, companions: Companions, trial: Callable[[House], None], watches: bool) -> None:
    # Asked to reload before there is anything to be reloaded: the newest configuration is what will be read.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _begin(house)
    keeper = Keeper(house, companions, os.environ, trial, watches=watches, notifier=notify.Notifier.of(os.environ))
    loop.run(keeper.run())
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


class _Entrance:
    """Where visitors come in; it stays open while one service hands over to the next, and they wait."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], socket.socket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._open.values():
            listener.close()

    def look(self, house: House) -> None:
        """Raises UsageError where a service of this house could not listen."""
        self.at(house)

    def at(self, house: House) -> socket.socket:
        """The listener of this house."""
        place = (house.settings.web.listen.host, house.settings.web.listen.port)
        if place not in self._open:
            self._open[place] = server.listen(*place)
        return self._open[place]

    def close_others(self, house: House) -> None:
        """Those that this house does not need any more."""
        own = self.at(house)
        for place in [place for place, listener in self._open.items() if listener is not own]:
            self._open.pop(place).close()


def _pages(house: House, entrance: _Entrance) -> Companion:
    listen = house.settings.web.listen

    async def pages(tasks: Tasks, stop: asyncio.Event) -> None:
        listener = entrance.at(house)
        entrance.close_others(house)
        log.info("pages at http://%s:%d for %s", listen.host, listen.port, house.site.url)
        await server.serve_on(listener, public.application(house, tasks.vitals), stop)

    return pages
