"""Recipient domains are held back as the operator says and as they ask, and all others go at once."""

from datetime import timedelta

from digest.mail.destinations import PATIENCE, Destinations, Limit

SLOW = "slow.example"


def destinations(**limit):
    return Destinations({SLOW: Limit(**limit)})


def test_a_domain_without_a_limit_goes_at_once():
    assert destinations().hold("other.example", 1.0) == (0.0, True)


def test_a_turn_that_is_near_is_reserved_and_one_that_is_far_is_not():
    held = destinations(rates=((1, timedelta(seconds=1)),))
    assert held.hold(SLOW, 0.0) == (0.0, True)
    assert held.hold(SLOW, 0.0) == (1.0, True)
    assert held.hold(SLOW, 0.0) == (2.0, True)
    far = [held.hold(SLOW, 0.0) for _ in range(3)]
    assert not any(each.reserved for each in far)
    assert all(each.seconds >= PATIENCE for each in far)
    # They come back one after another.
    assert len({each.seconds for each in far}) == 3
    assert held.hold(SLOW, 3.0) == (0.0, True)


def test_no_more_go_at_the_same_time_than_may():
    held = destinations(connections=2)
    for _ in range(2):
        assert held.hold(SLOW, 0.0) == (0.0, True)
        held.begun(SLOW)
    wait, reserved = held.hold(SLOW, 0.0)
    assert 0 < wait <= PATIENCE
    assert not reserved
    held.ended(SLOW)
    assert held.hold(SLOW, 0.0) == (0.0, True)


def test_a_domain_that_asks_for_it_rests_longer_each_time_until_it_takes_something():
    held = Destinations({})
    held.throttled("busy.example", 0.0)
    assert held.hold("busy.example", 1.0) == (59.0, False)
    assert held.hold("other.example", 1.0).seconds == 0.0
    held.throttled("busy.example", 30.0)
    assert held.hold("busy.example", 60.0).seconds == 0.0
    held.throttled("busy.example", 60.0)
    assert held.hold("busy.example", 61.0).seconds == 119.0
    held.accepted("busy.example")
    assert held.hold("busy.example", 61.0).seconds == 0.0


def test_it_keeps_no_more_in_mind_than_it_has_to():
    held = Destinations({})
    for number in range(20_000):
        held.throttled(f"{number}.example", 0.0)
    held.throttled("last.example", 0.0)
    assert held.hold("0.example", 1.0).seconds == 0.0
    assert held.hold("last.example", 1.0).seconds > 0
