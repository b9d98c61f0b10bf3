"""A longer way to a server: passes everything on, unchanged and in order, a fixed time later in each direction.

    python -m bench.deliver_proxy SERVER_PORT MILLISECONDS

listens on a port of 127.0.0.1, which it says. It delays and does not throttle: as much as is sent at one moment
arrives at one moment.
"""

import asyncio
import sys
from collections import deque


class _Way(asyncio.Protocol):
    """One end; what comes in here goes out at `other`."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._under_way: deque[bytes] = deque()
        self.transport: asyncio.Transport | None = None
        self.other: _Way | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream has a transport that reads and writes")
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._later(data)

    def eof_received(self) -> bool:
        self._later(b"")
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        self._later(b"")

    def _later(self, data: bytes) -> None:
        # Each timer passes on the eldest: timers of one moment may fire in any order.
        self._under_way.append(data)
        asyncio.get_running_loop().call_later(self._delay, self._arrive)

    def _arrive(self) -> None:
        data = self._under_way.popleft()
        out = self.other.transport if self.other else None
        if out is None or out.is_closing():
            return
        if data:
            out.write(data)
        else:
            out.close()


class _Near(_Way):
    """The end that was called; calls the server, and reads once that has answered."""

    def __init__(self, port: int, delay: float) -> None:
        super().__init__(delay)
        self._port = port
        self._calling: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport:
            self.transport.pause_reading()
        self._calling = asyncio.create_task(self._call())

    async def _call(self) -> None:
        far = _Way(self._delay)
        far.other = self
        await asyncio.get_running_loop().create_connection(lambda: far, "127.0.0.1", self._port)
        self.other = far
        if self.transport:
            self.transport.resume_reading()


async def main(port: int, milliseconds: float) -> None:
    """Serves until it is killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Near(port, milliseconds / 1e3), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
