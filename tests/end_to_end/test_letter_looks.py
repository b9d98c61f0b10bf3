"""Letters of every look as a browser shows them, English and Arabic: to the eye, the finger and a screen reader."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer, Unreached
from digest.model import Article, Category, Image, Newsletter, Schedule, Section, Site, Story, View
from digest.resources import TEMPLATES

pytestmark = pytest.mark.browser

LOOKS = sorted(path.parent.name for path in TEMPLATES.glob("*/style.css") if path.parent.name != "pages")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
ADDRESS = "https://letter.example/"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><rect width="100%" height="100%"/></svg>'
AXE = Axe()
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ALT = "A ferry at dusk"
ENDLESS = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
TITLES = {
    "en": ("World", "Night ferries return to the strait after nine years", "The Post"),
    "ar": ("العالم", "عودة العبّارات الليلية إلى المضيق بعد تسع سنوات", "وكالة الساحل"),
}
EACH = [(look, language) for look in LOOKS for language in TITLES]


def article(number: int, language: str, title: str = "") -> Article:
    _, headline, source = TITLES[language]
    return Article(
        number=number,
        feeds=("post",),
        source=source,
        title=title or f"{headline} {number}",
        url=f"https://post.example/{number}",
        arrived_at=SLOT - timedelta(hours=number),
        excerpt=f"{headline}. {headline}.",
        image=Image(url=f"https://images.example/{number}.jpg", width=1200, height=675, alt=ALT if number == 1 else ""),
        words=700,
    )


def letter(look: str, language: str) -> str:
    """All that a letter can hold: eleven stories in five sections, a lead, a note, a sponsor, words without end."""
    section, _, _ = TITLES[language]
    stories = [Story(lead=article(number, language)) for number in range(1, 11)]
    also = tuple(replace(article(n, language), source=f"Wire {n}") for n in range(20, 26))
    stories[0] = replace(stories[0], also=also)
    stories[2] = replace(stories[2], is_update=True, elsewhere=(Category(name="art", title="Art"),))
    stories[3] = Story(lead=article(4, language, ENDLESS))
    stories[4] = Story(lead=replace(article(5, language), language="ar" if language == "en" else "en"))
    stories.append(Story(lead=replace(article(11, language), image=None, url="javascript:alert(1)", excerpt="")))
    categories = tuple(Category(name=f"topic-{n}", title=f"{section} {n}") for n in range(5))
    sections = tuple(
        Section(category=category, stories=tuple(stories[place::5]), more=3 * place)
        for place, category in enumerate(categories)
    )
    newsletter = Newsletter(
        name="daily", title="The Daily", schedule=Schedule(), categories=categories, template=look, sponsor="example"
    )
    site = Site(name="My Views", url="https://news.example", tagline="Unflinching", postal_address="1 High St, London")
    missed = (Unreached(title="Orbit", categories=()),)
    note = f"A word before: https://news.example/{ENDLESS}\n\nAnd another."
    brief = Brief(site=site, newsletter=newsletter, number=1042, slot=SLOT, note=note, unreached=missed)
    view = View(mark=0, categories=(), language=language, offset=0)
    told = Arrangement(lead=stories[0], sections=sections, shown=11, minutes=33)
    return Renderer().edition(brief).letter(view, told, "00c0ffee" * 4).html


@dataclass
class Desk:
    """Opens letters in one browser; each is made once."""

    browser: Browser
    letters: dict[tuple[str, str], str]

    def open(self, which: tuple[str, str], width: int, *, scheme: str = "light", pictures: bool = True) -> Page:
        if which not in self.letters:
            self.letters[which] = letter(*which)

        def answer(route: Route) -> None:
            if route.request.url == ADDRESS:
                route.fulfill(body=self.letters[which], content_type="text/html; charset=utf-8")
            elif pictures and route.request.resource_type == "image":
                route.fulfill(body=PICTURE, content_type="image/svg+xml")
            else:
                route.abort()

        page = self.browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        page.route("**/*", answer)
        page.goto(ADDRESS)
        return page


@pytest.fixture(scope="module")
def desk(chromium: str) -> Iterator[Desk]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield Desk(browser, {})
        browser.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_axe_finds_nothing_to_mend_in_the_light_and_in_the_dark(desk: Desk, which: tuple[str, str]) -> None:
    page = desk.open(which, 600)
    for width in (600, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = AXE.run(page, options=RULES).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], (width, scheme)
    page.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_a_phone_shows_a_letter_in_its_whole_width_and_its_links_can_be_touched(
    desk: Desk, which: tuple[str, str]
) -> None:
    page = desk.open(which, 320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    heights: dict[str, float] = page.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll('a[href]')]
            .filter(a => /LEAVE|CHOOSE|news.example.read|^#|sponsor/.test(a.getAttribute('href')) && !a.closest('h3'))
            .map((a, n) => [`${n} ${a.textContent}`, a.getBoundingClientRect().height]))""")
    assert len(heights) >= 14
    assert {name: height for name, height in heights.items() if height < 44} == {}
    page.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_no_words_are_smaller_than_14_pixels(desk: Desk, which: tuple[str, str]) -> None:
    page = desk.open(which, 320)
    sizes: dict[str, float] = page.evaluate("""() => {
        const words = document.createTreeWalker(document.querySelector('[role=article]'), NodeFilter.SHOW_TEXT);
        const sizes = {};
        while (words.nextNode()) {
            const text = words.currentNode.data.trim();
            if (text) sizes[text] = parseFloat(getComputedStyle(words.currentNode.parentElement).fontSize);
        }
        return sizes;
    }""")
    assert len(sizes) > 50
    assert {words: size for words, size in sizes.items() if size < 14} == {}
    page.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_where_pictures_are_blocked_the_leads_is_told_in_words_that_can_be_read(
    desk: Desk, which: tuple[str, str]
) -> None:
    page = desk.open(which, 320, pictures=False)
    picture = page.get_by_role("img", name=ALT)
    if picture.count() == 0:
        pytest.fail("the lead's picture is not described")
    box = picture.bounding_box()
    assert box
    assert box["height"] >= 20
    assert box["width"] >= 100
    colour, ground = picture.evaluate("i => [getComputedStyle(i).color, getComputedStyle(i).backgroundColor]")
    assert abs(_light(colour) - _light(ground)) > 0.3
    page.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_in_the_dark_a_letter_is_dark_all_over(desk: Desk, which: tuple[str, str]) -> None:
    page = desk.open(which, 320, scheme="dark")
    grounds, words = page.evaluate("""() => {
        const all = [...document.querySelectorAll('body, body *')].map(each => getComputedStyle(each));
        return [all.map(each => each.backgroundColor).filter(each => !/, 0\\)/.test(each)),
                [...document.querySelectorAll('h1, h2, h3 a, div')].map(each => getComputedStyle(each).color)];
    }""")
    assert len(set(grounds)) >= 2
    assert max(map(_light, grounds)) < 0.25
    assert min(map(_light, words)) > 0.5
    page.close()


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_a_small_picture_stands_where_lines_end(desk: Desk, which: tuple[str, str]) -> None:
    page = desk.open(which, 600)
    middles = page.evaluate("""() => [...document.querySelectorAll('img')].map(i => i.getBoundingClientRect())
        .filter(box => box.width < 200).map(box => box.left + box.width / 2)""")
    right_to_left = page.evaluate("document.querySelector('[role=article]').dir") == "rtl"
    assert right_to_left == (which[1] == "ar")
    assert all((middle < 300) == right_to_left for middle in middles)
    page.close()


def _light(colour: str) -> float:
    """How light a colour is as CSS computes it, ``rgb(29, 27, 24)``, from 0 to 1."""
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return (0.3 * red + 0.59 * green + 0.11 * blue) / 255
