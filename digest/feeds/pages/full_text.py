"""The page behind an article: what its feed left out (the only importer of trafilatura).

Everything here runs in a child process: trafilatura is quadratic in hostile pages, and takes a moment to import.
"""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from selectolax.lexbor import LexborNode

from digest.feeds.images import best, pixels
from digest.feeds.links import safe_url
from digest.feeds.pages.markup import PageTooDeep, attribute, base_of, language_of, line, page_root, page_text, title_of
from digest.feeds.pages.own_address import own_address
from digest.feeds.parsing.dates import read_date
from digest.feeds.parsing.parsed import MAX_IMAGES
from digest.feeds.reading import Source
from digest.feeds.text import clean
from digest.feeds.text.plain import Block, Kind, one_line, read_html
from digest.model import Image

#: Elements, and characters, of a page without its scripts from which its text is taken: trafilatura is quadratic in the
#: ones, and takes many times the others in memory.
_MAX_ELEMENTS = 8_000
_MAX_HTML = 500_000
#: Meta elements, and objects of schema.org, that are looked at.
_MAX_METAS = 500
_MAX_OBJECTS = 200
#: Characters of the text below which it is none: a teaser before a wall, a notice, an error.
_LEAST = 250
#: A Chinese, Japanese or Korean character says as much as this many of others.
_DENSE = 3
#: Characters of a paragraph that may be an offer to subscribe.
_OFFER = 240
#: A title's words this long tell what it is about, and this part of them a page about it has.
_TELLING = 4
_SHARED = 0.3

_NOT_TEXT = ["script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "aside", "dialog"]
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+")
#: An offer to read on against money or an account, which no article's text is.
_WALL = re.compile(
    r"(?:subscribe|sign (?:up|in)|log ?in|register|create (?:an|your) (?:free )?account"
    r"|become a (?:member|subscriber))\b.{0,80}\b(?:to (?:continue|keep|read|unlock|access|view|get)"
    r"|for (?:full|unlimited))"
    r"|^(?:already (?:a|have)|to (?:continue|keep) reading|continue reading (?:with|for)|you have reached your"
    r"|want to read (?:more|on)|this (?:article|content|story|post) is (?:for|only|exclusive|reserved|available))\b"
    r"|\b(?:subscriber|member)s?[- ]only\b|\bonly (?:for|available to) (?:paying )?(?:subscriber|member)s\b"
    r"|^(?:jetzt (?:abonnieren|weiterlesen|testen|freischalten)|weiterlesen mit|lesen sie weiter mit"
    r"|sie haben bereits ein|dieser (?:artikel|inhalt|text) ist (?:nur |exklusiv )?für|bereits (?:abonnent|kunde))"
    r"|^(?:cet article est réservé|il vous reste|déjà abonné|este artículo es|contenido exclusivo para)"
    r"|有料会員|会員限定|続きを読む|この記事は.{0,20}限定|残り\s?\d+\s?文字",
    re.IGNORECASE,
)
#: Titles of what is served in an article's place with status 200.
_NO_ARTICLE = re.compile(
    r"\W*(?:(?:error )?40[034]\b|(?:page )?not found|access (?:denied|to this)|forbidden|just a moment"
    r"|attention required|are you (?:a )?(?:human|robot)|before you continue|privacy (?:settings|choices)|cookie"
    r"|seite nicht gefunden|fehler 40|page (?:non trouvée|introuvable)|página no encontrada|ページが見つかりません)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """What the page behind an article says; all text is plain."""

    #: Whole sentences, without the site's furniture.
    excerpt: str
    image: Image | None = None
    #: Where the page says that it belongs, on the same site; empty: it does not say, or what it says cannot be.
    url: str = ""
    #: Words in the whole text; 0: the page has only a part of it.
    words: int = 0
    #: As the page gives it; empty: unknown.
    language: str = ""
    author: str = ""
    #: Aware, UTC.
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _About:
    """What a page says of itself: Open Graph and its kin by name, and the objects of schema.org that are articles."""

    meta: dict[str, tuple[str, ...]]
    articles: tuple[dict[str, Any], ...]

    def first(self, *names: str) -> str:
        return next((text for name in names for text in self.meta.get(name, ()) if text), "")

    @property
    def is_article(self) -> bool:
        return bool(self.articles) or self.first("og:type").lower() == "article"


def read_page(source: Source, title: str, language: str) -> FullText | None:
    """The article `title` on the page in `source`; `language` is its feed's, "" for unknown.

    None where the page does not have the article's text, nor says in its head what it is about: behind a wall, made by
    a script, a notice, an error, another page. Raises nothing for what the page contains.
    """
    try:
        root = page_root(page_text(source.body, source.content_type))
    except PageTooDeep:
        return None
    about = _about(root)
    names = [title_of(root), about.first("og:title", "twitter:title")]
    heading = line(root.css_first("h1"))
    language = language_of(root) or language
    base = base_of(root, source.url)
    pictures = _pictures(root, base)
    text, walled = _without_wall(_text(root))
    if _size(text) < _LEAST:
        text, walled = _described(about), True
    told = " ".join([*names, heading, *(block.text for block in text)])
    if not text or not _is_about(title, told) or _is_notice(names, title):
        return None
    is_whole = not walled and not any(_is_walled(one) for one in about.articles)
    return FullText(
        excerpt=clean.excerpt((), text, title=title, language=language),
        image=best(_named_pictures(about, base), pictures),
        url=own_address(_addresses(root, about, base), source.url),
        words=clean.words((), text) if is_whole else 0,
        language=language_of(root),
        author=_author(about),
        published_at=_published(root, about),
    )


def _about(root: LexborNode) -> _About:
    meta: dict[str, tuple[str, ...]] = {}
    for node in root.css("meta[content]")[:_MAX_METAS]:
        for key in ("property", "name", "itemprop"):
            if name := attribute(node, key).lower():
                meta[name] = (*meta.get(name, ())[:MAX_IMAGES], attribute(node, "content").strip())
    scripts = root.css("script[type='application/ld+json' i]")[:MAX_IMAGES]
    return _About(meta, tuple(one for script in scripts for one in _articles(script.text())))


def _articles(text: str) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD that are articles of schema.org, however deep."""
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    for _ in range(_MAX_OBJECTS):
        if not waiting:
            return
        thing = waiting.pop(0)
        if isinstance(thing, list):
            waiting += thing[:_MAX_OBJECTS]
        elif isinstance(thing, dict):
            if re.search(r"Article|BlogPosting|Report", str(thing.get("@type"))[:200]):
                yield thing
            waiting += [thing[key] for key in ("@graph", "mainEntity") if key in thing]


def _text(root: LexborNode) -> tuple[Block, ...]:
    """The main text, block by block; empty where trafilatura finds none. Takes from the tree what is none."""
    root.strip_tags(_NOT_TEXT, recursive=True)
    html = root.html or ""
    if len(html) > _MAX_HTML or len(root.css("*")) > _MAX_ELEMENTS:
        return ()
    # A quarter of a second, and only where a page is read.
    from trafilatura import extract  # noqa: PLC0415
    from trafilatura.utils import line_processing, trim  # noqa: PLC0415

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # Without metadata it looks at no clock; `fast` leaves out the extractors that it would ask as well.
    found = extract(
        html,
        output_format="html",
        fast=True,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        include_links=True,
        with_metadata=False,
    )
    # They keep the last thousand texts, of any size.
    trim.cache_clear()
    line_processing.cache_clear()
    return read_html(found or "").blocks


def _without_wall(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], bool]:
    """The blocks without offers to read on, and whether there were any."""
    text = tuple(block for block in blocks if len(block.text) > _OFFER or not _WALL.search(block.text))
    return text, len(text) < len(blocks)


def _size(blocks: Sequence[Block]) -> int:
    """Characters of prose, by what they say."""
    text = "".join(block.text for block in blocks if block.kind is Kind.PROSE)
    return len(text) + (_DENSE - 1) * len(_CJK.findall(text))


def _described(about: _About) -> tuple[Block, ...]:
    """What an article's page says of itself in its head; a site's other pages say the same of all of them."""
    text = about.first("og:description", "twitter:description", "description") if about.is_article else ""
    return (Block(said),) if (said := one_line(text)) else ()


def _is_about(title: str, text: str) -> bool:
    """Whether a page with this text can be the article's: a login page or a notice has no word of its title."""
    wanted = {word for word in _WORD.findall(title.casefold()) if len(word) >= _TELLING and not _CJK.search(word)}
    signs = "".join(_CJK.findall(title))
    wanted |= {signs[at : at + 2] for at in range(len(signs) - 1)}
    text = text.casefold()
    return sum(word in text for word in wanted) >= len(wanted) * _SHARED


def _is_notice(names: Sequence[str], title: str) -> bool:
    """Whether a page is called like an error or a question, and the article is not."""
    return any(_NO_ARTICLE.match(name) for name in names) and not _NO_ARTICLE.match(title)


def _pictures(root: LexborNode, base: str) -> tuple[Image, ...]:
    """Those of the element that the page marks as the article."""
    for selector in ("[itemprop~=articleBody]", "article", "main"):
        if (node := root.css_first(selector)) is not None:
            return read_html(node.html or "", base).images[:MAX_IMAGES]
    return ()


def _named_pictures(about: _About, base: str) -> tuple[Image, ...]:
    """Open Graph's picture with its size, which belongs to the first one, and Twitter's; over TLS only."""
    urls = [about.first(name) for name in ("og:image:secure_url", "og:image", "og:image:url", "twitter:image")]
    first = next((url for each in urls if (url := safe_url(each, base)).startswith("https:")), "")
    if not first:
        return ()
    width, height = (pixels(about.first(f"og:image:{name}")) for name in ("width", "height"))
    return (Image(url=first, width=width, height=height, alt=one_line(about.first("og:image:alt"))[:300]),)


def _addresses(root: LexborNode, about: _About, base: str) -> Iterator[str]:
    """RFC 6596's canonical link, and Open Graph's."""
    for link in root.css("link[rel~=canonical i][href]")[:1]:
        yield safe_url(attribute(link, "href"), base)
    if given := about.first("og:url"):
        yield safe_url(given, base)


def _is_walled(article: dict[str, Any]) -> bool:
    return str(article.get("isAccessibleForFree")).lower() == "false"


def _author(about: _About) -> str:
    given = about.first("author", "article:author", "parsely-author", "dc.creator")
    names = [given] if given and "://" not in given else []
    for article in about.articles:
        authors = article.get("author")
        for one in authors[:5] if isinstance(authors, list) else [authors]:
            name = one.get("name") if isinstance(one, dict) else one
            names += [name] if not given and isinstance(name, str) and "://" not in name else []
    return clean.label(", ".join(dict.fromkeys(names)))


def _published(root: LexborNode, about: _About) -> datetime | None:
    texts = [about.first("article:published_time", "datepublished", "date", "dc.date", "parsely-pub-date")]
    texts += [value for one in about.articles if isinstance(value := one.get("datePublished"), str)]
    texts += [attribute(node, "datetime") for node in root.css("time[datetime][itemprop~=datePublished]")[:1]]
    return next((moment for text in texts if text and (moment := read_date(text))), None)
