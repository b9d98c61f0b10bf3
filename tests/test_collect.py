"""Due feeds become new articles, over real HTTP; what goes wrong with one stays with it."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import pytest_asyncio
from anyio import CapacityLimiter
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest.collect import Desk, collect
from digest.feeds.wire.fetch import Fetcher, FetchLimits
from digest.model import Feed, Selectors
from digest.store import articles, feeds, holding

#: One event loop for all: the child processes that read feeds live as long as it.
pytestmark = pytest.mark.asyncio(loop_scope="module")

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
RSS = "application/rss+xml"


def rss(*items, title="World"):
    """A feed of (guid, age) pairs; age in hours, None: without a date."""
    written = "".join(_item(guid, age) for guid, age in items)
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title>{written}</channel></rss>"


def _item(guid, age):
    date = "" if age is None else f"<pubDate>{format_datetime(START - timedelta(hours=age))}</pubDate>"
    return f"<item><guid>{guid}</guid><title>On {guid}</title><link>https://news.example/{guid}</link>{date}</item>"


class Newsstand:
    """Feeds on a real server, one store, and a clock that the test moves."""

    def __init__(self, database, server: HTTPServer, fetcher):
        self.database, self.server, self.now = database, server, START
        self.desk = Desk(
            database=database,
            fetcher=fetcher(lambda: self.now),
            feeds={},
            clock=lambda: self.now,
            jitter=lambda: 0.0,
            readers=CapacityLimiter(2),
        )
        self.asked: list[Request] = []

    def serve(self, name, body="", *, at="", **answer):
        """From now on the feed `name` answers so, with an ETag that follows the body; `at`: the address it has."""

        def respond(request: Request) -> Response:
            self.asked.append(request)
            etag = f'"{hash(body):x}"'
            if answer.get("status", 200) == 200 and request.headers.get("If-None-Match") == etag:
                return Response(status=304)
            headers = {"ETag": etag} | answer.get("headers", {})
            return Response(body, answer.get("status", 200), headers, content_type=answer.get("content_type", RSS))

        self.server.clear_all_handlers()
        for known in self.answers:
            if known != name:
                self.server.expect_request(f"/{known}").respond_with_handler(self.answers[known])
        self.answers[name] = respond
        self.server.expect_request(f"/{name}").respond_with_handler(respond)
        feed = Feed(name=name, url=at or self.server.url_for(f"/{name}"), every=HALF_HOUR)
        self.desk = replace(self.desk, feeds={**self.desk.feeds, name: feed})

    @property
    def answers(self):
        return self.__dict__.setdefault("_answers", {})

    async def due(self):
        database, urls = self.desk.database, {feed.name: feed.url for feed in self.desk.feeds.values()}
        await database.run(feeds.ensure, urls)
        due = await database.run(feeds.due, list(urls), self.desk.clock())
        return {polled.feed: polled for polled in await collect(self.desk, due)}

    async def now_all(self):
        return {polled.feed: polled for polled in await collect(self.desk, list(self.desk.feeds), at_once=True)}

    def state(self, name):
        return self.database.call(feeds.states, [name])[name]

    def server_log(self):
        """The requests that the server has answered, whoever answered them."""
        return [request for request, _ in self.server.log]

    def withdrawn(self):
        found = self.database.call(articles.between, 0, 1000, START - timedelta(days=9))
        return [article.title for article in found if article.withdrawn]

    def told(self):
        return [a.title for a in self.database.call(articles.between, 0, 1000, START - timedelta(days=9))]


@pytest_asyncio.fixture(loop_scope="module")
async def stand(on_sqlite, httpserver):
    async with _stand(on_sqlite, httpserver) as newsstand:
        yield newsstand


@asynccontextmanager
async def _stand(database, server):
    opened = []

    def fetcher(clock):
        opened.append(Fetcher("tests/1", clock, FetchLimits(allow_private_networks=True, spacing=timedelta())))
        return opened[0]

    newsstand = Newsstand(database, server, fetcher)
    async with opened[0]:
        yield newsstand


async def test_of_a_first_poll_what_is_old_is_known_and_never_new(stand):
    stand.serve("world", rss(("new", 1), ("day-old", 23.9), ("older", 24.1), ("ancient", 900)))
    polled = (await stand.due())["world"]
    assert (polled.recorded.new, polled.recorded.backlog) == (2, 2)
    assert stand.told() == ["On new", "On day-old"]
    stand.now += HALF_HOUR
    stand.serve("world", rss(("new", 1), ("ancient", 900), ("late and back-dated", 500)))
    polled = (await stand.now_all())["world"]
    assert (polled.recorded.new, polled.recorded.backlog, polled.recorded.known) == (1, 0, 2)
    assert stand.told()[-1] == "On late and back-dated"


async def test_of_a_first_poll_without_dates_ten_are_new(stand):
    stand.serve("world", rss(*((f"no-{n}", None) for n in range(14))))
    polled = (await stand.due())["world"]
    assert (polled.recorded.new, polled.recorded.backlog) == (10, 4)
    assert stand.told() == [f"On no-{n}" for n in range(10)]


async def test_the_first_poll_that_succeeds_is_the_first(stand):
    stand.serve("world", status=500)
    await stand.due()
    stand.now += timedelta(days=1)
    stand.serve("world", rss(("ancient", 900)))
    assert (await stand.due())["world"].recorded.backlog == 1


async def test_a_feed_that_has_not_changed_costs_one_conditional_request(stand):
    stand.serve("world", rss(("a", 1)))
    await stand.due()
    assert (await stand.due()) == {}
    stand.now += HALF_HOUR
    polled = (await stand.due())["world"]
    assert (polled.unchanged, polled.error, polled.recorded.new) == (True, "", 0)
    first, second = stand.asked
    assert "If-None-Match" not in first.headers
    assert second.headers["If-None-Match"] == stand.state("world").etag != ""
    state = stand.state("world")
    assert (state.succeeded_at, state.polled_at, state.next_poll_at) == (stand.now, stand.now, stand.now + HALF_HOUR)


async def test_a_broken_feed_is_recorded_and_the_others_succeed(stand):
    stand.serve("good", rss(("a", 1)))
    stand.serve("broken", "<rss><channel><item", content_type=RSS)
    stand.serve("page", "<!doctype html><p>Not here.", content_type="text/html")
    stand.serve("missing", status=404)
    stand.desk = replace(stand.desk, feeds={**stand.desk.feeds, "nowhere": Feed(name="nowhere", url="http://[::1]:1/")})
    polled = await stand.due()
    assert polled["good"].error == ""
    assert stand.told() == ["On a"]
    for name in ("broken", "page", "missing", "nowhere"):
        assert polled[name].error
        assert (stand.state(name).last_error, stand.state(name).failures) == (polled[name].error, 1)
        assert stand.state(name).succeeded_at is None
    assert "404" in polled["missing"].error


async def test_a_feed_with_text_that_no_database_takes_stops_nobody(stand, on_postgresql):
    body = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "\\ud800 \\u0000", "items": [{"id": "\\ud800\\u0000",'
    )
    body += ' "url": "https://n.example/\\udfff", "title": "\\u0000x\\ud83d", "tags": ["\\u0000", "\\udc00"],'
    body += ' "authors": [{"name": "\\ud800"}], "language": "\\ud800", "content_text": "\\u0000 \\ud800 words",'
    body += ' "image": "https://n.example/\\ud800.jpg", "date_published": "0000-00-00T99:99:99Z"}]}'
    stand.serve("good", rss(("a", 1)))
    stand.serve("hostile", body, content_type="application/feed+json")
    for database in (stand.database, on_postgresql):
        stand.desk = replace(stand.desk, database=database)
        polled = await stand.due()
        assert polled["good"].recorded.new == 1
        assert polled["hostile"].recorded.new == 1 or polled["hostile"].error


async def test_what_could_not_be_read_is_asked_for_again(stand):
    stand.serve("world", "<rss><channel><item")
    assert (await stand.due())["world"].error
    assert (stand.state("world").etag, stand.state("world").body_sha256) == ("", "")
    polled = (await stand.now_all())["world"]
    assert "If-None-Match" not in stand.asked[-1].headers
    assert (polled.unchanged, bool(polled.error)) == (False, True)


async def test_a_feed_that_broke_off_is_asked_for_again_and_nothing_of_it_is_lost(stand):
    whole = rss(("a", 1), ("b", 2))
    stand.serve("world", whole[: whole.index("<item><guid>b") + 20])
    polled = (await stand.due())["world"]
    assert (polled.recorded.new, polled.error) == (1, "")
    assert any("breaks off" in remark for remark in polled.remarks)
    state = stand.state("world")
    assert (state.etag, state.last_modified, state.body_sha256) == ("", "", "")
    stand.serve("world", whole)
    assert (await stand.now_all())["world"].recorded.new == 1
    assert stand.told() == ["On a", "On b"]


async def test_validators_of_before_survive_an_answer_that_could_not_be_read(stand):
    stand.serve("world", rss(("a", 1)))
    await stand.due()
    good = stand.state("world").etag
    stand.serve("world", "<rss><channel><item")
    await stand.now_all()
    assert stand.state("world").etag == good
    stand.serve("world", rss(("a", 1)))
    assert (await stand.now_all())["world"].unchanged


async def test_a_feed_that_fails_is_asked_less_and_less_and_forgiven_at_once(stand):
    stand.serve("world", status=500)
    waits = []
    for _ in range(4):
        await stand.due()
        waits.append(stand.state("world").next_poll_at - stand.now)
        stand.now = stand.state("world").next_poll_at
    assert waits == [HALF_HOUR * 2, HALF_HOUR * 4, HALF_HOUR * 8, HALF_HOUR * 16]
    assert stand.state("world").failures == 4
    stand.serve("world", rss(("a", 1)))
    assert (await stand.due())["world"].error == ""
    state = stand.state("world")
    assert (state.failures, state.last_error, state.next_poll_at) == (0, "", stand.now + HALF_HOUR)


async def test_a_server_that_names_a_time_is_not_asked_before_it(stand):
    stand.serve("world", status=503, headers={"Retry-After": "36000"})
    await stand.due()
    assert stand.state("world").next_poll_at == stand.now + timedelta(hours=10)


async def test_a_feed_that_is_gone_is_not_polled_until_it_is_asked_for(stand):
    stand.serve("world", status=410)
    assert "410" in (await stand.due())["world"].error
    stand.now += timedelta(days=400)
    assert await stand.due() == {}
    stand.serve("world", rss(("a", 1)))
    assert (await stand.now_all())["world"].error == ""
    stand.now += timedelta(hours=6)
    assert list(await stand.due()) == ["world"]


async def test_an_answer_that_stays_good_for_longer_is_not_asked_for_sooner(stand):
    stand.serve("world", rss(("a", 1)), headers={"Cache-Control": "max-age=7200"})
    await stand.due()
    assert stand.state("world").next_poll_at == stand.now + timedelta(hours=2)


async def test_a_feed_that_another_process_polls_is_left_out(stand):
    stand.serve("world", rss(("a", 1)))
    stand.serve("sport", rss(("b", 1)))
    stand.database.call(feeds.ensure, {"world": stand.desk.feeds["world"].url})
    stand.database.call(feeds.claim, ["world"], stand.now, timedelta(minutes=1))
    assert list(await stand.now_all()) == ["sport"]
    stand.now += timedelta(minutes=2)
    assert list(await stand.due()) == ["world"]


async def test_two_that_collect_at_once_poll_each_feed_once(stand):
    for name in ("world", "sport", "arts"):
        stand.serve(name, rss((name, 1)))
    both = await asyncio.gather(stand.due(), stand.due())
    assert sorted(name for polled in both for name in polled) == ["arts", "sport", "world"]
    assert len(stand.asked) == 3


async def test_a_feed_that_has_moved_for_good_is_read_there_after_a_day_and_it_is_said(stand):
    stand.serve("world", rss(("a", 1)))
    new = stand.server.url_for("/world")
    stand.desk = replace(stand.desk, feeds={"world": replace(stand.desk.feeds["world"], url=_redirect(stand, 301))})
    polled = [(await stand.now_all())["world"]]
    for _ in range(2):
        stand.now += timedelta(hours=13)
        polled.append((await stand.now_all())["world"])
    assert [each.remarks for each in polled] == [
        (f"it is permanently redirected to {new}",),
        (),
        (f"it has moved for good to {new}",),
    ]
    assert [each.address for each in polled] == ["", "", new]
    stand.now += timedelta(hours=13)
    assert (await stand.now_all())["world"].unchanged
    assert [request.path for request in stand.server_log()][-2:] == ["/world", "/world"]


async def test_a_feed_that_is_redirected_for_now_is_asked_for_where_it_was(stand):
    stand.serve("world", rss(("a", 1)))
    stand.desk = replace(stand.desk, feeds={"world": replace(stand.desk.feeds["world"], url=_redirect(stand, 302))})
    for _ in range(4):
        polled = (await stand.now_all())["world"]
        assert (polled.address, polled.remarks, polled.error) == ("", (), "")
        stand.now += timedelta(hours=13)


async def test_a_move_that_leads_nowhere_in_the_end_is_taken_back(stand):
    stand.serve("world", rss(("a", 1)))
    old, new = _redirect(stand, 301), stand.server.url_for("/world")
    stand.desk = replace(stand.desk, feeds={"world": replace(stand.desk.feeds["world"], url=old)})
    for _ in range(3):
        await stand.now_all()
        stand.now += timedelta(hours=13)
    assert stand.state("world").polled_url == new
    stand.serve("world", status=404, at=old)
    for _ in range(3):
        assert (await stand.now_all())["world"].error
    assert stand.state("world").polled_url == old


async def test_a_page_leads_to_its_feed_which_is_polled_from_then_on(stand):
    stand.serve("news", rss(("a", 1)))
    stand.server.expect_request("/home").respond_with_data(
        '<!doctype html><title>News</title><link rel="alternate" type="application/rss+xml" href="/news">',
        content_type="text/html",
    )
    feed, page = stand.server.url_for("/news"), stand.server.url_for("/home")
    stand.desk = replace(stand.desk, feeds={"news": Feed(name="news", url=page)})
    polled = (await stand.due())["news"]
    assert (polled.recorded.new, polled.address, polled.remarks) == (
        1,
        feed,
        (f"it is a web page; its feed is {feed}",),
    )
    polled = (await stand.now_all())["news"]
    assert (polled.unchanged, polled.address, polled.remarks) == (True, feed, ())


async def test_a_page_in_the_place_of_a_feed_changes_nothing_unless_it_stays(stand):
    stand.serve("world", rss(("a", 1)))
    await stand.due()
    configured = stand.state("world").url
    stand.serve("main", rss(("b", -20), ("ancient", 900)))
    stand.server.clear_all_handlers()
    stand.server.expect_request("/main").respond_with_handler(stand.answers["main"])
    stand.server.expect_request("/world").respond_with_data(
        '<!doctype html><link rel="alternate" type="application/rss+xml" href="/main">', content_type="text/html"
    )
    del stand.desk.feeds["main"]
    for _ in range(2):
        polled = (await stand.now_all())["world"]
        assert "it leads to a web page now" in polled.error
        assert (stand.state("world").polled_url, stand.told()) == (configured, ["On a"])
        stand.now += timedelta(hours=13)
    polled = (await stand.now_all())["world"]
    assert (polled.error, polled.address) == ("", stand.server.url_for("/main"))
    assert (polled.recorded.new, polled.recorded.backlog, stand.told()) == (1, 1, ["On a", "On b"])


async def test_the_usual_places_are_tried_although_other_things_went_wrong_before(stand):
    stand.server.expect_request("/").respond_with_data("", status=503)
    stand.desk = replace(stand.desk, feeds={"home": Feed(name="home", url=stand.server.url_for("/"))})
    assert "503" in (await stand.due())["home"].error
    stand.serve("feed", rss(("a", 1)))
    stand.server.expect_request("/").respond_with_data("<!doctype html><p>Home", content_type="text/html")
    stand.desk = replace(stand.desk, feeds={"home": Feed(name="home", url=stand.server.url_for("/"))})
    assert (await stand.now_all())["home"].address == stand.server.url_for("/feed")


async def test_a_server_that_fails_for_a_while_does_not_undo_a_move(stand):
    stand.serve("world", rss(("a", 1)))
    old, new = _redirect(stand, 301), stand.server.url_for("/world")
    stand.desk = replace(stand.desk, feeds={"world": replace(stand.desk.feeds["world"], url=old)})
    for _ in range(3):
        await stand.now_all()
        stand.now += timedelta(hours=13)
    stand.serve("world", status=500, at=old)
    for _ in range(5):
        assert (await stand.now_all())["world"].error
    assert stand.state("world").polled_url == new


async def test_of_a_first_poll_that_broke_off_the_rest_is_past_as_well(stand):
    whole = rss(("a", 1), ("ancient", 900))
    stand.serve("world", whole[: whole.index("<item><guid>ancient") + 20])
    assert (await stand.due())["world"].recorded.new == 1
    stand.serve("world", whole)
    polled = (await stand.now_all())["world"]
    assert (polled.recorded.new, polled.recorded.backlog) == (0, 1)


async def test_what_nobody_expected_of_one_feed_leaves_the_others_alone(stand, monkeypatch):
    class Surprising:
        async def fetch(self, url, *rest, **options):
            if "odd" in url:
                raise KeyError("odd")
            return await fetcher.fetch(url, *rest, **options)

    stand.serve("good", rss(("a", 1)))
    stand.serve("odd", rss(("b", 1)))
    fetcher = stand.desk.fetcher
    stand.desk = replace(stand.desk, fetcher=Surprising())
    polled = await stand.due()
    assert (polled["good"].recorded.new, polled["odd"].error) == (1, "KeyError: 'odd'")
    assert stand.state("odd").failures == 1


async def test_the_usual_places_are_tried_where_the_feeds_that_a_page_names_are_dead(stand):
    stand.serve("feed", rss(("a", 1)))
    stand.server.expect_request("/").respond_with_data(
        '<!doctype html><link rel="alternate" type="application/rss+xml" href="/dead.xml">', content_type="text/html"
    )
    stand.desk = replace(stand.desk, feeds={"home": Feed(name="home", url=stand.server.url_for("/"))})
    assert (await stand.due())["home"].address == stand.server.url_for("/feed")


async def test_a_poll_that_is_cancelled_gives_its_feed_free(stand):
    begun, never = asyncio.Event(), asyncio.Event()

    class Stuck:
        async def fetch(self, *_, **__):
            begun.set()
            await never.wait()

    stand.serve("world", rss(("a", 1)))
    fetcher = stand.desk.fetcher
    stand.desk = replace(stand.desk, fetcher=Stuck())
    polling = asyncio.create_task(stand.due())
    await begun.wait()
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling
    stand.desk = replace(stand.desk, fetcher=fetcher)
    assert (await stand.due())["world"].recorded.new == 1


async def test_a_page_that_names_no_feed_is_searched_at_the_usual_places_once(stand):
    page = "<!doctype html><title>N</title>"
    stand.server.expect_request("/").respond_with_data(page, content_type="text/html")
    stand.desk = replace(stand.desk, feeds={"news": Feed(name="news", url=stand.server.url_for("/"))})
    assert "no feed was found" in (await stand.due())["news"].error
    searched = len(stand.server_log())
    assert searched > 3
    await stand.now_all()
    assert len(stand.server_log()) == searched + 1
    stand.serve("feed", rss(("a", 1)))
    stand.server.expect_request("/").respond_with_data(page, content_type="text/html")
    stand.desk = replace(stand.desk, feeds={"other": Feed(name="other", url=stand.server.url_for("/"))})
    assert (await stand.due())["other"].address == stand.server.url_for("/feed")


async def test_a_page_without_a_feed_is_read_by_its_selectors(stand):
    entry = (
        '<article><h2><a href="/{0}">On {0}</a></h2><time datetime="2026-03-02T06:00:00Z"></time>'
        "<p>Why {0}.</p></article>"
    )
    html = "<!doctype html><html lang=en><title>The Hall</title>" + "".join(entry.format(n) for n in ("roads", "rates"))
    stand.server.expect_request("/hall").respond_with_data(html, content_type="text/html")
    url, selectors = stand.server.url_for("/hall"), Selectors(item="article", title="h2", excerpt="p")
    stand.desk = replace(stand.desk, feeds={"hall": Feed(name="hall", url=url, selectors=selectors)})
    assert (await stand.due())["hall"].recorded.new == 2
    first = stand.database.call(articles.between, 0, 9, START - timedelta(days=9))[0]
    assert (first.title, first.url, first.excerpt) == ("On roads", stand.server.url_for("/roads"), "Why roads.")
    assert (first.source, first.published_at) == ("The Hall", START - timedelta(hours=1))
    assert (await stand.now_all())["hall"].unchanged


PAGE = """<!doctype html><html lang=en><head><title>On {0}</title></head><body><article><h1>On {0}</h1>
<p>The council met on Monday evening to talk about the new road, and nobody was surprised by what it decided.</p>
<p>It will be built in three years, said the mayor, who had promised it before she was elected by a large majority.</p>
<p>Neighbours who had hoped for trees instead of asphalt left the hall before the vote was taken by the members.</p>
</article></body></html>"""


async def test_the_pages_of_new_articles_are_fetched_where_the_feed_gives_only_titles(stand):
    asked = []

    def page(request: Request) -> Response:
        asked.append(request.path)
        return Response(PAGE.format("roads"), content_type="text/html")

    def served(*names):
        link = stand.server.url_for("/pages/")
        items = "".join(f"<item><guid>{n}</guid><title>On {n}</title><link>{link}{n}</link></item>" for n in names)
        return f"<rss version='2.0'><channel><title>Hall</title>{items}</channel></rss>"

    stand.serve("hall", served("roads"))
    stand.server.expect_request(re.compile("/pages/.*")).respond_with_handler(page)
    stand.desk = replace(stand.desk, feeds={"hall": replace(stand.desk.feeds["hall"], full_text=True)})
    await stand.due()
    (first,) = stand.database.call(articles.between, 0, 9, START - timedelta(days=9))
    assert first.excerpt.startswith("The council met on Monday evening")
    assert first.words > 40
    stand.serve("hall", served("roads", "rates"))
    stand.server.expect_request(re.compile("/pages/.*")).respond_with_handler(page)
    stand.desk = replace(stand.desk, feeds={"hall": replace(stand.desk.feeds["hall"], full_text=True)})
    polled = (await stand.now_all())["hall"]
    assert (polled.recorded.new, polled.recorded.updated) == (1, 0)
    assert asked == ["/pages/roads", "/pages/rates"]
    assert stand.database.call(articles.between, 0, 9, START - timedelta(days=9))[0] == first


async def test_what_was_there_before_a_feed_had_its_first_article_is_not_new(stand):
    stand.serve("world", rss())
    await stand.due()
    stand.serve("world", rss(("new", 1), ("ancient", 900)))
    polled = (await stand.now_all())["world"]
    assert (polled.recorded.new, polled.recorded.backlog) == (1, 1)


async def test_when_an_address_is_corrected_what_came_since_the_last_poll_is_new_and_no_more(stand):
    stand.serve("world", rss(("a", 1)))
    await stand.due()
    stand.now += timedelta(days=4)
    moved = rss(("a", 1), ("since", -30), ("before", 300))
    stand.server.expect_request("/corrected").respond_with_data(moved, content_type=RSS)
    corrected = replace(stand.desk.feeds["world"], url=stand.server.url_for("/corrected"))
    stand.desk = replace(stand.desk, feeds={"world": corrected})
    polled = (await stand.due())["world"]
    assert (polled.recorded.new, polled.recorded.backlog, polled.recorded.known) == (1, 1, 1)
    assert stand.told() == ["On a", "On since"]


async def test_a_feeds_own_wish_is_followed_within_the_operators_bounds(stand):
    for minutes, wait in ((5, HALF_HOUR), (180, timedelta(hours=3)), (60 * 24 * 30, timedelta(hours=6))):
        body = rss(("a", 1)).replace("<channel>", f"<channel><ttl>{minutes}</ttl>")
        stand.serve("world", body)
        await stand.now_all()
        assert stand.state("world").next_poll_at == stand.now + wait
        # Unchanged, it is not read again; its wish is remembered.
        assert (await stand.now_all())["world"].unchanged
        assert stand.state("world").next_poll_at == stand.now + wait


async def test_a_feed_that_publishes_seldom_is_polled_seldom(stand):
    stand.serve("world", rss(*((f"no-{n}", 20 * n) for n in range(9))))
    await stand.due()
    assert stand.state("world").next_poll_at == stand.now + timedelta(hours=2.5)


async def test_what_no_database_takes_fails_alone(stand, monkeypatch):
    def refuse(connection, feed, *rest):
        if feed == "bad":
            connection.exec_driver_sql("INSERT INTO article_keys (key, article) VALUES (NULL, NULL)")
        return stored(connection, feed, *rest)

    stored = articles.record
    monkeypatch.setattr(articles, "record", refuse)
    stand.serve("good", rss(("a", 1)))
    stand.serve("bad", rss(("b", 1)))
    polled = await stand.due()
    assert (polled["good"].recorded.new, polled["good"].error) == (1, "")
    assert "cannot be stored" in polled["bad"].error
    assert (stand.state("bad").etag, stand.state("bad").failures) == ("", 1)
    assert stand.told() == ["On a"]


def _redirect(stand, status):
    """The address of a redirect to the feed ``world``."""
    to = stand.server.url_for("/world")
    stand.server.expect_request("/old").respond_with_data("", status, headers={"Location": to})
    return stand.server.url_for("/old")


async def test_a_feeds_title_is_the_source_unless_the_operator_names_one(stand):
    stand.serve("world", rss(("a", 1), title="The World"))
    stand.serve("sport", rss(("b", 1), title="Sport"))
    named = replace(stand.desk.feeds["sport"], title="Our Sport")
    stand.desk = replace(stand.desk, feeds={**stand.desk.feeds, "sport": named})
    await stand.due()
    stored = stand.database.call(articles.between, 0, 9, START - timedelta(days=1))
    assert {article.feeds[0]: article.source for article in stored} == {"world": "The World", "sport": "Our Sport"}
    assert stand.state("world").title == "The World"


async def test_one_article_in_two_feeds_is_one(stand):
    stand.serve("world", rss(("same", 1)))
    stand.serve("top", rss(("same", 1)))
    polled = await stand.due()
    assert sorted(each.recorded.new for each in polled.values()) == [0, 1]
    assert stand.told() == ["On same"]


async def test_what_is_gone_from_the_middle_is_withdrawn_at_the_second_look_until_it_is_back(stand):
    whole = rss(("a", 1), ("b", 2), ("c", 3))
    stand.serve("world", whole)
    await stand.due()
    stand.serve("world", rss(("a", 1), ("c", 3)))
    await stand.now_all()
    assert (stand.withdrawn(), stand.state("world").misses) == ([], True)
    assert (await stand.now_all())["world"].unchanged
    assert (stand.withdrawn(), stand.state("world").misses) == (["On b"], False)
    stand.now += HALF_HOUR
    stand.serve("world", whole)
    assert (await stand.now_all())["world"].recorded.known == 3
    assert stand.withdrawn() == []
    assert stand.database.call(articles.last_number) == 3


async def test_a_poll_that_fails_is_no_look(stand):
    stand.serve("world", rss(("a", 1), ("b", 2), ("c", 3)))
    await stand.due()
    stand.serve("world", rss(("a", 1), ("c", 3)))
    await stand.now_all()
    for status in (500, 404):
        stand.serve("world", status=status)
        assert (await stand.now_all())["world"].error
    assert (stand.withdrawn(), stand.state("world").misses) == ([], True)
    stand.serve("world", rss(("a", 1), ("b", 2), ("c", 3)))
    await stand.now_all()
    assert (stand.withdrawn(), stand.state("world").misses) == ([], False)


async def test_what_is_gone_from_a_feed_out_of_order_or_that_breaks_off_is_not_withdrawn(stand):
    stand.serve("picked", rss(("a", 3), ("b", 1), ("c", 2), ("d", 4)))
    stand.serve("broken", rss(("e", 1), ("f", 2), ("g", 3)))
    await stand.due()
    whole = rss(("e", 1), ("g", 3), ("h", 4))
    for _ in range(3):
        stand.serve("picked", rss(("b", 1), ("a", 3), ("d", 2)))
        stand.serve("broken", whole[: whole.index("<item><guid>h") + 20])
        await stand.now_all()
    assert stand.withdrawn() == []


def rewritten(ages, *more):
    """A feed that has given all of its items other names."""
    body = rss(*((f"new-{age}", age) for age in ages), *more)
    return body.replace("On new", "Now of")


async def test_when_most_of_a_feed_becomes_new_at_once_it_is_held_and_the_operator_told(stand):
    ages = range(1, 9)
    stand.serve("world", rss(*((f"old-{age}", age) for age in ages)))
    await stand.due()
    stand.now += timedelta(hours=2)
    stand.serve("world", rewritten(ages, ("fresh", -1.5)))
    polled = (await stand.now_all())["world"]
    said = (
        "8 old articles became new at once: held; "
        "`digest feeds release world` tells them, `digest feeds dismiss world` does not"
    )
    assert (polled.recorded.new, polled.recorded.held, polled.remarks) == (1, 8, (said,))
    assert stand.state("world").remark == said
    assert stand.database.call(holding.held) == {"world": 8}
    assert stand.withdrawn() == []
    stand.serve("world", rewritten(ages, ("fresh", -1.5), ("fresher", -1.9)))
    polled = (await stand.now_all())["world"]
    assert (polled.recorded.new, polled.recorded.held) == (1, 0)
    assert stand.database.call(holding.held) == {"world": 8}


async def test_what_a_busy_feed_brings_after_an_outage_is_told(stand):
    stand.serve("world", rss(*((f"old-{age}", age) for age in range(1, 9))))
    await stand.due()
    stand.now += timedelta(hours=30)
    stand.serve("world", rss(*((f"new-{age}", -age) for age in range(29, 1, -1))))
    polled = (await stand.now_all())["world"]
    assert (polled.recorded.new, polled.recorded.held, polled.remarks) == (28, 0, ())
