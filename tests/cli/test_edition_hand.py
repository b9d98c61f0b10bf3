"""The operator's hand on an edition that another process is sending: it takes hold within two seconds."""

import asyncio
import json
import subprocess
import sys
import time
from threading import Condition

import pytest

READERS = 300


@pytest.fixture
def dots(office):
    """When each message was accepted, by a server that takes its time; whoever waits for them is told."""
    accepted, told = [], Condition()
    take = office.mail.handle_DATA

    async def handle(server, session, envelope):
        await asyncio.sleep(0.05)
        reply = await take(server, session, envelope)
        with told:
            accepted.append(time.monotonic())
            told.notify_all()
        return reply

    office.mail.handle_DATA = handle
    accepted_enough = lambda: len(accepted) >= 20  # noqa: E731
    return accepted, lambda: told.acquire() and (told.wait_for(accepted_enough, 30), told.release())[0]


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_nothing_is_sent_later_than_two_seconds_after_it(office, dots, command, state):
    accepted, enough = dots
    office.stock()
    office.join(*(f"reader{number}@reader.test" for number in range(READERS)))
    words = [sys.executable, "-c", "from digest.cli import main; main()", "send", "daily", "--yes"]
    with subprocess.Popen([*words, "--config", str(office.config)], stderr=subprocess.PIPE, text=True) as sender:
        assert enough()
        office.digest("editions", command, "1")
        said = time.monotonic()
        _, stderr = sender.communicate(timeout=60)
    assert max(accepted) - said < 2
    shown = json.loads(office.digest("editions", "show", "1", "--json").stdout)
    assert (shown["state"], shown["in_doubt"]) == (state, 0)
    assert shown["deliveries"]["sent"] == len(accepted) < READERS
    # What had been leased of one that is called off is queued until the next look at the outbox.
    assert shown["deliveries"]["queued"] + shown["deliveries"].get("cancelled", 0) == READERS - len(accepted)
    assert ("is paused: paused; look at it" in stderr) == (command == "pause")
