"""The names by which an article is recognised, and when one of them is not enough."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.identity import Identifiable, is_same, keys, link_name
from digest.model import Article, ArticleDraft

NOON = datetime(2026, 2, 28, 12, 3, 7, tzinfo=UTC)


def names(*items: Identifiable, feed: str = "news") -> list[tuple[str, ...]]:
    return keys(feed, items)


def kinds(*items: Identifiable) -> list[list[str]]:
    return [[name.partition(":")[0] for name in one] for one in names(*items)]


FERRY = Identifiable(
    guid="1",
    url="https://news.example/2026/ferry-returns",
    title="The ferry returns to the islands",
    published=NOON.isoformat(),
    excerpt="After nine months in dock the ferry sails again, twice a day and at the old price.",
)


class Library:
    """What the store does with names, in a dictionary: strongest first, each candidate is asked."""

    def __init__(self) -> None:
        self.articles: dict[int, Article] = {}
        self.names: dict[str, int] = {}

    def poll(self, *items: Identifiable, feed: str = "news") -> list[int]:
        """The number of the article that each item is."""
        return [self._take(item, known, feed) for item, known in zip(items, keys(feed, items), strict=True)]

    def _take(self, item: Identifiable, known: tuple[str, ...], feed: str) -> int:
        draft = ArticleDraft(
            keys=known,
            title=item.title,
            url=item.url,
            published_at=datetime.fromisoformat(item.published) if item.published else None,
            excerpt=item.excerpt,
        )
        number = self._find(draft, feed)
        is_new = number is None
        if number is None:
            number = len(self.articles) + 1
        carriers = self.articles[number].feeds if number in self.articles else ()
        if not carriers or carriers[0] == feed:
            self.articles[number] = Article(
                number=number, feeds=carriers or (feed,), source=feed, title=draft.title, url=draft.url,
                published_at=draft.published_at, excerpt=draft.excerpt, arrived_at=NOON,
            )  # fmt: skip
        elif feed not in carriers:
            self.articles[number] = replace(self.articles[number], feeds=(*carriers, feed))
        for name in draft.keys:
            if is_new or name not in self.names:
                self.names[name] = number
        return number

    def _find(self, draft: ArticleDraft, feed: str) -> int | None:
        for number in dict.fromkeys(self.names[name] for name in draft.keys if name in self.names):
            its = [name for name in draft.keys if self.names.get(name) == number]
            if is_same(draft, its, self.articles[number], feed=feed):
                return number
        return None

    def prune(self) -> None:
        """Takes the text from all articles."""
        self.articles = {number: replace(one, excerpt="") for number, one in self.articles.items()}


def at(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat()


def test_the_strongest_name_comes_first() -> None:
    assert kinds(FERRY) == [["guid", "url", "said", "path", "text"]]


def test_a_guid_that_is_the_link_is_no_second_name() -> None:
    assert kinds(FERRY._replace(guid=FERRY.url)) == [["url", "said", "path", "text"]]
    assert kinds(FERRY._replace(guid="https://news.example/?p=1"))[0][:3] == ["url", "url", "said"]


def test_what_is_short_or_dated_by_the_day_has_no_weak_names() -> None:
    assert kinds(FERRY._replace(title="Weather")) == [["guid", "url", "text"]]
    by_day = FERRY._replace(published="2026-02-28T00:00:00+00:00")
    assert kinds(by_day._replace(excerpt="")) == [["guid", "url", "path", "text"]]
    assert kinds(by_day._replace(published="2026-02-27T18:30:00+00:00", excerpt="")) == [
        ["guid", "url", "path", "text"]
    ]
    assert names(by_day)[0][2] != names(by_day._replace(excerpt=FERRY.excerpt + " Really."))[0][2]


def test_names_are_short() -> None:
    long = FERRY._replace(guid="x" * 100_000, title="y" * 100_000, url="https://news.example/" + "z" * 100_000)
    assert max(len(name) for name in names(long)[0]) == 29


LINK = FERRY.url
#: What publishers do to an article that stays the same one.
MUTATIONS: dict[str, Callable[[Identifiable], Identifiable]] = {
    "nothing": lambda one: one,
    "title edited": lambda one: one._replace(title="The ferry returns to all of the islands"),
    "title rewritten": lambda one: one._replace(title="Why nobody swims to work any more"),
    "title in capitals": lambda one: one._replace(title=one.title.upper()),
    "text rewritten": lambda one: one._replace(excerpt="Nobody on the pier had expected to see it so soon, they say."),
    "text cut": lambda one: one._replace(excerpt=one.excerpt[:50]),
    "text gone": lambda one: one._replace(excerpt=""),
    "date bumped": lambda one: one._replace(published=at(300)),
    "date gone": lambda one: one._replace(published=""),
    "date an hour off": lambda one: one._replace(published=at(1)),
    "all rewritten, names kept": lambda one: one._replace(
        title="Storm ends", published=at(300), excerpt="All that was said before is no longer true, and this is."
    ),
    "guid changed": lambda one: one._replace(guid="urn:uuid:4711"),
    "guid gone": lambda one: one._replace(guid=""),
    "guid is the link": lambda one: one._replace(guid=LINK),
    "guid is http": lambda one: one._replace(guid="http://news.example/?p=1"),
    "guid changed, title edited": lambda one: one._replace(guid="2", title="Ferry returns to the islands"),
    "guid changed, date bumped": lambda one: one._replace(guid="2", published=at(300)),
    "guid changed, text rewritten": lambda one: one._replace(guid="2", excerpt="Quite another text about that ferry."),
    "guid changed, title rewritten": lambda one: one._replace(guid="2", title="Why nobody swims to work any more"),
    "link gone": lambda one: one._replace(url=""),
    "link is http": lambda one: one._replace(guid="2", url=LINK.replace("https", "http")),
    "link with www": lambda one: one._replace(guid="2", url=LINK.replace("news.", "www.news.")),
    "link with a slash": lambda one: one._replace(guid="2", url=f"{LINK}/"),
    "link with an index": lambda one: one._replace(guid="2", url=f"{LINK}/index.html"),
    "link with tracking": lambda one: one._replace(guid="2", url=f"{LINK}?utm_source=rss&fbclid=1#top"),
    "link by way of AMP": lambda one: one._replace(guid="2", url="https://www.google.com/amp/s/news.example/2026/ferry-returns"),
    "link by way of a forwarder": lambda one: one._replace(
        guid="2", url="https://www.google.com/url?sa=t&url=https%3A%2F%2Fnews.example%2F2026%2Fferry-returns&ct=ga"
    ),
    "link by way of FeedBurner": lambda one: one._replace(url="http://feeds.feedburner.com/~r/news/~3/1a2b3c/"),
    "slug changed": lambda one: one._replace(url="https://news.example/2026/boat-returns"),
    "slug changed, date bumped": lambda one: one._replace(url="https://news.example/boat", published=at(300)),
    "slug, title and date changed": lambda one: one._replace(
        url="https://news.example/nobody-swims", title="Why nobody swims to work any more", published=at(300)
    ),
    "slug and guid changed": lambda one: one._replace(guid="2", url="https://news.example/boat"),
    "slug, guid and text changed": lambda one: one._replace(guid="2", url="https://news.example/boat", excerpt="New."),
    "host moved": lambda one: one._replace(guid="2", url="https://islands.example/2026/ferry-returns"),
    "host moved, date bumped": lambda one: one._replace(
        guid="2", url="https://islands.example/2026/ferry-returns", published=at(300)
    ),
    "host moved, date gone": lambda one: one._replace(
        guid="2", url="https://islands.example/2026/ferry-returns", published=""
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS)
@pytest.mark.parametrize("guid", ["1", "https://news.example/?p=1"])
def test_an_article_that_changes_is_the_same(guid: str, mutate: Callable[[Identifiable], Identifiable]) -> None:
    library, first = Library(), FERRY._replace(guid=guid)
    assert library.poll(first) == [1]
    changed = mutate(first)
    assert library.poll(changed) == [1]
    assert library.poll(changed) == library.poll(first) == [1]


def story(n: int) -> Identifiable:
    topics = ["Harbour", "Bakery", "Chess club", "Volcano", "Orchestra", "Lighthouse", "Election", "Library", "Frost"]
    topic = topics[n % len(topics)]
    return Identifiable(
        guid=f"id-{n}",
        url=f"https://news.example/{topic.lower().replace(' ', '-')}/{n}",
        title=f"{topic} number {n} makes the whole town talk",
        published=at(n * 24.0),
        excerpt=f"{topic} {n} was on everybody's lips when our reporter {topic[::-1]} went through the {topic} street.",
    )


#: What is done to every item of a feed at once; `n` is its place.
REWRITES: dict[str, Callable[[Identifiable, int], Identifiable]] = {
    "guids": lambda one, n: one._replace(guid=f"https://new.example/?p={n}"),
    "guids and dates": lambda one, n: one._replace(guid=f"new-{n}", published=at(9_000)),
    "guids and schemes": lambda one, n: one._replace(guid=f"new-{n}", url=one.url.replace("https", "http")),
    "guids and tracking": lambda one, n: one._replace(guid="", url=f"{one.url}/?utm_campaign={n}"),
    "guids and slugs": lambda one, n: one._replace(guid=f"new-{n}", url=f"https://news.example/archive/{n}"),
    "hosts and guids": lambda one, n: one._replace(guid=f"new-{n}", url=one.url.replace("news", "islands")),
    "hosts, guids and dates": lambda one, n: one._replace(
        guid=f"new-{n}", url=one.url.replace("news", "islands"), published=at(9_000 + n)
    ),
}


@pytest.mark.parametrize("pruned", [False, True])
@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_a_feed_that_is_republished_whole_makes_nothing_new(
    rewrite: Callable[[Identifiable, int], Identifiable], pruned: bool
) -> None:
    library = Library()
    feed = [story(n) for n in range(30)]
    first = library.poll(*feed)
    assert len(set(first)) == 30
    if pruned:
        library.prune()
    assert library.poll(*(rewrite(one, n) for n, one in enumerate(feed))) == first


COMIC = Identifiable(url="https://comic.example/today", title="Monday's cat", published=at(0), excerpt="")
DAYS = ["Monday's cat", "Two dogs and a hat", "The long way home", "Rain", "Fish on a bicycle", "Nothing at all", "Tea"]
WORDS = [
    "A cat looks out of the window and sees another cat looking out of a window.",
    "Both dogs want the hat, and neither of them knows what hats are good for.",
    "Whoever forgets the key sees more of the neighbourhood, and gets wet as well.",
    "It rains on page one, two and three; on page four somebody opens an umbrella.",
    "Pedals were not made for fins, says the salmon, and rings the bell all the same.",
    "Twelve empty frames, each a little emptier than the one before it, by our guest.",
    "Water boils in the first picture; everything that follows is the steam's opinion.",
]


@pytest.mark.parametrize("guid", ["own", "link", "none"])
@pytest.mark.parametrize("has_words", [True, False])
@pytest.mark.parametrize("title", ["own", "numbered"])
def test_each_day_of_a_comic_with_one_link_is_new(guid: str, has_words: bool, title: str) -> None:
    library = Library()
    for day in range(7):
        item = COMIC._replace(
            guid={"own": f"comic-{day}", "link": COMIC.url, "none": ""}[guid],
            title=DAYS[day] if title == "own" else f"Your daily comic strip, number {day}",
            published=at(24 * day),
            excerpt=WORDS[day] if has_words else "",
        )
        assert library.poll(item) == library.poll(item) == [day + 1]


@pytest.mark.parametrize("title", ["Weather", "The weather in the harbour today"])
def test_each_day_of_a_bulletin_with_one_link_and_title_is_new(title: str) -> None:
    library = Library()
    for day in range(7):
        item = COMIC._replace(guid=f"b-{day}", title=title, published=at(24 * day), excerpt=WORDS[day])
        assert library.poll(item) == library.poll(item) == [day + 1]


def test_a_ticker_with_one_link_is_new_each_time() -> None:
    library = Library()
    for n in range(7):
        item = COMIC._replace(guid=f"t-{n}", title=DAYS[n], published=at(n), excerpt=WORDS[n])
        assert library.poll(item) == library.poll(item) == [n + 1]


@pytest.mark.parametrize("guid", ["live", "https://news.example/live/storm", ""])
def test_a_live_blog_is_one_article_all_day(guid: str) -> None:
    library = Library()
    for n in range(7):
        item = COMIC._replace(
            guid=guid, url="https://news.example/live/storm", title=DAYS[n], published=at(2 * n), excerpt=WORDS[n]
        )
        assert library.poll(item) == [1]


@pytest.mark.parametrize("pruned", [False, True])
@pytest.mark.parametrize("kept", ["guid", "link"])
def test_an_id_that_is_used_again_hides_nothing(kept: str, pruned: bool) -> None:
    library = Library()
    library.poll(FERRY)
    if pruned:
        library.prune()
    other = story(3)._replace(published=at(2_000))
    other = other._replace(guid=FERRY.guid) if kept == "guid" else other._replace(url=FERRY.url)
    assert library.poll(other) == library.poll(other) == [2]
    assert library.poll(other._replace(title="Volcano 3 makes the whole town talk")) == [2]
    assert library.poll(FERRY) == [1]


def test_another_feed_tells_the_same_article_in_its_own_words() -> None:
    library = Library()
    library.poll(FERRY)
    told = Identifiable(guid="x", url=FERRY.url, title="Boats are back", published=at(90), excerpt=WORDS[0])
    assert library.poll(told, feed="links") == library.poll(told, feed="links") == [1]
    assert library.articles[1].title == FERRY.title


def test_the_name_of_a_link_is_the_one_that_an_item_has() -> None:
    assert link_name(f"http://www.{LINK.removeprefix('https://')}/?utm_source=x") == names(FERRY)[0][1]
    assert link_name("https://news.example/") == link_name("urn:x") == ""


def test_a_hostile_feed_does_not_take_long() -> None:
    items = [
        FERRY._replace(guid=f"http://a.example/{'../' * 30_000}{n}", title="x" * 100_000, excerpt="y " * 50_000)
        for n in range(20)
    ]
    began = time.perf_counter()
    library = Library()
    library.poll(*items)
    library.poll(*(one._replace(guid=f"{n}", published=at(99)) for n, one in enumerate(items)))
    assert time.perf_counter() - began < 1


def test_another_feed_recognises_the_link_and_nothing_else() -> None:
    here, there = names(FERRY)[0], names(FERRY, feed="other")[0]
    assert [name for name in here if name in there] == [name for name in here if name.startswith("url:")]


@pytest.mark.parametrize(
    "items",
    [
        [Identifiable(guid=f"{n}", url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(guid="same", url=f"https://news.example/{n}", title=f"t{n}") for n in range(10)],
        [Identifiable(guid="same", url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(title="same", published=f"2026-03-0{n + 1 % 9}") for n in range(9)],
        [Identifiable(title="same", excerpt=f"{n}") for n in range(10)],
        [FERRY._replace(guid=f"{n}", url=f"https://news.example/{n}") for n in range(10)],
        [FERRY._replace(guid=f"{n}", url=f"https://h{n}.example/2026/ferry-returns") for n in range(10)],
    ],
    ids=["one link", "one guid", "one guid and link", "one link without guids", "only dates", "only excerpts",
         "one title and date", "one path"],
)  # fmt: skip
def test_items_that_have_something_in_common_are_as_many_articles(items: list[Identifiable]) -> None:
    got = names(*items)
    every = [name for one in got for name in one]
    assert len(every) == len(set(every))
    library = Library()
    numbers = library.poll(*items)
    assert len(set(numbers)) == len(items)
    assert library.poll(*items) == numbers


def test_entries_of_one_page_keep_their_fragments_for_names() -> None:
    first, second = (
        Identifiable(
            guid=f"https://a.example/changes#v{n}", url=f"https://a.example/changes#v{n}", title=f"Version {n}"
        )
        for n in (1, 2)
    )
    assert kinds(first, second) == [["url", "text"], ["url", "text"]]
    library = Library()
    assert library.poll(first, second) == [1, 2]
    assert library.poll(first._replace(title="Version 1, mended"), second) == [1, 2]


def test_a_guid_that_counts_updates_in_its_fragment_is_one() -> None:
    library = Library()
    for n in range(3):
        item = FERRY._replace(guid=f"{LINK}#{n}", url=f"{LINK}?at_medium=RSS", title=DAYS[n], published=at(3 * n))
        assert library.poll(item) == [1]


def test_entries_that_are_identical_are_one() -> None:
    one, other = names(FERRY, FERRY)
    assert one == other
    assert len(one) == 5


def test_an_article_whose_guid_is_of_no_use_today_is_recognised_tomorrow() -> None:
    other = FERRY._replace(title="Another", published="2026-03-01")
    assert kinds(FERRY, other) == [["said", "text"], ["text"]]
    assert set(names(FERRY, other)[0]) & set(names(FERRY)[0])


def test_a_front_page_is_no_name() -> None:
    assert kinds(FERRY._replace(url="https://news.example/")) == [["guid", "said", "text"]]


SMALL = st.builds(
    Identifiable,
    guid=st.sampled_from(["", "1", "2", "https://a.example/1", "http://a.example/3#x"]),
    url=st.sampled_from(["", "https://a.example/1", "https://a.example/2", "https://a.example/2#y", "https://[bad"]),
    title=st.sampled_from(["a", "b", FERRY.title]),
    published=st.sampled_from(["", "2026-03-01", FERRY.published]),
    excerpt=st.sampled_from(["", "x"]),
)


@dataclass(frozen=True)
class Told:
    """All that can tell an item from another."""

    guid: str
    url: str
    title: str
    when: str


def told(item: Identifiable) -> Told:
    url = item.url.replace("https://[bad", "").partition("#")[0]
    guid = item.guid.replace("http://", "https://").partition("#")[0]
    return Told(guid, url, item.title, item.published or item.excerpt)


@given(st.lists(SMALL, max_size=8))
@settings(max_examples=150)
def test_different_items_of_a_fetch_share_no_name_but_an_address_and_equal_ones_all(items: list[Identifiable]) -> None:
    got = [[name for name in one if not name.startswith("url:")] for one in names(*items)]
    for item, its in zip(items, got, strict=True):
        for other, others in zip(items, got, strict=True):
            if told(item) != told(other):
                assert not set(its) & set(others)
            elif item.excerpt == other.excerpt:
                assert its == others


@given(st.lists(SMALL, max_size=8), st.randoms())
@settings(max_examples=50)
def test_the_order_of_items_does_not_matter(items: list[Identifiable], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(items, len(items))
    assert sorted(names(*items)) == sorted(names(*shuffled))


CHANGES = st.sampled_from(["guid", "no guid", "slug", "tracking", "scheme", "title", "text", "date", "host"])


@given(st.lists(st.tuples(st.integers(0, 11), CHANGES), max_size=30), st.integers(0, 6))
@settings(max_examples=60)
def test_a_feed_that_changes_one_thing_at_a_time_repeats_and_loses_nothing(
    changes: Sequence[tuple[int, str]], window: int
) -> None:
    library = Library()
    feed = [story(n) for n in range(12)]
    assert library.poll(*feed) == list(range(1, 13))
    for step, (place, change) in enumerate(changes):
        n = window + place % (12 - window)
        one = feed[n]
        feed[n] = {
            "guid": one._replace(guid=f"new-{step}"),
            "no guid": one._replace(guid=""),
            "slug": one._replace(url=f"https://news.example/renamed/{step}"),
            "tracking": one._replace(url=f"{one.url.partition('?')[0]}?utm_source={step}"),
            "scheme": one._replace(url=one.url.replace("https://", "http://www.")),
            "title": one._replace(title=f"{one.title}!"),
            "text": one._replace(excerpt=f"{one.excerpt} Really."),
            "date": one._replace(published=at(n * 24 + step / 10)),
            "host": one._replace(url=one.url.replace("news.example", f"h{step}.example")),
        }[change]
        assert library.poll(*feed[window:]) == list(range(window + 1, 13))
    assert library.poll(story(13), *feed) == [13, *range(1, 13)]


def test_without_dates_a_link_that_is_used_again_days_later_is_another_article() -> None:
    known = Article(
        number=1, feeds=("comic",), source="Comic", title="The mole digs", url="https://e.example/today",
        arrived_at=datetime(2026, 3, 1, tzinfo=UTC), excerpt="A mole finds a spoon and does not know what it is for.",
    )  # fmt: skip
    draft = ArticleDraft(
        keys=("url:1", "text:2"), title="Owls at night", url="https://e.example/today",
        excerpt="Three owls count the ships that come into the harbour by night.",
    )  # fmt: skip
    soon, later = known.arrived_at + timedelta(hours=3), known.arrived_at + timedelta(days=1)
    assert is_same(draft, ["url:1"], known, feed="comic", now=soon)
    assert not is_same(draft, ["url:1"], known, feed="comic", now=later)


def test_a_guid_that_all_items_have_in_turn_does_not_join_those_with_other_links_and_titles() -> None:
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    known = Article(
        number=1, feeds=("wire",), source="Wire", title="Rain falls on the quay", url="https://e.example/rain",
        arrived_at=at, published_at=at,
    )  # fmt: skip
    draft = ArticleDraft(
        keys=("guid:latest", "url:2", "text:2"), title="Mayor resigns at last", url="https://e.example/mayor",
        published_at=at + timedelta(hours=8),
    )  # fmt: skip
    assert not is_same(draft, ["guid:latest"], known, feed="wire", now=at + timedelta(hours=8))
