"""A review: a mail to the operators, a page that shows the edition, and two buttons that decide about it."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from starlette.testclient import TestClient

from digest import publish
from digest.app import review
from digest.app.house import House, open_house
from digest.app.review import Reviews
from digest.errors import RelayError, UsageError
from digest.mail.tokens import Purpose
from digest.model import EditionState
from digest.store import editions, reviewing
from digest.store.schema import letters
from tests.web.conftest import Clock, Postbox

OPERATORS = "[ed@news.example, ann@news.example]"
LINK = re.compile(r"https://news\.example(/release/[\w.~-]+)")


@pytest.fixture
def desk(house: House, clock: Clock) -> Iterator[House]:
    """The same house, which wants its editions to be reviewed."""
    text = house.path.read_text(encoding="utf-8")
    text = text.replace("mail: {from:", f"mail: {{operators: {OPERATORS}, from:")
    text = text.replace("per_section: 3}", "per_section: 3}, sending: {review: true, release_after: 2h}")
    house.path.write_text(text, encoding="utf-8")
    with open_house(house.path, environ={}, clock=clock) as reviewed:
        yield reviewed


@pytest.fixture
def edition(desk: House, subscribed: Callable[..., int], clock: Clock) -> int:
    """One for three readers of two letters."""
    subscribed()
    subscribed("ben@reader.example")
    subscribed("cleo@reader.example", categories=("science",))
    frozen = asyncio.run(publish.publish_now(desk.press(), desk.newsletter("daily"), clock()))
    assert frozen
    return frozen.edition.id


@pytest.fixture
def asked(desk: House, edition: int, postbox: Postbox) -> EmailMessage:
    """What the first of the operators gets."""
    assert asyncio.run(review.ask_now(desk, edition)).operators == ("ed@news.example", "ann@news.example")
    return _read(postbox.got[0][1])


@pytest.fixture
def url(asked: EmailMessage) -> str:
    return LINK.findall(_part(asked, "plain"))[0]


def _read(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return str(part.get_content())


def _state(house: House, edition: int) -> EditionState:
    found = house.database.call(editions.find, edition)
    assert found
    return found.state


# the mail


def test_each_operator_gets_the_letter_of_most_readers_with_what_there_is_to_decide(
    asked: EmailMessage, postbox: Postbox
) -> None:
    assert [to for to, _ in postbox.got] == ["ed@news.example", "ann@news.example"]
    assert asked["Subject"].startswith("[Review] What wire says, 0 & more")
    assert asked["X-Digest-Test"] == "yes"
    for part in (_part(asked, "plain"), _part(asked, "html").replace("&amp;", "&")):
        above, _, letter = part.partition("https://news.example/release/")
        assert "No. 1 of The Daily waits for your review." in above
        assert "What wire says, 2 & more" in letter
    text = " ".join(_part(asked, "plain").split())
    assert "Due: Nov 23, 2026, 06:00" in text
    assert "3 readers get it. There are 2 different letters; the one below is that of the most readers." in text
    assert "If nobody decides, it leaves by itself: Nov 23, 2026, 08:00." in text


def test_there_is_one_link_to_decide_and_no_link_of_any_reader(
    asked: EmailMessage, desk: House, subscribed: Callable[..., int]
) -> None:
    whole = asked.as_bytes() + _part(asked, "plain").encode() + _part(asked, "html").encode()
    for part in ("plain", "html"):
        assert len(LINK.findall(_part(asked, part))) == 1
    for purpose in (Purpose.LEAVE, Purpose.CHOOSE):
        for subscription in (1, 2, 3):
            assert desk.signer().sign(purpose, subscription).encode() not in whole
    assert b"ada@reader.example" not in whole


def test_the_html_is_one_document(asked: EmailMessage) -> None:
    html = _part(asked, "html")
    for tag in ("<!DOCTYPE", "<html", "<head>", "<body", "</body>", "</html>"):
        assert html.count(tag) == 1, tag


def test_what_the_lint_finds_is_counted(desk: House, edition: int, postbox: Postbox) -> None:
    asyncio.run(review.ask_now(desk, edition))
    assert "lint" not in _part(_read(postbox.got[0][1]), "plain")
    with desk.database.begin() as connection:
        connection.execute(letters.update().values(html="<!DOCTYPE html><html><body><script>1</script></body></html>"))
    asyncio.run(review.ask_now(desk, edition))
    assert re.search(r"The lint found (one|\d+) errors?\.", _part(_read(postbox.got[-1][1]), "plain"))


def test_a_mail_that_is_sent_twice_is_one_mail_for_whoever_gets_it(desk: House, edition: int, postbox: Postbox) -> None:
    for _ in range(2):
        asyncio.run(review.ask_now(desk, edition))
    identities = [str(_read(message)["Message-ID"]) for _, message in postbox.got]
    assert identities[:2] == identities[2:]
    assert len(set(identities)) == 2


def test_an_edition_is_asked_about_once(desk: House, edition: int, clock: Clock, postbox: Postbox) -> None:
    async def look() -> None:
        async with desk.posting() as post:
            reviews = Reviews(desk, post)
            await reviews.look("daily")
            assert postbox.got == [], "whoever has frozen it asks"
            await reviews.look("daily", [edition])
            clock.now += timedelta(minutes=5)
            await reviews.look("daily")

    asyncio.run(look())
    assert len(postbox.got) == 2


def test_what_no_server_takes_is_tried_again_less_and_less_often(
    desk: House, edition: int, clock: Clock, postbox: Postbox
) -> None:
    postbox.reply = "450 4.2.1 later"

    async def look() -> None:
        async with desk.posting() as post:
            reviews = Reviews(desk, post)
            clock.now += timedelta(seconds=30)
            for rest in (30, 60, 120, 240, 480, 900, 900):
                before = len(postbox.got)
                await reviews.look("daily")
                assert len(postbox.got) == before + 2
                clock.now += timedelta(seconds=rest - 1)
                await reviews.look("daily")
                assert len(postbox.got) == before + 2
                clock.now += timedelta(seconds=1)
            postbox.reply = "250 OK"
            await reviews.look("daily")

    asyncio.run(look())
    assert desk.database.call(reviewing.waiting_to_be_asked, "daily", clock()) == []


def test_where_one_operator_is_refused_the_others_decide(desk: House, edition: int, postbox: Postbox) -> None:
    async def only_ann(_server: object, _session: object, envelope: Any) -> str:
        return "250 OK" if envelope.rcpt_tos == ["ann@news.example"] else "550 5.1.1 no such user"

    postbox.handle_DATA = only_ann
    asked = asyncio.run(review.ask_now(desk, edition))
    assert asked.operators == ("ann@news.example",)
    assert asked.troubles == ("ed@news.example: 550 5.1.1 no such user",)


def test_without_anybody_who_can_be_asked_it_remains_to_be_asked(
    desk: House, house: House, edition: int, clock: Clock, postbox: Postbox
) -> None:
    with pytest.raises(UsageError, match=r"mail\.operators names nobody"):
        asyncio.run(review.ask_now(house, edition))
    postbox.reply = "554 5.7.1 not this"
    with pytest.raises(RelayError, match=r"ed@news\.example: 554 5\.7\.1 not this"):
        asyncio.run(review.ask_now(desk, edition))
    assert desk.database.call(reviewing.waiting_to_be_asked, "daily", clock()) == [edition]


def test_of_one_that_is_decided_nobody_is_asked(desk: House, edition: int, clock: Clock, postbox: Postbox) -> None:
    desk.database.call(reviewing.release, edition)
    assert asyncio.run(review.ask_now(desk, edition)) == review.Asked()
    assert postbox.got == []


# the page


def test_the_page_shows_the_edition_and_changes_nothing(
    client: TestClient, url: str, dump: Callable[[], list[str]]
) -> None:
    before = dump()
    page = client.get(url).text
    assert dump() == before
    assert "Send no. 1 of The Daily?" in page
    assert "it leaves by itself: Nov 23, 2026, 08:00" in page
    assert re.findall(r"<span>(.*?reader.*?)</span>", page) == ["2 readers", "One reader"]
    assert f'<form method="post" action="{url}">' in page
    assert f'method="post" action="{url}/cancel"' in page
    (first, _second) = re.findall(r'href="(/read/\w+)"', page)
    assert "What wire says" in client.get(first).text


def test_the_button_sends_it(client: TestClient, url: str, desk: House, edition: int) -> None:
    answer = client.post(url)
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert _state(desk, edition) is EditionState.SENDING
    assert "No. 1 of The Daily is on its way" in client.get(url).text


def test_the_other_button_calls_it_off(client: TestClient, url: str, desk: House, edition: int) -> None:
    answer = client.post(f"{url}/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert _state(desk, edition) is EditionState.CANCELLED
    page = client.get(url).text
    assert "No. 1 of The Daily is called off" in page
    assert "<form" not in page


@pytest.mark.parametrize(("first", "state"), [("", EditionState.SENDING), ("/cancel", EditionState.CANCELLED)])
@pytest.mark.parametrize("second", ["", "/cancel"])
def test_who_comes_second_changes_nothing_and_is_told_how_it_stands(
    client: TestClient, url: str, desk: House, edition: int, first: str, second: str, state: EditionState
) -> None:
    client.post(f"{url}{first}")
    assert client.post(f"{url}{second}").status_code == 303
    assert _state(desk, edition) is state
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (EditionState.PAUSED, "is paused"),
        (EditionState.DONE, "has been sent"),
    ],
)
def test_the_page_says_how_an_edition_stands_that_was_released_before(
    client: TestClient, url: str, desk: House, edition: int, moved: EditionState, words: str
) -> None:
    desk.database.call(reviewing.release, edition)
    desk.database.call(editions.move, edition, EditionState.SENDING, moved)
    assert f"No. 1 of The Daily {words}" in client.get(url).text


def test_of_one_that_a_newer_edition_has_made_up_for_the_page_says_so(
    client: TestClient, url: str, desk: House, clock: Clock
) -> None:
    clock.now += timedelta(days=1)
    asyncio.run(publish.publish_now(desk.press(), desk.newsletter("daily"), clock()))
    page = client.get(url).text
    assert "No. 1 of The Daily is out of date" in page
    assert "<form" not in page


def test_another_site_cannot_press_the_buttons(client: TestClient, url: str, desk: House, edition: int) -> None:
    for path in (url, f"{url}/cancel"):
        assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.post(path, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert _state(desk, edition) is EditionState.PAUSED


def test_a_link_for_another_purpose_or_another_edition_of_that_number_does_nothing(
    client: TestClient, desk: House, edition: int, url: str
) -> None:
    found = desk.database.call(reviewing.find, edition)
    assert found
    signer, frozen_at = desk.signer(), found.link[1]
    tokens = [
        signer.sign(Purpose.CHOOSE, *found.link),
        signer.sign(Purpose.RELEASE, edition),
        signer.sign(Purpose.RELEASE, edition, frozen_at + 1),
        signer.sign(Purpose.RELEASE, edition + 1, frozen_at),
        url.removeprefix("/release/")[:-1],
    ]
    for token in tokens:
        assert client.get(f"/release/{token}").status_code == 404
        assert client.post(f"/release/{token}").status_code == 404
        assert client.post(f"/release/{token}/cancel").status_code == 404
    assert _state(desk, edition) is EditionState.PAUSED


def test_many_letters_are_counted_beyond_the_first_twenty(
    client: TestClient, desk: House, edition: int, url: str
) -> None:
    with desk.database.begin() as connection:
        rows = [
            {"edition": edition, "nonce": f"{n:016x}", "subject": f"No. {n}", "html": "", "text": "", "language": "en"}
            for n in range(23)
        ]
        connection.execute(letters.insert(), rows)
    page = client.get(url).text
    assert page.count("/read/") == 20
    assert "25 letters" in page
    assert "and 5 more" in page
