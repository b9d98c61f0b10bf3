"""How many connections a relay is given: fewer when it is too much, never none, and all again when it is over."""

from digest.mail.tide import Tide


def test_it_begins_with_all_that_may_be():
    assert Tide(8).allowed(0.0) == 8


def test_trouble_halves_them_and_several_signs_of_it_within_a_second_are_one():
    tide = Tide(16)
    tide.throttled(10.0)
    tide.throttled(10.5)
    assert tide.allowed(10.6) == 8
    tide.throttled(11.5)
    assert tide.allowed(11.6) == 4


def test_there_is_always_one():
    tide = Tide(3)
    for second in range(0, 50, 2):
        tide.throttled(float(second))
        assert tide.allowed(second + 0.5) >= 1


def test_in_calm_they_come_back_one_by_one_by_messages_or_by_time():
    tide = Tide(4)
    tide.throttled(0.0)
    for _ in range(20):
        tide.accepted(1.0)
    assert tide.allowed(1.0) == 3
    assert tide.allowed(12.0) == 4
    assert tide.allowed(99.0) == 4


def test_at_a_relay_that_takes_so_many_at_a_time_it_stays_near_that():
    tide, seen, now = Tide(20), [], 0.0
    for _ in range(3_000):
        now += 0.05
        if tide.allowed(now) > 6:
            tide.throttled(now)
        else:
            tide.accepted(now)
        seen.append(tide.allowed(now))
    assert {3, 4, 5, 6} & set(seen[500:])
    assert sum(seen[500:]) / len(seen[500:]) > 3


def test_a_relay_that_refuses_us_rests_for_longer_each_time_and_a_message_ends_that():
    tide, now, rests = Tide(2), 0.0, []
    for _ in range(12):
        tide.refused(now, 0.0)
        rests.append(tide.rest_until - now)
        now = tide.rest_until
    assert rests[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(rests) == 900.0
    tide.accepted(now)
    tide.refused(now, 1.0)
    assert 1.0 <= tide.rest_until - now <= 1.11


def test_a_refused_sign_in_is_not_tried_again_for_a_quarter_of_an_hour():
    tide = Tide(2)
    tide.refused(5.0, 0.0, sign_in=True)
    assert tide.rest_until == 905.0
