"""Letters are looked over as they would be sent: a reader's, or a made-up one; our own looks have no errors."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.app.house import House, furnished
from digest.app.linting import lint_message, lint_sample, lint_stranger
from digest.editions.lint import Severity
from digest.resources import TEMPLATES
from digest.settings import load
from digest.store import Database

LOOKS = sorted(path.parent.name for path in TEMPLATES.glob("*/style.css") if path.parent.name != "pages")
CONFIG = """
site: {{name: House, url: "https://news.test", postal_address: "1 High St, London", language: {language}}}
mail: {{from: "House <digest@news.test>", smtp: {{host: 127.0.0.1}}}}
categories: {{world: {{title: World}}, sport: {{title: Sport}}, art: {{title: Art}}, food: {{title: Food}}}}
feeds: [{{name: world, url: "https://post.test/rss", category: world}}]
newsletters: {{daily: {{title: The Daily, schedule: {{at: "07:00"}}, template: {look}, sponsor: example}}}}
"""
Opens = Callable[..., House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opens]:
    """A house without a database and without a secret."""
    database = Database(f"sqlite:///{tmp_path / 'none.db'}", read_only=True)

    def make(look: str = "classic", language: str = "en") -> House:
        path = tmp_path / "digest.yaml"
        path.write_text(CONFIG.format(look=look, language=language))
        return furnished(path, load(path, {}), database)

    yield make
    database.close()


@pytest.mark.parametrize("language", ["en", "ar", "uk"])
@pytest.mark.parametrize("look", LOOKS)
def test_our_looks_have_no_errors(opened: Opens, look: str, language: str) -> None:
    house = opened(look, language)
    report = lint_sample(house, house.newsletter("daily")).report
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []


def test_a_made_up_letter_tells_of_each_section_and_leads_with_a_picture(opened: Opens) -> None:
    house = opened()
    message = lint_sample(house, house.newsletter("daily")).message.replace(b"=\r\n", b"")
    assert all(title in message for title in (b"World", b"Sport", b"Art", b"Food"))
    assert b"images" not in message
    assert message.count(b"<img") >= 4


def test_a_newsletter_with_one_category_has_a_made_up_letter_too(opened: Opens) -> None:
    house = opened()
    newsletter = house.newsletter("daily")
    report = lint_sample(house, replace(newsletter, categories=newsletter.categories[:1])).report
    assert not report.has_errors


def test_what_a_letter_must_say_is_the_sites_and_the_newsletters(opened: Opens) -> None:
    house = opened()
    newsletter = house.newsletter("daily")
    message = lint_sample(house, newsletter).message.replace(b"1 High St", b"2 High St").replace(b"/read/", b"/web/")
    limits = replace(newsletter.limits, html=1_000)
    found = {each.rule for each in lint_message(house, replace(newsletter, limits=limits), message).findings}
    assert {"postal-address-missing", "way-missing", "html-over-budget"} <= found


async def test_a_file_from_elsewhere_is_held_to_the_same(opened: Opens) -> None:
    house = opened()
    linted = await lint_stranger(house, house.newsletter("daily"), b"Subject: A letter from elsewhere\r\n\r\nWords\r\n")
    assert {"way-missing", "header-missing"} <= {each.rule for each in linted.report.findings}
    assert linted.links == ()
