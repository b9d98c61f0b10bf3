"""From what goes wrong to the operator's mailbox and webhook, over a real mail server."""

import asyncio
import email.policy
import hashlib
import hmac
import json
from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import update

from digest.app.alerts.watch import Watch
from digest.app.house import open_house
from digest.app.vitals import Vitals
from digest.errors import StoreError
from digest.store import schema
from digest.store.fence import Fence

MINUTE = timedelta(minutes=1)
ALERTS = 'alerts: {webhook: "https://hooks.example/digest", webhook_secret: "a shared secret"}\n'


class Hook:
    """Where the webhook leads."""

    def __init__(self):
        self.posts, self.fails = [], False

    def __call__(self, url, body, headers):
        if self.fails:
            raise OSError("no route to host")
        self.posts.append((url, body, headers))

    def told(self):
        found = [each for _, body, _ in self.posts for each in json.loads(body)["incidents"]]
        return [(each["kind"], bool(each["closed_at"])) for each in found]


class Office:
    """A house with operators, the watch of one of its processes, and where it is told."""

    def __init__(self, house, clock, post):
        self.house, self.clock, self.hook, self.vitals = house, clock, Hook(), Vitals()
        self.watch = Watch(house, post, self.vitals, self.hook)

    async def look(self, minutes):
        for _ in range(minutes):
            self.clock.now += MINUTE
            # The clock goes on, and time hardly does: that is not what is tried here.
            self.watch._before = None
            await self.watch.look()


@pytest.fixture
async def office(house, clock, postbox):
    text = house.path.read_text(encoding="utf-8").replace("mail: {", "mail: {operators: [ed@news.example], ") + ALERTS
    path = house.path.with_name("watched.yaml")
    path.write_text(text, encoding="utf-8")
    with open_house(path, environ={}, clock=clock) as watched:
        async with watched.posting() as post:
            yield Office(watched, clock, post)


async def test_it_is_told_once_by_mail_and_webhook_and_once_more_when_it_is_over(office, postbox):
    office.vitals.trouble = "535 5.7.8 wrong password"
    await office.look(30)

    assert [recipient for recipient, _ in postbox.got] == ["ed@news.example"]
    assert office.hook.told() == [("mail server", False)]

    office.vitals.trouble = ""
    await office.look(30)

    assert len(postbox.got) == 2
    assert office.hook.told() == [("mail server", False), ("mail server", True)]


async def test_the_mail_says_what_is_wrong_since_when_and_nothing_that_could_be_left(office, postbox):
    office.vitals.trouble = "535 <b>wrong</b> password"
    await office.look(5)

    message = message_from_bytes(postbox.got[0][1], policy=email.policy.default)
    assert message["Subject"] == "My Views on News: mail server"
    assert message["List-Unsubscribe"] is None
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "it takes nothing from us: 535 <b>wrong</b> password" in " ".join(text.split())
    assert "&lt;b&gt;wrong" in html
    assert "since Mon 23 Nov" in text


async def test_what_is_posted_is_signed(office):
    office.vitals.trouble = "no"
    await office.look(5)

    url, body, headers = office.hook.posts[0]
    wanted = hmac.new(b"a shared secret", body, hashlib.sha256).hexdigest()
    assert url == "https://hooks.example/digest"
    assert headers["X-Digest-Signature"] == f"sha256={wanted}"


async def test_where_the_mail_server_is_what_fails_the_webhook_tells_it(office, postbox):
    postbox.reply = "554 no"
    office.vitals.trouble = "554 no"
    await office.look(5)

    assert postbox.got == [] or office.hook.told() == [("mail server", False)]
    assert office.hook.told() == [("mail server", False)]


async def test_where_nobody_can_be_reached_it_is_told_later(office, postbox):
    office.hook.fails, postbox.reply = True, "451 later"
    office.vitals.trouble = "no"
    await office.look(10)
    assert office.hook.told() == []

    office.hook.fails = False
    await office.look(10)

    assert office.hook.told() == [("mail server", False)]


async def test_two_processes_tell_it_once(office):
    other = Watch(office.house, office.watch.post, office.vitals, office.hook)
    office.vitals.trouble = "no"
    for _ in range(10):
        office.clock.now += MINUTE
        office.watch._before = other._before = None
        await asyncio.gather(office.watch.look(), other.look())

    assert office.hook.told() == [("mail server", False)]


async def test_another_process_knows_what_was_told_before(office):
    office.vitals.trouble = "no"
    await office.look(10)

    again = Watch(office.house, office.watch.post, office.vitals, office.hook)
    for _ in range(30):
        office.clock.now += MINUTE
        again._before = None
        await again.look()

    assert office.hook.told() == [("mail server", False)]


async def test_a_store_that_is_held_is_told_by_webhook_and_mails_nobody(office, postbox):
    held = update(schema.instance).values(held="a copy of another")
    office.house.database.call(Fence(office.house.database).look, "here")
    office.house.database.call(lambda connection: connection.execute(held))

    await office.look(10)

    assert ("store held", False) in office.hook.told()
    assert postbox.got == []


async def test_a_store_that_does_not_answer_is_told_from_memory_and_so_is_its_return(office, monkeypatch):
    async def fails(work, *args):
        raise StoreError("the database cannot be used: locked")

    monkeypatch.setattr(office.house.database, "run", fails)
    await office.look(20)
    monkeypatch.undo()
    await office.look(1)

    assert [kind for kind, _ in office.hook.told()][:2] == ["database", "database"]
    assert [over for _, over in office.hook.told()][:2] == [False, True]


async def test_a_clock_that_is_set_is_told_once(office):
    await office.watch.look()
    office.clock.now += timedelta(hours=3)
    for _ in range(4):
        await office.watch.look()
        office.clock.now += MINUTE

    assert office.hook.told().count(("clock", False)) == 1
