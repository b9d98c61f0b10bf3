"""`digest dkim`: a key, and what makes letters signed with it; what `check --online` says of it."""

import re

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.app.house import furnished
from digest.cli import check_online
from digest.cli.dkim_findings import on_records
from digest.cli.dns import Unanswered
from digest.cli.findings import Verdict
from digest.mail.dkim_keys import generate, read
from digest.settings import load
from digest.store import Database


def joined(said: str) -> str:
    """The record that the line for the zone makes up."""
    return "".join(re.findall(r'"([^"$]*)"', next(line for line in said.splitlines() if " IN TXT " in line)))


@pytest.fixture
def records(office, monkeypatch):
    """What the DNS has, by name."""
    found = {}

    async def ask(name, kind):
        return found.get(name, [])

    monkeypatch.setattr(check_online.dns, "ask", ask)
    return found


def configure(office, *entries: str, sender: str = "digest@news.test") -> None:
    office.configure(
        mail=f"{{from: {sender}, smtp: {{host: 127.0.0.1, port: {office.mail.port}, security: none, timeout: 5s}}, "
        f"dkim: [{', '.join(entries)}]}}"
    )


def said_of_dkim(office, code: int = 0) -> list[str]:
    return [
        line for line in office.digest("check", "--online", code=code).stdout.splitlines() if "dkim" in line.lower()
    ]


@pytest.mark.parametrize("option", [(), ("--ed25519",)])
def test_with_what_it_says_letters_are_signed_and_believed(office, records, option):
    said = office.digest("dkim", "--selector", "s1", *option).stdout
    file = office.folder / "dkim-s1.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert 's1\n      key: "${file:dkim-s1.pem}"' in said
    assert "s1._domainkey.news.test. IN TXT (" in said
    records["s1._domainkey.news.test"] = [joined(said)]
    configure(office, '{selector: s1, key: "${file:dkim-s1.pem}"}')
    name = "s1._domainkey.news.test"
    assert said_of_dkim(office, 1) == [f"✓ ok     DKIM of news.test: {name} has the key that signs"]
    office.stock()
    office.join("ada@reader.example")
    office.digest("send", "daily", "--test", "ada@reader.example")
    ((_, message),) = office.mail.received
    assert dkim.verify(message, dnsfunc=lambda name, timeout=0: joined(said).encode())


def test_a_key_is_never_overwritten_and_may_be_written_elsewhere(office, tmp_path):
    elsewhere = tmp_path / "keys" / "mine.pem"
    elsewhere.parent.mkdir()
    said = office.digest("dkim", "--out", str(elsewhere)).stdout
    assert f'key: "${{file:{elsewhere.resolve()}}}"' in said
    before = elsewhere.read_text()
    assert joined(said) == read(before).record()
    assert "exists already" in office.digest("dkim", "--out", str(elsewhere), code=1).stderr
    assert elsewhere.read_text() == before
    assert not list(office.folder.glob("dkim*"))


@pytest.mark.parametrize("selector", ["", "a b", "../x", "a\nb", "x" * 64, "a/b", '"'])
def test_what_is_no_selector_is_refused_before_anything_is_written(office, selector):
    assert "not a selector" in office.digest("dkim", "--selector", selector, code=2).stderr
    assert not list(office.folder.glob("**/*.pem"))


async def test_a_record_that_is_wrong_is_told_with_what_to_do(office):
    (office.folder / "k.pem").write_text(generate(ed25519=True).pem)
    configure(office, '{selector: s1, key: "${file:k.pem}"}')
    house = furnished(office.config, load(office.config, {}), Database("sqlite://"))
    name = "s1._domainkey.news.test"
    record = read((office.folder / "k.pem").read_text()).record()

    async def found(*records):
        async def ask(asked, kind):
            assert (asked, kind) == (name, "TXT")
            if not all(records):
                raise Unanswered("timed out")
            return list(records)

        (finding,) = await on_records(house, ask)
        return finding

    for records, verdict, said in (
        ((), Verdict.WRONG, f"{name} has no record: add TXT {record}"),
        ((record, record), Verdict.WRONG, f"{name} has more than one record"),
        ((generate(ed25519=True).record(),), Verdict.WRONG, f"{name} is another key: the record has to be {record}"),
        (("v=DKIM1; k=ed25519; p=",), Verdict.WRONG, f"{name} is revoked"),
        (("",), Verdict.NOTE, f"{name} was not checked, because no resolver answered: timed out"),
        ((record,), Verdict.RIGHT, f"{name} has the key that signs"),
    ):
        finding = await found(*records)
        assert (finding.verdict, finding.subject) == (verdict, "DKIM of news.test")
        assert finding.text.startswith(said)
    house.database.close()


def test_a_key_that_cannot_sign_and_a_domain_that_is_not_the_senders_are_named(office, records):
    (office.folder / "k.pem").write_text(generate(ed25519=True).pem)
    configure(
        office,
        "{selector: s1, key: nonsense}",
        '{selector: s2, domain: other.test, key: "${file:k.pem}"}',
        '{selector: s3, domain: test, key: "${file:k.pem}"}',
    )
    lines = said_of_dkim(office, 1)
    assert [line.partition(": ")[0] for line in lines] == [
        "✗ wrong  mail.dkim[0].key",
        "✗ wrong  mail.dkim[1].domain",
        "✗ wrong  mail.dkim[2].domain",
    ]
    assert "not a private key in PEM" in lines[0]
    office.stock()
    office.join("ada@reader.example")
    refused = office.digest("send", "daily", "--test", "ada@reader.example", code=2).stderr
    assert "mail.dkim[0].key" in refused
    assert "mail.dkim[1].domain" in refused
    assert office.mail.received == []


def test_a_domain_above_the_senders_may_sign(office, records):
    (office.folder / "k.pem").write_text(generate(ed25519=True).pem)
    configure(office, '{selector: s1, domain: news.test, key: "${file:k.pem}"}', sender="digest@mail.news.test")
    records["s1._domainkey.news.test"] = [read((office.folder / "k.pem").read_text()).record()]
    assert said_of_dkim(office, 1)[0].startswith("✓ ok     DKIM of news.test")


def test_a_weak_key_is_noted(office, records):
    own = generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (office.folder / "k.pem").write_text(own)
    configure(office, '{selector: s1, key: "${file:k.pem}"}')
    records["s1._domainkey.news.test"] = [read(own).record()]
    first, second = said_of_dkim(office, 1)
    assert first == "! note   mail.dkim[0].key: is an RSA key of 1024 bits: make one of 2048 (RFC 8301 3.2)"
    assert second.startswith("✓ ok")
