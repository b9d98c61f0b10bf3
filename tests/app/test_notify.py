"""What systemd is told, over a socket of its kind."""

import asyncio
import os
import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from digest.app.notify import Notifier, keep_telling
from digest.app.vitals import Vitals
from digest.errors import StoreError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(10)
        yield listening


class Store:
    answers = True

    async def run(self, work, *args):
        if not self.answers:
            raise StoreError("gone")
        return 0


def house_at(now):
    return SimpleNamespace(clock=lambda: now, database=Store(), feeds={"a": 1}, newsletters={"daily": 1})


async def heard(listener):
    return (await asyncio.to_thread(listener.recv, 4096)).decode().split("\n")


async def test_from_ready_over_signs_of_life_to_the_end(listener):
    stop, vitals = asyncio.Event(), Vitals()
    telling = asyncio.create_task(
        keep_telling(house_at(NOW), vitals, Notifier(listener.getsockname(), watchdog=0.02), stop)
    )

    assert (await heard(listener))[0] == "READY=1"
    assert "WATCHDOG=1" in await heard(listener)
    assert "WATCHDOG=1" in await heard(listener)
    stop.set()
    await telling

    last = []
    while "STATUS=ending what is under way" not in last:
        last = await heard(listener)


async def test_no_sign_of_life_when_rounds_are_not_made_any_more(listener):
    stop, vitals = asyncio.Event(), Vitals()
    vitals.made("outbox", NOW - timedelta(minutes=6))
    telling = asyncio.create_task(
        keep_telling(house_at(NOW), vitals, Notifier(listener.getsockname(), watchdog=0.02), stop)
    )

    await heard(listener)
    assert await heard(listener) == ["STATUS=no round is made any more of: outbox"]
    stop.set()
    await telling


async def test_no_sign_of_life_when_the_store_does_not_answer(listener):
    stop, house = asyncio.Event(), house_at(NOW)
    house.database.answers = False
    telling = asyncio.create_task(keep_telling(house, Vitals(), Notifier(listener.getsockname(), watchdog=0.02), stop))

    await heard(listener)
    assert await heard(listener) == ["STATUS=the store does not answer"]
    stop.set()
    await telling


async def test_where_nobody_listens_it_only_waits_for_the_end():
    stop = asyncio.Event()
    stop.set()

    await keep_telling(house_at(NOW), Vitals(), Notifier(), stop)


def test_a_socket_that_is_gone_does_not_hurt(tmp_path):
    Notifier(str(tmp_path / "gone")).say("READY=1")


def test_an_abstract_socket_is_found():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0digest-test-{os.getpid()}")
        listening.settimeout(10)
        Notifier(f"@digest-test-{os.getpid()}").say("READY=1", "STATUS=x")
        assert listening.recv(100) == b"READY=1\nSTATUS=x"


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "junk"}, 0.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
    ],
    ids=["none", "thirty", "junk", "of another process"],
)
def test_the_watchdog_is_what_systemd_says_it_is(environ, seconds):
    assert Notifier.of(environ).watchdog == seconds
