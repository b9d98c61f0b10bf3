"""Which addresses a feed may be fetched from: public ones, unless the operator allows his own network.

Asked directly, every address that is dialled is judged at that moment (`public_socket`). Through a proxy it is the
proxy that dials, and the name is judged before it is handed over (`check_host`, `check_addresses`). That keeps out what
can be known here, but the proxy looks the name up again and may be told something else: **a proxy must refuse
addresses of its own network itself**.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

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

#: Names that mean this machine or its network (RFC 6761, 6762 and its appendix G, 8375; ICANN's .internal).
_LOCAL = frozenset(
    {"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"}
)
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,126}", re.IGNORECASE)
#: A last label like this makes a host an IPv4 address, or nothing (WHATWG URL, "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)

#: What aiohttp hands to a socket factory, as from `socket.getaddrinfo`.
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class AddressRefused(OSError):
    """A host is not public, or led to what is not; the text is the same for all, so that several count as one."""

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


def check_host(host: str) -> bool:
    """Whether `host`, for a proxy to look up, is a name whose addresses are still to be checked; False: it is public.

    Raises AddressRefused for an address that is not public, in any spelling that a resolver takes for one, and for a
    name that means something within a network; ValueError for what is neither a name nor an address.
    """
    address = literal(host)
    if address is not None:
        if not is_public(str(address)):
            raise AddressRefused(str(address))
        return False
    name = host.rstrip(".").lower()
    if "." not in name or any(name == local or name.endswith(f".{local}") for local in _LOCAL):
        raise AddressRefused(name)
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(f"{host[:200]!r} is no name of a host")
    return True


def check_addresses(addresses: Iterable[str]) -> None:
    """Raises AddressRefused if one of a name's `addresses` is not public."""
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(address)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, by name or by address in any spelling."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = literal(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = _inner(address) or address
    return address is not None and address.is_loopback


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` is, as C libraries read it: ``127.1``, ``2130706433``, ``0x7f.1``, ``0177.0.0.1``.

    None: it is a name. Raises ValueError for what ends in a number and is no address.
    """
    bare = host.rstrip(".")
    if ":" in bare:
        return IPv6Address(bare.partition("%")[0])
    if not _NUMBER.fullmatch(bare.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(socket.inet_aton(bare))
    except (OSError, UnicodeError):
        raise ValueError(f"{host[:200]!r} is no address") from None


class Resolver(AbstractResolver):
    """Looks names up, on threads of its own.

    A name whose servers do not answer holds a thread for as long as the system goes on trying. The event loop's few
    threads are for everybody: a handful of such names would stop all the others.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`, the system's favourite first; raises OSError, or UnicodeError for no name."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Takes no more names; does not wait for those that are being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[AddressInfo]:
    return list(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG))
