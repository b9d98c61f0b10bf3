"""A letter in the browser, the same words as were sent, without anything that belongs to one reader."""

import re
from datetime import UTC, datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.editions.arrange import dated
from digest.editions.render_plain import one_line
from digest.editions.render_url import safe_url
from digest.editions.render_words import WORDS, Language
from digest.model import Article, Blank, Letter, blank
from digest.store import Connection, articles, letters
from digest.web import answers
from digest.web.answers import Pages
from digest.web.people import moment

_ = WORDS.gettext

_NONCE = re.compile(r"[0-9a-f]{8,64}")
_EVER = datetime(1, 1, 1, tzinfo=UTC)


class Reading:
    """The pages behind "View in browser" and "more in"."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages

    def routes(self) -> list[Route]:
        return [
            Route("/read/{nonce}", self.letter, methods=["GET"]),
            Route("/read/{nonce}/all", self.everything, methods=["GET"]),
        ]

    async def letter(self, request: Request) -> Response:
        letter = await self._letter(request)
        if letter is None or not letter.html:
            return self._missing()
        newsletter = await self._house.database.run(letters.newsletter_of, letter.nonce)
        return answers.letter(for_nobody(letter, self._house, newsletter or ""))

    async def everything(self, request: Request) -> Response:
        """All that the letter tells or counts, the newest first."""
        letter = await self._letter(request)
        if letter is None:
            return self._missing()
        told = await self._house.database.run(_told, letter)
        zone, language = self._house.zone, Language.of(self._house.site.language)
        known = {
            "subject": letter.subject,
            "read_url": f"/read/{letter.nonce}",
            "articles": [
                {
                    "title": one_line(article.title) or safe_url(article.url) or _("Untitled"),
                    "url": safe_url(article.url),
                    "source": one_line(article.source),
                    "time": moment(dated(article), zone, language),
                }
                for article in sorted(told, key=dated, reverse=True)
            ],
        }
        return self._pages.page("all", known)

    async def _letter(self, request: Request) -> Letter | None:
        nonce = request.path_params["nonce"]
        return await self._house.database.run(letters.by_nonce, nonce) if _NONCE.fullmatch(nonce) else None

    def _missing(self) -> Response:
        return self._pages.page("letter_not_found", {}, 404)


def for_nobody(letter: Letter, house: House, newsletter: str) -> str:
    """The letter's HTML with its blanks filled in for no one: where a reader would leave, others may subscribe."""
    known = newsletter in house.newsletters
    subscribe = escape(f"{house.site.url}/subscribe/{newsletter}" if known else f"{house.site.url}/")
    given = {
        Blank.ADDRESS: escape(_("your address")),
        Blank.LEAVE_URL: subscribe,
        Blank.CHOOSE_URL: subscribe,
    }
    html = letter.html
    for which, value in given.items():
        html = html.replace(blank(letter.nonce, which), value)
    return html


def _told(connection: Connection, letter: Letter) -> list[Article]:
    if not letter.articles:
        return []
    wanted = frozenset(letter.articles)
    found = articles.between(connection, min(wanted) - 1, max(wanted), _EVER)
    return [article for article in found if article.number in wanted]
