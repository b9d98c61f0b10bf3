"""When a certificate ends: of a real server; who could be asked, and who is not."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from digest.app import certificates
from digest.app.alerts.watch import Watch
from digest.app.vitals import Vitals

END = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def shown():
    """A server on this machine with a certificate of a known end: its address, and who trusts it."""
    authority = trustme.CA()
    own, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost", not_after=END).configure_cert(own)
    authority.configure_trust(trusting)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=own)
    yield f"https://localhost:{server.sockets[0].getsockname()[1]}", trusting
    server.close()


async def test_it_is_read_from_the_server_that_shows_it(shown):
    url, trusting = shown
    assert await asyncio.to_thread(certificates.ends, url, trusting, 5) == END


async def test_one_that_nobody_trusts_is_refused(shown):
    url, _ = shown
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(certificates.ends, url, ssl.create_default_context(), 5)


@pytest.mark.parametrize(
    ("url", "is_askable"),
    [
        ("https://news.org", True),
        ("https://localhost:8443", True),
        ("http://news.org", False),
        ("https://news.example", False),
        ("https://example.org", False),
    ],
)
def test_only_https_of_somebody_is_asked(url, is_askable):
    assert certificates.is_askable(url) is is_askable


async def test_the_watch_looks_twice_a_day_and_keeps_what_it_knew(town):
    house, asked = town.open(), []
    object.__setattr__(house.site, "url", "https://localhost:1")
    ends = [END, OSError("no route")]

    def examine(url):
        asked.append(url)
        found = ends[len(asked) - 1]
        if isinstance(found, OSError):
            raise found
        return found

    async with house.posting() as post:
        watch = Watch(house, post, Vitals(), examine=examine)
        for hours in (0, 1, 11, 13):
            now = town.now + timedelta(hours=hours)
            await watch._look_at_certificate(now)
        assert asked == ["https://localhost:1"] * 2
        assert watch.vitals.certificate_ends == END
