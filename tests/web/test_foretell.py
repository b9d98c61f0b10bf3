"""What is foretold is what is then frozen, and telling it changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256

import pytest

from digest import publish
from digest.app.foretell import SOMEBODY, foretell
from digest.app.house import House
from digest.editions.due import slot_now
from digest.errors import UnknownName
from digest.mail.tokens import Purpose
from digest.model import Frequency, Rhythm, Suppression, SuppressionReason
from digest.store import editions, letters, subscribers, suppressions

AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ADA = "ada@reader.example"


def without(letter) -> tuple[str, str, str, tuple[int, ...]]:
    """The letter but for its nonce, which is another one each time."""
    gone = [part.replace(letter.nonce, "") for part in (letter.subject, letter.html, letter.text)]
    return (*gone, letter.told)


async def test_what_is_foretold_is_what_is_then_frozen(house: House, subscribed: Callable[..., int], clock) -> None:
    views = {
        "ada@reader.example": {},
        "bo@reader.example": {"categories": ("science",)},
        "cy@reader.example": {"timezone": "Africa/Abidjan", "categories": ("world",)},
    }
    numbers = {address: subscribed(address, **chosen) for address, chosen in views.items()}
    daily = house.newsletter("daily")
    told = {address: await foretell(house, daily, reader=address) for address in views}
    assert all(each.slot.at == AT and not each.frozen and each.letter for each in told.values())
    clock.now = AT + timedelta(seconds=3)
    (published,) = await publish.settle_due(house.press(), daily, clock())
    assert published.frozen
    for address, number in numbers.items():
        frozen = house.database.call(letters.to_reader, published.frozen.edition.id, number)
        assert without(frozen) == without(told[address].letter)
        again = await foretell(house, daily, reader=address, at=AT)
        assert again.frozen
        assert again.letter == frozen
    assert len({told[address].letter.subject for address in views}) > 1


async def test_a_frozen_letter_stays_whatever_arrives_or_is_chosen_later(house, subscribed, clock) -> None:
    number = subscribed()
    daily = house.newsletter("daily")
    clock.now = AT
    await publish.settle_due(house.press(), daily, AT)
    before = (await foretell(house, daily, reader=ADA, at=AT)).letter
    house.database.call(subscribers.choose, number, subscribers.Choices(categories=("science",)), house.clock())
    assert (await foretell(house, daily, reader=ADA, at=AT)).letter == before


async def test_without_a_reader_a_frozen_edition_shows_the_letter_that_most_got(house, subscribed, clock) -> None:
    for name in ("ada", "bo"):
        subscribed(f"{name}@reader.example", categories=("science",))
    number = subscribed("cy@reader.example")
    daily = house.newsletter("daily")
    clock.now = AT
    await publish.settle_due(house.press(), daily, AT)
    told = await foretell(house, daily, at=AT)
    assert told.frozen
    assert told.letter == (await foretell(house, daily, reader="bo@reader.example", at=AT)).letter
    assert SOMEBODY.address.encode() in told.message
    assert house.signer().sign(Purpose.LEAVE, number).encode() not in told.message.replace(b"=\r\n", b"")


async def test_nothing_is_written(house, subscribed, dump) -> None:
    subscribed()
    file = house.path.parent / "digest.db"
    before, octets = dump(), sha256(file.read_bytes()).digest()
    for reader in (ADA, ""):
        for at in (None, AT, AT + timedelta(days=3)):
            await foretell(house, house.newsletter("daily"), reader=reader, at=at)
    assert dump() == before
    assert sha256(file.read_bytes()).digest() == octets


async def test_somebody_gets_what_a_new_reader_would(house) -> None:
    told = await foretell(house, house.newsletter("daily"))
    assert told.letter
    assert len(told.letter.told) + len(told.letter.linked) == 7
    assert SOMEBODY.address.encode() in told.message
    assert told.message.startswith(b"From: My Views <digest@news.example>\r\n")


async def test_the_message_holds_the_readers_own_links(house, subscribed) -> None:
    number = subscribed()
    told = await foretell(house, house.newsletter("daily"), reader=ADA)
    assert told.letter
    assert house.signer().sign(Purpose.LEAVE, number).encode() in told.message.replace(b"=\r\n", b"")
    assert told.letter.nonce not in told.letter.subject
    assert b"zq" + told.letter.nonce.encode() not in told.message


@pytest.mark.parametrize(
    ("chosen", "at"),
    [
        ({"timezone": "Asia/Tokyo"}, datetime(2026, 11, 23, 22, 0, tzinfo=UTC)),
        ({"send_at": time(18, 30)}, datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        ({"frequency": Frequency.WEEKLY}, AT),
        ({"frequency": Frequency.WEEKLY, "send_at": time(5, 0)}, datetime(2026, 11, 30, 5, 0, tzinfo=UTC)),
    ],
)
async def test_the_next_slot_is_the_readers_own(house, subscribed, chosen, at) -> None:
    subscribed(**chosen)
    assert (await foretell(house, house.newsletter("daily"), reader=ADA)).slot.at == at


async def test_a_moment_between_slots_is_one_of_its_own_as_when_sent_by_hand(house, subscribed, clock) -> None:
    subscribed()
    daily, at = house.newsletter("daily"), AT - timedelta(minutes=17)
    told = await foretell(house, daily, reader=ADA, at=at)
    assert told.slot == slot_now(daily, house.site, at)


async def test_who_gets_nothing_is_told_why(house, subscribed, clock) -> None:
    number = subscribed()
    subscribed("bo@reader.example", active=False)
    subscribed("cy@reader.example", categories=("sport",))
    subscribed("di@reader.example", paused_until=AT + timedelta(days=9))
    subscribed("ed@reader.example")
    evidence = Suppression(address="ed@reader.example", reason=SuppressionReason.MANUAL, evidence="", created_at=AT)
    house.database.call(suppressions.add, evidence)
    house.database.call(subscribers.leave, number, clock(), "test")
    daily = house.newsletter("daily")
    said = {}
    for name in ("ada", "bo", "cy", "di", "ed"):
        told = await foretell(house, daily, reader=f"{name}@reader.example")
        assert (told.letter, told.message) == (None, b"")
        said[name] = told.reason
    assert said == {
        "ada": "this reader has left",
        "bo": "this reader has not confirmed yet",
        "cy": "nothing new in these topics by then",
        "di": "this reader has paused until 2026-12-02 07:00 UTC",
        "ed": "this address is suppressed",
    }
    with pytest.raises(UnknownName, match=r"fay@reader\.example"):
        await foretell(house, daily, reader="fay@reader.example")


async def test_a_slot_that_was_skipped_says_so(house, subscribed, clock) -> None:
    number = subscribed()
    daily = house.newsletter("daily")
    audience = editions.Audience(newsletter="daily", slot=AT, rhythms=[Rhythm()], now=AT)
    house.database.call(editions.skip, audience, "2026-11-23T07:00:00", "too late")
    told = await foretell(house, daily, reader=ADA, at=AT)
    assert (told.letter, told.frozen, told.reason) == (None, True, "too late")
    assert number
