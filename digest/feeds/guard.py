"""Which addresses a feed may be fetched from: public ones, unless the operator allows his own network."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

#: Not for the public, whatever `ipaddress` says: its table differs between Python's versions and lets through what
#: leads to other networks by translation (IANA special-purpose registries; RFC 6890, 8215, 3056, 4380, 4291).
_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
#: RFC 6052: the last 32 bits are an IPv4 address.
_NAT64 = ip_network("64:ff9b::/96")

#: What aiohttp hands to a socket factory, as from `socket.getaddrinfo`.
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class AddressRefused(OSError):
    """A name led to an address that is not public; its text is the same for all, so that several count as one."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__("the address is in a private network")


def is_public(ip: str) -> bool:
    """Whether `ip` (v4 or v6, maybe with a zone) is an address of the public internet.

    A v4 address inside a v6 one (mapped, 6to4, NAT64) is judged itself; Teredo is refused as a whole. False for what
    is no address.
    """
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (inner := _inner(address)) is not None:
        address = inner
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def public_socket(info: AddressInfo) -> socket.socket:
    """A socket to dial `info` with; raises AddressRefused.

    It is asked for each address at the moment of dialling, so that neither a redirect, nor a name that resolves to
    something else the second time, nor an unusual spelling of an address gets past.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise AddressRefused(str(address[0]))
    return socket.socket(family, kind, protocol)
