"""Which addresses are public, and which names a proxy may be asked for."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.wire.guard import AddressRefused, check_addresses, check_host, is_loopback, is_public

PUBLIC = [
    "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450:4001::8a",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip
PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.9", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:808:808::1", "2001:db8::1", "2002:7f00:1::",
    "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "localhost", "", "1.2.3", "2130706433",
]  # fmt: skip


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_dialled(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize("ip", PRIVATE)
def test_all_others_are_not(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("host", ["feeds.example", "FEEDS.example.", "a_b.example", "x1.2.example", "xn--bcher-kva.de"])
def test_a_name_is_still_to_be_looked_up(host: str) -> None:
    assert check_host(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "134744072", "0x8.8.0x808", "010.8.8.8.", "2606:4700::1111"])
def test_a_public_address_in_any_spelling_is_not(host: str) -> None:
    assert not check_host(host)


@pytest.mark.parametrize(
    "host", [*(ip for ip in PRIVATE if ":" in ip or ip.count(".") == 3), "127.1", "0", "0x7f000001"]
)
def test_an_address_that_is_not_public_is_refused_in_any_spelling(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_host(host)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.b.local", "router", "x.internal", "n.home.arpa", "", "."]
)
def test_a_name_within_a_network_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_host(host)


@pytest.mark.parametrize(
    "host",
    ["1.2.3.256", "1.2.3.4.5", "0x100000000", "08.8.8.8", "%31.0.0.1.example", "a b.example", "a..b", "fe80::1::2"],
)
def test_what_is_neither_a_name_nor_an_address_is_said(host: str) -> None:
    with pytest.raises(ValueError, match=r"is no|permitted"):
        check_host(host)


def test_one_address_that_is_not_public_is_enough() -> None:
    check_addresses(["8.8.8.8", "2606:4700::1111"])
    with pytest.raises(AddressRefused):
        check_addresses(["8.8.8.8", "10.0.0.1"])


@pytest.mark.parametrize(
    "host", ["localhost", "x.LOCALHOST.", "127.0.0.1", "127.9", "2130706433", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine_is_known_in_any_spelling(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "fe80::1", "1.2.3.4.5", "", "::"])
def test_others_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@given(st.text(alphabet=st.sampled_from("0123456789abcdefx.:%[]-_é①。\x00 \udc80"), max_size=40))
def test_any_host_is_judged_and_nothing_else_is_raised(host: str) -> None:
    is_public(host)
    is_loopback(host)
    with suppress(AddressRefused, ValueError):
        check_host(host)
