"""`digest send` of a newsletter that is reviewed: the operators get it, and nobody else until they say so."""

import json

import pytest

REVIEWED = '{daily: {title: The Daily, schedule: {at: "07:00"}, sending: {review: true}}}'
A = "ada@reader.test"


@pytest.fixture
def reviewed(office):
    mail = (
        f'{{from: "Digest <digest@news.test>", operators: [ed@news.test, ann@news.test], '
        f"smtp: {{host: 127.0.0.1, port: {office.mail.port}, security: none, timeout: 5s}}}}"
    )
    office.configure(newsletters=REVIEWED, mail=mail)
    office.stock()
    office.join(A)
    return office


def test_the_operators_get_it_and_the_command_says_what_to_do(reviewed):
    sent = reviewed.digest("send", "daily")
    assert "daily no. 1: 1 letter for 1 reader" in sent.stdout
    assert "it is waiting for review" in sent.stderr
    assert "digest editions resume 1" in sent.stderr
    assert "sent to be reviewed to ed@news.test, ann@news.test" in sent.stderr
    assert sorted(reviewed.mail.mails()) == ["ann@news.test", "ed@news.test"]


def test_what_is_resumed_is_sent(reviewed):
    reviewed.digest("send", "daily")
    assert "is waiting for review" in reviewed.digest("send", "daily", "--resume").stderr
    reviewed.digest("editions", "resume", "1")
    assert "1 sent" in reviewed.digest("send", "daily", "--resume").stdout
    assert A in reviewed.mail.mails()


def test_where_nobody_can_be_asked_it_fails_and_the_edition_waits(reviewed):
    reviewed.mail.refusals |= {"ed@news.test": "550 5.1.1 no", "ann@news.test": "550 5.1.1 no"}
    failed = reviewed.digest("send", "daily", code=1)
    assert "ed@news.test: 550 5.1.1 no; ann@news.test: 550 5.1.1 no" in failed.stderr
    (listed,) = json.loads(reviewed.digest("editions", "list", "--json").stdout)
    assert (listed["state"], listed["reason"], listed["open"]) == ("paused", "waiting for review", 1)


def test_an_operator_who_is_refused_is_named(reviewed):
    reviewed.mail.refusals["ed@news.test"] = "550 5.1.1 no"
    sent = reviewed.digest("send", "daily")
    assert "not sent to be reviewed to ed@news.test: 550 5.1.1 no" in sent.stderr
    assert list(reviewed.mail.mails()) == ["ann@news.test"]
