"""Whether a report that was posted is the provider's: each shows it in a way of its own.

Amazon SNS signs with a certificate, SendGrid with a key, Mailgun with a secret; Postmark and Brevo sign in.
"""

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

#: What fetches a certificate, of an address that was checked.
Fetch = Callable[[str], bytes]

_AMAZON = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?")
#: The fields that SNS signs, in order, of each type of message.
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class Unproven(ValueError):
    """It is not shown that the report is the provider's."""


def basic(expected: str, authorization: str) -> None:
    """HTTP Basic (RFC 7617) with `expected`, NAME:PASSWORD. Raises Unproven."""
    scheme, _, given = authorization.partition(" ")
    try:
        found = b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if scheme.lower() != "basic" or not hmac.compare_digest(found, expected.encode()):
        raise Unproven("wrong name or password")


def mailgun(key: str, event: object) -> None:
    """The HMAC over time and token that the body holds. Raises Unproven."""
    found = event.get("signature") if isinstance(event, dict) else None
    signed = found if isinstance(found, dict) else {}
    text = f"{signed.get('timestamp', '')}{signed.get('token', '')}"
    own = hmac.new(key.encode(), text.encode("utf-8", "replace"), sha256).hexdigest()
    if not hmac.compare_digest(own.encode(), str(signed.get("signature", "")).encode("utf-8", "replace")):
        raise Unproven("wrong signature")


def sendgrid(key: str, headers: Mapping[str, str], body: bytes) -> None:
    """The signed event webhook: ECDSA over time and body. Raises Unproven."""
    signature = headers.get("x-twilio-email-event-webhook-signature", "")
    moment = headers.get("x-twilio-email-event-webhook-timestamp", "")
    try:
        public = load_der_public_key(b64decode(key))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise Unproven("mail.bounces.hooks.sendgrid is no key of the signed event webhook")
        public.verify(b64decode(signature), moment.encode() + body, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Unproven("wrong signature") from error


def sns(topic: str, message: Mapping[str, Any], fetch: Fetch) -> None:
    """Signature versions 1 and 2 of SNS, of one topic alone. Raises Unproven."""
    fields = _SIGNED.get(str(message.get("Type")))
    if fields is None or message.get("TopicArn") != topic:
        raise Unproven("not of the topic that mail.bounces.hooks.ses names")
    place = str(message.get("SigningCertURL", ""))
    if not is_amazon(place) or not urlsplit(place).path.endswith(".pem"):
        raise Unproven("the certificate is not Amazon's")
    text = "".join(f"{name}\n{message[name]}\n" for name in fields if name in message)
    chosen = SHA256() if message.get("SignatureVersion") == "2" else SHA1()  # noqa: S303 - what version 1 is
    try:
        public = x509.load_pem_x509_certificate(fetch(place)).public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise Unproven("the certificate is not Amazon's")
        public.verify(b64decode(str(message.get("Signature", ""))), text.encode(), padding.PKCS1v15(), chosen)
    except (InvalidSignature, binascii.Error, ValueError, OSError) as error:
        raise Unproven("wrong signature") from error


def is_amazon(url: str) -> bool:
    """Whether `url` is one of SNS."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.username is None and bool(_AMAZON.fullmatch(parts.netloc))
