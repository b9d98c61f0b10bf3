"""How mail that comes back is received, and what becomes of it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from digest.settings import kinds
from digest.settings.group import Group
from digest.settings.kinds import Between, Follows


class ImapSettings(Group):
    """A mailbox that bounces come to."""

    host: kinds.Host = Field(description="The server's name.")
    port: int = Field(default=993, ge=1, le=65535, description="993 for `tls`, usually 143 for `starttls`.")
    security: Literal["tls", "starttls"] = Field(default="tls", description="How the connection is secured.")
    username: kinds.Line = Field(description="The name to sign in with.")
    password: kinds.Secret = Field(description="Write `${IMAP_PASSWORD}` or `${file:/run/secrets/imap}`.")
    folder: kinds.Line = Field(default="INBOX", description="Where they lie; those that are read are marked as seen.")


class HookSettings(Group):
    """What providers prove with that a report is theirs; those that are not set are not listened to."""

    postmark: kinds.Secret = Field(
        default=SecretStr(""), description="`NAME:PASSWORD`, as in the address of the webhook: it signs in with that."
    )
    brevo: kinds.Secret = Field(default=SecretStr(""), description="`NAME:PASSWORD`, likewise.")
    mailgun: kinds.Secret = Field(default=SecretStr(""), description="The webhook signing key.")
    sendgrid: kinds.Line = Field(default="", description="The public key of the signed event webhook.")
    ses: kinds.Line = Field(default="", description="The ARN of the SNS topic: no other is believed.")


class BouncesSettings(Group):
    """Mail that comes back: how it is received, and when an address is given up."""

    verp: bool = Field(
        default=False,
        description="Whether each message has a return path of its own, `NAME+NUMBER-SIGNATURE@DOMAIN` of"
        " `mail.return_path`: its mailbox must take such addresses. Bounces without one are not believed then.",
    )
    maildir: Annotated[Path | None, Follows("none")] = Field(
        default=None, description="A Maildir that they come to; those that are read are moved to `cur`."
    )
    imap: Annotated[ImapSettings | None, Follows("none")] = Field(default=None, description="A mailbox they come to.")
    listen: Annotated[kinds.Listen | None, Follows("none")] = Field(
        default=None, description="Where a mail server of your own hands them over; it is not for the open web."
    )
    protocol: Literal["lmtp", "smtp"] = Field(default="lmtp", description="What is spoken there.")
    every: Annotated[kinds.Duration, Between("10s", "1d")] = Field(
        default=timedelta(minutes=2), description="How often is looked there."
    )
    after: int = Field(
        default=5, ge=1, le=100, description="On how many days mail has to come back, if not for good, to give up."
    )
    within: Annotated[kinds.Duration, Between("1d", "365d")] = Field(
        default=timedelta(days=30), description="Within this time."
    )
    hooks: HookSettings = Field(default_factory=HookSettings, description="Reports that providers post.")
