"""What the service says while it runs: lines for a person on a terminal, JSON lines for a machine, on stderr.

Mail addresses are not logged: whatever holds one, as a server's reply may, is shortened to its domain.
"""

import logging
import os
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: Libraries that tell every step of theirs; of these only what is wrong is said.
_TALKATIVE = ("alembic", "apscheduler", "asyncio", "procrastinate", "uvicorn", "mail.log", "httpx")
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;=]+@([\w-]+(?:\.[\w-]+)+)")


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """From now on everything that is logged goes to `stream`, by default stderr.

    `form` is text, json or auto, which means text on a terminal; `level` the least that is worth a line.
    """
    stream = stream or sys.stderr
    colours = stream.isatty() and not os.environ.get("NO_COLOR")
    as_text = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(as_text, colours)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_addresses(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Shortens mail addresses in every text of `event`."""
    return {key: _ADDRESS.sub(r"…@\1", value) if isinstance(value, str) else value for key, value in event.items()}


def _common() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _last(as_text: bool, colours: bool) -> list[Processor]:
    if as_text:
        plain = structlog.dev.plain_traceback
        return [without_addresses, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]
    return [
        structlog.processors.format_exc_info,
        without_addresses,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
