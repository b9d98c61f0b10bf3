"""Serves an application in the loop that is running already, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from digest.errors import UsageError

#: Connections and requests at a time; what comes beyond is told to come back (503).
_MOST = 200
#: Octets of a request's head.
_LARGEST_HEAD = 16 * 1024
_KEEP_ALIVE_S = 5
#: Connections that wait until somebody takes them, as while a service hands over to the next.
_BACKLOG = 1024
#: What is under way when we are asked to stop has this long to end.
_GRACE_S = 1


class _Guest(uvicorn.Server):
    """A server in somebody else's process: signals are none of its business."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


async def serve(
    app: Starlette, host: str, port: int, stop: asyncio.Event, ready: Callable[[int], None] | None = None
) -> None:
    """As `serve_on`, by a listener of its own. Raises UsageError where it cannot listen."""
    with listen(host, port) as listener:
        await serve_on(listener, app, stop, ready)


async def serve_on(
    listener: socket.socket, app: Starlette, stop: asyncio.Event, ready: Callable[[int], None] | None = None
) -> None:
    """Until `stop` is set; then within some two seconds. `ready` is given the port. `listener` remains the caller's.

    Nothing of a request is logged: addresses here are secrets.
    """
    own_port = listener.getsockname()[1]
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Guest(config, lambda: ready(own_port) if ready else None)
    waiting = asyncio.create_task(_stop(server, stop))
    try:
        await server.serve(sockets=[listener.dup()])
    finally:
        waiting.cancel()


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Takes connections from now on, a free port where `port` is 0. Raises UsageError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listener
