"""Pages speak the language of the reader whose link it is, and the site's to everybody else."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from digest.app.house import House
from digest.editions.render import Renderer
from digest.editions.render_contract import examples_for, read_contract
from digest.editions.render_words import Language, catalogues
from digest.mail.tokens import Purpose
from digest.model import Site
from digest.resources import TEMPLATES
from digest.store import subscribers
from digest.web.answers import Pages
from tests.web.conftest import NOW

LANGUAGES = sorted(catalogues())
SITE = Site(name="My Views on News", url="https://news.example", tagline="Unflinching", postal_address="1 High St")
CONTRACT = read_contract(TEMPLATES / "README.md")
#: The preview and the desk are the operator's, and in English.
PAGES = sorted(
    name
    for path in (TEMPLATES / "pages").glob("*.html.j2")
    if (name := path.name.removesuffix(".html.j2")) not in {"base", "preview"} and not name.startswith("desk")
)


@pytest.fixture
def link(house: House, subscribed: Callable[..., int]) -> Callable[..., str]:
    """Gives the address of a page for a new subscription of somebody who reads that language."""

    def make(page: str, language: str, *, active: bool = True) -> str:
        own = subscribed(active=active)
        with house.database.begin() as connection:
            subscribers.add(connection, "ada@reader.example", NOW, language=language)
        return f"/{page}/{house.signer().sign(Purpose(page), own)}"

    return make


def tag_of(html: str) -> tuple[str, str]:
    found = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', html)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize(
    ("language", "asks", "says", "tells"),
    [
        ("de", "„The Daily“ abbestellen?", "„The Daily“ ist abbestellt", "am Montag, 23. November 2026 um 07:00"),
        ("uk", "Відписатися від «The Daily»?", "Ви відписалися від «The Daily»", "понеділок, 23 листопада 2026"),
        ("ar", "إلغاء الاشتراك في «The Daily»؟", "تم إلغاء اشتراكك في «The Daily»", "الاثنين، 23 نوفمبر 2026"),
    ],
)
def test_a_reader_leaves_and_comes_back_in_the_own_language(
    client: TestClient, link: Callable[..., str], language: str, asks: str, says: str, tells: str
) -> None:
    url = link("leave", language)
    for page, said in ((client.get(url), asks), (client.post(url), says), (client.post(f"{url}/undo"), tells)):
        assert tag_of(page.text) == (language, Language.of(language).direction)
        assert said in " ".join(page.text.split())


def test_choices_are_shown_refused_and_kept_in_the_readers_language(
    client: TestClient, link: Callable[..., str]
) -> None:
    url = link("choose", "es")
    assert "<legend>Temas</legend>" in client.get(url).text
    refused = client.post(url, data={"categories": ["world"], "frequency": "weekly", "pause": "mañana"})
    assert (refused.status_code, tag_of(refused.text)) == (422, ("es", "ltr"))
    assert "Esto no es una fecha." in refused.text
    saved = client.post(url, data={"categories": ["world"], "frequency": "weekly", "pause": "2026-12-24"}).text
    assert "una edición por semana" in saved
    assert "nada antes del jueves, 24 de diciembre de 2026" in saved


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_comes_with_an_old_link_is_told_so_in_the_own_language(
    client: TestClient, link: Callable[..., str], language: str
) -> None:
    told = client.post(f"{link('leave', language, active=False)}/undo")
    assert (told.status_code, tag_of(told.text)[0]) == (409, language)
    assert "not subscribed" not in told.text


@pytest.mark.parametrize(("language", "said"), [("", "en"), ("en-GB", "en-GB"), ("tlh", "en"), ("zz-Zzzz", "en")])
def test_a_language_that_nobody_knows_is_english(
    client: TestClient, link: Callable[..., str], language: str, said: str
) -> None:
    page = client.get(link("leave", language)).text
    assert tag_of(page) == (said, "ltr")
    assert "Unsubscribe from The Daily?" in page
    assert "<main>" in page


def test_words_without_a_translation_run_their_own_way_in_a_page_that_runs_the_other(
    client: TestClient, link: Callable[..., str]
) -> None:
    page = client.get(link("leave", "he")).text
    assert tag_of(page) == ("he", "rtl")
    assert '<main lang="en" dir="ltr">' in page


def test_a_link_that_is_nobodys_is_answered_in_the_sites_language(client: TestClient) -> None:
    for page in (client.get("/leave/nonsense").text, client.get("/").text, client.get("/nowhere").text):
        assert tag_of(page) == ("en", "ltr")
    french = Pages(Renderer(), replace(SITE, language="fr"))
    assert tag_of(bytes(french.error(404, "Titre", "Message").body).decode()) == ("fr", "ltr")
    assert tag_of(bytes(french.read_in("ar").error(404, "Titre", "Message").body).decode()) == ("ar", "rtl")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_everything_in_its_language(language: str, name: str) -> None:
    known = examples_for(f"pages/{name}.html.j2", CONTRACT) | {"site": SITE}
    own, english = (words_of(name, known, each) for each in (language, "en"))
    assert own & english <= ALIKE.get(language, set())


#: Words that are the same in English.
ALIKE = {"de": {"Newsletter"}, "fr": {"Date"}, "es": {"Error"}}


def words_of(name: str, known: dict[str, object], language: str) -> set[str]:
    """Every text of the page in that language, without what it was given."""
    html = Renderer().page(name, known | Language.of(language).variables)
    html = re.sub(r"<style>.*?</style>|<!DOCTYPE html>", "", html, flags=re.DOTALL)
    asked = {key: value for key, value in known.items() if key not in {"language", "direction"}}
    given = sorted((text for text in texts(asked) if text), key=len, reverse=True)
    found = set()
    for piece in re.split(r"<[^>]*>", unescape(html)):
        left = re.sub("|".join(map(re.escape, given)), "", piece)
        found.add(left.strip(" \n-·,0123456789"))
    return found - {""}


def texts(value: object) -> Iterator[str]:
    """All that is text in `value`, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Site):
        yield from (value.name, value.tagline, value.postal_address)
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in texts(each))
