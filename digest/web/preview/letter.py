"""One letter as facts: its parts, its headers, its size by section, its links."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from digest.app.foretell import Foretold
from digest.editions.lint import CLIPPED_AT, Proof
from digest.editions.render_words import Language
from digest.model import Letter

_MOST_RAW, _MOST_LINKS = 300_000, 2_000
_PREHEADER = 200
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_ANCHOR = re.compile(r'\bid="(section-[^"]{1,200})"')
#: Keeps an inbox from showing the first words of the body after the preheader.
_FILLER = re.compile("[\u2007\ufeff\u034f\u200b-\u200f\u00ad]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A letter that the page shows, as long as it does."""

    key: str
    foretold: Foretold
    letter: Letter
    proof: Proof
    #: Where a bounce of it would go.
    return_path: str

    @classmethod
    def of(cls, key: str, foretold: Foretold, letter: Letter, return_path: str) -> "Kept":
        proof = Proof.of(foretold.message)
        return cls(key=key, foretold=foretold, letter=letter, proof=proof, return_path=return_path)


def letter_of(kept: Kept, titles: Mapping[str, str], site_url: str) -> dict[str, object]:
    """The page's `letter`, without what the lint says; `titles` are those of the newsletter's categories, by name."""
    proof, letter = kept.proof, kept.letter
    recipient = str(proof.message["To"] or "")
    language = Language.of(letter.language)
    return {
        "key": kept.key,
        "subject": letter.subject,
        "preheader": preheader_of(proof),
        "sender": str(proof.message["From"] or ""),
        "recipient": recipient,
        "language": language.tag,
        "direction": language.direction,
        "html": proof.html,
        "text": proof.text,
        "headers": [{"name": name, "value": str(value)} for name, value in proof.message.items()],
        "envelope": {"from": kept.return_path, "to": parseaddr(recipient)[1]},
        "raw": kept.foretold.message[:_MOST_RAW].decode("utf-8", "replace"),
        "size": size_of(kept, titles, site_url),
        "linked": len(letter.linked),
        "carried": len(letter.carried),
        "images": sum(1 for _ in proof.elements("img")),
        "links": links_of(proof),
    }


def size_of(kept: Kept, titles: Mapping[str, str], site_url: str) -> dict[str, object]:
    """Octets of the HTML part and its sections, of its style sheets, and of the whole message."""
    html = kept.proof.html
    sections = _sections(html, titles, site_url)
    return {
        "html": len(html.encode()),
        "limit": CLIPPED_AT,
        "budget": kept.foretold.newsletter.limits.html,
        "style": sum(len(sheet.encode()) for sheet in _STYLE.findall(html)),
        "message": len(kept.foretold.message),
        "sections": [{"title": title, "bytes": len(some.encode())} for title, some in sections],
    }


def _sections(html: str, titles: Mapping[str, str], site_url: str) -> Iterator[tuple[str, str]]:
    """The pieces of a letter with their titles; together they are all of it."""
    starts = [
        (max(html.rfind("<tr", 0, found.start()), 0) or found.start(), found[1].removeprefix("section-"))
        for found in _ANCHOR.finditer(html)
    ]
    end = _footer(html, starts[-1][0] if starts else 0, site_url)
    places = [(0, "Opening"), *((start, titles.get(name, name)) for start, name in starts), (end, "Footer")]
    for (start, title), (until, _) in zip(places, [*places[1:], (len(html), "")], strict=True):
        if until > start:
            yield title, html[start:until]


def _footer(html: str, after: int, site_url: str) -> int:
    """Where what follows the stories begins: the table with the link to the reader's choices."""
    choose = html.find(f'href="{site_url}/choose/', after)
    table = html.rfind("<table", after, choose) if choose >= 0 else -1
    return table if table > after else choose if choose >= 0 else len(html)


def preheader_of(proof: Proof) -> str:
    """What an inbox shows after the subject."""
    body = proof.tree.find("body")
    if body is None:
        return ""
    for text in body.itertext():
        said = " ".join(_FILLER.sub("", text).split())
        if said:
            return said[:_PREHEADER]
    return ""


def links_of(proof: Proof) -> list[dict[str, object]]:
    """Each address that the HTML part links to, once, in order, and whether the text part has it, too."""
    found: dict[str, list[Any]] = {}
    for link in proof.elements("a"):
        url = (link.get("href") or "").strip()
        if url:
            found.setdefault(url, []).append(link)
    return [
        {"url": url, "text": _words(links), "count": len(links), "in_text": url.startswith("#") or url in proof.text}
        for url, links in list(found.items())[:_MOST_LINKS]
    ]


def _words(links: Sequence[Any]) -> str:
    """What people follow: the first words of any of these, or what its picture stands for."""
    said = (" ".join("".join(link.itertext()).split()) for link in links)
    stood = ("; ".join(image.get("alt") or "" for image in link.iter("img")) for link in links)
    return next(filter(None, said), "")[:_PREHEADER] or next(filter(None, stood), "")[:_PREHEADER]
