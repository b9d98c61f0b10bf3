"""The archive for programs: Atom (RFC 4287), JSON Feed 1.1, a sitemap, robots.txt. Pure."""

import json
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from digest.model import Newsletter, Site
from digest.store.archive import Past

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def address(site: Site, past: Past) -> str:
    """Where an edition stands."""
    return f"{site.url}/archive/{past.newsletter}/{past.number}"


def atom(site: Site, newsletter: Newsletter, found: Sequence[Past]) -> bytes:
    """The editions as entries, the newest first."""
    home = f"{site.url}/archive/{newsletter.name}"
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": site.language})
    for name, text in (("id", home), ("title", newsletter.title)):
        SubElement(feed, name).text = text
    SubElement(feed, "updated").text = found[0].slot.isoformat() if found else "1970-01-01T00:00:00+00:00"
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{home}/feed.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": home})
    SubElement(SubElement(feed, "author"), "name").text = site.name
    for past in found:
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = address(site, past)
        SubElement(entry, "title").text = _xml(past.subject)
        for name in ("published", "updated"):
            SubElement(entry, name).text = past.slot.isoformat()
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address(site, past)})
        SubElement(entry, "summary").text = _xml(past.subject)
    return _document(feed)


def json_feed(site: Site, newsletter: Newsletter, found: Sequence[Past]) -> bytes:
    """The same as JSON Feed 1.1."""
    home = f"{site.url}/archive/{newsletter.name}"
    items = [
        {
            "id": address(site, past),
            "url": address(site, past),
            "title": past.subject,
            "content_text": past.subject,
            "date_published": past.slot.isoformat(),
            "language": past.language,
        }
        for past in found
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": newsletter.title,
        "home_page_url": home,
        "feed_url": f"{home}/feed.json",
        "language": site.language,
        "authors": [{"name": site.name, "url": site.url}],
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def sitemap(site: Site, newsletters: Sequence[str], found: Sequence[Past]) -> bytes:
    """The pages that search engines are to know (sitemaps.org)."""
    urls = Element("urlset", {"xmlns": _SITEMAP})
    for place in [f"{site.url}/", *(f"{site.url}/archive/{name}" for name in newsletters)]:
        SubElement(SubElement(urls, "url"), "loc").text = place
    for past in found:
        entry = SubElement(urls, "url")
        SubElement(entry, "loc").text = address(site, past)
        SubElement(entry, "lastmod").text = past.slot.isoformat()
    return _document(urls)


def robots(site: Site) -> str:
    """What programs that search the web are asked to leave alone (RFC 9309)."""
    closed = ("choose", "confirm", "leave", "move", "read", "release", "yours", "hooks")
    lines = "".join(f"Disallow: /{name}/\n" for name in closed)
    return f"User-agent: *\n{lines}Sitemap: {site.url}/sitemap.xml\n"


def _document(root: Element) -> bytes:
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _xml(text: str) -> str:
    """Without what XML 1.0 has no characters for (section 2.2)."""
    return _NO_CHARACTER.sub("", text)
