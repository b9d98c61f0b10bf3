"""Providers' reports are believed by their proof alone, and count once."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from digest.app.house import open_house
from digest.model import SuppressionReason
from digest.store import suppressions
from digest.web.hooks import Hooks
from tests.web.conftest import CONFIG

ADA = "ada@reader.example"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
PLACE = "https://sns.eu-west-1.amazonaws.com/cert.pem"
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def _public() -> str:
    der = EC.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=999))
    return made.sign(RSA, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def hooked(tmp_path, clock, postbox, subscribed, house):
    """The pages of a house that listens to all providers; and what it fetched."""
    subscribed(ADA)
    hooks = (
        'bounces: {{hooks: {{postmark: "pm:secret", brevo: "br:secret", mailgun: key, '
        f'sendgrid: "{_public()}", ses: "{TOPIC}"' + "}}}}, "
    )
    path = tmp_path / "digest.yaml"
    path.write_text(CONFIG.replace("mail: {{", "mail: {{" + hooks).format(port=postbox.port), encoding="utf-8")
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return _certificate()

    with open_house(path, environ={}, clock=clock) as listening:
        app = Starlette(routes=Hooks(listening, fetch).routes())
        with TestClient(app) as client:
            client.fetched = fetched
            yield client


def barred(house):
    found = house.database.call(suppressions.find, ADA)
    return found.reason if found else None


POSTMARK = {"RecordType": "Bounce", "Type": "HardBounce", "Email": ADA}
BREVO = {"event": "spam", "email": ADA}


@pytest.mark.parametrize(("name", "user", "event"), [("postmark", "pm", POSTMARK), ("brevo", "br", BREVO)])
def test_who_signs_in_is_believed_and_nobody_else(hooked, house, name, user, event):
    assert hooked.post(f"/hooks/{name}", json=event).status_code == 403
    assert hooked.post(f"/hooks/{name}", json=event, auth=(user, "guess")).status_code == 403
    assert barred(house) is None
    assert hooked.post(f"/hooks/{name}", json=event, auth=(user, "secret")).status_code == 200
    assert barred(house) in (SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT)


def test_mailgun_is_believed_by_its_signature(hooked, house):
    event = {
        "event-data": {"event": "complained", "recipient": ADA},
        "signature": {"timestamp": "1700000000", "token": "t", "signature": "00"},
    }
    assert hooked.post("/hooks/mailgun", json=event).status_code == 403
    event["signature"]["signature"] = hmac.new(b"key", b"1700000000t", hashlib.sha256).hexdigest()
    assert hooked.post("/hooks/mailgun", json=event).status_code == 200
    assert barred(house) is SuppressionReason.COMPLAINT


def test_sendgrid_is_believed_by_its_signature_over_time_and_body(hooked, house):
    body = json.dumps([{"event": "bounce", "email": ADA, "status": "5.1.1", "type": "bounce"}]).encode()
    signature = base64.b64encode(EC.sign(b"1700000000" + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": "1700000000",
    }
    assert hooked.post("/hooks/sendgrid", content=body + b" ", headers=headers).status_code == 403
    assert hooked.post("/hooks/sendgrid", content=body).status_code == 403
    assert barred(house) is None
    assert hooked.post("/hooks/sendgrid", content=body, headers=headers).status_code == 200
    assert barred(house) is SuppressionReason.BOUNCE


def sns(**changed: str) -> dict[str, str]:
    event = {
        "notificationType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ADA, "status": "5.1.1"}]},
    }
    message = {
        "Type": "Notification",
        "MessageId": "1",
        "TopicArn": TOPIC,
        "Message": json.dumps(event),
        "Timestamp": "2026-01-01T00:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": PLACE,
        **changed,
    }
    fields = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{message[name]}\n" for name in fields if name in message)
    signature = RSA.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {**message, "Signature": base64.b64encode(signature).decode()}


@pytest.mark.parametrize(
    "forged",
    [
        {**sns(), "Message": "{}"},
        sns(TopicArn="arn:aws:sns:eu-west-1:999:other"),
        sns(SigningCertURL="https://sns.eu-west-1.amazonaws.com.evil.example/cert.pem"),
        sns(SigningCertURL="https://evil.example/sns.eu-west-1.amazonaws.com/cert.pem"),
        sns(SigningCertURL="http://sns.eu-west-1.amazonaws.com/cert.pem"),
        sns(SigningCertURL="https://a@sns.eu-west-1.amazonaws.com/cert.pem"),
        {**sns(), "Signature": "!"},
        {},
        [],
    ],
    ids=["changed", "another topic", "another host", "another path", "in clear", "userinfo", "junk", "empty", "list"],
)
def test_sns_is_believed_by_amazons_certificate_and_our_topic_alone(hooked, house, forged):
    assert hooked.post("/hooks/ses", json=forged).status_code == 403
    assert barred(house) is None


def test_what_sns_delivers_is_done_and_a_topic_that_asks_is_answered(hooked, house):
    assert hooked.post("/hooks/ses", json=sns()).status_code == 200
    assert barred(house) is SuppressionReason.BOUNCE
    asks = sns(
        Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.eu-west-1.amazonaws.com/?Action=Confirm"
    )
    assert hooked.post("/hooks/ses", json=asks).status_code == 200
    assert hooked.fetched[-1] == "https://sns.eu-west-1.amazonaws.com/?Action=Confirm"


def test_a_hook_that_is_not_configured_is_not_there(house):
    with TestClient(Starlette(routes=Hooks(house).routes())) as client:
        assert {client.post(f"/hooks/{name}", json={}).status_code for name in ("postmark", "ses", "other")} == {404}


def test_what_is_no_json_is_refused(hooked):
    assert hooked.post("/hooks/postmark", content=b"{", auth=("pm", "secret")).status_code == 400
    assert hooked.post("/hooks/postmark", content=b"x" * 1_000_001, auth=("pm", "secret")).status_code == 413
