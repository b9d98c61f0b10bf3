"""Mail that comes back over LMTP or SMTP: taken in for our return paths alone, and answered once it is."""

import asyncio
import smtplib
from contextlib import asynccontextmanager

import pytest

from digest.app.house import open_house
from digest.app.listening import listen
from digest.errors import StoreError, UsageError
from digest.returned import Returns
from digest.store import suppressions
from tests.mail.returns.test_reading import block, report

ADA = "ada@reader.example"
DEAD = report(block(ADA, "5.1.1", "550 5.1.1 User unknown"))


@pytest.fixture
def hearing(town):
    """A house that listens; gives it and a function that hands a message over in a thread."""

    @asynccontextmanager
    async def start(protocol="lmtp", place="127.0.0.1:0"):
        first = town.open()
        town.join(first)
        text = first.path.read_text(encoding="utf-8")
        more = f'  bounces: {{listen: "{place}", protocol: {protocol}}}\n'
        first.path.write_text(text.replace("mail:\n", f"mail:\n{more}"), encoding="utf-8")
        with open_house(first.path, environ={}, clock=lambda: town.now) as house:
            stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(listen(house, stop, ready))
            await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving

            async def hand_over(to, message=DEAD):
                kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
                return await asyncio.to_thread(_sent, kind, ready.result(), to, message)

            yield house, hand_over
            stop.set()
            await serving

    return start


def _sent(kind, port, to, message):
    """The reply to the message, or to its first refused recipient."""
    with kind("127.0.0.1", port, timeout=10) as talking:
        talking.ehlo_or_helo_if_needed()
        talking.mail("<>")
        for each in to if isinstance(to, list) else [to]:
            code, _ = talking.rcpt(each)
            if code >= 400:
                return code
        return talking.data(message)[0]


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
async def test_a_bounce_is_taken_in_before_it_is_answered(hearing, protocol):
    async with hearing(protocol) as (house, hand_over):
        assert await hand_over("digest@news.example") == 250
        assert house.database.call(suppressions.find, ADA) is not None
        assert await hand_over("digest@news.example") == 250, "once more is no harm"


@pytest.mark.parametrize("to", ["ada@reader.example", "digest@elsewhere.example", "digestive@news.example", "root"])
async def test_it_is_no_relay_and_nobodys_mailbox(hearing, to):
    async with hearing() as (_, hand_over):
        assert await hand_over(to) in {501, 550, 553}


async def test_a_return_path_of_its_own_is_taken_and_two_at_once_are_not(hearing):
    async with hearing() as (_, hand_over):
        assert await hand_over("digest+17-abc@news.example") == 250
        assert await hand_over(["digest@news.example", "digest+1-x@news.example"]) == 452


async def test_where_it_cannot_be_recorded_the_mail_server_keeps_it(hearing, monkeypatch):
    def fails(*args, **more):
        raise StoreError("disk full")

    async with hearing() as (_, hand_over):
        monkeypatch.setattr(Returns, "take", fails)
        assert await hand_over("digest@news.example") == 451


async def test_junk_is_taken_and_means_nothing(hearing):
    async with hearing() as (house, hand_over):
        assert await hand_over("digest@news.example", b"\x00\xff no mail at all\r\n") == 250
        assert house.database.call(suppressions.everything) == []


async def test_a_place_that_is_taken_is_said(hearing):
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(UsageError, match=r"mail\.bounces\.listen"):
            async with hearing(place=f"127.0.0.1:{port}"):
                pass
