"""Variable envelope return paths: each message comes back to an address that says which delivery it was, signed."""

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256

from digest.errors import UsageError

#: Octets of the HMAC that are kept: 80 bits. Whoever guesses can only have one delivery looked at as bounced.
_KEPT = 10
#: RFC 5321 4.5.3.1.1 allows 64 octets, and the number and the signature take up to 37.
_LONGEST_LOCAL = 27
#: Numbers from here on are those of subscriptions, for mails that belong to no delivery.
_SUBSCRIPTIONS = 1 << 62
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


class Verp:
    """Makes and reads return paths ``NAME+NUMBER-SIGNATURE@DOMAIN``, in lower case, as servers may fold it."""

    def __init__(self, address: str, secrets: Sequence[str]) -> None:
        """`address` is where bounces go; `secrets`, newest first: the first signs, all are read.

        Raises UsageError where the address leaves no room.
        """
        self._local, _, self._domain = address.rpartition("@")
        if len(self._local) > _LONGEST_LOCAL:
            raise UsageError(
                f"mail.bounces.verp: {address} has more than {_LONGEST_LOCAL} characters before the at sign, which"
                " leaves no room for a number and a signature: choose a shorter mail.return_path"
            )
        self._keys = [hmac.new(secret.encode(), b"digest.verp", sha256) for secret in secrets]

    def address_of(self, delivery: int) -> str:
        """The return path of one delivery; its local part has 64 octets at most."""
        return f"{self._local}+{delivery}-{_signature(self._keys[0], delivery)}@{self._domain}"

    def address_of_subscription(self, subscription: int) -> str:
        """The return path of a mail to a reader that belongs to no delivery."""
        return self.address_of(_SUBSCRIPTIONS + subscription)

    def delivery_of(self, address: str) -> int | None:
        """The delivery whose return path `address` is; None where we did not sign it. In time that says nothing."""
        local = address.strip().strip("<>").rpartition("@")[0].lower()
        prefix = f"{self._local.lower()}+"
        if not local.startswith(prefix):
            return None
        number, _, signature = local.removeprefix(prefix).partition("-")
        if not _NUMBER.fullmatch(number):
            return None
        given = signature.encode("utf-8", "replace")
        own = [hmac.compare_digest(_signature(key, int(number)).encode(), given) for key in self._keys]
        return int(number) if any(own) else None


def subscription_in(delivery: int | None) -> int | None:
    """The subscription that a number of `Verp.delivery_of` stands for; None where it is a delivery."""
    return delivery - _SUBSCRIPTIONS if delivery is not None and delivery >= _SUBSCRIPTIONS else None


def _signature(key: "hmac.HMAC", delivery: int) -> str:
    made = key.copy()
    made.update(str(delivery).encode())
    return b32encode(made.digest()[:_KEPT]).decode("ascii").lower()
