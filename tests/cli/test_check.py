"""`digest check`: one line a finding, and an exit status that a script can use."""

import pytest

from digest.cli import check_online, dns
from digest.cli.dns import Unanswered, examine
from digest.cli.findings import Verdict


@pytest.fixture
def answers(monkeypatch):
    """`answers(records)`: what the DNS says, by name and type; None for no answer at all."""

    def say(records):
        async def ask(name, kind):
            if records is None:
                raise Unanswered("timed out")
            return records.get((name, kind), [])

        monkeypatch.setattr(check_online.dns, "ask", ask)
        return ask

    return say


GOOD = {
    ("news.test", "TXT"): ["v=spf1 include:_spf.relay.test -all", "other=1"],
    ("_dmarc.news.test", "TXT"): ["v=DMARC1; p=none"],
    ("news.test", "MX"): ["10 mail.news.test."],
}


def test_online_asks_each_feed_the_dns_and_the_mail_server(office, answers):
    answers(GOOD)
    out = office.digest("check", "--online").stdout
    assert "✓ ok     feed wire: 2 articles" in out
    assert "✓ ok     SPF of news.test" in out
    assert f"✓ ok     mail server: 127.0.0.1:{office.mail.port}" in out
    assert office.mail.received == []
    assert not (office.folder / "digest.db").exists()


def test_what_is_wrong_outside_ends_with_one(office, answers):
    answers({})
    office.feeds.clear_all_handlers()
    office.mail.port = 1
    office.configure()
    out = office.digest("check", "--online", code=1).stdout
    assert "✗ wrong  feed wire" in out
    assert "✗ wrong  mail server" in out
    assert "✗ wrong  SPF of news.test" in out


def test_no_resolver_is_said_and_is_no_failure(office, answers):
    answers(None)
    assert "were not checked, because no resolver answered: timed out" in office.digest("check", "--online").stdout


@pytest.mark.parametrize(
    ("change", "subject", "verdict"),
    [
        ({}, "SPF", Verdict.RIGHT),
        ({("news.test", "TXT"): ["v=spf10 x"]}, "SPF", Verdict.WRONG),
        ({("news.test", "TXT"): ["v=spf1 -all", "v=spf1 a -all"]}, "SPF", Verdict.WRONG),
        ({("news.test", "TXT"): ["v=spf1 +all"]}, "SPF", Verdict.WRONG),
        ({("_dmarc.news.test", "TXT"): []}, "DMARC", Verdict.WRONG),
        ({("_dmarc.news.test", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "DMARC", Verdict.WRONG),
        ({("news.test", "MX"): []}, "MX", Verdict.NOTE),
        ({("news.test", "MX"): ["0 ."]}, "MX", Verdict.WRONG),
        ({}, "DKIM", Verdict.NOTE),
    ],
)
async def test_the_dns_is_judged(answers, change, subject, verdict):
    findings = await examine("news.test", answers(GOOD | change))
    assert {finding.subject: finding.verdict for finding in findings}[f"{subject} of news.test"] is verdict


async def test_a_resolver_that_cannot_be_reached_is_unanswered(monkeypatch):
    resolver = dns.dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], 9, 0.3
    monkeypatch.setattr(dns.dns.resolver, "default_resolver", resolver, raising=False)
    monkeypatch.setattr(dns.dns.asyncresolver, "default_resolver", resolver)
    monkeypatch.setattr(dns, "_PATIENCE", 0.3)
    with pytest.raises(Unanswered):
        await dns.ask("news.test", "TXT")


def test_a_missing_or_short_secret_is_wrong(office):
    office.configure(site='{url: "https://news.test"}')
    assert "✗ wrong  secret" in office.digest("check", code=1).stdout
    office.configure(site='{url: "https://news.test", secret: short}')
    assert "fewer than 16" in office.digest("check", code=1).stdout


def test_an_outdated_or_unusable_database_is_wrong(office):
    office.digest("db", "upgrade")
    assert "✓ ok     database" in office.digest("check").stdout
    (office.folder / "digest.db").write_bytes(b"no database at all" * 1000)
    assert "✗ wrong  database" in office.digest("check", code=1).stdout


def test_mistakes_in_the_configuration_end_with_two(office):
    office.configure(categories="[]")
    assert "categories" in office.digest("check", code=2).stderr


def test_a_schedule_that_names_no_moment_is_wrong(office):
    office.configure(newsletters='{daily: {schedule: {cron: "0 7 29 2 *"}}}')
    assert "names no moment" in office.digest("check", code=1).stdout


def test_a_category_that_no_newsletter_carries_is_noted(office):
    office.configure(newsletters="{daily: {categories: [world]}}")
    out = office.digest("check").stdout
    assert "! note   category sport: is in no newsletter" in out
    assert "category world" not in out


def test_http_is_noted(office):
    office.configure(site='{url: "http://news.test", secret: "a secret that is long enough"}')
    assert "! note   site.url: is http" in office.digest("check").stdout
