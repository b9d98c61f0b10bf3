"""The props of the demo by themselves: the sample's dates, its server, the catcher, and what a refusal comes to."""

import asyncio
import smtplib
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.cli.demo import play, sample
from digest.cli.demo.catcher import Catcher
from digest.cli.demo.feeds_server import serving
from digest.cli.demo.trial import Surroundings, open_on_trial
from digest.errors import DigestError
from digest.feeds.reading import FeedReading, Source, read

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.mark.parametrize("name", sorted(sample.feeds(NOW)))
def test_each_sample_feed_reads_whole_and_is_of_the_last_twenty_hours(name: str) -> None:
    document = sample.feeds(NOW)[name]
    source = Source(body=document.body, content_type=document.content_type, url="http://a.example/", feed_name=name)
    reading = read(source, NOW)
    assert isinstance(reading, FeedReading)
    assert len(reading.articles) >= 2
    for article in reading.articles:
        assert article.published_at is not None
        assert NOW - timedelta(hours=20) < article.published_at < NOW
        assert article.title
        assert article.excerpt
        assert not article.excerpt.endswith("…")


def test_the_samples_feeds_are_served_as_they_are_and_nothing_else_is() -> None:
    document = sample.Document("text/xml", "<rss>é</rss>".encode())
    with serving({"a.xml": document}) as url:
        with urllib.request.urlopen(f"{url}/a.xml") as answer:
            assert (answer.headers["Content-Type"], answer.read()) == ("text/xml", document.body)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/../a.xml")
        refused.value.close()
        assert refused.value.code == 404
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/a.xml")


async def test_the_catcher_keeps_what_it_is_given_and_for_whom() -> None:
    async with Catcher(clock) as catcher:
        await asyncio.to_thread(_post, catcher.place.port)
        (mail,) = catcher.mails
    assert (mail.id, mail.sender, mail.recipient, mail.received_at) == (1, "a@a.example", "b@b.example", NOW)
    assert mail.content == b"Subject: Hi\r\n\r\nThere\r\n"


def _post(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        client.sendmail("a@a.example", ["b@b.example"], b"Subject: Hi\r\n\r\nThere\r\n")


async def test_the_catcher_closes_while_somebody_is_connected() -> None:
    async with Catcher(clock) as catcher:
        reader, writer = await asyncio.open_connection("127.0.0.1", catcher.place.port)
        assert (await reader.readline()).startswith(b"220 ")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()


class Full(Catcher):
    """A mail server that takes nothing."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - the library's
        return "552 5.2.2 full"


async def test_a_mail_that_is_refused_is_said(tmp_path: Path) -> None:
    with serving(sample.feeds(NOW)) as url:
        config = tmp_path / "digest.yaml"
        config.write_text(sample.configuration(url))
        async with Full(clock) as catcher:
            around = Surroundings(folder=tmp_path, relay=catcher.place, url="http://127.0.0.1:9")
            with open_on_trial(config, around, clock) as house:
                play.require_articles(await play.gather(house))
                issued = await play.issue(house, catcher)
    with pytest.raises(DigestError, match=r"^morning: of 3 mails not all were taken: 3 failed$"):
        play.require_mails(issued)
