"""Letters put together from parts: the same as if each had been made whole, however many were made before it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from premailer import Premailer

from digest.editions import render_inline, render_parts
from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer, Setting, Unreached
from digest.editions.render_inline import inline, inline_whole
from digest.editions.render_plain import COLUMNS, width
from digest.model import Article, Category, Image, Letter, Newsletter, Schedule, Section, Site, Story, View

SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NONCE = "00c0ffee" * 4
NAMES = ("world", "science", "technology", "culture", "sport")
CATEGORIES = tuple(Category(name=name, title=name.title()) for name in NAMES)
SITE = Site(name="My Views", url="https://news.example", postal_address="1 High St")
NEWSLETTER = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=CATEGORIES, sponsor="example")
BRIEF = Brief(
    site=SITE,
    newsletter=NEWSLETTER,
    number=42,
    slot=SLOT,
    note="Read <this>.",
    unreached=(Unreached(title="Orbit & Co", categories=("science",)),),
)
READER = View(mark=0, categories=NAMES, language="en", offset=0)
RENDERER = Renderer()
PHOTO = Image(url="https://images.example/1.jpg?a=1&b=2", width=1200, height=675, alt='A "ferry" & <b>')

words = st.text(st.sampled_from("ab &<>\"'é新\u00a0.{zqHOLE1"), min_size=1, max_size=80)
articles = st.builds(
    Article,
    number=st.integers(1, 400),
    feeds=st.just(("post",)),
    source=words,
    title=words,
    url=st.sampled_from(["", "https://post.example/a?b=1&c=%22d", "https://post.example/'x'"]),
    arrived_at=st.integers(0, 40).map(lambda hours: SLOT - timedelta(hours=hours)),
    excerpt=words,
    image=st.sampled_from([None, PHOTO, replace(PHOTO, alt="", height=700)]),
    language=st.sampled_from(["", "ar", "de"]),
    words=st.sampled_from([0, 700]),
)
told = st.builds(
    Story,
    lead=articles,
    also=st.lists(articles, max_size=2).map(tuple),
    elsewhere=st.sampled_from([(), CATEGORIES[:1]]),
    is_update=st.booleans(),
)
views = st.builds(
    View,
    mark=st.just(0),
    categories=st.sampled_from([NAMES, NAMES[:1]]),
    language=st.sampled_from(["en", "de", "ar"]),
    offset=st.sampled_from([0, 18 * 60]),
)


@st.composite
def letters(draw: Callable[..., object]) -> list[tuple[View, Arrangement]]:
    """Several letters that share their stories, each with some of them in an order of its own."""
    pool = draw(st.lists(told, min_size=1, max_size=14))
    made = []
    for view in draw(st.lists(views, min_size=1, max_size=4)):  # type: ignore[attr-defined]
        stories = draw(st.permutations(pool))
        size = draw(st.integers(1, 5))
        groups = [tuple(stories[place::size]) for place in range(size)]  # type: ignore[index]
        sections = tuple(
            Section(category=category, stories=group, more=draw(st.sampled_from([0, 3])))  # type: ignore[arg-type]
            for category, group in zip(draw(st.permutations(CATEGORIES)), groups, strict=False)  # type: ignore[call-overload]
        )
        lead = groups[0][0] if groups[0] and draw(st.booleans()) else None
        made.append((view, Arrangement(lead=lead, sections=sections, shown=len(stories), minutes=7)))  # type: ignore[arg-type]
    return made


@settings(max_examples=25, deadline=None)
@given(letters())
def test_letters_do_not_depend_on_those_that_were_made_before(made: list[tuple[View, Arrangement]]) -> None:
    shared = RENDERER.edition(BRIEF)
    for view, arrangement in made:
        assert shared.letter(view, arrangement, NONCE) == RENDERER.edition(BRIEF).letter(view, arrangement, NONCE)


@settings(max_examples=12, deadline=None)
@given(letters())
def test_a_letter_is_what_inlining_it_whole_gives(made: list[tuple[View, Arrangement]]) -> None:
    with pytest.MonkeyPatch.context() as bare:
        bare.setattr(render_parts, "inline_part", lambda part, _css: part)
        bare.setattr(render_parts, "inline_whole", lambda whole: whole)
        wholes = [RENDERER.edition(BRIEF).letter(view, arrangement, NONCE).html for view, arrangement in made]
    setting = RENDERER.edition(BRIEF)
    for (view, arrangement), whole in zip(made, wholes, strict=True):
        assert tree(setting.letter(view, arrangement, NONCE).html) == tree(inline(whole))


def tree(html: str) -> list[object]:
    """Every element of a document with its attributes and its words, spaces between elements left out."""
    return [
        (each.tag, sorted(each.attrib.items()), (each.text or "").strip(), (each.tail or "").strip())
        for each in lxml_html.document_fromstring(html).iter()
        if isinstance(each.tag, str)
    ]


def article(number: int, **more: object) -> Article:
    plain = Article(
        number=number,
        feeds=("post",),
        source="The Post",
        title=f"Headline {number}",
        url=f"https://post.example/{number}",
        arrived_at=SLOT - timedelta(hours=1),
        excerpt="What happened.",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def sections(*groups: int) -> Arrangement:
    """So many stories in each section, numbered through."""
    numbers = iter(range(1, sum(groups) + 1))
    made = tuple(
        Section(category=category, stories=tuple(Story(lead=article(next(numbers))) for _ in range(count)))
        for category, count in zip(CATEGORIES, groups, strict=False)
    )
    return Arrangement(sections=made, shown=sum(groups))


def setting(**changes: object) -> Setting:
    return RENDERER.edition(replace(BRIEF, **changes))  # type: ignore[arg-type]


def letter(arrangement: Arrangement, view: View | None = None, **changes: object) -> Letter:
    return setting(**changes).letter(view or READER, arrangement, NONCE)


def test_documents_that_do_not_keep_their_form_are_inlined_all_the_same() -> None:
    odd = "<!DOCTYPE html><html><head><style>b { color: red }</style></head><body><b>x<p>y</b>z</p></body>w</html>"
    assert 'style="color:red"' in inline_whole(odd)
    assert tree(inline_whole(odd)) == tree(inline(odd))


def test_numbers_of_two_digits_break_lines_where_they_should() -> None:
    title = "a" * (COLUMNS - 3)
    stories = tuple(Story(lead=article(n, title=title)) for n in range(1, 13))
    text = letter(Arrangement(sections=(Section(category=CATEGORIES[0], stories=stories),), shown=12)).text
    lines = text.split("\n")
    assert all(width(line.rstrip()) <= COLUMNS for line in lines)
    assert f"9. {title}" in lines
    assert "12." in lines
    assert "\x01" not in text


def test_nothing_of_the_parts_own_marks_is_left_in_a_letter() -> None:
    one, other = setting(), setting()
    view = View(mark=0, categories=NAMES, language="en", offset=0)
    first, second = one.letter(view, sections(3, 2), NONCE), one.letter(view, sections(3, 2), "ab" * 16)
    for made in (first, second):
        for part in (made.html, made.text):
            assert {"BODYqz", "NUMBERqz", "HOLE"}.isdisjoint(part.split("zq"))
            assert part.count(made.nonce) >= 4
    assert first.html.replace(NONCE, "ab" * 16) == second.html
    assert one.letter(view, sections(3, 2), NONCE) == other.letter(view, sections(3, 2), NONCE)


def test_a_story_that_was_told_before_says_that_it_is_an_update() -> None:
    stories = (Story(lead=article(1), is_update=True), Story(lead=article(2)))
    made = letter(Arrangement(sections=(Section(category=CATEGORIES[0], stories=stories),), shown=2))
    assert made.html.count(">Update</span>") == 1
    assert made.html.index(">Headline 1<") < made.html.index(">Update</span>") < made.html.index(">Headline 2<")
    assert "\nUpdate, The Post, 1 h ago\n" in made.text
    assert made.text.count("Update") == 1


def test_the_editors_note_stands_before_all_stories_in_paragraphs_with_links() -> None:
    long = "https://news.example/" + "a" * 80
    made = letter(sections(1), note=f"We <moved>.\r\nSee {long}.\n \n\nAnd http://x.example/(b), too.")
    assert f'href="{long}"' in made.html
    assert 'href="http://x.example/(b)"' in made.html
    assert made.html.count('class="paragraph"') == 2
    assert "We &lt;moved&gt;. See " in made.html
    assert made.html.index("too.") < made.html.index(">Headline 1</a>")
    assert f"\n\nWe <moved>. See  \n{long}.\n\nAnd http://x.example/(b), too.\n\nWorld\n" in made.text


def test_a_letter_without_a_note_has_no_place_for_one() -> None:
    assert 'class="text note"' not in letter(sections(1), note=" \n\n ").html


def test_feeds_that_were_not_reached_are_named_to_those_whom_it_concerns() -> None:
    missed = (
        Unreached(title="Orbit <b>", categories=("science", "sport")),
        Unreached(title="Page Six", categories=("culture",)),
        Unreached(title="The Post", categories=()),
    )
    view = View(mark=0, categories=("world", "sport"), language="en", offset=0)
    made = letter(sections(1), view, unreached=missed)
    assert "Not reached today: Orbit &lt;b&gt;, The Post<" in made.html
    assert "\nNot reached today: Orbit <b>, The Post\n" in made.text
    assert "Not reached" not in letter(sections(1), view, unreached=missed[1:2]).text


def test_of_many_feeds_that_were_not_reached_five_are_named() -> None:
    missed = tuple(Unreached(title=f"Feed {n}", categories=()) for n in range(1, 9))
    made = letter(sections(1), unreached=missed)
    assert "Not reached today: Feed 1, Feed 2, Feed 3, Feed 4, Feed 5 and 3 more" in made.text
    assert "Feed 4, Feed 5 and 3 more" in made.html


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        ((1, 1, 1), ["Headline 1", "Sponsored", "Headline 2", "Headline 3"]),
        ((2,), ["Headline 1", "Headline 2", "Sponsored"]),
        ((), []),
    ],
)
def test_the_sponsored_block_follows_the_first_section(groups: tuple[int, ...], order: list[str]) -> None:
    made = letter(sections(*groups))
    for part in (made.html.partition("<h2")[2], made.text.partition("===")[2]):
        places = [part.index(words) for words in order]
        assert places == sorted(places)
        assert part.count("Sponsored") == bool(order)


def test_without_a_sponsor_there_is_no_block() -> None:
    made = letter(sections(2, 1), newsletter=replace(NEWSLETTER, sponsor=""))
    assert "Sponsored" not in made.html + made.text


def test_more_in_a_section_leads_to_its_place_on_the_letters_page() -> None:
    section = Section(category=CATEGORIES[1], stories=(Story(lead=article(1)),), more=12)
    made = letter(Arrangement(sections=(section,), shown=1))
    url = f"https://news.example/read/{NONCE}/all#section-science"
    assert f'href="{url}"' in made.html
    assert f"\n12 more in Science:\n{url}\n" in made.text


def test_contents_name_only_sections_that_can_be_jumped_to() -> None:
    arrangement = sections(1, 1, 1, 1, 1)
    html = letter(replace(arrangement, lead=arrangement.sections[0].stories[0])).html
    assert 'href="#section-world"' not in html
    assert html.count('href="#section-') == html.count('id="section-') == 4


def _sixty() -> tuple[Story, ...]:
    """Stories of every form: with and without pictures, alone and covered by others."""
    pictures = [None, PHOTO, replace(PHOTO, alt="")]
    other = article(100, source="Coast Wire")
    return tuple(
        Story(lead=article(number, image=pictures[number % 3]), also=(other,) if number % 4 == 0 else ())
        for number in range(1, 61)
    )


def _all_of(told: tuple[Story, ...]) -> Arrangement:
    groups = tuple(Section(category=each, stories=told[place::5], more=3) for place, each in enumerate(CATEGORIES))
    return Arrangement(lead=told[0], sections=groups, shown=60, minutes=9)


def test_the_program_that_inlines_runs_once_an_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    transform = Premailer.transform

    def counted(self: Premailer, *args: object, **kwargs: object) -> object:
        runs.append("")
        return transform(self, *args, **kwargs)

    monkeypatch.setattr(Premailer, "transform", counted)
    monkeypatch.setattr(render_inline, "_known", {})
    made, stories = setting(), _sixty()
    for first in range(0, 48, 12):
        made.letter(READER, _all_of(stories[first:] + stories[:first]), NONCE)
        assert len(runs) == 1


def test_a_letter_whose_parts_were_inlined_together_is_the_one_whose_parts_were_inlined_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(render_inline, "_known", {})
    together = letter(_all_of(_sixty()))
    monkeypatch.setattr(render_inline, "_known", {})
    monkeypatch.setattr(render_parts, "learn", lambda *_: None)
    assert letter(_all_of(_sixty())) == together


@pytest.mark.parametrize("odd", ["<!-- open", "<!--next-->", "<table><tr>", "</table></div>", "<style>td{}</style>"])
def test_a_part_that_breaks_what_stands_around_it_is_inlined_alone(monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setattr(render_inline, "_known", {})
    css = ".a{color:red}"
    document = f"<!DOCTYPE html><html><head><style>{css}</style></head><body><p class='a'>x</p>MARK</body></html>"
    parts = ['<tr><td class="a">one</td></tr>', f'<tr><td class="a">{odd}</td></tr>']
    render_inline.learn(document, "MARK", parts, css)
    learned = [render_inline.inline_part(parts[0], css), inline_whole(document)]
    monkeypatch.setattr(render_inline, "_known", {})
    assert [render_inline.inline_part(parts[0], css), inline_whole(document)] == learned
