"""The other side of `bench.deliver` in Python: aiosmtplib in a loop, each connection kept open.

    python -m bench.deliver_loop PORT CONNECTIONS MESSAGES OCTETS

sends so many messages, made beforehand, one after another on each connection by `SMTP.sendmail`, to a recipient each;
no ledger, no template. Says the seconds from the first connection to the last answer.
"""

import asyncio
import sys
import time

import aiosmtplib

_HEAD = b"From: My Views <digest@news.example>\r\nTo: reader@readers.example\r\nSubject: The Daily\r\n\r\n"
_LINE = b"X" * 74 + b"\r\n"


def message(octets: int) -> bytes:
    """A message of so many octets, in lines of usual length."""
    body = _LINE * (octets // len(_LINE) + 1)
    return (_HEAD + body)[: max(octets, len(_HEAD) + 2) - 2] + b"\r\n"


async def send(port: int, connections: int, messages: int, octets: int) -> float:
    """Seconds that it took."""
    made = message(octets)
    numbers = iter(range(messages))
    begun = time.perf_counter()

    async def work() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for number in numbers:
            await client.sendmail("digest@news.example", f"reader-{number}@readers.example", made)
        await client.quit()

    await asyncio.gather(*(work() for _ in range(connections)))
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(send(*map(int, sys.argv[1:5]))):.6f}\n")
