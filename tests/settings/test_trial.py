"""Settings on trial: nothing real is left in them that could be changed, reached or clicked on."""

from pathlib import Path
from typing import Any

import pytest

from digest.settings import Settings, nouns
from digest.settings.trial import on_trial
from digest.settings.values import Endpoint

URL = "http://127.0.0.1:8080"


@pytest.fixture
def real(folder: Any) -> Settings:
    """An operator's settings with everything in them that a trial must not use."""
    loaded: Settings = folder.load(
        site='{url: "https://news.example", secret: "the real secret", old_secrets: ["an older one"]}',
        database="postgresql://digest:hunter2@db.example/digest",
        mail="{from: digest@news.example, smtp: {host: mail.example, username: digest, password: hunter2, rate: 1/h},"
        " relays: [{host: spare.example}], domains: {x.example: {rate: 1/h}}, dkim: [{selector: s, key: secret}]}",
    )
    return loaded


@pytest.fixture
def trial(real: Settings, tmp_path: Path) -> Settings:
    relay = Endpoint("127.0.0.1", 2525)
    return on_trial(real, database=tmp_path / "trial.db", relay=relay, url=URL, secret="of the trial")


def test_the_database_is_the_trials(trial: Settings, tmp_path: Path) -> None:
    assert trial.database.get_secret_value() == f"sqlite:///{tmp_path / 'trial.db'}"


def test_the_relay_is_the_trials_and_never_sees_a_password(trial: Settings) -> None:
    smtp = trial.mail.smtp
    assert (smtp.host, smtp.port, smtp.security, smtp.username) == ("127.0.0.1", 2525, "none", "")
    assert smtp.password.get_secret_value() == ""
    assert smtp.rate == ()
    assert (trial.mail.relays, trial.mail.domains, trial.mail.dkim) == ((), {}, ())


def test_links_are_the_trials_and_signed_with_no_secret_of_the_service(trial: Settings) -> None:
    assert trial.site.url == URL
    assert trial.site.secret.get_secret_value() == "of the trial"
    assert trial.site.old_secrets == ()


def test_what_readers_see_stays(real: Settings, trial: Settings) -> None:
    assert nouns.feeds(trial) == nouns.feeds(real)
    assert nouns.newsletters(trial) == nouns.newsletters(real)
    assert nouns.sender(trial) == nouns.sender(real)


def test_a_name_that_follows_the_address_is_still_the_real_ones(trial: Settings) -> None:
    assert nouns.site(trial).name == "news.example"


def test_the_real_settings_are_left_as_they_are(real: Settings, trial: Settings) -> None:
    assert trial is not real
    assert real.site.url == "https://news.example"
    assert real.mail.smtp.host == "mail.example"
