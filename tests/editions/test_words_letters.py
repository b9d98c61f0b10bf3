"""Letters and notices speak their reader's language, in every look, and mark what they cannot say in it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer, Unreached
from digest.editions.render_words import Language, catalogues
from digest.model import Article, Category, Image, Letter, Newsletter, Schedule, Section, Site, Story, View
from digest.resources import TEMPLATES

NONCE = "00c0ffee" * 4
SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
# Nothing here is a word of any language: what is left in a letter is ours.
SITE = Site(name="Zqsite", url="https://news.example", tagline="Zqtag", postal_address="Zqstreet 1")
CATEGORIES = tuple(Category(name=f"zq{n}", title=f"Zqsection{n}") for n in range(5))
LANGUAGES = sorted(catalogues())
LOOKS = sorted(path.parent.name for path in TEMPLATES.glob("*/style.css") if path.parent.name != "pages")
RENDERER = Renderer()


def article(number: int, **more: object) -> Article:
    plain = Article(
        number=number,
        feeds=("zq",),
        source=f"Zqsource{number}",
        title=f"Zqtitle{number}",
        url=f"https://zq.example/{number}",
        arrived_at=SLOT - timedelta(hours=5 * number),
        excerpt=f"Zqexcerpt{number} zq.",
        words=700,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def full() -> Arrangement:
    """All that a letter can say: a lead, an update, pictures, coverage, other sections, more than is shown."""
    picture = Image(url="https://zq.example/1.jpg", width=1200, height=675, alt="")
    also = tuple(article(n) for n in range(20, 26))
    lead = Story(lead=article(1, image=picture), also=also, elsewhere=CATEGORIES[1:3], is_update=True)
    stories = [lead, *(Story(lead=article(n), also=also[:1], is_update=n == 3) for n in range(2, 11))]
    return Arrangement(
        lead=lead,
        sections=tuple(
            Section(category=category, stories=tuple(stories[2 * n : 2 * n + 2]), more=3 * n)
            for n, category in enumerate(CATEGORIES)
        ),
        told=tuple(range(1, 11)),
        linked=(),
        carried=(),
        shown=10,
        minutes=30,
    )


QUIET = Arrangement(lead=None, sections=(), told=(), linked=(), carried=(), shown=0, minutes=0)


def letter(language: str, look: str = "classic", arrangement: Arrangement | None = None) -> Letter:
    newsletter = Newsletter(name="zq", title="Zqnewsletter", schedule=Schedule(), categories=CATEGORIES, template=look)
    missed = tuple(Unreached(title=f"Zqfeed{n}", categories=()) for n in range(7))
    brief = Brief(site=SITE, newsletter=newsletter, number=42, slot=SLOT, note="Zqnote", unreached=missed)
    view = View(mark=0, categories=tuple(each.name for each in CATEGORIES), language=language, offset=0)
    return RENDERER.edition(brief).letter(view, arrangement or full(), NONCE)


def seen(html: str) -> str:
    """What a person sees or hears: no styles, no tags."""
    without = re.sub(r"<!--.*?-->|<style.*?</style>", "", html, flags=re.DOTALL)
    spoken = " ".join(re.findall(r'(?:alt|title|aria-label)="([^"]*)"', without))
    return unescape(re.sub(r"<[^>]*>", " ", without) + " " + spoken).replace("\N{NO-BREAK SPACE}", " ")


@cache
def english(folder: str) -> dict[str, re.Pattern[str]]:
    """Our words in the templates of `folder`, as they look when filled in."""
    found = extract_from_dir(TEMPLATES / folder, [("**.j2", "jinja2")])
    messages = {text for _, _, message, *_ in found for text in ([message] if isinstance(message, str) else message)}
    return {text: _filled_in(text) for text in messages if re.search("[A-Za-z]{2}", re.sub(r"%\(\w+\)s", "", text))}


def _filled_in(message: str) -> re.Pattern[str]:
    words = [r"\s+".join(map(re.escape, piece.split())) for piece in re.split(r"%\(\w+\)s", message)]
    return re.compile(r"\b" + r"\s*\S+\s*".join(words).strip(), re.ASCII)


@pytest.mark.parametrize("look", LOOKS)
def test_a_letter_in_english_says_the_english_words(look: str) -> None:
    """Else the next test would find none of them whatever the letter said."""
    made, quiet = letter("en", look), letter("en", look, QUIET)
    said = seen(made.html) + made.text + seen(quiet.html) + quiet.text
    heard = [text for text, pattern in english(look).items() if pattern.search(said)]
    assert len(heard) >= 0.6 * len(english(look)), set(english(look)) - set(heard)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_holds_no_word_of_ours_in_another_language_than_its_readers(language: str, look: str) -> None:
    for arrangement in (None, QUIET):
        made = letter(language, look, arrangement)
        assert f'lang="{language}" dir="{Language.of(language).direction}"' in made.html
        for part in (seen(made.html), made.text):
            assert [text for text, pattern in english(look).items() if pattern.search(part)] == []
            assert not re.search(r"\b(ago|yesterday|stories|Monday)\b", part)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_and_name_of_a_letter_is_in_it_in_any_language(language: str, look: str) -> None:
    """A translation that leaves out what it should tell is worse than none."""
    own, plain = letter(language, look), letter("en", look)
    for mine, theirs in ((seen(own.html), seen(plain.html)), (own.text, plain.text)):
        names = set(re.findall(r"[Zz]q\w+", theirs))
        assert names
        assert names <= set(re.findall(r"[Zz]q\w+", mine))


@pytest.mark.parametrize(("language", "said"), [("de", "Ohne Titel"), ("ar", "بلا عنوان"), ("he", "Untitled")])
def test_a_story_without_a_title_is_called_so_in_the_readers_language(language: str, said: str) -> None:
    bare = Story(lead=article(1, title="", url=""))
    section = Section(category=CATEGORIES[0], stories=(bare,), more=0)
    made = letter(language, "classic", replace(QUIET, sections=(section,), told=(1,), shown=1, minutes=1))
    assert said in seen(made.html)
    assert said in made.text


def test_a_letter_in_arabic_runs_from_right_to_left_with_arabic_words_and_dates() -> None:
    made = letter("ar")
    assert re.search(r'<html lang="ar" dir="rtl"', made.html)
    for part in (seen(made.html), made.text):
        flat = " ".join(re.sub("[\u2066-\u2069\u200e\u200f]", "", part).split())
        assert "الاثنين، 23 نوفمبر 2026" in flat
        assert "10 أخبار" in flat
        assert "قبل 5 ساعات" in flat
        assert "إلغاء الاشتراك" in flat
    assert 'lang="en"' not in made.html


@pytest.mark.parametrize(("language", "untranslated"), [("he", True), ("ja", True), ("en-GB", False), ("de-AT", False)])
def test_words_that_are_not_translated_are_marked_as_english(language: str, untranslated: bool) -> None:
    made = letter(language)
    assert f'<html lang="{language}"' in made.html
    marked = re.findall(r'lang="en" dir="ltr"[^>]*>([^<]*)', made.html)
    assert bool(marked) is untranslated


def test_dates_and_ages_need_no_translation_of_ours() -> None:
    made = letter("he")
    assert "יום שני, 23 בנובמבר 2026" in seen(made.html)
    assert "לפני 5 שע׳" in seen(made.html)
    assert not re.search(r"\b(ago|yesterday|Monday)\b", seen(made.html) + made.text)


@pytest.mark.parametrize(
    "tag", ["", "tlh", "english", "../../etc", "de/../fr", "x" * 400, "en-" + "a-" * 400, "\0", "DE"]
)
def test_a_letter_is_made_whatever_its_language_is_called(tag: str) -> None:
    assert "Zqtitle1" in letter(tag).text


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}", fullmatch=True))
def test_any_text_names_a_language_that_speaks(tag: str) -> None:
    language = Language.of(tag)
    assert language.words.gettext("Untitled")
    assert language.spoken.tag == "en" or language.spoken.locale.language in {"en", *LANGUAGES}
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert all(language.age(now - timedelta(minutes=minutes), now, 0) for minutes in (0, 30, 300, 1500, 5000, 50_000))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_speaks_the_language_that_it_is_given(language: str) -> None:
    known = {"newsletter": "Zqnews", "address": "zq@zq.example", "confirm_url": "https://zq.example/c"}
    made = RENDERER.notice("confirm", SITE, known | Language.of(language).variables)
    assert "Zqnews" in made.subject
    for part in (made.subject, seen(made.html), made.text):
        assert [text for text, pattern in english("notices").items() if pattern.search(part)] == []
    assert f'<html lang="{language}" dir="{Language.of(language).direction}"' in made.html


def test_a_notice_is_in_the_sites_language_unless_another_is_given() -> None:
    known = {"newsletter": "Zqnews", "address": "zq@zq.example", "confirm_url": "https://zq.example/c"}
    made = RENDERER.notice("confirm", replace(SITE, language="uk"), known)
    assert made.subject == "Підтвердьте підписку на «Zqnews»"


def test_a_template_writes_numbers_as_its_language_does_and_escapes_values_but_not_words(tmp_path: Path) -> None:
    page = tmp_path / "pages" / "error.html.j2"
    page.parent.mkdir()
    page.write_text('{{ _("For %(address)s", address=title) }} {{ status | number }} {{ own("x") }}', encoding="utf-8")
    known = {"status": 12345, "title": "<b>", "message": "", "again_url": ""}
    made = Renderer(tmp_path).page("error", {"site": replace(SITE, language="de"), **known})
    assert made == "Für &lt;b&gt; 12.345 x"
    made = Renderer(tmp_path).page("error", {"site": replace(SITE, language="he"), **known})
    assert made == 'For &lt;b&gt; 12,345 <span lang="en" dir="ltr">x</span>'
