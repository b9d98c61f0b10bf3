"""What others see of the service before any mail: names, certificates, the pages from outside."""

import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from digest.app.house import House
from digest.cli import dkim_findings, dns
from digest.cli.dns import Ask
from digest.cli.doctoring.wire import Unreachable, ask, certificate_end
from digest.cli.findings import Finding, note, right, wrong
from digest.errors import RelayError
from digest.mail.mailer import Mailer
from digest.settings import nouns

#: A certificate that ends sooner is told of.
_SOON = timedelta(days=14)


async def findings(house: House, asking: Ask, context: ssl.SSLContext) -> AsyncIterator[Finding]:
    """As they come; nothing is changed and nothing is sent."""
    domain = nouns.sender(house.settings).address.rpartition("@")[2]
    for finding in await dns.examine(domain, asking):
        if not (house.settings.mail.dkim and finding.subject.startswith("DKIM ")):
            yield finding
    for finding in await dkim_findings.on_records(house, asking):
        yield finding
    yield await _relay(house)
    async for finding in _pages(house, context):
        yield finding


async def _relay(house: House) -> Finding:
    try:
        async with Mailer(*house.relays()) as mailer:
            return right("mail server", await mailer.check())
    except RelayError as error:
        return wrong("mail server", str(error))


async def _pages(house: House, context: ssl.SSLContext) -> AsyncIterator[Finding]:
    url = house.site.url
    try:
        if url.startswith("https:"):
            yield _ends(house, await certificate_end(url, context))
        else:
            yield wrong("site.url", "is http: no mail program offers one-click departure (RFC 8058 3.1)")
        answer = await ask("GET", f"{url}/healthz", context)
    except Unreachable as error:
        yield wrong("site.url", f"cannot be reached: {error}")
        return
    if answer.status == 200 and answer.body.strip() == b"ok":
        yield right("site.url", f"{url} leads to the service, as far as this machine sees")
    else:
        yield wrong(
            "site.url", f"{url}/healthz is answered by {answer}, and not by Digest: does the proxy pass all on?"
        )


def _ends(house: House, end: datetime) -> Finding:
    left, subject = end - house.clock(), "certificate of site.url"
    text = f"ends {end:%Y-%m-%d}, in {left.days} days"
    return note(subject, f"{text}: renew it") if left < _SOON else right(subject, text)
