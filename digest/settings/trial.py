"""An operator's settings, made safe to play with: another database, another relay, links that no real reader has."""

from pathlib import Path

from pydantic import SecretStr

from digest.settings import nouns
from digest.settings.schema import Settings, Smtp
from digest.settings.values import Endpoint


def on_trial(settings: Settings, *, database: Path, relay: Endpoint, url: str, secret: str) -> Settings:
    """`settings` with everything replaced that could be changed or reached by a trial.

    `relay` is spoken to in clear, without signing in; `url` is where the pages of the trial are; with a `secret` of
    its own, a link from the trial means nothing to the real service. The feeds, the newsletters, the look and whom
    letters come from stay.
    """
    site = settings.site.model_copy(
        update={
            # The default name follows the address.
            "name": nouns.site(settings).name,
            "url": url,
            "secret": SecretStr(secret),
            "old_secrets": (),
        }
    )
    # Over one connection its few mails arrive in a known order.
    smtp = Smtp(host=relay.host, port=relay.port, security="none", connections=1)
    mail = settings.mail.model_copy(update={"smtp": smtp, "relays": (), "domains": {}, "dkim": ()})
    place = SecretStr(f"sqlite:///{database.absolute()}")
    return settings.model_copy(update={"site": site, "mail": mail, "database": place})
