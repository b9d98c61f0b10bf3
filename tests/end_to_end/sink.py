"""A mail server for tests, in a process of its own: takes everything and writes down what it took before it says so.

`python sink.py PORT FILE [DELAY]`: each accepted message is a line of FILE: recipient, Message-ID. With DELAY the
answer to the final dot comes so many seconds late. Independent of the code under test, and of aiosmtpd.
"""

import asyncio
import re
import sys
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


class Sink:
    """Accepts messages; one line of `path` for each."""

    def __init__(self, path: Path, delay: float = 0.0) -> None:
        self._file = path.open("a", buffering=1)
        self._delay = delay

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from greeting to QUIT or its loss."""
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader, writer):
        writer.write(b"220 sink.test ESMTP\r\n")
        recipient = b""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                recipient = line.split(b"<", 1)[1].split(b">", 1)[0]
                writer.write(b"250 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                found = _MESSAGE_ID.search(body)
                self._file.write(f"{recipient.decode()} {found.group(1).decode() if found else '-'}\n")
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")


async def main() -> None:
    """Serves until it is killed; says so on stdout when it is ready."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    sink = Sink(path, float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
    server = await asyncio.start_server(sink.converse, "127.0.0.1", port, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
