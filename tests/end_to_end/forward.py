"""Passes connections on, in a process of its own: `python forward.py ADDRESS TARGET`.

It listens at ADDRESS on a free port, which it says on stdout; TARGET is the path of a socket, or a port of 127.0.0.1.
"""

import asyncio
import sys
from contextlib import suppress


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, to its end."""
    with suppress(OSError):
        while some := await reader.read(1 << 16):
            writer.write(some)
            await writer.drain()
    writer.close()


async def main(address: str, target: str) -> None:
    """Serves until it is killed."""

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if target.isdecimal():
                there = await asyncio.open_connection("127.0.0.1", int(target))
            else:
                there = await asyncio.open_unix_connection(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pour(reader, there[1]), pour(there[0], writer))

    server = await asyncio.start_server(passed_on, address, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
