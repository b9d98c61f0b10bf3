"""What `digest check --alerts` does: tells the operators something, by every way there is."""

from digest.app.alerts import telling
from digest.app.house import House
from digest.cli.findings import Finding, right, wrong
from digest.errors import DigestError
from digest.store.incidents import Incident

_TRIAL = "nothing is wrong: somebody looks whether this arrives"


async def findings(house: House) -> list[Finding]:
    """One for each way."""
    if not telling.is_configured(house):
        return [wrong("alerts", "there is nobody to tell: name mail.operators, or an alerts.webhook")]
    now = house.clock()
    trial = Incident(id=0, kind="trial", subject="", detail=_TRIAL, opened_at=now, closed_at=None)
    try:
        async with house.posting() as post:
            ways, troubles = await telling.tell(house, post, [trial])
    except DigestError as error:
        return [wrong("alerts", str(error))]
    return [*(right("alerts", f"told by {way}") for way in ways), *(wrong("alerts", each) for each in troubles)]
