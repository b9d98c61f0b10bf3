"""The outbox goes out over real SMTP: each letter once, each outcome recorded, nothing lost when something stops."""

import asyncio
import email
import email.policy
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from digest.deliver import Post, deliver
from digest.mail.mailer import Mailer
from digest.mail.relay import Relay, Security
from digest.mail.sender import Sender
from digest.mail.tokens import Purpose, Signer
from digest.model import EditionState, Format, Mailbox
from digest.store import editions, ledger, once_more, outbox, schema, subscribers, suppressions, upkeep
from digest.store.subscribers import Choices

SIGNER = Signer(["a secret of the tests, long enough"])
ADA = "ada@reader.example"


class PostOffice:
    """An SMTP server that answers as it is told: by recipient, to RCPT or to the final dot; `close` hangs up."""

    def __init__(self):
        self.mails = []
        self.dots = Counter()
        self.to_rcpt, self.to_dot = {}, {}
        #: Called with how many have been accepted, before it is said.
        self.on_accept = lambda accepted: None
        self.delay = 0.0
        #: The first message has been written.
        self.begun = asyncio.Event()

    async def serve(self, reader, writer):
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader, writer):
        writer.write(b"220 here\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            reply = "250 ok"
            if verb == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                reply = self._next(self.to_rcpt, recipient)
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                reply = await self._accept(recipient, body)
            elif verb == b"QUIT":
                reply = "221 bye"
            if reply == "close":
                return
            writer.write(f"{reply}\r\n".encode())
            if verb == b"QUIT":
                return

    async def _accept(self, recipient, body):
        self.dots[recipient] += 1
        self.begun.set()
        if self.delay:
            await asyncio.sleep(self.delay)
        reply = self._next(self.to_dot, recipient)
        if reply[0] == "2" or reply == "close":
            message = body.removesuffix(b".\r\n")
            self.mails.append((recipient, email.message_from_bytes(message, policy=email.policy.default)))
            self.on_accept(len(self.mails))
        return reply

    @staticmethod
    def _next(answers, recipient):
        known = answers.get(recipient, [])
        return known.pop(0) if known else "250 2.0.0 ok"

    def ids(self, recipient=ADA):
        return [mail["Message-ID"] for to, mail in self.mails if to == recipient]


@pytest.fixture
async def office():
    office = PostOffice()
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0, limit=1 << 20)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()


@pytest.fixture
async def posting(newsroom, office):
    """Makes a Post to the office, by the newsroom's clock."""
    mailers, nonces = [], count(1)

    async def make(connections=4, *, port=0, rates=(), **changes):
        relay = Relay(
            host="127.0.0.1",
            port=port or office.port,
            security=Security.NONE,
            connections=connections,
            rates=rates,
            timeout=5.0,
        )
        mailer = Mailer(relay)
        await mailer.__aenter__()
        mailers.append(mailer)
        mailbox = Mailbox(address="digest@news.example", name="House")
        sender = Sender(site=newsroom.site, mailbox=mailbox, return_path="bounces@news.example", signer=SIGNER)
        post = Post(
            database=newsroom.database,
            mailer=mailer,
            sender=sender,
            newsletters={"daily": newsroom.newsletter},
            clock=lambda: newsroom.now,
            jitter=lambda: 0.0,
            nonce=lambda: f"worker {next(nonces)}",
        )
        return replace(post, **changes)

    yield make
    for mailer in mailers:
        await mailer.__aexit__(None, None, None)


async def _mailing(newsroom, readers=0):
    """An edition for so many readers, or for Ada."""
    newsroom.arrive("a")
    with newsroom.database.begin() as connection:
        for address in [f"r{n}@x.example" for n in range(readers)] or [ADA]:
            someone = subscribers.add(connection, address, newsroom.now)
            subscription = subscribers.subscribe(connection, someone.id, "daily", Choices(), 0, newsroom.now)
            subscribers.confirm(connection, subscription.id, newsroom.now, "test")
    return (await newsroom.edition()).edition.id


async def _deliver(post, stop=None, edition=0):
    async with asyncio.timeout(30):
        return await deliver(post, stop or asyncio.Event(), edition)


def _row(newsroom):
    (row,) = newsroom.rows()
    return row


def _tally(newsroom):
    return Counter(newsroom.states().values())


async def test_every_reader_gets_one_mail_of_their_own(newsroom, office, posting):
    edition = await _mailing(newsroom, 200)
    report = await _deliver(await posting(8))
    assert (report.sent, report.trouble, dict(report.outcomes)) == (200, "", {"sent": 200})
    assert Counter(recipient for recipient, _ in office.mails) == Counter(f"r{n}@x.example" for n in range(200))
    assert all(mail["To"].addresses[0].addr_spec == recipient for recipient, mail in office.mails)
    assert len({mail["Message-ID"] for _, mail in office.mails}) == 200
    assert _tally(newsroom) == {"sent": 200}
    assert newsroom.database.call(editions.find, edition).state is EditionState.DONE


async def test_each_mail_has_its_readers_own_way_out(newsroom, office, posting):
    await _mailing(newsroom, 3)
    await _deliver(await posting())
    for recipient, mail in office.mails:
        token = mail["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        (subscription,) = SIGNER.read(Purpose.LEAVE, token)
        assert newsroom.database.call(subscribers.reader, subscription).subscriber.address == recipient


async def test_who_wishes_for_plain_text_gets_that_alone_and_the_others_get_both(newsroom, office, posting):
    await _mailing(newsroom, 3)
    _wish(newsroom, "r1@x.example", Format.TEXT)
    assert (await _deliver(await posting())).sent == 3
    mails = dict(office.mails)
    kinds = {recipient: mail.get_content_type() for recipient, mail in mails.items()}
    both = "multipart/alternative"
    assert kinds == {"r0@x.example": both, "r1@x.example": "text/plain", "r2@x.example": both}
    alone, beside = mails["r1@x.example"], mails["r0@x.example"].get_body(("plain",))
    assert alone.get_content().split() == beside.get_content().split() != []
    assert dict(alone["Content-Type"].params) == {"charset": "utf-8", "format": "flowed", "delsp": "yes"}
    fields = {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence", "Auto-Submitted", "Message-ID"}
    assert fields <= set(alone.keys())
    (subscription,) = SIGNER.read(Purpose.LEAVE, alone["List-Unsubscribe"].strip("<>").rpartition("/")[2])
    assert newsroom.database.call(subscribers.reader, subscription).subscriber.address == "r1@x.example"


async def test_the_format_is_the_one_that_is_wished_for_when_the_letter_goes_out(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["450 4.2.0 later"]
    post = await posting()
    await _deliver(post)
    _wish(newsroom, ADA, Format.TEXT)
    newsroom.later(hours=1)
    assert (await _deliver(post)).sent == 1
    assert [mail.get_content_type() for _, mail in office.mails] == ["text/plain"]


def _wish(newsroom, address, form):
    (reader,) = newsroom.database.call(subscribers.by_address, address)
    newsroom.database.call(subscribers.choose, reader.subscription.id, Choices(format=form), newsroom.now)


async def test_only_the_edition_that_was_named_is_delivered(newsroom, office, posting):
    edition = await _mailing(newsroom)
    assert (await _deliver(await posting(), edition=edition + 1)).sent == 0
    assert (await _deliver(await posting(), edition=edition)).sent == 1


async def test_what_is_deferred_goes_again_in_time_under_the_same_message_id(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["450 4.2.0 later", "450 4.2.0 later"]
    post = await posting()
    assert (await _deliver(post)).outcomes == {"deferred": 1}
    row = _row(newsroom)
    assert (row.state, row.code, row.attempts) == ("deferred", 450, 1)
    assert "later" in row.reply
    waited = row.next_attempt_at - newsroom.now
    newsroom.now = row.next_attempt_at - timedelta(seconds=1)
    assert (await _deliver(post)).outcomes == {}
    newsroom.later(seconds=1)
    assert (await _deliver(post)).outcomes == {"deferred": 1}
    assert _row(newsroom).next_attempt_at - newsroom.now > waited
    newsroom.now = _row(newsroom).next_attempt_at
    assert (await _deliver(post)).sent == 1
    assert office.dots[ADA] == 3
    assert len(office.mails) == 1


async def test_a_second_try_sends_the_very_same_bytes(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["close"]
    post = await posting()
    await _deliver(post)
    newsroom.later(days=1)
    await _deliver(post)
    first, second = (mail.as_bytes() for _, mail in office.mails)
    assert first == second
    assert len(set(office.ids())) == 1


@pytest.mark.parametrize(
    ("reply", "suppressed"),
    [
        ("550 5.1.1 no such user", True),
        ("550 no such user here", True),
        ("550 5.7.1 policy", False),
        ("552 full", False),
    ],
)
async def test_a_refusal_for_good_fails_and_only_a_dead_address_is_not_mailed_again(
    newsroom, office, posting, reply, suppressed
):
    await _mailing(newsroom, 3)
    office.to_rcpt["r1@x.example"] = [reply]
    report = await _deliver(await posting())
    assert report.outcomes == {"sent": 2, "failed": 1}
    assert newsroom.states()["r1@x.example"] == "failed"
    found = newsroom.database.call(suppressions.everything)
    assert [each.address for each in found] == ["r1@x.example"] * suppressed
    if suppressed:
        assert found[0].evidence in (reply, reply.partition(" ")[2], _reply(newsroom, 1))
        newsroom.later(days=1)
        newsroom.arrive("b")
        assert (await newsroom.edition()).deliveries == 2


def _reply(newsroom, number):
    return newsroom.rows()[number].reply


async def test_where_nothing_listens_everything_goes_back_unharmed(newsroom, office, posting):
    await _mailing(newsroom, 20)
    report = await _deliver(await posting(port=1))
    assert report.trouble
    assert report.sent == 0
    assert {(row.state, row.attempts, row.doubts) for row in newsroom.rows()} == {("queued", 0, 0)}
    assert (await _deliver(await posting())).sent == 20


async def test_what_is_not_begun_when_we_are_to_stop_goes_back_and_what_is_begun_is_recorded(newsroom, office, posting):
    await _mailing(newsroom, 60)
    stop = asyncio.Event()
    office.on_accept = lambda accepted: stop.set() if accepted == 10 else None
    report = await _deliver(await posting(4), stop)
    sent = len(office.mails)
    assert 10 <= sent < 30
    assert report.sent == sent
    assert _tally(newsroom) == {"sent": sent, "queued": 60 - sent}
    assert {row.attempts for row in newsroom.rows() if row.state == "queued"} == {0}
    office.on_accept = lambda accepted: None
    await _deliver(await posting(4))
    assert Counter(recipient for recipient, _ in office.mails).most_common(1)[0][1] == 1
    assert _tally(newsroom) == {"sent": 60}


async def test_asked_to_stop_before_the_start_nothing_is_sent(newsroom, office, posting):
    await _mailing(newsroom, 5)
    stop = asyncio.Event()
    stop.set()
    assert (await _deliver(await posting(), stop)).outcomes == {}
    assert _tally(newsroom) == {"queued": 5}


async def test_who_waits_for_a_turn_is_not_kept_from_stopping(newsroom, office, posting):
    await _mailing(newsroom, 6)
    stop = asyncio.Event()
    office.on_accept = lambda accepted: stop.set()
    report = await _deliver(await posting(2, rates=((1, timedelta(hours=1)),)), stop)
    assert report.sent == 1
    assert _tally(newsroom) == {"sent": 1, "queued": 5}


async def test_who_leaves_between_lease_and_sending_gets_nothing(newsroom, office, posting):
    await _mailing(newsroom, 4)

    def leave(accepted):
        if accepted == 1:
            newsroom.later(seconds=6)
            reader = newsroom.database.call(subscribers.by_address, "r1@x.example")[0]
            newsroom.database.call(subscribers.leave, reader.subscription.id, newsroom.now, "link")

    office.on_accept = leave
    post = await posting(1)
    await _deliver(post)
    await _deliver(post)
    assert [recipient for recipient, _ in office.mails] == ["r0@x.example", "r2@x.example", "r3@x.example"]
    assert newsroom.states()["r1@x.example"] == "suppressed"


async def test_what_is_paused_after_the_lease_stays_in_the_outbox(newsroom, office, posting):
    edition = await _mailing(newsroom, 4)

    def pause(accepted):
        newsroom.later(seconds=6)
        newsroom.database.call(editions.move, edition, EditionState.SENDING, EditionState.PAUSED)

    office.on_accept = pause
    await _deliver(await posting(1))
    assert _tally(newsroom) == {"sent": 1, "queued": 3}


async def test_readers_who_have_left_are_no_end_of_the_outbox(newsroom, office, posting):
    await _mailing(newsroom, 8)
    for n in range(5):
        reader = newsroom.database.call(subscribers.by_address, f"r{n}@x.example")[0]
        newsroom.database.call(subscribers.leave, reader.subscription.id, newsroom.now, "link")
    assert (await _deliver(await posting(1))).sent == 3
    assert _tally(newsroom) == {"sent": 3, "suppressed": 5}


async def test_several_runs_at_once_share_the_work_and_send_nothing_twice(newsroom, office, posting):
    await _mailing(newsroom, 120)
    posts = [await posting(3) for _ in range(3)]
    reports = await asyncio.gather(*(_deliver(post) for post in posts))
    assert sum(report.sent for report in reports) == 120
    assert Counter(recipient for recipient, _ in office.mails) == Counter(f"r{n}@x.example" for n in range(120))
    assert _tally(newsroom) == {"sent": 120}


async def test_what_is_deferred_for_too_long_has_failed(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_rcpt[ADA] = ["450 4.2.2 full", "450 4.2.2 full"]
    post = await posting(give_up_after=timedelta(hours=3))
    newsroom.later(hours=2, minutes=59)
    assert (await _deliver(post)).outcomes == {"deferred": 1}
    newsroom.now = _row(newsroom).next_attempt_at
    assert (await _deliver(post)).outcomes == {"failed": 1}
    assert _row(newsroom).reply.startswith("given up: 450 4.2.2 full")


async def test_in_doubt_it_goes_again_under_the_same_message_id(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["close"]
    post = await posting()
    assert (await _deliver(post)).outcomes == {"in doubt": 1}
    row = _row(newsroom)
    assert (row.state, row.doubts, row.held) == ("deferred", 1, False)
    newsroom.now = row.next_attempt_at
    assert (await _deliver(post)).sent == 1
    first, second = office.ids()
    assert first == second


async def test_in_doubt_and_held_it_waits_for_the_operator_and_counts_as_served(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["close"]
    post = await posting(hold=True)
    assert (await _deliver(post)).outcomes == {"in doubt": 1}
    assert (_row(newsroom).state, _row(newsroom).held) == ("sending", True)
    newsroom.later(days=1)
    assert (await _deliver(post)).outcomes == {}
    assert len(office.mails) == 1
    reader = newsroom.database.call(subscribers.by_address, ADA)[0]
    assert reader.subscription.mark == 1


async def test_a_server_that_never_confirms_does_not_get_the_same_letter_for_ever(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_dot[ADA] = ["close"] * 9
    post = await posting()
    for _ in range(9):
        await _deliver(post)
        newsroom.now = max(newsroom.now, _row(newsroom).next_attempt_at)
    assert len(office.mails) == 4
    assert (_row(newsroom).state, _row(newsroom).held) == ("sending", True)


async def test_a_connection_lost_before_the_final_dot_is_no_attempt(newsroom, office, posting):
    await _mailing(newsroom)
    office.to_rcpt[ADA] = ["close"]
    await _deliver(await posting())
    row = _row(newsroom)
    assert (row.state, row.attempts, row.doubts) == ("queued", 0, 0)
    assert timedelta() < row.next_attempt_at - newsroom.now <= timedelta(minutes=1)
    newsroom.now = row.next_attempt_at
    assert (await _deliver(await posting())).sent == 1


async def test_what_another_process_left_behind_is_taken_up_and_only_what_had_come_to_its_dot_is_in_doubt(
    newsroom, office, posting
):
    await _mailing(newsroom, 4)
    killed = "a process that was killed"
    leased = [delivery.id for delivery in newsroom.lease(killed, most=3, dots=False)]
    newsroom.database.call(ledger.about_to_end, killed, leased[1:], newsroom.now)
    post = await posting()
    assert (await _deliver(post)).sent == 1
    newsroom.later(minutes=2)
    assert (await _deliver(post)).sent == 3
    assert sorted(row.doubts for row in newsroom.rows()) == [0, 0, 1, 1]


async def test_an_address_that_cannot_be_written_to_fails_alone(newsroom, office, posting):
    await _mailing(newsroom, 3)
    broken = update(schema.subscribers).where(schema.subscribers.c.address == "r1@x.example")
    newsroom.database.call(lambda c: c.execute(broken.values(address="r1@x.example>\r\nRCPT TO:<other@x.example")))
    report = await _deliver(await posting())
    assert report.outcomes == {"sent": 2, "failed": 1}
    assert sorted(recipient for recipient, _ in office.mails) == ["r0@x.example", "r2@x.example"]


async def test_a_lease_is_kept_while_the_relay_takes_its_time(newsroom, office, posting):
    await _mailing(newsroom)
    begun, loop = newsroom.now, asyncio.get_running_loop()
    start = loop.time()
    clock = lambda: begun + timedelta(seconds=loop.time() - start)  # noqa: E731
    office.delay = 0.9
    post = await posting(clock=clock, lease=timedelta(seconds=0.4))
    running = asyncio.create_task(_deliver(post))
    await office.begun.wait()
    async with asyncio.timeout_at(start + 0.8):
        while clock() - begun < timedelta(seconds=0.7):
            assert (await _deliver(post)).outcomes == {}
            await asyncio.sleep(0.05)
    assert (await running).sent == 1
    assert (_row(newsroom).doubts, len(office.mails)) == (0, 1)


async def test_a_result_after_the_lease_was_lost_is_late_and_changes_nothing(newsroom, office, posting):
    await _mailing(newsroom)

    def seize(accepted):
        newsroom.later(minutes=2)
        other = update(schema.deliveries).values(lease="another")
        newsroom.database.call(lambda c: c.execute(other))

    office.on_accept = seize
    report = await _deliver(await posting())
    assert (report.outcomes, report.sent) == ({"late": 1}, 0)
    assert _row(newsroom).state == "sending"


#: How each database is made to refuse, and to take, a record of what was sent.
REFUSE = {
    "sqlite": """CREATE TRIGGER full_disk BEFORE UPDATE OF state ON deliveries WHEN NEW.state = 'sent'
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END""",
    "postgresql": """ALTER TABLE deliveries ADD CONSTRAINT full_disk CHECK (state <> 'sent') NOT VALID""",
}
TAKE = {"sqlite": "DROP TRIGGER full_disk", "postgresql": "ALTER TABLE deliveries DROP CONSTRAINT full_disk"}


@pytest.fixture
def full_disk(database):
    kind = database.url.get_backend_name()
    database.call(lambda c: c.exec_driver_sql(REFUSE[kind]))
    yield
    database.call(lambda c: c.exec_driver_sql(TAKE[kind]))


async def test_where_nothing_can_be_recorded_sending_ends_soon(newsroom, office, posting, full_disk):
    await _mailing(newsroom, 200)
    office.delay = 0.01
    with pytest.raises(DBAPIError, match=r"full.disk|the disk is full"):
        await _deliver(await posting(2))
    assert 0 < len(office.mails) < 100


async def test_a_letter_that_was_pruned_fails_and_is_not_sent_without_its_text(newsroom, office, posting):
    edition = await _mailing(newsroom)
    office.to_dot[ADA] = ["554 5.6.0 no"]
    post = await posting()
    assert (await _deliver(post)).outcomes == {"failed": 1}
    newsroom.later(days=100)
    newsroom.database.call(upkeep.prune, newsroom.now)
    assert newsroom.database.call(once_more.retry, edition, newsroom.now) == 1
    assert (await _deliver(post)).outcomes == {"failed": 1}
    assert "pruned" in _row(newsroom).reply
    assert office.mails == []


async def test_where_no_more_can_be_leased_what_is_being_sent_is_still_recorded(newsroom, office, posting, monkeypatch):
    await _mailing(newsroom, 6)
    office.delay = 0.2
    post = await posting(1)
    real = outbox.lease

    def once(connection, wanted, now):
        if office.begun.is_set():
            raise OSError("the store is away")
        return real(connection, wanted, now)

    monkeypatch.setattr(outbox, "lease", once)
    with pytest.raises(OSError, match="away"):
        await _deliver(post)
    monkeypatch.setattr(outbox, "lease", real)
    office.delay = 0.0
    assert "sending" not in _tally(newsroom)
    newsroom.later(minutes=2)
    await _deliver(post)
    assert _tally(newsroom) == {"sent": 6}
    assert set(office.dots.values()) == {1}


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)], ids=["an hour back", "a day ahead"])
async def test_a_clock_that_jumps_while_letters_go_out_doubles_and_loses_none(newsroom, office, posting, jump):
    await _mailing(newsroom, 200)

    def tick(accepted):
        if accepted == 60:
            newsroom.now += jump

    office.on_accept = tick
    post = await posting(8)
    await _deliver(post)
    # What was due by the clock of before is due again by the clock of now.
    newsroom.later(hours=1)
    await _deliver(post)
    assert Counter(recipient for recipient, _ in office.mails) == Counter(f"r{n}@x.example" for n in range(200))
    assert _tally(newsroom) == {"sent": 200}


async def test_who_leaves_at_any_moment_gets_at_most_what_had_come_to_its_final_dot(
    newsroom, office, posting, record_property
):
    readers, connections, chance = 400, 4, Random(7)
    await _mailing(newsroom, readers)
    waiting, left = {f"r{n}@x.example" for n in range(readers)}, {}

    def leave(accepted):
        waiting.discard(office.mails[-1][0])
        if waiting and chance.random() < 0.4:
            someone = chance.choice(sorted(waiting))
            waiting.discard(someone)
            newsroom.database.call(subscribers.leave, _subscription(newsroom, someone), newsroom.now, "link")
            left[someone] = accepted

    office.on_accept = leave
    await _deliver(await posting(connections))
    late = {who: at - left[who] for at, (who, _) in enumerate(office.mails, 1) if who in left}
    record_property("left while letters went out, and got theirs all the same", f"{len(left)}, {len(late)}")
    assert len(left) > 50
    assert max(late.values(), default=0) <= 3 * connections, "what had not come to its dot was not sent"
    assert len(office.mails) + len(left) - len(late) == readers


async def test_while_another_process_keeps_the_database_nothing_is_sent_and_then_all_of_it_is(
    newsroom, office, posting, another_process
):
    await _mailing(newsroom, 100)
    other, kept, enough = another_process(), threading.Event(), threading.Event()

    def keep():
        with other.begin() as connection:
            # On SQLite the transaction alone keeps all others from writing.
            if not other.is_sqlite:
                connection.exec_driver_sql("LOCK TABLE deliveries IN EXCLUSIVE MODE")
            kept.set()
            enough.wait(20)

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(asyncio.to_thread(keep))
        await asyncio.to_thread(kept.wait, 20)
        running = group.create_task(_deliver(await posting(4)))
        await asyncio.wait([running], timeout=0.3)
        assert office.mails == []
        enough.set()
        await keeping
    assert running.result().sent == 100
    assert len({recipient for recipient, _ in office.mails}) == len(office.mails) == 100


def _subscription(newsroom, address):
    return newsroom.database.call(subscribers.by_address, address)[0].subscription.id
