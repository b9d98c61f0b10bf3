"""Forms fill nobody's inbox and keep nobody out for long."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from digest.web import gate
from digest.web.gate import Gate, network_of

LIMITS = {
    "pause": timedelta(minutes=10),
    "address": (3, timedelta(days=1)),
    "network": (20, timedelta(hours=1)),
    "everybody": (30, timedelta(minutes=1)),
}
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_an_address_gets_three_mails_a_day_and_no_two_within_ten_minutes():
    door = Gate(**LIMITS)
    minutes = (0, 5, 10, 20, 30, 60 * 23, 60 * 24 + 1)
    admitted = [door.admits("ada@reader.example", NOW + timedelta(minutes=each)) for each in minutes]
    assert admitted == [True, False, True, True, False, False, True]


def test_a_network_is_stopped_long_before_everybody_is():
    door = Gate(**{**LIMITS, "everybody": (1000, timedelta(minutes=1))})
    admitted = 0
    for n in range(1000):
        now = NOW + timedelta(milliseconds=n)
        if not door.is_full(now, "192.0.2.0/24"):
            admitted += door.admits(f"reader{n}@reader.example", now, "192.0.2.0/24")
    assert admitted == 20
    assert not door.is_full(now, "198.51.100.0/24")
    assert not door.is_full(now + timedelta(hours=1), "192.0.2.0/24")


def test_all_together_are_held_to_a_rate_whoever_they_are():
    door = Gate(**LIMITS)
    for n in range(30):
        door.admits(f"reader{n}@reader.example", NOW, f"10.0.{n}.0/24")
    assert door.is_full(NOW, "10.1.0.0/24")
    assert not door.is_full(NOW + timedelta(minutes=1), "10.1.0.0/24")


def test_a_flood_of_addresses_and_networks_takes_no_more_room_than_is_allowed(monkeypatch):
    monkeypatch.setattr(gate, "_MOST", 50)
    door = Gate(**{**LIMITS, "everybody": (10_000, timedelta(minutes=1))})
    for n in range(1000):
        door.admits(f"reader{n}@reader.example", NOW + timedelta(milliseconds=n), f"10.{n // 250}.{n % 250}.0/24")
    assert len(door._asked) <= 50
    assert len(door._networks) <= 50


def test_an_address_may_ask_again_once_its_mail_has_failed():
    door = Gate(**LIMITS)
    assert [door.admits(address, NOW) for address in ("a@b.example", "A@b.example")] == [True, False]
    door.forget("a@B.example")
    assert door.admits("a@b.example", NOW)


def request(peer: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "headers": headers, "client": (peer, 1)})


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "network"),
    [
        ("192.0.2.7", "", (), "192.0.2.0/24"),
        ("2001:db8:1:2::9", "", (), "2001:db8:1::/48"),
        ("192.0.2.7", "198.51.100.9", (), "192.0.2.0/24"),
        ("127.0.0.1", "198.51.100.9", ("127.0.0.1",), "198.51.100.0/24"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.9", ("127.0.0.1",), "198.51.100.0/24"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.9, 10.0.0.3", ("127.0.0.1", "10.0.0.0/8"), "198.51.100.0/24"),
        ("127.0.0.1", "junk", ("127.0.0.1",), ""),
        ("testclient", "", (), ""),
        ("127.0.0.1", "", ("127.0.0.1",), ""),
    ],
)
def test_a_request_is_of_the_network_that_a_trusted_proxy_names(peer, forwarded, trusted, network):
    assert network_of(request(peer, forwarded), trusted) == network
