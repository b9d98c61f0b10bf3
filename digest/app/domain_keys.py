"""The keys of `mail.dkim`, read and found fit to sign for the sender's domain."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.errors import ConfigurationError, Problem
from digest.mail import dkim_keys
from digest.mail.dkim import DomainKey
from digest.mail.dkim_keys import PrivateKey
from digest.settings import Settings, nouns
from digest.settings.schema import DkimSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One entry of `mail.dkim`."""

    #: As in ``mail.dkim[0]``.
    key_path: str
    domain: str
    selector: str
    private: PrivateKey

    @property
    def name(self) -> str:
        """Where the public half stands in the DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def signing(self) -> DomainKey:
        return self.private.domain_key(self.domain, self.selector)


def configured(settings: Settings) -> tuple[Configured, ...]:
    """All of them. Raises ConfigurationError, which names every one that cannot sign."""
    found = [_read(settings, place, own) for place, own in enumerate(settings.mail.dkim)]
    problems = [problem for either in found if not isinstance(either, Configured) for problem in either]
    if problems:
        raise ConfigurationError(problems)
    return tuple(each for each in found if isinstance(each, Configured))


def signing(settings: Settings) -> tuple[DomainKey, ...]:
    """What signs each message. Raises ConfigurationError."""
    return tuple(each.signing for each in configured(settings))


def _read(settings: Settings, place: int, own: DkimSettings) -> Configured | list[Problem]:
    path, sender = f"mail.dkim[{place}]", sender_domain(settings)
    domain = own.domain or sender
    problems = list(_alignment(path, domain, sender))
    try:
        private = dkim_keys.read(own.key.get_secret_value())
    except ValueError as error:
        return [*problems, Problem(str(error), key=f"{path}.key", hint="`digest dkim` makes a key")]
    return problems or Configured(key_path=path, domain=domain, selector=own.selector, private=private)


def _alignment(path: str, domain: str, sender: str) -> Iterator[Problem]:
    """What signs for another domain than the sender's, or one above it, is of no use to DMARC (RFC 7489 3.1.1)."""
    if sender != domain and not (sender.endswith(f".{domain}") and "." in domain):
        yield Problem(
            f"{domain} is neither the domain of mail.from, {sender}, nor one above it: receivers would not count it",
            key=f"{path}.domain",
            hint=f"leave it away to sign for {sender}",
        )


def sender_domain(settings: Settings) -> str:
    """The domain that letters come from, in A-labels."""
    return nouns.sender(settings).address.rpartition("@")[2].lower()
