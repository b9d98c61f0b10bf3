"""What providers post becomes notices; what is not understood becomes none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.returns import Kind, providers

ADA = "ada@reader.example"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["bounce", "complaint", "mail", "bouncedRecipients", "event", "event-data", "signature", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
CASES = {
    "ses": (
        providers.ses,
        {
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": ADA, "status": "5.1.1", "diagnosticCode": "smtp; 550 unknown"}],
            },
        },
        {
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Transient",
                "bounceSubType": "MailboxFull",
                "bouncedRecipients": [{"emailAddress": ADA}],
            },
        },
        {"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": ADA}]}},
    ),
    "postmark": (
        providers.postmark,
        {"RecordType": "Bounce", "Type": "HardBounce", "Email": ADA},
        {"RecordType": "Bounce", "Type": "SoftBounce", "Email": ADA},
        {"RecordType": "SpamComplaint", "Email": ADA},
    ),
    "sendgrid": (
        providers.sendgrid,
        [{"event": "bounce", "email": ADA, "status": "5.1.1", "type": "bounce"}],
        [{"event": "bounce", "email": ADA, "status": "5.7.1", "type": "blocked"}],
        [{"event": "spamreport", "email": ADA}],
    ),
    "mailgun": (
        providers.mailgun,
        {"event-data": {"event": "failed", "severity": "permanent", "reason": "bounce", "recipient": ADA}},
        {"event-data": {"event": "failed", "severity": "temporary", "reason": "generic", "recipient": ADA}},
        {"event-data": {"event": "complained", "recipient": ADA}},
    ),
    "brevo": (
        providers.brevo,
        {"event": "hard_bounce", "email": ADA},
        {"event": "soft_bounce", "email": ADA},
        {"event": "spam", "email": ADA},
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_provider_tells_dead_full_and_angry_apart(name):
    reader, dead, full, angry = CASES[name]
    found = [reader(event) for event in (dead, full, angry)]
    assert [[(it.kind, it.recipient, it.permanent) for it in each] for each in found] == [
        [(Kind.BOUNCE, ADA, True)],
        [(Kind.BOUNCE, ADA, False)],
        [(Kind.COMPLAINT, ADA, False)],
    ]


@pytest.mark.parametrize("name", sorted(CASES))
@given(event=JSON)
def test_no_event_raises(name, event):
    assert isinstance(CASES[name][0](event), tuple)
