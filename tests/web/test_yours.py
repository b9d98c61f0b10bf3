"""What is a reader's own opens by a link to their own address alone, and does what it says."""

import json
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from digest.mail.tokens import Purpose
from digest.model import SubscriptionState, Suppression, SuppressionReason
from digest.store import subscribers, suppressions
from digest.web import public

ADA, NEW = "ada@reader.example", "ada@new.example"


@pytest.fixture
def choose(house, subscribed):
    return f"/choose/{house.signer().sign(Purpose.CHOOSE, subscribed())}"


def visit(house):
    """The pages; what is done after the answers is done when the block ends."""
    return TestClient(public.application(house), base_url="https://news.example", follow_redirects=False)


def link_in(postbox, what: str) -> tuple[str, str]:
    """Whom the last mail went to, and the link in it."""
    address, content = postbox.got[-1]
    text = content.decode().replace("=\r\n", "").replace("=3D", "=")
    found = re.search(rf"https://news\.example(/{what}/[\w.=-]+)", text)
    assert found, text
    return address, found[1]


@pytest.fixture
def own(house, postbox, choose):
    """The link to one's own pages, as it comes by mail."""
    with visit(house) as client:
        answer = client.post(f"{choose}/yours")
    assert answer.status_code == 200
    assert ADA not in answer.text
    address, link = link_in(postbox, "yours")
    assert address == ADA
    return link


def test_the_link_goes_to_the_readers_own_address_and_once_in_a_while(house, postbox, choose, clock):
    with visit(house) as client:
        for _ in range(3):
            client.post(f"{choose}/yours")
        clock.now += timedelta(minutes=10)
        client.post(f"{choose}/yours")
    assert [address for address, _ in postbox.got] == [ADA, ADA]


def test_the_link_grows_old_and_no_other_opens_the_pages(house, own, choose, clock):
    with visit(house) as client:
        assert client.get(own).status_code == 200
        forged = choose.replace("/choose/", "/yours/")
        assert [client.get(each).status_code for each in (forged, own[:-1], f"{own}/data/x")] == [404, 404, 404]
        clock.now += timedelta(hours=1, seconds=1)
        assert [client.get(each).status_code for each in (own, f"{own}/data")] == [404, 404]
        assert client.post(f"{own}/forget").status_code == 404


def test_all_that_is_known_can_be_taken_along(house, own):
    with visit(house) as client:
        answer = client.get(f"{own}/data")
    found = json.loads(answer.text)
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert (found["address"], found["subscriptions"][0]["newsletter"]) == (ADA, "daily")
    assert found["consents"][0]["act"] == "active"


def test_an_address_changes_once_it_is_confirmed_at_the_new_one(house, postbox, own, reader, dump):
    with visit(house) as client:
        assert client.post(f"{own}/address", data={"address": NEW}).status_code == 200
    address, link = link_in(postbox, "move")
    assert address == NEW
    with visit(house) as client:
        before = dump()
        page = client.get(link)
        assert dump() == before, "opening a link changes nothing"
        assert "a•••@new.example" in page.text
        assert client.post(link).status_code == 200
        assert client.post(link).status_code == 404
    assert house.database.call(subscribers.by_address, ADA) == []
    (moved,) = house.database.call(subscribers.by_address, NEW)
    assert moved.subscription.state is SubscriptionState.ACTIVE


def test_who_moves_to_an_address_that_reads_already_loses_nothing(house, postbox, own, subscribed):
    subscribed(ADA, "weekly")
    kept = subscribed(NEW, "daily", categories=("sport",))
    with visit(house) as client:
        client.post(f"{own}/address", data={"address": NEW})
    with visit(house) as client:
        client.post(link_in(postbox, "move")[1])
    found = {it.subscription.newsletter: it.subscription for it in house.database.call(subscribers.by_address, NEW)}
    assert set(found) == {"daily", "weekly"}
    assert (found["daily"].id, found["daily"].categories) == (kept, ("sport",))
    (old,) = house.database.call(subscribers.by_address, ADA)
    assert (old.subscription.newsletter, old.subscription.state) == ("daily", SubscriptionState.LEFT)


def test_who_moves_to_an_address_that_had_left_reads_there_again(house, postbox, own, subscribed, clock):
    gone = subscribed(NEW, "daily")
    house.database.call(subscribers.leave, gone, clock(), "link")
    with visit(house) as client:
        client.post(f"{own}/address", data={"address": NEW})
    with visit(house) as client:
        client.post(link_in(postbox, "move")[1])
    (there,) = house.database.call(subscribers.by_address, NEW)
    assert (there.subscription.id, there.subscription.state) == (gone, SubscriptionState.ACTIVE)


def test_an_address_that_is_suppressed_is_not_written_to_and_the_answer_is_the_same(house, postbox, own, clock):
    bar = Suppression(address=NEW, reason=SuppressionReason.COMPLAINT, evidence="", created_at=clock())
    house.database.call(suppressions.add, bar)
    with visit(house) as client:
        answer = client.post(f"{own}/address", data={"address": NEW})
    assert answer.status_code == 200
    assert [address for address, _ in postbox.got] == [ADA]


def test_what_is_no_address_is_said_and_the_form_stays(house, own):
    with visit(house) as client:
        answer = client.post(f"{own}/address", data={"address": "nobody<script>"})
    assert answer.status_code == 422
    assert "nobody&lt;script&gt;" in answer.text


def test_who_asks_to_be_forgotten_is_forgotten_and_every_link_with_them(house, own, choose):
    with visit(house) as client:
        assert client.post(f"{own}/forget").status_code == 200
        assert {client.get(each).status_code for each in (own, choose)} == {404}
    assert house.database.call(subscribers.by_address, ADA) == []


@pytest.mark.parametrize("path", ["address", "forget"])
def test_a_page_of_somebody_else_cannot_make_the_browser_do_it(house, own, dump, path):
    with visit(house) as client:
        before = dump()
        answer = client.post(f"{own}/{path}", data={"address": NEW}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert dump() == before


def test_who_has_left_may_say_why(house, subscribed):
    leave = f"/leave/{house.signer().sign(Purpose.LEAVE, subscribed())}"
    with visit(house) as client:
        assert client.post(f"{leave}/reason", data={"reason": "too early"}).status_code == 200
        client.post(leave)
        answer = client.post(f"{leave}/reason", data={"reason": "too\r\nmany" + "!" * 600})
    assert "Would you tell us why?" not in answer.text
    with house.database.begin() as connection:
        kept = connection.exec_driver_sql("SELECT left_reason FROM subscriptions").scalar_one()
    assert kept == ("too many" + "!" * 600)[:500]


def test_browsers_are_told_to_come_encrypted_where_the_site_is(house, choose):
    with visit(house) as client:
        for path in ("/", choose, "/nothing"):
            assert client.get(path).headers["strict-transport-security"] == "max-age=31536000"
