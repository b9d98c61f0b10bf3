"""Whether we are well: for the one who watches, be it a person, a proxy or an orchestrator."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app import vitals
from digest.app.house import House
from digest.app.vitals import Vitals, ails
from digest.store import fence
from digest.web import answers

#: Seconds that the store may take; it has one thread for all on SQLite.
_PATIENCE_S = 5.0


class Health:
    """Two addresses: 200 while the store answers, and 200 while work is done; otherwise 503, and why in a line."""

    def __init__(self, house: House, known: Vitals) -> None:
        self._house, self._vitals = house, known

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.look, methods=["GET"]),
            Route("/readyz", self.look_closely, methods=["GET"]),
        ]

    async def look(self, _request: Request) -> Response:
        return _answer(await ails(self._house.database, vitals.answers, _PATIENCE_S))

    async def look_closely(self, _request: Request) -> Response:
        """Not ready: the store is held until `digest resume`, or rounds are not made any more."""
        said = await ails(self._house.database, fence.held, _PATIENCE_S)
        return _answer(said or self._vitals.idle(self._house.clock()))


def _answer(said: str) -> Response:
    return answers.plain(f"{said}\n", 503) if said else answers.plain("ok\n")
