"""The server in our own loop: real sockets, limits, and an end in time."""

import asyncio
import logging
import signal
import socket
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from digest.app.house import House
from digest.errors import UsageError
from digest.web import public
from digest.web.server import serve


@asynccontextmanager
async def serving(house: House):
    """The port of the public pages while the block lasts; ends them, within two seconds."""
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(public.application(house), "127.0.0.1", 0, stop, port.set_result))
    async with asyncio.timeout(10):
        yield await port
    began = monotonic()
    stop.set()
    await asyncio.wait_for(task, 5)
    assert monotonic() - began < 2


async def asked(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_it_serves_on_a_free_port_and_ends_in_time(house, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    before = signal.getsignal(signal.SIGINT)
    async with serving(house) as port:
        assert signal.getsignal(signal.SIGINT) is before
        answer = await asked(port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"ok\n")
        assert b"server:" not in answer.lower()
        await asked(port, b"GET /leave/s3cr3t HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert "s3cr3t" not in caplog.text


async def test_a_connection_left_open_does_not_keep_it(house) -> None:
    async with serving(house) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n")
        await writer.drain()
    writer.close()


async def test_a_head_without_an_end_is_refused(house) -> None:
    async with serving(house) as port:
        head = b"GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + b"x" * 20_000
        assert (await asked(port, head)).startswith(b"HTTP/1.1 400")


async def test_a_body_beyond_all_reason_is_refused_as_it_comes(house) -> None:
    async with serving(house) as port:
        head = b"POST /subscribe/daily HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n"
        assert (await asked(port, head + b"x" * 70_000)).startswith(b"HTTP/1.1 413")


async def test_a_port_that_is_taken_is_said_with_its_number(house) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port}: .*in use"):
            await serve(public.application(house), "127.0.0.1", port, asyncio.Event())
