"""The octets of one connection: written in order, answered in order, and never waited for without an end.

aiosmtplib has connected, encrypted and signed in; from then on its transport speaks to this protocol, because its own
waits for the answer to each command before it lets the next one go.
"""

import asyncio
from collections import deque
from typing import cast

from digest.mail.replies import Garbled, Replies, Reply

_BLOCK = 64 * 1024


class Broken(Exception):
    """The connection is of no more use; the message says why."""


class Wire(asyncio.Protocol):
    """One connection that is ready for commands. Not for several tasks at once."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._parser = Replies()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._full: asyncio.Future[None] | None = None
        self._paused = False
        #: Replies that are due.
        self._awaited = 0
        self._trouble = ""
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        # So that we are told when all that was written is out of our hands.
        transport.set_write_buffer_limits(0)
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        """Whether nothing is known against writing another command."""
        return not (self._trouble or self._transport.is_closing() or self._awaited)

    def write(self, octets: bytes, *, replies: int = 0) -> None:
        """Writes `octets`, after which so many more replies are due. Raises Broken."""
        self._require_whole()
        self._awaited += replies
        self._transport.write(octets)

    async def reply(self, seconds: float) -> Reply:
        """The next reply. Raises Broken where none comes within `seconds`, or something else does."""
        if not self._replies:
            self._require_whole()
            self._waiter = self._loop.create_future()
            await self._until(self._waiter, seconds)
            self._waiter = None
        if not self._replies:
            raise Broken(self._trouble)
        self._awaited -= 1
        return self._replies.popleft()

    async def send(self, octets: bytes, seconds: float) -> None:
        """Writes `octets` until they are out of our hands, each block within `seconds`. Raises Broken."""
        if len(octets) <= _BLOCK:
            self.write(octets)
            return
        for start in range(0, len(octets), _BLOCK):
            self.write(octets[start : start + _BLOCK])
            await self.flushed(seconds)

    async def flushed(self, seconds: float) -> None:
        """Until the operating system has all that was written. Raises Broken where that takes longer."""
        if self._transport.get_write_buffer_size() and self._paused:
            self._require_whole()
            self._full = self._loop.create_future()
            await self._until(self._full, seconds)
            self._full = None
        self._require_whole()

    def close(self) -> None:
        """Closes now: an orderly close waits for as long as the server leaves unread what we wrote."""
        self._break("we closed the connection")
        self._transport.abort()

    async def _until(self, waiter: "asyncio.Future[None]", seconds: float) -> None:
        self._deadline = self._loop.time() + seconds
        # Nearly always the timer of an earlier wait ends before this one and looks again then: one timer a connection.
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_clock)
        await waiter

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._waiter is None and self._full is None:
            return
        if self._loop.time() >= self._deadline:
            # A late reply would be taken for that to the next command.
            self._break("no answer in time")
            self._transport.abort()
        else:
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_clock)

    def _require_whole(self) -> None:
        if self._trouble or self._transport.is_closing():
            raise Broken(self._trouble or "the connection was closed")

    def _break(self, trouble: str) -> None:
        self._trouble = self._trouble or trouble
        for waiter in (self._waiter, self._full):
            if waiter and not waiter.done():
                waiter.set_result(None)
        if self._timer:
            self._timer.cancel()
            self._timer = None

    # what the loop tells us

    def data_received(self, data: bytes) -> None:
        try:
            found = self._parser.feed(data)
        except Garbled as error:
            # What it said before that is good: it may be that a message was taken.
            self._replies.extend(error.before)
            self._break(str(error))
            self._transport.abort()
            return
        if not found:
            return
        self._replies.extend(found)
        if len(self._replies) > self._awaited:
            # A server that hangs up on whoever is idle says 421 unasked; any other would be out of step with us.
            last = self._replies[-1]
            self._break(f"the server spoke unasked: {last.code} {last.text}")
            self._transport.abort()
        elif self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._full and not self._full.done():
            self._full.set_result(None)

    def eof_received(self) -> bool:
        self._break("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(str(exc) if exc else "the connection was lost")


def taken_over(transport: asyncio.BaseTransport) -> Wire:
    """The wire of a connection that is open."""
    return Wire(cast("asyncio.WriteTransport", transport))
