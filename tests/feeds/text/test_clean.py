"""Titles and excerpts: what is left when the site's furniture is out."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.text import clean
from digest.feeds.text.furniture import Repeated, without_furniture
from digest.feeds.text.plain import Block, one_line, read_html

FIRST = "The ferry sails twice a day."
SECOND = "It leaves at nine and at five."


def excerpt(html: str, *, content: str = "", title: str = "", limit: int = 320) -> str:
    return clean.excerpt(read_html(html).blocks, read_html(content).blocks, title=title, limit=limit)


@pytest.mark.parametrize(
    "furniture",
    [
        "Spread the love", "Share this:", "Share on Facebook", "Sharing is caring!", "Facebook Twitter WhatsApp",
        "Facebook | X | LinkedIn | E-mail", "Tweet", "Advertisement", "ADVERTISEMENT", "Sponsored content",
        "(Reading time: 3 minutes)", "Reading Time: 4 minutes", "5 min read", "Estimated reading time: 2 minutes",
        "Read more", "Read more »", "Read the full story at Harbour News", "Continue reading The ferry →",
        "Click here to subscribe to our paper", "View post on Instagram", "Like this: Like Loading...",
        "The post The ferry is back appeared first on Harbour News.",
        "This article was originally published on The Conversation.", "Submitted by /u/ada [link] [comments]",
        "submitted by ada to r/boats", "[link] [12 comments]", "[comments]", "3 comments", "Leave a comment",
        "Subscribe to our newsletter", "Related: The other ferry", "See also: boats", "Photo: Ada Quay",
        "Image credit: Ada Quay/Harbour", "© 2026 Harbour News",
    ],
)  # fmt: skip
def test_furniture_is_not_told(furniture: str) -> None:
    assert excerpt(f"<p>{furniture}</p><p>{FIRST}</p><p>{furniture}</p>") == FIRST


@pytest.mark.parametrize(
    "html",
    [
        f"Spread the love{FIRST}",
        f"Spread the love {FIRST}",
        f"Advertisement: {FIRST}",
        f"(Reading time: 3 minutes) {FIRST}",
        f"{FIRST} Read more",
        f"{FIRST} [Read more…]",
        f"{FIRST} Continue reading →",
        f"{FIRST} Continue reading The ferry is back →",
        f"{FIRST} The post The ferry appeared first on Harbour News.",
    ],
)
def test_furniture_in_the_same_block_goes_too(html: str) -> None:
    assert excerpt(f"<p>{html}</p>") == FIRST


@pytest.mark.parametrize(
    "cut", ["at nine […]", "at nine [...]", "… Weiterlesen →", "at...", "(…)", "at nine […] Read more"]
)
def test_a_sentence_that_the_feed_cut_is_left_out_where_enough_is_told(cut: str) -> None:
    assert excerpt(f"<p>{FIRST} {SECOND} It leaves {cut}</p>", limit=200) == f"{FIRST} {SECOND}"


def test_a_sentence_that_the_feed_cut_is_told_where_little_else_is() -> None:
    assert (
        excerpt("<p>It sails. Every day at nine it leaves the […]</p>") == "It sails. Every day at nine it leaves the…"
    )


@pytest.mark.parametrize(
    "prose",
    [
        "Share prices fell on Monday.",
        "Read more books, says the minister of schools in a speech that went on for an hour and had much more in it.",
        "Facebook and Twitter were fined.",
        "Photographs of the ferry were found.",
        "The post office closes.",
        "Printing is back.",
        "Related crimes were reported.",
        "I waited… and the ferry came at last.",
    ],
)
def test_prose_that_only_begins_like_furniture_stays(prose: str) -> None:
    assert excerpt(f"<p>{prose}</p>") == prose


@pytest.mark.parametrize(
    "html",
    [
        f"<h1>The ferry is back</h1><p>{FIRST}</p>",
        f"<p>The ferry is back</p><p>{FIRST}</p>",
        f"<p><b>THE FERRY IS BACK!</b></p><p>{FIRST}</p>",
        f"The ferry is back. {FIRST}",
        f"<p>The ferry is back</p><p>Spread the love</p><p>The ferry is back.</p><p>{FIRST}</p>",
    ],
)
def test_a_repetition_of_the_title_goes(html: str) -> None:
    assert excerpt(html, title="The ferry is back") == FIRST


def test_a_sentence_that_only_begins_with_the_title_stays() -> None:
    assert (
        excerpt("The ferry is back in the harbour.", title="The ferry is back") == "The ferry is back in the harbour."
    )


def test_it_is_cut_at_whole_sentences() -> None:
    long = "And then there is much more to say about ferries, harbours, the sea and those who sail on it every day. "
    assert excerpt(f"{FIRST} {SECOND} {long * 4}", limit=120) == f"{FIRST} {SECOND}"


def test_a_sentence_too_long_is_cut_at_a_word() -> None:
    cut = excerpt("ferry " * 100, limit=50)
    assert cut == "ferry " * 7 + "ferry…"


def test_a_quotation_too_long_is_cut_at_one_of_its_sentences() -> None:
    assert excerpt(f"“{FIRST} {SECOND} {FIRST} {SECOND}”", limit=70) == f"“{FIRST} {SECOND}"


def test_a_short_first_sentence_takes_part_of_the_next() -> None:
    assert excerpt("Yes. " + "The ferry sails " * 20, limit=40) == "Yes. The ferry sails The ferry sails…"


def test_a_text_without_spaces_is_cut_anywhere() -> None:
    assert excerpt("船" * 100, limit=20) == "船" * 19 + "…"


def test_a_text_that_the_feed_cut_in_its_only_sentence_says_so() -> None:
    assert excerpt("<p>The ferry sails twice and [&#8230;]</p>") == "The ferry sails twice and…"


LONG = "The islanders had waited for eleven years and for two elections until a ship came that sails twice a day."


def test_a_standfirst_of_its_own_wins_over_the_text() -> None:
    text = f"<p>Nobody on the quay wanted to believe it at first.</p><p>{FIRST}</p><p>{SECOND}</p><p>{FIRST}</p>"
    assert excerpt(f"<p>{LONG}</p>", content=text) == LONG


@pytest.mark.parametrize(
    "summary",
    [
        LONG,
        f"{LONG} It leaves at […]",
        f"{LONG[:70]}…",
        "Short. But true.",
        LONG.removesuffix("."),
        f"By Ada Quay {LONG}",
    ],
)
def test_a_summary_that_is_cut_from_the_text_or_too_short_or_no_sentence_does_not(summary: str) -> None:
    assert excerpt(summary, content=f"<p>{LONG}</p><p>{SECOND}</p>") == f"{LONG} {SECOND}"


def test_the_one_that_says_more_is_taken() -> None:
    assert excerpt(FIRST, content=f"<p>{FIRST}</p><p>{SECOND}</p>") == f"{FIRST} {SECOND}"
    assert excerpt(f"{FIRST} {SECOND}", content=FIRST) == f"{FIRST} {SECOND}"
    assert excerpt("", content=FIRST) == FIRST


def test_headings_bylines_lists_and_lead_ins_are_passed_over() -> None:
    html = (
        f"<p>By Ada Quay</p><h2>Timetable</h2><p>{FIRST} There are two:</p><ul><li>nine</li><li>five</li></ul>"
        f"<pre>9:00</pre><p>{SECOND}</p><p><a href=x>All timetables</a></p>"
    )
    assert excerpt(html) == f"{FIRST} {SECOND}"


def test_a_list_is_told_where_there_is_nothing_else() -> None:
    assert excerpt("<ul><li>Nine</li><li>Five</li></ul>") == "Nine. Five"


def test_a_line_without_a_full_stop_gets_one_before_another() -> None:
    deck = "The islanders had waited for eleven years and two elections for a ship that sails twice a day"
    assert excerpt(f"<p>{deck}</p><p>{SECOND}</p>") == f"{deck}. {SECOND}"


def test_sentences_are_found_in_other_languages() -> None:
    assert (
        excerpt("渡し船は一日二便です。九時に出ます。" + "船" * 400, limit=30) == "渡し船は一日二便です。九時に出ます。"
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>渡し船</p><p>一日二便</p>", "渡し船。一日二便"),
        ("<p>เรือออกวันละสองเที่ยว</p><p>เวลาเก้าโมง</p>", "เรือออกวันละสองเที่ยว เวลาเก้าโมง"),
        ("<p>नाव चलती है</p><p>दो बार</p>", "नाव चलती है। दो बार"),
        ("<p>Паром ходит</p><p>Два раза</p>", "Паром ходит. Два раза"),
    ],
)
def test_lines_end_and_follow_each_other_as_their_script_does(html: str, expected: str) -> None:
    assert excerpt(html) == expected


def test_the_language_says_what_is_an_abbreviation() -> None:
    blocks = read_html(f"Am 3. Oktober fährt die Fähre. {'Dann ' * 50}").blocks
    assert clean.excerpt(blocks, (), title="", language="de-AT", limit=60) == "Am 3. Oktober fährt die Fähre."


def test_a_short_sentence_that_happens_to_stand_in_the_title_stays() -> None:
    assert excerpt("No. The ferry is late.", title="Nothing is known") == "No. The ferry is late."


SENTENCES = st.lists(
    st.sampled_from(["the", "ferry", "of", "Dr. Quay", "sails", "3.5 knots", "(or 4)", "„slowly“", "a.k.a.", "No. 5"]),
    min_size=2,
)


@settings(max_examples=40)
@given(st.lists(SENTENCES, min_size=1, max_size=6), st.sampled_from(["", "…", " […]"]), st.integers(20, 200))
def test_an_excerpt_is_whole_sentences_or_a_beginning_and_has_no_shorter_one(
    said: list[list[str]], end: str, limit: int
) -> None:
    text = " ".join(f"Then {' '.join(words)} it ends." for words in said).removesuffix("." if end else "") + end
    got = excerpt(html.escape(text), limit=limit)
    assert text.startswith(got.removesuffix("…").rstrip())
    assert got.endswith((" it ends.", "…"))
    assert excerpt(html.escape(got), limit=limit) == got


@given(st.lists(st.text(max_size=200), max_size=5), st.text(max_size=20), st.integers(10, 400))
def test_an_excerpt_is_one_clean_line_within_its_limit(paragraphs: list[str], title: str, limit: int) -> None:
    got = excerpt("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs), title=title, limit=limit)
    assert len(got) <= limit
    assert got == one_line(got)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("The <b>ferry</b>\r\n is back", "The ferry is back"),
        ("Harbour &amp; Sea", "Harbour & Sea"),
        ("A&#8217;s &quot;b&quot;", 'A’s "b"'),
        ("<script>alert(1)</script>The ferry", "The ferry"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("=?utf-8?q?x=0D=0ABcc=3A_e?=", "=?utf-8?q?x=0D=0ABcc=3A_e?="),
        ("a " * 400, "a " * 149 + "a…"),
    ],
)
def test_a_title_is_one_line_of_text(html: str, title: str) -> None:
    assert clean.title(html) == title


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("Tom &amp;amp; Jerry&amp;#8217;s &amp;quot;ferry&amp;quot;", 'Tom & Jerry’s "ferry"'),
        ("Caf&amp;eacute; &amp;ndash; open", "Café – open"),
        ("What &amp;lt;b&amp;gt; and &amp;nbsp; mean", "What &lt;b&gt; and &nbsp; mean"),
        ("[Updated] THE FERRY", "[Updated] THE FERRY"),
    ],
)
def test_what_is_escaped_twice_in_a_title_is_read_twice(html: str, title: str) -> None:
    assert clean.title(html) == title


@pytest.mark.parametrize(
    "ending", [" - Harbour News", " | Harbour", " – The Harbour, Sports", " — Live", " | Sea - News"]
)
def test_an_ending_that_all_titles_have_is_the_sites(ending: str) -> None:
    raw = ["Ferry is back", "Storm is over - for now", "<b>Quay</b> &amp; sea", "Nine to five"]
    assert clean.own_titles([clean.title(f"{title}{ending}") for title in raw]) == [clean.title(title) for title in raw]


def test_endings_that_differ_or_that_few_titles_have_are_their_own() -> None:
    columns = ["Ferries | Ada Quay", "Storms | Jo Dyer", "Quays | Ada Quay", "Sea | Sam Mast", "Boats | Bea Oar"]
    assert clean.own_titles(columns) == columns
    assert clean.own_titles(["Ferries - live", "Storms - live"]) == ["Ferries - live", "Storms - live"]
    assert clean.own_titles(["Ferries - live"] * 9) == ["Ferries - live"] * 9
    assert clean.own_titles([]) == []


def blocks(*lines: str) -> list[Block]:
    return [Block(line) for line in lines]


def test_what_a_feed_says_every_time_goes() -> None:
    items = [
        (
            f"The story number {n} title",
            blocks(f"Text {'abc'[n]}.", f"Discuss The story number {n} title ({n} replies)"),
        )
        for n in range(3)
    ]
    repeated = Repeated(items)
    assert [repeated.without(*one) for one in items] == [blocks("Text a."), blocks("Text b."), blocks("Text c.")]


def test_what_two_items_say_is_theirs() -> None:
    items = [("a", blocks("Same.")), ("b", blocks("Same.")), ("c", blocks("Other."))]
    assert Repeated(items).without(*items[0]) == blocks("Same.")


def test_what_few_of_many_items_say_is_theirs() -> None:
    items = [(str(n), blocks("Same." if n < 3 else f"Own {chr(65 + n)}.")) for n in range(13)]
    assert Repeated(items).without(*items[0]) == blocks("Same.")


def test_a_feed_of_readings_keeps_them() -> None:
    items = [(f"At {n}", blocks(f"Temperature: {n} degrees")) for n in range(5)]
    assert Repeated(items).without(*items[3]) == blocks("Temperature: 3 degrees")


@given(st.lists(st.text(min_size=1, max_size=60).map(one_line).filter(bool), max_size=6))
def test_furniture_is_only_ever_taken_away(lines: list[str]) -> None:
    kept = [block.text for block in without_furniture(blocks(*lines))]
    assert len(kept) <= len(lines)
    assert all(any(text in line for line in lines) for text in kept)


@pytest.mark.parametrize(
    ("summary", "content", "words"),
    [
        ("one two three", "<p>one two three four five</p>", 5),
        ("one two three", "", 0),
        ("", "one two three […]", 0),
        ("word " * 200, "", 200),
        ("", "船" * 400, 200),
        ("", "เรือ " * 400, 320),
        ("", "word " * 200 + "<p>and […]</p><p>The post Ferry appeared first on Harbour.</p>", 0),
        ("", "", 0),
    ],
)
def test_words_are_counted_where_the_text_is_full(summary: str, content: str, words: int) -> None:
    assert clean.words(read_html(summary).blocks, read_html(content).blocks) == words
