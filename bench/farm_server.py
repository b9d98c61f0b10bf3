"""Serves the farm's feeds over HTTP on the loopback interface; orders say which round it is."""

import asyncio
import sys
from typing import cast

from bench import farm
from bench.process import Answer, Order, obey

_LONGEST_REQUEST = 16_384


class Farm:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        #: Seconds before each answer.
        self.latency = latency
        self.turn = 0

    def answer(self, feed: int, request: bytes) -> bytes:
        """The whole answer. The connection closes after it, as it would between two polls half an hour apart."""
        etag, modified = farm.validators(feed, self.turn)
        head = f"ETag: {etag}\r\nLast-Modified: {modified}\r\nConnection: close\r\n"
        if f"\r\nif-none-match: {etag}\r\n".encode() in request.lower():
            return f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode()
        body = farm.body(feed, self.turn)
        head += f"Content-Type: {farm.content_type(feed)}; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One request, one answer."""

    def __init__(self, shared: Farm) -> None:
        self._shared = shared
        self._request = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("sockname")[0]
        self._feed = farm.feed_at(address) if address.startswith("127.0.") else -1
        if self._feed < 0:
            transport.close()

    def data_received(self, data: bytes) -> None:
        self._request += data
        if b"\r\n\r\n" in self._request:
            asyncio.get_running_loop().call_later(self._shared.latency, self._answer)
        elif len(self._request) > _LONGEST_REQUEST:
            self._transport.close()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._shared.answer(self._feed, self._request))
            self._transport.close()


async def main(milliseconds: int) -> None:
    shared = Farm(milliseconds / 1000)
    # One socket has all of 127.0.0.0/8 only by listening everywhere: whoever comes by another address is turned off.
    server = await asyncio.get_running_loop().create_server(lambda: Connection(shared), "0.0.0.0", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]

    async def do(order: Order) -> Answer:
        shared.turn = order.get("turn", shared.turn)
        return {"port": port}

    await obey(do)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
