"""Signed tokens for the links in mails: which subscription a link is for, and what it may do."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from itsdangerous import BadSignature, HMACAlgorithm
from itsdangerous import Signer as _Signer
from itsdangerous.encoding import base64_decode, base64_encode

from digest.errors import TokenError, UsageError

#: Octets of the HMAC that are kept: 144 bits, above the half that RFC 2104 section 5 asks for, and no spare bits in
#: base64, so that no other spelling of a signature is valid.
_KEPT = 18
_FORGED = "this link is not valid: it may have been cut short or changed on its way"


class Purpose(StrEnum):
    """What a link may do; a token for one purpose is refused for every other."""

    #: Leave a newsletter.
    LEAVE = "leave"
    #: See and change one's own choices.
    CHOOSE = "choose"
    #: Confirm a subscription.
    CONFIRM = "confirm"
    #: See and change what is known of oneself.
    OWN = "own"
    #: Confirm a new address.
    MOVE = "move"
    #: Decide about an edition that is to be reviewed.
    RELEASE = "release"
    #: Show when a form was opened.
    FORM = "form"


#: These grow old.
_TIMED = frozenset({Purpose.CONFIRM, Purpose.OWN, Purpose.MOVE})


class _Short(HMACAlgorithm):
    """HMAC-SHA256, truncated."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:_KEPT]


class Signer:
    """Makes and reads tokens: numbers, a dot between them, and a signature with a key of its own for each purpose.

    A token is URL-safe and, for two numbers of ten digits, 46 characters long.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """`secrets`, newest first: the first signs, all are read. Raises UsageError where there is none or an empty."""
        if not secrets or not all(secret.strip() for secret in secrets):
            raise UsageError(
                "the secret that signs the links is empty: set it to a long random text, as from"
                ' `python -c "import secrets; print(secrets.token_urlsafe(32))"`'
            )
        self._signers = {
            purpose: _Signer(
                list(reversed(secrets)),
                salt=f"digest.{purpose.value}",
                key_derivation="hmac",
                digest_method=sha256,
                algorithm=_Short(sha256),
            )
            for purpose in Purpose
        }
        # Deriving the key took most of the time of a signature: each is derived once, and its HMAC copied.
        self._keyed = {purpose: hmac.new(own.derive_key(), digestmod=sha256) for purpose, own in self._signers.items()}

    def sign(self, purpose: Purpose, *numbers: int, now: datetime | None = None) -> str:
        """A token for `numbers`, none negative. `now` is given for what grows old, and for nothing else."""
        if (now is not None) != (purpose in _TIMED):
            raise ValueError(f"a token to {purpose} is signed {'with' if now is None else 'without'} a time")
        moment = () if now is None else (int(now.timestamp()),)
        if not numbers or min(numbers) < 0:
            raise ValueError(f"not what a token can hold: {numbers}")
        payload = ".".join(map(str, numbers + moment))
        signature = self._keyed[purpose].copy()
        signature.update(payload.encode("ascii"))
        return f"{payload}.{urlsafe_b64encode(signature.digest()[:_KEPT]).decode('ascii')}"

    def read(
        self, purpose: Purpose, token: str, *, now: datetime | None = None, max_age: timedelta | None = None
    ) -> tuple[int, ...]:
        """The numbers that were signed. `now` and `max_age` are given for what grows old, and for nothing else.

        Raises TokenError where the token is forged, changed, for another purpose, or too old.
        """
        if (now is None or max_age is None) == (purpose in _TIMED):
            raise ValueError(f"a token to {purpose} is read {'with' if purpose in _TIMED else 'without'} time and age")
        numbers = self._verified(purpose, token)
        if now is None or max_age is None:
            return numbers
        if now.timestamp() - numbers[-1] > max_age.total_seconds():
            raise TokenError("this link is too old: ask for a new one")
        return numbers[:-1]

    def _verified(self, purpose: Purpose, token: str) -> tuple[int, ...]:
        try:
            payload = self._signers[purpose].unsign(token.encode("ascii"))
            signature = token.rpartition(".")[2].encode("ascii")
            # Python's base64 leaves out what is not of its alphabet: only the one spelling that we write counts.
            canonical = base64_encode(base64_decode(signature)) == signature
        except (BadSignature, UnicodeEncodeError) as error:
            raise TokenError(_FORGED) from error
        if not canonical:
            raise TokenError(_FORGED)
        return tuple(int(number) for number in payload.split(b"."))
