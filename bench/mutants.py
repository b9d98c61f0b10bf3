"""Feeds of every format, and what is left of them after they were cut, spliced, multiplied, nested or encoded anew."""

import json
import random
import re
from collections.abc import Callable, Sequence

from digest.feeds.reading import Source
from digest.model import Selectors

#: Bytes that a mutant has at most.
LARGEST = 2_000_000

_HEAD = """<title>News</title><link>https://news.example/</link><description>d</description><ttl>60</ttl>
<language>en-gb</language><skipHours><hour>3</hour></skipHours><sy:updatePeriod>hourly</sy:updatePeriod>"""
_ITEM = """<title>Ferry {n} &amp;amp; the harbour</title><link>https://news.example/{n}?utm_source=rss</link>
<description>&lt;p&gt;It sails twice. It leaves at {n}.&lt;/p&gt;&lt;img src="/{n}.jpg" width="640"&gt;</description>"""
_RSS_2 = """<guid isPermaLink="false">tag:{n}</guid><pubDate>Sat, 28 Feb 2026 09:3{n}:00 +0100</pubDate>
<author>a@b.example (Ada)</author><category domain="x">Boats</category><dc:creator>Ada Quay</dc:creator>
<comments>https://news.example/{n}#c</comments><enclosure url="/{n}.mp3" type="audio/mpeg"/>
<content:encoded><![CDATA[<div>Share</div><p>It sails. “Twice” a day.</p><table><tr><td>9</table>]]></content:encoded>
<media:content url="https://news.example/{n}.jpg" medium="image" width="800"/>"""
_ENTRY = """<entry xml:base="/a/" xml:lang="de"><title type="html">Fähre &lt;b&gt;{n}&lt;/b&gt;</title><id>x:{n}</id>
<link rel="alternate" href="{n}.html"/><link rel="enclosure" href="/{n}.png" type="image/png"/>
<author><name>Ada</name></author><category term="b" label="Boats"/><content>It sails.</content>
<updated>2026-02-28T09:3{n}:00.5+01:00</updated><published>2026-02-28T09:30:00Z</published>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Sie fährt.</p></div></summary></entry>"""
_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>News</title>
<link rel="alternate" type="application/rss+xml" href="/feed"></head><body><nav><a href="/a">A</a></nav>
<article><h2><a href="/1">Ferry</a></h2><time datetime="2026-02-28T09:30">28 Feb</time><p>It sails.</p>
<img src="1.jpg"></article><article><a href="/2">Second</a></article><script>var a = "<p>";</script></body>"""
_SPACES = """xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:media="http://search.yahoo.com/mrss/"
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#\""""
_JSON_ITEM = {
    "id": 7,
    "url": "/7",
    "title": "Ferry",
    "content_html": "<p>The ferry sails to the island twice a day, at nine and at five. \ud83d\ude00</p>",
    "image": "/7.jpg",
    "date_published": "2026-02-28T09:30:00Z",
    "tags": ["Boats"],
    "authors": [{"name": "Ada"}],
}

_ENCODINGS = (
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-7", "ascii", "cp1252", "koi8-r"),
    *("shift_jis", "gb18030", "iso2022_jp"),
)
_TYPES = ("application/rss+xml", "text/html", "", "text/xml; charset=utf-16", "application/json", "a; charset=big5")
_NAMES = (b"div", b"b", b"item", b"blockquote", b"table", b"svg", b"a:b", b"title")
_PAIRS = (
    *((b"<%s>" % name, b"</%s>" % name) for name in _NAMES),
    *((b"&lt;div&gt;", b"&lt;/div&gt;"), (b"<![CDATA[", b"]]>"), (b"[", b"]"), (b'{"a":', b"}"), (b"(", b")")),
)
_TOKENS = (
    *(
        b"&",
        b"&amp;",
        b"&nbsp;",
        b"&bogus;",
        b"&#0;",
        b"&#xD800;",
        b"&#x110000;",
        b"\\ud800",
        b"\\u0000",
        b"\xff",
        b"\0",
    ),
    *(
        b"<",
        b">",
        b"</",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"<a ",
        b'"',
        b"'",
        b"\n",
        b"a. ",
        b"\xef\xbb\xbf",
    ),
    *(
        b"<item>",
        b"</item>",
        b"<title>",
        b"</channel>",
        b"<pubDate>",
        b"<ttl>",
        b"<script>",
        b"<br/>",
        b"<li>a",
        b"<p>",
    ),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"xml:base='http://['", b"<a href='http://[/'>", b"<img src=//a>"),
    *(b"<media:content url='x'/>", b"<category>a</category>", "\u202e".encode(), "ї".encode(), "\u2028".encode()),
)
_WORDS = (b"a", b"Ship ", b"Ship. ", b"&amp;", b"http://a/", "Ї ".encode(), "船".encode())


def built_in() -> list[bytes]:
    """A small sample of every format: RSS 0.90 to 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, a page."""
    texts = [_PAGE]
    for version in ("0.91", "0.92", "0.93", "0.94", "2.0"):
        items = _four(f"<item>{_ITEM}{_RSS_2 if version == '2.0' else ''}</item>")
        texts.append(f'<?xml version="1.0"?><rss version="{version}" {_SPACES}><channel>{_HEAD}{items}</channel></rss>')
    for space in ("http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/"):
        items = _four(f'<item rdf:about="/{{n}}">{_ITEM}</item>')
        texts.append(f'<rdf:RDF xmlns="{space}" {_SPACES}><channel>{_HEAD}</channel>{items}</rdf:RDF>')
    texts += [
        f'<feed xmlns="{space}" xml:base="https://b.example/"><title>News</title>{_four(_ENTRY)}</feed>'
        for space in ("http://purl.org/atom/ns#", "http://www.w3.org/2005/Atom")
    ]
    for version in ("1", "1.1"):
        feed = {
            "version": f"https://jsonfeed.org/version/{version}",
            "title": "News",
            "items": [_JSON_ITEM, _JSON_ITEM | {"id": 8, "url": "/8"}],
        }
        texts.append(json.dumps(feed))
    return [text.encode() for text in texts]


def mutant(samples: Sequence[bytes], seed: int, number: int, *, largest: int = LARGEST) -> Source:
    """One of `samples` after one to three mutations, of `largest` bytes at most; the same arguments give the same."""
    chance = random.Random(f"{seed}/{number}")
    body, other = chance.choice(samples), chance.choice(samples)
    for mutate in chance.choices(_MUTATIONS, k=chance.randint(1, 3)):
        body = mutate(chance, body, other)[:largest]
    return Source(
        body=body,
        content_type=chance.choice(_TYPES),
        url="https://news.example/feed",
        feed_name="news",
        selectors=Selectors(item="article") if chance.random() < 0.1 else None,
        explain=chance.random() < 0.1,
    )


def _four(item: str) -> str:
    return "".join(item.format(n=n) for n in range(4))


def _place(chance: random.Random, body: bytes) -> int:
    """Anywhere, or where a tag has ended."""
    at = chance.randrange(len(body) + 1)
    return at if chance.random() < 0.5 else body.find(b">", at) + 1 or at


def _span(chance: random.Random, body: bytes, pattern: bytes) -> tuple[int, int]:
    """Where something like `pattern` stands, or the beginning where nothing does."""
    return chance.choice([match.span() for match in re.finditer(pattern, body)] or [(0, 0)])


def _many(chance: random.Random, most: int) -> int:
    """From 1 to `most`, as often in the tens as in the thousands."""
    return int(most ** chance.random())


def _put(body: bytes, at: int, piece: bytes) -> bytes:
    return body[:at] + piece + body[at:]


def _flip(chance: random.Random, body: bytes, _: bytes) -> bytes:
    flipped = bytearray(body)
    for at in chance.choices(range(len(body)), k=_many(chance, 60)) if body else ():
        flipped[at] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _delete(chance: random.Random, body: bytes, _: bytes) -> bytes:
    at = _place(chance, body)
    return body[:at] + body[at + _many(chance, 5_000) :]


def _insert(chance: random.Random, body: bytes, _: bytes) -> bytes:
    return _put(body, _place(chance, body), chance.choice([chance.randbytes(_many(chance, 50)), *_TOKENS]))


def _truncate(chance: random.Random, body: bytes, _: bytes) -> bytes:
    return body[: _place(chance, body)]


def _splice(chance: random.Random, body: bytes, other: bytes) -> bytes:
    return body[: _place(chance, body)] + other[_place(chance, other) :]


def _repeat(chance: random.Random, body: bytes, _: bytes) -> bytes:
    start = _place(chance, body)
    block = body[start : start + _many(chance, 20_000)]
    return _put(body, start, block * min(_many(chance, 20_000), LARGEST // (len(block) + 1)))


def _nest(chance: random.Random, body: bytes, _: bytes) -> bytes:
    (opening, closing), depth = chance.choice(_PAIRS), _many(chance, 100_000)
    return _put(body, _place(chance, body), opening * depth + b"x" + closing * chance.choice([0, depth // 2, depth]))


def _storm(chance: random.Random, body: bytes, _: bytes) -> bytes:
    return _put(body, _place(chance, body), chance.choice(_TOKENS) * _many(chance, 200_000))


def _attributes(chance: random.Random, body: bytes, _: bytes) -> bytes:
    distinct = chance.random() < 0.5
    attributes = (b" a%d='&#%d;'" % (n if distinct else 0, n) for n in range(_many(chance, 50_000)))
    return _put(body, _span(chance, body, rb"<\w+")[1], b"".join(attributes))


def _title(chance: random.Random, body: bytes, _: bytes) -> bytes:
    return _put(
        body, _span(chance, body, rb'<title[^>]*>|"title": ?"')[1], chance.choice(_WORDS) * _many(chance, 500_000)
    )


def _number(chance: random.Random, body: bytes, _: bytes) -> bytes:
    start, end = _span(chance, body, rb"\d+")
    return body[:start] + chance.choice([b"0", b"-1", b"1e999", b"60", b"9" * _many(chance, 10_000)]) + body[end:]


def _encode(chance: random.Random, body: bytes, _: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS), "replace")


def _declare(chance: random.Random, body: bytes, _: bytes) -> bytes:
    declaration = f"<?xml version='1.0' encoding='{chance.choice(_ENCODINGS)}'?>"
    return declaration.encode() + re.sub(rb"^\s*<\?xml.*?\?>", b"", body)


_MUTATIONS: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    *(_flip, _delete, _insert, _truncate, _splice, _repeat, _nest, _storm),
    *(_attributes, _title, _number, _encode, _declare),
)
