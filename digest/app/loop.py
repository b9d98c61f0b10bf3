"""The event loop that a process runs on: uvloop where it is installed, since it is twice as quick at sockets."""

import asyncio
import gc
import importlib.util
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: New objects between two looks for those that hold each other: a message makes a hundred, and hardly one of that kind.
_OBJECTS = 20_000


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end, as `asyncio.run` does; meant for once in a process, whose collector it sets."""
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.run(work)
    import uvloop  # noqa: PLC0415 - an extra

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
