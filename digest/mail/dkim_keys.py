"""The keys of DKIM: read, made, and compared with what stands in the DNS.

cryptography takes its time to be imported, so this is imported only where a key is used.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from digest.mail.dkim import DomainKey

#: Bits of an RSA key: fewer than the first, and no receiver believes it; it should be the second (RFC 8301 3.2).
FEWEST_BITS = 1024
GOOD_BITS = 2048
#: A string in a TXT record holds so many octets (RFC 1035 3.3).
_STRING = 255
_TAG = re.compile(r"\s*([a-z][a-z0-9_]*)\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """RSA or Ed25519; made by `read` and `generate`."""

    _own: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def bits(self) -> int:
        return self._own.key_size if isinstance(self._own, RSAPrivateKey) else 256

    @property
    def is_weak(self) -> bool:
        """Whether it is shorter than it should be, and yet believed."""
        return isinstance(self._own, RSAPrivateKey) and self._own.key_size < GOOD_BITS

    @property
    def pem(self) -> str:
        """PKCS 8, not encrypted."""
        return self._own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    def record(self) -> str:
        """What the TXT record says (RFC 6376 3.6.1, RFC 8463 4)."""
        kind = "rsa" if isinstance(self._own, RSAPrivateKey) else "ed25519"
        return f"v=DKIM1; k={kind}; p={self._public()[0]}"

    def trouble(self, record: str) -> str:
        """Why receivers who find `record` in the DNS do not believe a signature of this key; empty: they do."""
        tags = {found[1].lower(): found[2].strip() for part in record.split(";") if (found := _TAG.fullmatch(part))}
        if "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
            return f"is no key: the record has to be {self.record()}"
        if not tags["p"]:
            return "is revoked, its p= is empty: make another key with another selector"
        kind = "rsa" if isinstance(self._own, RSAPrivateKey) else "ed25519"
        if tags.get("k", "rsa").lower() != kind or "".join(tags["p"].split()) not in self._public():
            return f"is another key: the record has to be {self.record()}"
        if "sha256" not in tags.get("h", "sha256").replace(" ", "").lower().split(":"):
            return "takes no sha256: leave its h= away"
        return ""

    def domain_key(self, domain: str, selector: str) -> DomainKey:
        """It, as it signs for `domain`."""
        own = self._own
        if isinstance(own, RSAPrivateKey):
            padding, hashed = PKCS1v15(), SHA256()
            return DomainKey(
                domain=domain,
                selector=selector,
                algorithm="rsa-sha256",
                sign=lambda octets: own.sign(octets, padding, hashed),
            )
        return DomainKey(
            domain=domain,
            selector=selector,
            algorithm="ed25519-sha256",
            # What is signed is the hash (RFC 8463 3).
            sign=lambda octets: own.sign(sha256(octets).digest()),
        )

    def _public(self) -> tuple[str, ...]:
        """The public half in base64 in each form that receivers read, the usual one first."""
        public = self._own.public_key()
        forms = [(Encoding.Raw, PublicFormat.Raw)]
        if isinstance(self._own, RSAPrivateKey):
            forms = [(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), (Encoding.DER, PublicFormat.PKCS1)]
        return tuple(b64encode(public.public_bytes(*form)).decode("ascii") for form in forms)


# To see that the numbers of an RSA key are what they should be takes 50 ms.
@lru_cache(maxsize=8)
def read(pem: str) -> PrivateKey:
    r"""The key in `pem`, whose line breaks may be written as ``\n``. Raises ValueError for what cannot sign."""
    octets = pem.replace("\\n", "\n").strip().encode("utf-8", "replace") + b"\n"
    if b"PRIVATE KEY-----" not in octets:
        raise ValueError("not a private key in PEM, which begins with -----BEGIN PRIVATE KEY-----")
    try:
        own = load_pem_private_key(octets, password=None)
    except TypeError as error:
        raise ValueError("the key is encrypted; it has to stand there without a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("not a private key in PEM, or one of a kind that nobody signs mail with") from error
    if isinstance(own, RSAPrivateKey) and own.key_size < FEWEST_BITS:
        raise ValueError(f"an RSA key of {own.key_size} bits, which no receiver believes: {GOOD_BITS} are right")
    if isinstance(own, RSAPrivateKey | Ed25519PrivateKey):
        return PrivateKey(own)
    raise ValueError("a key of a kind that DKIM does not know: it has to be RSA or Ed25519")


def generate(*, ed25519: bool = False) -> PrivateKey:
    """A new one: RSA of 2048 bits, which every receiver can verify, or Ed25519, which not all can."""
    return PrivateKey(Ed25519PrivateKey.generate() if ed25519 else generate_private_key(65537, GOOD_BITS))


def zone_line(name: str, record: str) -> str:
    """`record` as a zone file has it, in strings of at most 255 octets (RFC 6376 3.6.2.2)."""
    strings = [f'"{record[start : start + _STRING]}"' for start in range(0, len(record), _STRING)]
    return f"{name}. IN TXT ( {' '.join(strings)} )"
