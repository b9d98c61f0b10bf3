"""Subscribing in two steps: the form tells nothing to anybody, and the owner of the address decides."""

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from starlette.testclient import TestClient

from digest.app.house import House
from digest.app.typos import suggestion
from digest.mail.tokens import Purpose
from digest.model import SubscriptionState, Suppression, SuppressionReason
from digest.store import subscribers, suppressions
from digest.web import gate, public

FORM = {"own": "yes", "address": "Ada@Reader.Example", "categories": ["world"]}


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


def test_what_fills_in_the_hidden_field_is_answered_and_dropped(ask, dump, postbox) -> None:
    before = dump()
    assert ask(website="https://spam.example") == [200]
    assert dump() == before
    assert postbox.got == []


def test_an_inbox_gets_one_request_in_ten_minutes(house, postbox, clock) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        for address in ("ada@reader.example", "ADA@reader.example", "ada@READER.example"):
            assert client.post("/subscribe/daily", data={**FORM, "address": address}).status_code == 200
        clock.now += gate.ONE_WITHIN
        assert client.post("/subscribe/daily", data=FORM).status_code == 200
    assert len(postbox.got) == 2


def test_so_many_in_a_minute_and_no_more(house, postbox, clock) -> None:
    with TestClient(public.application(house), base_url="https://news.example") as client:
        statuses = [
            client.post("/subscribe/daily", data={**FORM, "address": f"r{n}@reader.example"}).status_code
            for n in range(gate.A_MINUTE + 3)
        ]
        clock.now += timedelta(minutes=1)
        statuses.append(client.post("/subscribe/daily", data={**FORM, "address": "late@reader.example"}).status_code)
    assert statuses == [200] * gate.A_MINUTE + [429] * 3 + [200]


def test_a_request_that_the_server_did_not_take_may_be_repeated_at_once(house, postbox) -> None:
    postbox.reply = "451 not now"
    with TestClient(public.application(house), base_url="https://news.example") as client:
        client.post("/subscribe/daily", data=FORM)
    app = public.application(house)
    postbox.reply = "250 OK"
    with TestClient(app, base_url="https://news.example") as client:
        client.post("/subscribe/daily", data=FORM)
    assert len(postbox.got) == 2


def test_the_gate_lets_an_address_ask_again_once_its_mail_has_failed(clock) -> None:
    door = gate.Gate()
    assert [door.admits(address, clock()) for address in ("a@b.example", "A@b.example")] == [True, False]
    door.forget("a@B.example")
    assert door.admits("a@b.example", clock())


def test_a_slip_of_the_pen_is_asked_about_once(client, postbox) -> None:
    slip = {"own": "yes", "address": "ada@gmial.com", "categories": ["world"]}
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
