"""Enrolling by the operator: at once, on record, and never against the person's will."""

import socket
from dataclasses import replace
from datetime import time

import pytest

from digest.app.enrol import Enrolment, Via, enrol, normalized
from digest.errors import RelayError, UnknownName, UsageError
from digest.model import SubscriptionState, Suppression, SuppressionReason
from digest.store import subscribers, suppressions
from digest.store.subscribers import Choices


async def test_the_operators_word_is_enough_and_goes_on_record(house, reader, dump, postbox) -> None:
    daily = house.newsletter("daily")
    choices = Choices(categories=("sport", "world"), timezone="Asia/Tokyo", send_at=time(6, 0))
    enrolled = await enrol(house, " Ada@Bücher.Example", daily, choices, confirmed=True, via=Via("paper form"))
    assert (enrolled.address, enrolled.result) == ("Ada@xn--bcher-kva.example", Enrolment.SUBSCRIBED)
    own = reader(enrolled.subscription).subscription
    assert own.state is SubscriptionState.ACTIVE
    assert own.categories == ("world", "sport")
    assert any("paper form" in line for line in dump() if "consents" in line)
    assert postbox.got == []
    again = await enrol(house, "Ada@bücher.example", daily, Choices(), confirmed=True, via=Via("paper form"))
    assert again.result is Enrolment.KNOWN
    assert reader(again.subscription).subscription.categories == ()


async def test_who_has_left_is_not_brought_back_by_the_operator(house, reader, clock) -> None:
    daily = house.newsletter("daily")
    enrolled = await enrol(house, "ada@reader.example", daily, Choices(), confirmed=True, via=Via("test"))
    house.database.call(subscribers.leave, enrolled.subscription, clock(), "test")
    with pytest.raises(UsageError, match="has left daily; only the person can come back"):
        await enrol(house, "ada@reader.example", daily, Choices(), confirmed=True, via=Via("test"))
    assert reader(enrolled.subscription).subscription.state is SubscriptionState.LEFT


@pytest.mark.parametrize("confirmed", [True, False])
async def test_a_suppressed_address_is_refused_with_the_reason(house, clock, dump, postbox, confirmed) -> None:
    gone = Suppression(
        address="ada@reader.example", reason=SuppressionReason.COMPLAINT, evidence="arf", created_at=clock()
    )
    house.database.call(suppressions.add, gone)
    before = dump()
    with pytest.raises(UsageError, match=r"suppressed \(complaint, 2026-11-23\)"):
        await enrol(
            house, "ada@reader.example", house.newsletter("daily"), Choices(), confirmed=confirmed, via=Via("test")
        )
    assert dump() == before
    assert postbox.got == []


@pytest.mark.parametrize(
    ("choices", "named"),
    [(Choices(categories=("bogus",)), "bogus"), (Choices(timezone="Mars/Olympus"), "Mars/Olympus")],
)
async def test_what_does_not_exist_cannot_be_chosen(house, dump, choices, named) -> None:
    before = dump()
    with pytest.raises(UnknownName, match=named):
        await enrol(house, "ada@reader.example", house.newsletter("daily"), choices, confirmed=True, via=Via("test"))
    assert dump() == before


async def test_a_server_that_refuses_the_mail_is_reported_and_the_wish_stands(house, reader, postbox) -> None:
    postbox.reply = "550 5.7.1 not from you"
    enrolled = await enrol(
        house, "ada@reader.example", house.newsletter("daily"), Choices(), confirmed=False, via=Via("test")
    )
    assert enrolled.result is Enrolment.ASKED
    assert "not from you" in enrolled.trouble
    assert reader(enrolled.subscription).subscription.state is SubscriptionState.PENDING


async def test_a_relay_that_is_not_there_is_an_error_and_the_wish_stands(house, reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mail = house.settings.mail
    nowhere = mail.model_copy(update={"smtp": mail.smtp.model_copy(update={"port": port})})
    cut_off = replace(house, settings=house.settings.model_copy(update={"mail": nowhere}))
    with pytest.raises(RelayError):
        await enrol(
            cut_off, "ada@reader.example", house.newsletter("daily"), Choices(), confirmed=False, via=Via("test")
        )
    assert reader(1).subscription.state is SubscriptionState.PENDING


@pytest.mark.parametrize("address", ["ada@reader.example", "a.b+c@x.example", "A@LOCALHOST.example"])
def test_an_address_is_kept_in_one_form(address: str) -> None:
    kept = normalized(address)
    assert kept == normalized(kept) == normalized(f" {address} ")
    assert kept.partition("@")[0] == address.partition("@")[0]
