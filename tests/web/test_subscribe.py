"""Subscribing in two steps: the form tells nothing to anybody, and the owner of the address decides."""

import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.app.house import House, open_house
from digest.app.typos import suggestion
from digest.mail.tokens import Purpose, Signer
from digest.model import Frequency, SubscriptionState, Suppression, SuppressionReason
from digest.settings.pages import FormLimits
from digest.store import subscribers, suppressions
from digest.web import public
from tests.web.conftest import CONFIG, NOW, Clock

#: When the form was opened, signed.
MOMENT = Signer(["a secret that is long enough for this test"]).sign(
    Purpose.FORM, 17, int((NOW - timedelta(minutes=1)).timestamp() * 1000)
)
FORM = {"own": "yes", "moment": MOMENT, "address": "Ada@Reader.Example", "categories": ["world"]}
LIMITS = FormLimits()


@pytest.fixture
def ask(house: House) -> Callable[..., list[int]]:
    """Fills the form in, once for each `times`; gives the statuses once all that follows is done."""

    def fill(*, times: int = 1, **form: object) -> list[int]:
        with TestClient(public.application(house), base_url="https://news.example") as client:
            return [client.post("/subscribe/daily", data={**FORM, **form}).status_code for _ in range(times)]

    return fill


@pytest.fixture
def state(house: House) -> Callable[[str], SubscriptionState | None]:
    def of(address: str) -> SubscriptionState | None:
        found = house.database.call(subscribers.by_address, address)
        return found[0].subscription.state if found else None

    return of


def link_in(message: bytes) -> str:
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body
    (link,) = re.findall(r"https://news\.example(/confirm/\S+)", body.get_content())
    return str(link)


def test_the_way_from_the_form_to_the_first_letter(ask, state, postbox, client, reader, house) -> None:
    assert ask() == [200]
    assert state("Ada@reader.example") is SubscriptionState.PENDING
    ((recipient, message),) = postbox.got
    assert recipient == "Ada@reader.example"
    assert b"List-Unsubscribe" not in message
    link = link_in(message)
    page = client.get(link)
    assert page.status_code == 200
    assert "A•••@reader.example" in page.text
    assert state("Ada@reader.example") is SubscriptionState.PENDING
    welcome = client.post(link)
    assert welcome.status_code == 200
    # Seven in London is an hour from now.
    assert "on Monday, November 23, 2026 at 07:00" in welcome.text
    assert state("Ada@reader.example") is SubscriptionState.ACTIVE
    assert client.post(link).status_code == 200
    own = reader(1).subscription
    assert own.categories == ("world",)
    # Everything arrived since the last slot, and is new to this reader.
    assert own.mark == 0


def test_a_link_that_is_too_old_says_so_and_where_to_go(ask, state, postbox, client, clock) -> None:
    ask()
    link = link_in(postbox.got[0][1])
    clock.now += timedelta(hours=49)
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert 'href="/subscribe/daily"' in answer.text
    assert state("Ada@reader.example") is SubscriptionState.PENDING


def test_an_old_request_brings_nobody_back_and_a_new_one_does(ask, state, postbox, client, house, clock) -> None:
    ask()
    link = link_in(postbox.got[0][1])
    client.post(link)
    client.post(f"/leave/{house.signer().sign(Purpose.LEAVE, 1)}")
    assert client.post(link).status_code == 409
    assert state("Ada@reader.example") is SubscriptionState.LEFT
    ask()
    assert state("Ada@reader.example") is SubscriptionState.PENDING
    client.post(link_in(postbox.got[1][1]))
    assert state("Ada@reader.example") is SubscriptionState.ACTIVE


def test_the_answer_is_the_same_whoever_is_asked_for(house, subscribed, postbox, clock) -> None:
    subscribed("known@reader.example")
    subscribed("pending@reader.example", active=False)
    gone = Suppression(
        address="gone@reader.example", reason=SuppressionReason.BOUNCE, evidence="550", created_at=clock()
    )
    house.database.call(suppressions.add, gone)
    answers = set()
    with TestClient(public.application(house), base_url="https://news.example") as client:
        for name in ("known", "pending", "gone", "fresh"):
            answer = client.post("/subscribe/daily", data={**FORM, "address": f"{name}@reader.example"})
            answers.add((answer.status_code, answer.text.replace(f"{name}@", "somebody@")))
    assert len(answers) == 1
    assert sorted(recipient for recipient, _ in postbox.got) == ["fresh@reader.example", "pending@reader.example"]


def test_a_stranger_cannot_change_what_a_reader_has_chosen(ask, subscribed, dump, postbox) -> None:
    subscribed("Ada@reader.example", categories=("science", "sport"))
    before = dump()
    assert ask() == [200]
    assert dump() == before
    assert postbox.got == []


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "a@b@c.example", "a@b.example,c@d.example", "<a@b.example>", "a@b.example\r\nBcc: c@d.example",
     "a@[127.0.0.1]", "a@b.example.", "x" * 65 + "@b.example", "🙂@b.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(ask, dump, postbox, address: str) -> None:
    before = dump()
    assert ask(address=address) == [422]
    assert dump() == before
    assert postbox.got == []


def test_no_topic_is_no_subscription(ask, dump) -> None:
    before = dump()
    assert ask(categories=[]) == [422]
    assert ask(categories=["bogus"]) == [422]
    assert dump() == before


def test_what_fills_in_the_hidden_field_is_asked_to_press_again_as_a_person_could(ask, dump, postbox) -> None:
    before = dump()
    assert ask(website="https://spam.example") == [422]
    assert dump() == before
    assert postbox.got == []


def test_an_inbox_gets_one_request_in_ten_minutes(house, postbox, clock) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        for address in ("ada@reader.example", "ADA@reader.example", "ada@READER.example"):
            assert client.post("/subscribe/daily", data={**FORM, "address": address}).status_code == 200
        clock.now += LIMITS.pause
        assert client.post("/subscribe/daily", data=FORM).status_code == 200
    assert len(postbox.got) == 2


def test_so_many_in_a_minute_and_no_more(house, postbox, clock) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        statuses = [
            client.post("/subscribe/daily", data={**FORM, "address": f"r{n}@reader.example"}).status_code
            for n in range(LIMITS.everybody.count + 3)
        ]
        clock.now += timedelta(minutes=1)
        statuses.append(client.post("/subscribe/daily", data={**FORM, "address": "late@reader.example"}).status_code)
    assert statuses == [200] * LIMITS.everybody.count + [429] * 3 + [200]


def test_a_request_that_the_server_did_not_take_may_be_repeated_at_once(house, postbox) -> None:
    postbox.reply = "451 not now"
    with TestClient(public.application(house), base_url="https://news.example") as client:
        client.post("/subscribe/daily", data=FORM)
    app = public.application(house)
    postbox.reply = "250 OK"
    with TestClient(app, base_url="https://news.example") as client:
        client.post("/subscribe/daily", data=FORM)
    assert len(postbox.got) == 2


def test_a_slip_of_the_pen_is_asked_about_once(client, postbox) -> None:
    slip = {**FORM, "address": "ada@gmial.com"}
    asked = client.post("/subscribe/daily", data=slip)
    assert asked.status_code == 422
    assert "Did you mean ada@gmail.com?" in asked.text
    assert 'name="sure" value="ada@gmial.com"' in asked.text
    assert client.post("/subscribe/daily", data={**slip, "sure": "ada@gmial.com"}).status_code == 200


def test_a_form_on_another_page_needs_an_address_alone(house, postbox) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        answer = client.post(
            "/subscribe/daily", data={"address": "ada@reader.example"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
    assert answer.status_code == 200
    assert [address for address, _ in postbox.got] == ["ada@reader.example"]


def test_a_program_subscribes_by_json_and_is_answered_as_everybody_is(house, postbox, subscribed) -> None:
    subscribed("known@reader.example")
    with TestClient(public.application(house), base_url="https://news.example") as client:
        answers = [
            client.post("/api/subscribe/daily", json={"address": address, "categories": ["world"]})
            for address in ("ada@reader.example", "known@reader.example")
        ]
        assert client.options("/api/subscribe/daily").headers["access-control-allow-origin"] == "*"
    assert {(each.status_code, each.text) for each in answers} == {(202, '{"status":"asked"}')}
    assert [address for address, _ in postbox.got] == ["ada@reader.example"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 60_000, 400),
        (b"[]", 422),
        (b'{"address": 1}', 422),
        (b'{"address": "nobody"}', 422),
        (b'{"address": "ada@reader.example", "categories": "world"}', 422),
        (b'{"address": "ada@reader.example", "categories": ["bogus"]}', 422),
        (b"x" * 70_000, 413),
    ],
    ids=["cut", "deep", "list", "number", "no address", "no list", "no category", "large"],
)
def test_what_is_no_wish_is_refused(client, dump, body, status) -> None:
    before = dump()
    assert client.post("/api/subscribe/daily", content=body).status_code == status
    assert dump() == before


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@hotmial.com", "ada@hotmail.com"),
        ("ada@gmail.com", ""),
        ("ada@mail.com", ""),
        ("ada@yahoo.fr", ""),
        ("ada@news.example", ""),
    ],
)
def test_hints_are_for_slips_near_a_great_provider_alone(typed, meant) -> None:
    assert suggestion(typed) == meant


@pytest.fixture
def opened(house: House) -> Iterator[TestClient]:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        yield client


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields, as a browser would post them."""
    return {
        found[1]: found[2]
        for found in re.finditer(r'<input type="hidden"(?: id="\w+")? name="(\w+)" value="([^"]*)"', page)
    }


@pytest.mark.parametrize(
    ("opened_ago", "status"),
    [(0.0, 422), (1.9, 422), (2.0, 200), (3600.0, 200), (12 * 3600.0, 200), (12 * 3600.0 + 1, 422), (-60.0, 422)],
)
def test_who_is_too_quick_or_too_late_is_asked_to_press_again_and_is_not_lost(
    opened: TestClient, clock: Clock, house: House, opened_ago: float, status: int
) -> None:
    given = {"own": "yes", "address": "ada@reader.example", "categories": ["world"]}
    shown = fields_of(opened.get("/subscribe/daily").text)
    clock.now += timedelta(seconds=opened_ago)
    answer = opened.post("/subscribe/daily", data={**shown, **given})
    assert answer.status_code == status
    if status == 422:
        assert "press the button again" in answer.text
        assert 'value="ada@reader.example"' in answer.text
        again = fields_of(answer.text)
        clock.now += timedelta(seconds=3)
        assert opened.post("/subscribe/daily", data={**again, **given}).status_code == 200
    opened.__exit__(None, None, None)
    assert house.database.call(subscribers.by_address, "ada@reader.example")


@pytest.mark.parametrize("moment", ["", "junk", "1.2.3", MOMENT[:-1] + "A", "🙂", "9" * 500])
def test_a_moment_that_we_did_not_sign_is_none(ask, dump, moment: str) -> None:
    before = dump()
    assert ask(moment=moment) == [422]
    assert dump() == before


def test_what_is_chosen_on_the_form_is_kept(ask, postbox, reader) -> None:
    assert ask(frequency="weekly", timezone="Asia/Tokyo", hour="19:00") == [200]
    own = reader(1).subscription
    assert (own.frequency, own.timezone, own.send_at) == (Frequency.WEEKLY, "Asia/Tokyo", time(19, 0))


@pytest.mark.parametrize("wrong", [{"frequency": "hourly"}, {"timezone": "Moon/Tycho"}, {"hour": "25:00"}])
def test_what_cannot_be_chosen_is_refused(ask, dump, wrong: dict[str, str]) -> None:
    before = dump()
    assert ask(**wrong) == [422]
    assert dump() == before


def test_a_newsletter_with_its_own_clock_asks_for_no_hour_and_takes_none(house, postbox, reader) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        page = client.get("/subscribe/weekly").text
        posted = {"address": "ada@reader.example", "hour": "19:00"}
        assert client.post("/subscribe/weekly", data=posted).status_code == 200
    assert 'name="frequency"' in page
    assert 'name="hour"' not in page
    assert reader(1).subscription.send_at is None


def test_the_form_runs_our_own_script_alone_and_no_other_page_runs_any(opened: TestClient) -> None:
    page = opened.get("/subscribe/daily")
    assert "; script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall("<script[^>]*>", page.text) == ['<script src="/subscribe.js" defer>']
    script = opened.get("/subscribe.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "script-src" not in opened.get("/").headers["content-security-policy"]


@pytest.fixture
def paid(tmp_path: Path, clock: Clock, postbox, house: House) -> Iterator[TestClient]:
    """The pages of a house that asks for ten bits of work."""
    path = tmp_path / "digest.yaml"
    path.write_text(CONFIG.format(port=postbox.port) + "web: {proof_of_work: 10}\n", encoding="utf-8")
    with (
        open_house(path, environ={}, clock=clock) as strict,
        TestClient(public.application(strict), base_url="https://news.example") as client,
    ):
        yield client


def solved(moment: str, bits: int) -> str:
    return next(
        str(n)
        for n in range(10**6)
        if int.from_bytes(sha256(f"{moment}:{n}".encode()).digest(), "big") >> (256 - bits) == 0
    )


def test_work_is_counted_once_and_without_any_the_form_says_why(paid: TestClient, clock: Clock, postbox) -> None:
    shown = fields_of(paid.get("/subscribe/daily").text)
    clock.now += timedelta(seconds=5)
    given = {**shown, "address": "ada@reader.example", "categories": ["world"]}
    assert "needs JavaScript" in paid.post("/subscribe/daily", data=given).text
    proof = solved(shown["moment"], 10)
    statuses = [
        paid.post("/subscribe/daily", data={**given, "proof": proof, "address": address}).status_code
        for address in ("ada@reader.example", "bo@reader.example")
    ]
    assert statuses == [200, 422]


def test_a_form_elsewhere_leads_to_ours_where_work_is_asked_for(paid: TestClient) -> None:
    answer = paid.post("/subscribe/daily", data={"address": "ada@reader.example"})
    assert answer.status_code == 422
    assert 'value="ada@reader.example"' in answer.text


def test_a_program_is_given_a_challenge_and_subscribes_with_its_solution(paid: TestClient) -> None:
    asked = paid.post("/api/subscribe/daily", json={"address": "ada@reader.example"})
    assert asked.status_code == 428
    challenge, bits = asked.json()["challenge"], asked.json()["bits"]
    paying = {"address": "ada@reader.example", "challenge": challenge, "proof": solved(challenge, bits)}
    assert [paid.post("/api/subscribe/daily", json=paying).status_code for _ in range(2)] == [202, 428]


def test_a_thousand_a_second_from_one_network_send_what_its_limit_allows_and_others_are_served(
    tmp_path: Path, clock: Clock, postbox, house: House
) -> None:
    path = tmp_path / "digest.yaml"
    limits = "web: {trusted_proxies: [127.0.0.1], limits: {network: 7/h}}\n"
    path.write_text(CONFIG.format(port=postbox.port) + limits, encoding="utf-8")
    with open_house(path, environ={}, clock=clock) as limited:
        app = public.application(limited)
        with TestClient(app, base_url="https://news.example", client=("127.0.0.1", 5)) as client:
            statuses = []
            for n in range(1000):
                clock.now += timedelta(milliseconds=1)
                statuses.append(
                    client.post(
                        "/subscribe/daily",
                        data={**FORM, "address": f"r{n}@reader.example"},
                        headers={"X-Forwarded-For": f"192.0.2.{n % 250}"},
                    ).status_code
                )
            other = client.post("/subscribe/daily", data=FORM, headers={"X-Forwarded-For": "198.51.100.9"})
    assert (statuses.count(200), statuses.count(429), other.status_code) == (7, 993, 200)
    assert len(postbox.got) == 8
