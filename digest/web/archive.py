"""The archive: every edition at its own address, the same as the mail without what was one reader's."""

import re
from datetime import date
from html import escape
from itertools import groupby

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.model import Archive, Newsletter
from digest.store import archive, corrections, letters
from digest.store.archive import Past
from digest.web import answers, archive_feeds
from digest.web.answers import Pages
from digest.web.read import corrected, for_nobody

#: Editions of a page, of a feed, of the sitemap (which may have 50,000), and letters of a search.
_ON_A_PAGE, _IN_A_FEED, _IN_THE_SITEMAP, _LONGEST_SEARCH = 500, 30, 10_000, 100
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class Archiving:
    """The archive of the newsletters that have one."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages

    def routes(self) -> list[Route]:
        return [
            Route("/archive/{newsletter}", self.index, methods=["GET"]),
            Route("/archive/{newsletter}/feed.atom", self.atom, methods=["GET"]),
            Route("/archive/{newsletter}/feed.json", self.json, methods=["GET"]),
            Route("/archive/{newsletter}/{number}", self.edition, methods=["GET"]),
            Route("/sitemap.xml", self.sitemap, methods=["GET"]),
            Route("/robots.txt", self.robots, methods=["GET"]),
        ]

    async def index(self, request: Request) -> Response:
        """By month, or what a search finds."""
        newsletter = self._listed(request)
        search = " ".join(request.query_params.get("q", "").split())[:_LONGEST_SEARCH]
        found = await self._house.database.run(archive.editions_of, newsletter.name, _ON_A_PAGE, search=search)
        home = f"/archive/{newsletter.name}"
        known = {
            "newsletter": newsletter.title,
            "search": search,
            "months": self._months(found),
            "action": home,
            "canonical_url": f"{self._house.site.url}{home}",
            "feed_url": f"{home}/feed.atom",
            "json_url": f"{home}/feed.json",
            "subscribe_url": f"/subscribe/{newsletter.name}",
        }
        response = self._pages.listed("archive", known)
        if search:
            response.headers["X-Robots-Tag"] = "noindex"
        return _kept(response)

    async def edition(self, request: Request) -> Response:
        newsletter, number = self._newsletter(request), request.path_params["number"]
        past = None
        if _NUMBER.fullmatch(number):
            past = await self._house.database.run(archive.edition, newsletter.name, int(number))
        letter = await self._house.database.run(letters.by_nonce, past.nonce) if past else None
        if past is None or letter is None:
            raise HTTPException(404)
        html = for_nobody(letter, self._house, newsletter.name)
        withdrawn = await self._house.database.run(corrections.of_letter, letter.nonce)
        html = html.replace("<head>", f"<head>{self._card(newsletter, past)}", 1)
        response = _kept(answers.letter(corrected(html, withdrawn, letter.language)))
        if newsletter.archive is Archive.PUBLIC:
            del response.headers["X-Robots-Tag"]
        return response

    async def atom(self, request: Request) -> Response:
        newsletter = self._listed(request)
        found = await self._house.database.run(archive.editions_of, newsletter.name, _IN_A_FEED)
        made = archive_feeds.atom(self._house.site, newsletter, found)
        return _kept(answers.plain_bytes(made, "application/atom+xml"))

    async def json(self, request: Request) -> Response:
        newsletter = self._listed(request)
        found = await self._house.database.run(archive.editions_of, newsletter.name, _IN_A_FEED)
        made = archive_feeds.json_feed(self._house.site, newsletter, found)
        return _kept(answers.plain_bytes(made, "application/feed+json"))

    async def sitemap(self, _request: Request) -> Response:
        names = [each.name for each in self._house.newsletters.values() if each.archive is Archive.PUBLIC]
        found = await self._house.database.run(archive.everywhere, names, _IN_THE_SITEMAP)
        made = archive_feeds.sitemap(self._house.site, names, found)
        return _kept(answers.plain_bytes(made, "application/xml"))

    async def robots(self, _request: Request) -> Response:
        return _kept(answers.plain(archive_feeds.robots(self._house.site)))

    def _newsletter(self, request: Request) -> Newsletter:
        """Raises HTTPException (404) for one without an archive, whether it is there or not."""
        found = self._house.newsletters.get(request.path_params["newsletter"])
        if found is None or found.archive is Archive.OFF:
            raise HTTPException(404)
        return found

    def _listed(self, request: Request) -> Newsletter:
        found = self._newsletter(request)
        if found.archive is not Archive.PUBLIC:
            raise HTTPException(404)
        return found

    def _months(self, found: list[Past]) -> list[dict[str, object]]:
        zone, spoken = self._house.zone, self._pages.language.spoken
        dated = [(past.slot.astimezone(zone).date(), past) for past in found]
        return [
            {
                "title": spoken.month(days[0][0]),
                "editions": [
                    {
                        "url": f"/archive/{past.newsletter}/{past.number}",
                        "subject": past.subject,
                        "date": spoken.long_date(day),
                    }
                    for day, past in days
                ],
            }
            for _month, days in ((month, list(group)) for month, group in groupby(dated, _month_of))
        ]

    def _card(self, newsletter: Newsletter, past: Past) -> str:
        """What other sites show of it (ogp.me), and where it stands."""
        place = archive_feeds.address(self._house.site, past)
        told = {
            "og:type": "article",
            "og:title": past.subject,
            "og:site_name": newsletter.title,
            "og:url": place,
            "og:locale": past.language.replace("-", "_"),
        }
        tags = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in told.items())
        return f'<link rel="canonical" href="{escape(place)}">{tags}'


def _month_of(dated: tuple[date, Past]) -> tuple[int, int]:
    return dated[0].year, dated[0].month


def _kept(response: Response) -> Response:
    """Nothing of it is a secret, and it hardly changes."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
