"""`/metrics`: figures for a machine that watches."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.app.metrics import KIND, Metrics
from digest.app.vitals import Vitals
from digest.web.answers import plain_bytes
from digest.web.operators import Operators


class Watching:
    """One address, for operators alone."""

    def __init__(self, house: House, vitals: Vitals, operators: Operators) -> None:
        self._metrics, self._operators = Metrics(house, vitals), operators

    def routes(self) -> list[Route]:
        return [Route("/metrics", self.tell, methods=["GET"])]

    async def tell(self, request: Request) -> Response:
        self._operators.require(request)
        return plain_bytes(await self._metrics.text(), KIND)
