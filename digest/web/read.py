"""A letter in the browser, the same words as were sent, without anything that belongs to one reader."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.editions.arrange import dated
from digest.editions.render_plain import one_line
from digest.editions.render_url import safe_url
from digest.editions.render_words import Language
from digest.model import Blank, Category, Correction, Letter, blank
from digest.store import corrections, letters
from digest.store.letters import Placed
from digest.web import answers
from digest.web.answers import Pages
from digest.web.people import moment

_NONCE = re.compile(r"[0-9a-f]{8,64}")
_BODY = re.compile(r"<body\b[^>]*>")
_NOTE_STYLE = "padding:16px;background:#fff3cd;color:#1a1a1a;font:16px sans-serif"
#: Names no category: those have none of these letters.
_NOWHERE = "MORE"


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
        withdrawn = await self._house.database.run(corrections.of_letter, letter.nonce)
        html = for_nobody(letter, self._house, newsletter or "")
        return answers.letter(corrected(html, withdrawn, letter.language))

    async def everything(self, request: Request) -> Response:
        """All that the letter tells or links, in its sections."""
        letter = await self._letter(request)
        if letter is None:
            return self._missing()
        placed = await self._house.database.run(letters.articles_of, letter.nonce)
        pages = self._pages.read_in(letter.language)
        groups = sections_of(placed, self._house.categories, pages.words.gettext("More"))
        known = {
            "subject": letter.subject,
            "read_url": f"/read/{letter.nonce}",
            "total": len(placed),
            "sections": [self._section(pages.language.spoken, *group) for group in groups],
        }
        return pages.page("all", known)

    def _section(self, language: Language, name: str, title: str, placed: Sequence[Placed]) -> dict[str, object]:
        zone = self._house.zone
        shown = [
            {
                "title": one_line(article.title) or safe_url(article.url) or language.words.gettext("Untitled"),
                "url": safe_url(article.url),
                "source": one_line(article.source),
                "time": moment(dated(article), zone, language),
            }
            for article in (each.article for each in placed)
        ]
        return {"anchor": f"section-{name}", "title": one_line(title), "articles": shown}

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
        Blank.ADDRESS: escape(Language.of(letter.language).words.gettext("your address")),
        Blank.LEAVE_URL: subscribe,
        Blank.CHOOSE_URL: subscribe,
    }
    html = letter.html
    for which, value in given.items():
        html = html.replace(blank(letter.nonce, which), value)
    return html


def corrected(html: str, withdrawn: Sequence[Correction], language: str) -> str:
    """The letter's HTML below what was withdrawn from it since it was sent."""
    if not withdrawn:
        return html
    words = Language.of(language).words.gettext("Withdrawn: %(title)s")
    lines = "".join(f"<p style='margin:0'>{escape(it.text or words % {'title': it.title})}</p>" for it in withdrawn)
    note = f"<div role='note' style='{_NOTE_STYLE}'>{lines}</div>"
    found = _BODY.search(html)
    return html[: found.end()] + note + html[found.end() :] if found else html


def sections_of(
    placed: Iterable[Placed], categories: Sequence[Category], rest: str
) -> list[tuple[str, str, list[Placed]]]:
    """Name, title and articles of each section, in the order of `categories`; the one with the title `rest` comes last.

    What the letter tells stands before what it links, and the newest first.
    """
    titles = {category.name: category.title for category in categories}
    groups: dict[str, list[Placed]] = {name: [] for name in titles}
    ordered = sorted(placed, key=lambda each: dated(each.article), reverse=True)
    for each in sorted(ordered, key=lambda each: each.linked):
        known = next((name for name in each.categories if name in titles), None)
        groups.setdefault(known or next(iter(each.categories), _NOWHERE), []).append(each)
    groups[_NOWHERE] = groups.pop(_NOWHERE, [])
    titles[_NOWHERE] = rest
    return [(name, titles.get(name, name), members) for name, members in groups.items() if members]
