"""Whether we are well: for the one who watches, be it a person, a proxy or an orchestrator."""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.store import articles
from digest.web import answers

log = logging.getLogger("digest")

#: Seconds that the store may take; it has one thread for all on SQLite.
_PATIENCE_S = 5.0


class Health:
    """One address that answers 200 while the store does, and 503 otherwise."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.look, methods=["GET"])]

    async def look(self, _request: Request) -> Response:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._house.database.run(articles.last_number)
        except Exception as error:  # noqa: BLE001 - the boundary: whatever ails the store, the watcher is told
            log.warning("the store does not answer: %s", type(error).__name__)
            return answers.plain("the store does not answer\n", 503)
        return answers.plain("ok\n")
