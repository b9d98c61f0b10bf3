"""A connected socket to the relay, and the name by which we introduce ourselves over it."""

import asyncio
import contextlib
import socket
from typing import Any


async def dial(host: str, port: int, seconds: float) -> socket.socket:
    """A connected socket: the addresses of `host` are tried one after another, `seconds` for all. Raises OSError."""
    loop = asyncio.get_running_loop()
    failure = OSError(f"{host} has no address")
    async with asyncio.timeout(seconds):
        for family, kind, proto, _, address in await _addresses(host, port):
            with contextlib.ExitStack() as undo:
                dialled = undo.enter_context(socket.socket(family, kind, proto))
                dialled.settimeout(0)
                try:
                    await loop.sock_connect(dialled, address)
                except OSError as error:
                    failure = error
                    continue
                undo.pop_all()
                return dialled
    raise failure


async def _addresses(host: str, port: int) -> list[Any]:
    try:
        return list(await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except UnicodeError as error:
        raise OSError(f"{host!r} is not a host name") from error


def own_name(dialled: socket.socket) -> str:
    """How to introduce ourselves: the machine's full name, else its address as a literal (RFC 5321 4.1.4)."""
    name = socket.gethostname()
    if "." in name:
        return name
    address = dialled.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
