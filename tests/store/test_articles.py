"""Articles: stored once, numbered in the order of commits, recognised for ever."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from digest.model import ArticleDraft, Image
from digest.store import articles, schema
from digest.store.articles import Arrival, Recorded, Terms

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)
FULL = ArticleDraft(
    keys=("guid:1", "url:1"),
    title="A title",
    url="https://world.example/1",
    author="Ann Author",
    published_at=NOW - timedelta(days=3),
    excerpt="One sentence.",
    image=Image(url="https://world.example/1.jpg", width=640, height=480, alt="A picture"),
    tags=("One", "Two"),
    language="en-GB",
    words=321,
)


def draft(*keys, title="t"):
    return ArticleDraft(keys=keys, title=title, url=f"https://world.example/{keys[0]}")


def record(database, *drafts, feed="world", source="", backlog=False, now=NOW):
    arrivals = [Arrival(draft=each, backlog=backlog) for each in drafts]
    return database.call(articles.record, feed, source or feed.title(), arrivals, now)


def everything(database):
    return database.call(articles.between, 0, 1_000_000, LONG_AGO)


def test_an_article_comes_back_as_it_arrived(database):
    assert record(database, FULL) == Recorded(new=1)
    (article,) = everything(database)
    assert (article.number, article.feeds, article.source, article.arrived_at) == (1, ("world",), "World", NOW)
    names = ("title", "url", "author", "published_at", "excerpt", "image", "tags", "language", "words")
    assert [getattr(article, name) for name in names] == [getattr(FULL, name) for name in names]


def test_an_article_without_anything_else_comes_back_too(database):
    record(database, ArticleDraft(keys=("k",), title="", url=""))
    (article,) = everything(database)
    assert (article.image, article.published_at, article.tags, article.words) == (None, None, (), 0)


def test_numbers_follow_the_order_of_arrival_without_gaps(database):
    record(database, draft("a"), draft("b"))
    record(database, draft("b"), draft("c"))
    record(database)
    record(database, draft("d"))
    assert [article.number for article in everything(database)] == [1, 2, 3, 4]
    assert database.call(articles.last_number) == 4


def test_an_article_that_another_feed_begins_to_carry_arrives_once_more(database):
    record(database, draft("a"), draft("b"))
    record(database, draft("c"), draft("b"), draft("b", "again"), draft("d"), feed="sport")
    record(database, draft("b"), feed="sport")
    record(database, draft("b"), feed="world")
    assert {article.number: article.since for article in everything(database)} == {1: (1,), 2: (2, 4), 3: (3,), 5: (5,)}
    assert database.call(articles.last_number) == 5
    assert [article.number for article in database.call(articles.between, 3, 4, LONG_AGO)] == [2]
    assert [article.number for article in database.call(articles.between, 2, 3, LONG_AGO)] == [3]


def test_what_another_feed_brings_as_old_does_not_arrive_once_more(database):
    record(database, draft("a"))
    assert record(database, draft("a"), feed="sport", backlog=True) == Recorded(known=1)
    assert [article.since for article in everything(database)] == [(1, 1)]
    assert database.call(articles.last_number) == 1


def test_an_article_says_when_its_publisher_last_changed_it(database):
    record(database, draft("a"), draft("b"))
    later = NOW + timedelta(hours=1)
    record(database, draft("a", title="corrected"), draft("b"), now=later)
    record(database, draft("a", title="another feed's"), feed="sport", now=later + timedelta(hours=1))
    record(database, draft("a", title="corrected"), now=later + timedelta(hours=2))
    assert [article.changed_at for article in everything(database)] == [later, None]


def test_a_poll_that_fails_leaves_no_gap(database):
    record(database, draft("a"))

    def fail(connection):
        articles.record(connection, "world", "World", [Arrival(draft=draft("b"))], NOW)
        raise LookupError

    with pytest.raises(LookupError):
        database.call(fail)
    record(database, draft("c"))
    assert [article.number for article in everything(database)] == [1, 2]


@pytest.mark.parametrize("keys", [("guid:1",), ("url:1",), ("new", "url:1"), ("guid:1", "another")])
def test_an_article_is_known_by_any_of_its_keys(database, keys):
    record(database, FULL)
    assert record(database, draft(*keys)).new == 0
    assert record(database, draft(*keys), feed="sport") == Recorded(known=1)
    assert len(everything(database)) == 1


def test_every_key_that_an_article_ever_had_is_remembered(database):
    record(database, draft("a"))
    for keys in (("a", "b"), ("b", "c"), ("c", "d"), ("d",), ("a",)):
        assert record(database, draft(*keys), feed="sport") == Recorded(known=1)


def test_twice_in_one_poll_is_once(database):
    assert record(database, draft("a", "b"), draft("b"), draft("c")) == Recorded(new=2, known=1)


def test_where_two_keys_name_two_articles_the_stronger_decides(database):
    record(database, draft("strong"), draft("weak"))
    record(database, draft("strong", "weak", title="changed"))
    assert [article.title for article in everything(database)] == ["changed", "t"]


def test_an_article_in_two_feeds_is_one_with_both_the_first_before(database):
    record(database, draft("a"), feed="world")
    record(database, draft("a"), feed="sport")
    record(database, draft("a"), feed="arts")
    record(database, draft("a"), feed="sport")
    (article,) = everything(database)
    assert (article.feeds, article.source) == (("world", "sport", "arts"), "World")


def test_a_change_by_the_publisher_is_taken_over_under_the_same_number(database):
    record(database, draft("a"))
    assert record(database, draft("a", title="corrected"), now=NOW + timedelta(hours=1)) == Recorded(updated=1)
    (article,) = everything(database)
    assert (article.number, article.title, article.arrived_at) == (1, "corrected", NOW)


def test_no_change_is_no_update(database):
    record(database, FULL)
    assert record(database, FULL) == Recorded(known=1)


def test_another_feeds_wording_changes_nothing(database):
    record(database, draft("a", title="ours"), feed="world")
    assert record(database, draft("a", title="theirs"), feed="sport") == Recorded(known=1)
    assert everything(database)[0].title == "ours"


def test_a_feed_that_calls_itself_like_another_changes_nothing_of_its_articles(database):
    record(database, draft("a", title="ours"), feed="world", source="The Post")
    record(database, draft("a", title="theirs"), feed="sport", source="The Post")
    assert record(database, draft("a", title="theirs"), feed="sport", source="The Post") == Recorded(known=1)
    assert everything(database)[0].title == "ours"


def test_backlog_is_known_and_never_told(database):
    assert record(database, draft("old"), backlog=True) == Recorded(backlog=1)
    assert record(database, draft("old")) == Recorded(known=1)
    record(database, draft("new"))
    assert [article.number for article in everything(database)] == [2]


def test_between_leaves_out_the_first_and_takes_the_last(database):
    record(database, *(draft(key) for key in "abcde"))
    assert [article.number for article in database.call(articles.between, 2, 4, LONG_AGO)] == [3, 4]
    assert database.call(articles.between, 4, 4, LONG_AGO) == ()


def test_between_leaves_out_what_arrived_too_long_ago(database):
    record(database, draft("a"), now=NOW - timedelta(seconds=1))
    record(database, draft("b"), now=NOW)
    assert [article.number for article in database.call(articles.between, 0, 9, NOW)] == [2]


def test_the_publishers_date_does_not_decide_what_is_told(database):
    record(database, FULL, now=NOW)
    assert len(database.call(articles.between, 0, 9, NOW - timedelta(hours=1))) == 1


def test_number_at_is_the_last_that_had_arrived(database):
    assert database.call(articles.number_at, NOW) == 0
    record(database, draft("a"), draft("b"))
    record(database, draft("c"), now=NOW + timedelta(hours=1))
    assert database.call(articles.number_at, NOW - timedelta(microseconds=1)) == 0
    assert database.call(articles.number_at, NOW) == 2
    assert database.call(articles.number_at, NOW + timedelta(hours=2)) == 3


def test_a_poll_with_more_keys_than_one_statement_asks_for_is_recognised(database):
    many = [draft(*(f"{n}-{m}" for m in range(60))) for n in range(100)]
    assert record(database, *many) == Recorded(new=100)
    assert record(database, *many) == Recorded(known=100)


def test_two_that_record_the_same_at_once_store_it_once(database, at_once):
    both = at_once(*[lambda f=feed: record(database, draft("a"), draft("b"), feed=f) for feed in ("world", "sport")])
    assert sorted((r.new, r.known) for r in both) == [(0, 2), (2, 0)]
    assert [(a.number, set(a.feeds)) for a in everything(database)] == [(n, {"world", "sport"}) for n in (1, 2)]


def _record_many(database, feed, done):
    for n in range(25):
        record(database, draft(f"{feed}-{n}"), draft(f"shared-{n}"), feed=feed)
    done()


def _arrivals(connection):
    return sorted(connection.scalars(select(schema.article_feeds.c.arrival)))


def test_whoever_reads_a_number_finds_every_arrival_up_to_it(database, another_process, at_once):
    """Two record at the same time while a third reads: numbers become visible in order and without gaps."""
    over = threading.Semaphore(0)
    seen = []

    def look():
        looking = another_process()
        ended = 0
        while ended < 2:
            ended += over.acquire(blocking=False)
            last = looking.call(articles.last_number)
            assert looking.call(_arrivals)[:last] == list(range(1, last + 1))
            seen.append(last)

    at_once(look, *[lambda f=feed: _record_many(database, f, over.release) for feed in ("world", "sport")])
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert len(everything(database)) == 75
    assert database.call(_arrivals) == list(range(1, 101))


def test_on_postgresql_a_number_is_not_taken_before_the_one_before_is_committed(on_postgresql):
    """The first has its number and dawdles; the second, begun later, waits and comes after it."""
    numbered, go_on = threading.Event(), threading.Event()

    def dawdle(connection):
        articles.record(connection, "world", "World", [Arrival(draft=draft("slow"))], NOW)
        numbered.set()
        assert go_on.wait(10)

    slow = threading.Thread(target=on_postgresql.call, args=(dawdle,))
    slow.start()
    assert numbered.wait(10)
    quick = threading.Thread(target=record, args=(on_postgresql, draft("quick")))
    quick.start()
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while not on_postgresql.call(lambda c: c.exec_driver_sql(blocked).scalar()):
        assert quick.is_alive()
    assert on_postgresql.call(articles.last_number) == 0
    go_on.set()
    slow.join(10)
    quick.join(10)
    assert [article.title for article in everything(on_postgresql)] == ["t", "t"]
    assert [article.url[-4:] for article in everything(on_postgresql)] == ["slow", "uick"]


def same_title(draft, names, known):
    """For tests: the same title is the same article."""
    return draft.title == known.title


SAME_TITLE = Terms(is_same=same_title)


def test_a_name_that_is_used_again_is_the_newer_articles_from_then_on(database):
    def recorded(*drafts):
        return database.call(articles.record, "world", "World", [Arrival(draft=d) for d in drafts], NOW, SAME_TITLE)

    assert recorded(draft("url:today", title="Monday")).new == 1
    assert recorded(draft("url:today", title="Tuesday")).new == 1
    assert recorded(draft("url:today", title="Tuesday")) == Recorded(known=1)
    assert [article.title for article in everything(database)] == ["Monday", "Tuesday"]


def test_a_weaker_name_counts_where_a_stronger_one_leads_to_another_article(database):
    def recorded(*drafts):
        return database.call(articles.record, "world", "World", [Arrival(draft=d) for d in drafts], NOW, SAME_TITLE)

    recorded(draft("guid:1", "text:a", title="A"), draft("guid:2", "text:b", title="B"))
    assert recorded(draft("guid:1", "text:b", title="B")).new == 0
    assert len(everything(database)) == 2


def test_what_is_decided_of_names_is_asked_with_all_that_lead_to_one_article(database):
    asked = []

    def note(draft, names, known):
        asked.append((draft.title, tuple(sorted(names)), known.number, known.title))
        return True

    record(database, draft("guid:1", "url:1", title="A"), draft("guid:2", title="B"))
    arrival = Arrival(draft=draft("guid:1", "guid:2", "url:1", "text:1", title="A."))
    database.call(articles.record, "world", "World", [arrival], NOW, Terms(is_same=note))
    assert set(asked) == {("A.", ("guid:1", "url:1"), 1, "A")}


def test_what_is_old_in_one_feed_is_news_where_another_brings_it_as_such(database):
    record(database, draft("guid:w", "url:1"), feed="world", backlog=True)
    assert record(database, draft("guid:s", "url:1"), feed="sport").new == 1
    assert [article.feeds for article in everything(database)] == [("sport",)]
    assert record(database, draft("guid:s", "url:1"), feed="sport").new == 0
    assert record(database, draft("guid:w", "url:1"), feed="world").new == 0
    assert record(database, draft("guid:a", "url:1"), feed="arts", backlog=True) == Recorded(known=1)


def test_what_the_page_gave_stays_when_the_feed_is_read_again(database):
    record(database, FULL)
    teaser = replace(
        FULL, title="A better title", excerpt="", image=None, words=0, language="", url="https://e.example/x"
    )
    arrival = Arrival(draft=teaser, partial=True)
    assert database.call(articles.record, "world", "World", [arrival], NOW) == Recorded(updated=1)
    (article,) = everything(database)
    assert article.title == "A better title"
    kept = ("url", "excerpt", "image", "words", "language")
    assert [getattr(article, name) for name in kept] == [getattr(FULL, name) for name in kept]


def test_the_unknown_are_those_without_a_known_name(database):
    record(database, draft("a", "b"))
    drafts = [draft("c"), draft("x", "b"), draft("d")]
    assert database.call(articles.unknown, drafts) == [drafts[0], drafts[2]]
    assert database.call(articles.unknown, []) == []


def test_an_article_that_is_renamed_at_every_poll_gets_no_names_without_end(database):
    for poll in range(70):
        assert record(database, draft("guid:1", f"said:{poll}")).new == (poll == 0)
    keys = database.call(lambda c: c.scalar(select(func.count()).select_from(schema.article_keys)))
    assert keys == 50


def test_a_large_poll_is_few_statements(database):
    statements = []
    drafts = [draft(f"guid:{n}", f"url:{n}", title=f"t{n}") for n in range(1_500)]

    def count(connection, _, statement, *rest):
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    assert record(database, *drafts).new == 1_500
    assert record(database, *drafts).known == 1_500
    changed = [replace(each, title=f"{each.title}!") for each in drafts]
    assert record(database, *changed).updated == 1_500
    assert len(statements) < 60
    assert [article.title for article in everything(database)] == [each.title for each in changed]
