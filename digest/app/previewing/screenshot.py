"""A picture of a letter, taken by the Chromium of this machine: in a profile of its own, without scripts, then gone.

It is spoken to over a pipe in the Chrome DevTools Protocol, each message in JSON and followed by NUL.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

from digest.errors import DigestError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE_S = 30.0
#: Pictures that have not come by then are left out.
_LOADING_S = 10.0
#: CSS pixels; Chromium draws no higher.
_HIGHEST = 16_000
#: Octets of one message: a picture comes in one.
_LARGEST = 64 * 1024 * 1024
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--mute-audio",
)
#: The browser reads from 3 and writes to 4.
_LAUNCH = (
    "import os, sys; r, w = map(int, sys.argv[1:3]); os.dup2(r, 3); os.dup2(w, 4); os.execv(sys.argv[3], sys.argv[3:])"
)


class NoBrowser(DigestError):
    """There is no Chromium on this machine."""


class NoPicture(DigestError):
    """The browser did not make one."""


def browser(environ: Mapping[str, str] = os.environ) -> str:
    """The program: that of $CHROMIUM, or the first that is found. Raises NoBrowser."""
    wanted = environ.get("CHROMIUM", "")
    for name in [wanted] if wanted else _NAMES:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return found
    raise NoBrowser("a picture needs Chromium on this machine; $CHROMIUM may name the program")


async def picture(html: str, width: int) -> bytes:
    """PNG: all of `html` as a window `width` CSS pixels wide shows it.

    Pictures are loaded from the net. Raises NoBrowser and NoPicture.
    """
    program = browser()
    try:
        async with asyncio.timeout(_PATIENCE_S), _running(program) as chromium:
            return await _taken(chromium, html, width)
    except (TimeoutError, OSError, EOFError, ValueError, KeyError) as error:
        raise NoPicture(f"{program} made no picture: {str(error) or type(error).__name__}") from error


async def _taken(chromium: "_Chromium", html: str, width: int) -> bytes:
    target = await chromium.call("Target.createTarget", url="about:blank")
    session = (await chromium.call("Target.attachToTarget", targetId=target["targetId"], flatten=True))["sessionId"]
    await chromium.call("Page.enable", session)
    await chromium.call("Emulation.setScriptExecutionDisabled", session, value=True)
    await chromium.call(
        "Emulation.setDeviceMetricsOverride", session, width=width, height=800, deviceScaleFactor=1, mobile=False
    )
    tree = await chromium.call("Page.getFrameTree", session)
    chromium.loaded.clear()
    await chromium.call("Page.setDocumentContent", session, frameId=tree["frameTree"]["frame"]["id"], html=html)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOADING_S):
            await chromium.until_loaded()
    metrics = await chromium.call("Page.getLayoutMetrics", session)
    height = min(_HIGHEST, max(1, int(metrics["cssContentSize"]["height"])))
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    taken = await chromium.call("Page.captureScreenshot", session, format="png", clip=clip, captureBeyondViewport=True)
    return b64decode(taken["data"])


class _Chromium:
    """Calls, and the one event that is waited for."""

    def __init__(self, reader: asyncio.StreamReader, writer: int) -> None:
        self._reader, self._writer, self._last = reader, writer, 0
        self.loaded = asyncio.Event()

    async def call(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """What the browser answers. Raises ValueError where it refuses, EOFError where it is gone."""
        self._last += 1
        asked = {"id": self._last, "method": method, "params": params}
        said = json.dumps(asked | ({"sessionId": session} if session else {})).encode() + b"\0"
        await asyncio.to_thread(_write, self._writer, said)
        while (answer := await self._next()).get("id") != self._last:
            continue
        if "error" in answer:
            raise ValueError(str(answer["error"].get("message", ""))[:200])
        result: dict[str, Any] = answer["result"]
        return result

    async def until_loaded(self) -> None:
        while not self.loaded.is_set():
            await self._next()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads((await self._reader.readuntil(b"\0"))[:-1])
        if message.get("method") == "Page.loadEventFired":
            self.loaded.set()
        return message


@asynccontextmanager
async def _running(program: str) -> AsyncIterator[_Chromium]:
    """The browser while the block lasts; then it and all that it has started are killed, and its profile is gone."""
    with TemporaryDirectory(prefix="digest-picture-", ignore_cleanup_errors=True) as profile:
        to_browser, from_browser = _pipe(), _pipe()
        # Root has no sandbox to give up.
        flags = [*_FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        ours = (to_browser[1], from_browser[0])
        theirs = (to_browser[0], from_browser[1])
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _LAUNCH, *map(str, theirs), program, *flags, "about:blank"),
                pass_fds=theirs,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            for number in theirs:
                os.close(number)
        reader = asyncio.StreamReader(limit=_LARGEST)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours[1], "rb", buffering=0)
        )
        try:
            yield _Chromium(reader, ours[0])
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            transport.close()
            os.close(ours[0])
            await process.wait()


def _pipe() -> tuple[int, int]:
    """Both ends with numbers that leave 3 and 4 free."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10) for number in low)
    for number in low:
        os.close(number)
    return high[0], high[1]


def _write(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]
