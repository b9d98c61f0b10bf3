"""What readers decide by the links in their mails."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import update

from digest import receive
from digest.errors import TokenError
from digest.mail.tokens import Purpose, Signer
from digest.model import Frequency, SubscriptionState
from digest.store import schema, subscribers
from digest.store.erasure import Eraser
from digest.store.fence import Fence
from digest.store.subscribers import Choices
from tests.conftest import Newsroom

SIGNER = Signer(["a secret of the tests, long enough"])
PENDING, ACTIVE, LEFT = SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.LEFT


@pytest.fixture
def desk(newsroom):
    return receive.Desk(
        database=newsroom.database, signer=SIGNER, newsletters={newsroom.newsletter.name: newsroom.newsletter}
    )


def _link(purpose, subscription):
    return SIGNER.sign(purpose, subscription.id)


async def test_confirming_makes_a_subscription_active_and_again_changes_nothing(newsroom, desk):
    ada = newsroom.join(confirmed=False)
    link = SIGNER.sign(Purpose.CONFIRM, ada.id, now=newsroom.now)
    first = await receive.confirm(desk, link, newsroom.now, "link")
    again = await receive.confirm(desk, link, newsroom.later(hours=1), "link")
    assert (first.subscriber.address, first.subscription.state) == ("ada@reader.example", ACTIVE)
    assert again == first


async def test_a_request_to_confirm_grows_old(newsroom, desk):
    ada = newsroom.join(confirmed=False)
    link = SIGNER.sign(Purpose.CONFIRM, ada.id, now=newsroom.now)
    with pytest.raises(TokenError, match="too old"):
        await receive.confirm(desk, link, newsroom.now + receive.CONFIRM_WITHIN + timedelta(seconds=1), "link")
    reader = await receive.confirm(desk, link, newsroom.now + receive.CONFIRM_WITHIN, "link")
    assert reader.subscription.state is ACTIVE


async def test_an_old_request_does_not_bring_back_who_has_left(newsroom, desk):
    ada = newsroom.join(confirmed=False)
    link = SIGNER.sign(Purpose.CONFIRM, ada.id, now=newsroom.now)
    await receive.confirm(desk, link, newsroom.now, "link")
    await receive.leave(desk, _link(Purpose.LEAVE, ada), newsroom.now, "link")
    reader = await receive.confirm(desk, link, newsroom.now, "link")
    assert reader.subscription.state is LEFT


async def test_leaving_twice_is_leaving_and_the_same_link_takes_it_back(newsroom, desk):
    link = _link(Purpose.LEAVE, newsroom.join())
    for _ in range(2):
        assert (await receive.leave(desk, link, newsroom.now, "one click")).subscription.state is LEFT
    assert (await receive.come_back(desk, link, newsroom.now, "page")).subscription.state is ACTIVE


async def test_looking_at_a_link_changes_nothing(newsroom, desk):
    ada = newsroom.join()
    for _ in range(2):
        reader = await receive.reader_of(desk, Purpose.LEAVE, _link(Purpose.LEAVE, ada), newsroom.now)
        assert reader.subscription == ada


async def test_departure_counts_for_what_is_queued_already(newsroom, desk):
    newsroom.arrive("a")
    ada = newsroom.join()
    await newsroom.edition()
    await receive.leave(desk, _link(Purpose.LEAVE, ada), newsroom.now, "link")
    assert newsroom.lease() == []
    assert newsroom.states() == {"ada@reader.example": "suppressed"}


async def test_choosing_replaces_the_choices(newsroom, desk):
    ada = newsroom.join(categories=("sport",), timezone="Asia/Tokyo")
    chosen = Choices(categories=("world",), frequency=Frequency.WEEKLY, send_at=time(6, 0))
    reader = await receive.choose(desk, _link(Purpose.CHOOSE, ada), chosen, newsroom.now)
    own = reader.subscription
    assert (own.categories, own.frequency, own.send_at, own.timezone) == (("world",), Frequency.WEEKLY, time(6, 0), "")
    assert (own.state, own.mark) == (ada.state, ada.mark)


@pytest.mark.parametrize("purpose", [Purpose.LEAVE, Purpose.CHOOSE])
async def test_a_link_is_good_for_its_own_purpose_alone(newsroom, desk, purpose):
    other = {Purpose.LEAVE: Purpose.CHOOSE, Purpose.CHOOSE: Purpose.LEAVE}[purpose]
    with pytest.raises(TokenError, match="not valid"):
        await receive.reader_of(desk, purpose, _link(other, newsroom.join()), newsroom.now)


async def test_a_link_by_another_secret_is_refused(newsroom, desk):
    ada = newsroom.join()
    forged = Signer(["somebody else's secret"]).sign(Purpose.LEAVE, ada.id)
    with pytest.raises(TokenError):
        await receive.leave(desk, forged, newsroom.now, "link")
    assert newsroom.database.call(subscribers.reader, ada.id).subscription.state is ACTIVE


async def test_a_link_for_what_is_no_more_is_refused(newsroom, desk):
    ada = newsroom.join()
    leave = _link(Purpose.LEAVE, ada)
    with pytest.raises(TokenError, match="no more"):
        await receive.leave(replace(desk, newsletters={}), leave, newsroom.now, "link")
    with pytest.raises(TokenError, match="no more"):
        await receive.leave(desk, SIGNER.sign(Purpose.LEAVE, 999), newsroom.now, "link")
    newsroom.database.call(Eraser(["a secret"]).erase, "ada@reader.example", newsroom.now)
    for act in (receive.leave, receive.come_back):
        with pytest.raises(TokenError, match="no more"):
            await act(desk, leave, newsroom.now, "link")


async def test_a_store_that_is_put_back_to_before_somebody_left_is_held(on_sqlite):
    newsroom = Newsroom(on_sqlite)
    desk = receive.Desk(database=on_sqlite, signer=SIGNER, newsletters={"daily": newsroom.newsletter})
    ada, own = newsroom.join(), Fence(on_sqlite)
    newsroom.database.call(own.look, "this")
    before = newsroom.database.call(lambda c: c.execute(schema.instance.select()).one().epoch)
    await receive.leave(desk, _link(Purpose.LEAVE, ada), newsroom.now, "one click")
    newsroom.database.call(lambda c: c.execute(update(schema.instance).values(epoch=before)))
    assert "it is older than what it has sent" in newsroom.database.call(own.look, "this")
