"""As whom we write, and where answers, bounces and clicks go."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from digest.mail.compose import Envelope, Personal, message_identity
from digest.mail.dkim import DomainKey
from digest.mail.returns.verp import Verp
from digest.mail.tokens import Purpose, Signer
from digest.model import Format, Letter, Mailbox, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The publisher as a correspondent."""

    site: Site
    mailbox: Mailbox
    return_path: str
    signer: Signer
    reply_to: str = ""
    #: Each signs every message; none where the relay does.
    keys: tuple[DomainKey, ...] = ()
    #: Gives each message a return path of its own; None: they share one.
    verp: Verp | None = None

    def return_path_of(self, delivery: int) -> str:
        """Where a delivery's bounces go."""
        return self.verp.address_of(delivery) if self.verp else self.return_path

    def envelope(self, newsletter: str, title: str, date: datetime, *, test: bool = False) -> Envelope:
        """What every message of one letter of `newsletter` says."""
        host = urlsplit(self.site.url).hostname or "localhost"
        return Envelope(
            sender=self.mailbox,
            return_path=self.return_path,
            reply_to=self.reply_to,
            list_name=title,
            list_id=f"{newsletter}.{host}",
            date=date,
            message_domain=self.mailbox.address.rpartition("@")[2],
            test=test,
            keys=self.keys,
        )

    def personal(
        self, letter: Letter, delivery: int, subscription: int, to: Mailbox, form: Format = Format.HTML
    ) -> Personal:
        """What one recipient's message says. The same for every try of one delivery."""
        leave = f"{self.site.url}/leave/{self.signer.sign(Purpose.LEAVE, subscription)}"
        return Personal(
            address=to.address,
            name=to.name,
            message_id=message_identity(letter.nonce, delivery, self.mailbox.address.rpartition("@")[2]),
            leave_url=leave,
            choose_url=f"{self.site.url}/choose/{self.signer.sign(Purpose.CHOOSE, subscription)}",
            one_click_url=leave,
            format=form,
        )
