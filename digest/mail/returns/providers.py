"""What providers post when mail comes back: SES, Postmark, SendGrid, Mailgun, Brevo. Pure; proofs are in `web`."""

from collections.abc import Mapping
from typing import Any

from digest.mail.returns.notices import Kind, Notice


def ses(event: object) -> tuple[Notice, ...]:
    """A notification of Amazon SES, as SNS delivers it."""
    if not isinstance(event, dict):
        return ()
    kind = str(event.get("notificationType") or event.get("eventType") or "").lower()
    identity = _text(_dict(event.get("mail")), "messageId")
    if kind == "bounce":
        body = _dict(event.get("bounce"))
        gone = body.get("bounceType") == "Permanent" and body.get("bounceSubType") not in {
            "ContentRejected",
            "AttachmentRejected",
        }
        return tuple(
            Notice(
                kind=Kind.BOUNCE,
                recipient=_text(each, "emailAddress"),
                permanent=gone,
                code=_text(each, "status"),
                reason=_text(each, "diagnosticCode") or f"{body.get('bounceType')} {body.get('bounceSubType')}",
                message_id=identity,
            )
            for each in _dicts(body.get("bouncedRecipients"))
        )
    if kind == "complaint":
        body = _dict(event.get("complaint"))
        reason = f"complaint: {_text(body, 'complaintFeedbackType') or 'abuse'}"
        return tuple(
            Notice(kind=Kind.COMPLAINT, recipient=_text(each, "emailAddress"), reason=reason, message_id=identity)
            for each in _dicts(body.get("complainedRecipients"))
        )
    return ()


#: Types of Postmark's bounces that say that the address is dead.
_POSTMARK_GONE = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated"})


def postmark(event: object) -> tuple[Notice, ...]:
    """Postmark's webhooks for bounces, complaints and changes of a subscription."""
    found = _dict(event)
    record, who = _text(found, "RecordType"), _text(found, "Email") or _text(found, "Recipient")
    reason = _text(found, "Details") or _text(found, "Description")
    if record == "SpamComplaint" or _text(found, "Type") == "SpamComplaint":
        return (Notice(kind=Kind.COMPLAINT, recipient=who, reason="complaint: Postmark"),)
    if record == "Bounce":
        gone = _text(found, "Type") in _POSTMARK_GONE
        return (Notice(kind=Kind.BOUNCE, recipient=who, permanent=gone, reason=reason or _text(found, "Type")),)
    return ()


def sendgrid(event: object) -> tuple[Notice, ...]:
    """SendGrid's event webhook: a list of events."""
    notices = []
    for each in _dicts(event):
        kind, who, reason = _text(each, "event"), _text(each, "email"), _text(each, "reason")
        if kind == "spamreport":
            notices.append(Notice(kind=Kind.COMPLAINT, recipient=who, reason="complaint: SendGrid"))
        elif kind == "bounce":
            gone = _text(each, "type") != "blocked" and _text(each, "status").startswith("5")
            notices.append(
                Notice(kind=Kind.BOUNCE, recipient=who, permanent=gone, code=_text(each, "status"), reason=reason)
            )
    return tuple(notices)


def mailgun(event: object) -> tuple[Notice, ...]:
    """Mailgun's webhooks; `event` is the whole body."""
    found = _dict(_dict(event).get("event-data"))
    kind, who = _text(found, "event"), _text(found, "recipient")
    status = _dict(found.get("delivery-status"))
    if kind == "complained":
        return (Notice(kind=Kind.COMPLAINT, recipient=who, reason="complaint: Mailgun"),)
    if kind == "failed":
        # "suppress-bounce" and the like: refused for what was known before, which the reason says.
        gone = _text(found, "severity") == "permanent" and _text(found, "reason") in {"bounce", "suppress-bounce"}
        reason = _text(status, "message") or _text(status, "description") or _text(found, "reason")
        return (
            Notice(kind=Kind.BOUNCE, recipient=who, permanent=gone, code=_text(status, "enhanced-code"), reason=reason),
        )
    return ()


def brevo(event: object) -> tuple[Notice, ...]:
    """Brevo's transactional webhooks."""
    found = _dict(event)
    kind, who, reason = _text(found, "event"), _text(found, "email"), _text(found, "reason")
    if kind in {"complaint", "spam"}:
        return (Notice(kind=Kind.COMPLAINT, recipient=who, reason="complaint: Brevo"),)
    if kind in {"hard_bounce", "invalid_email", "soft_bounce"}:
        return (Notice(kind=Kind.BOUNCE, recipient=who, permanent=kind != "soft_bounce", reason=reason or kind),)
    return ()


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name, "")
    return str(value)[:1000] if isinstance(value, str | int) else ""
