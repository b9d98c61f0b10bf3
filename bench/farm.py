"""Feeds as the web has them, made up: which host each is on, and what it holds in any round. Pure, always the same.

Of ten feeds one has something new in each round, the others never: that is what a round of polls meets. A feed has 20
to 30 items with their texts in HTML, 20 to 100 kB in all, 50 in the middle; two of three are RSS 2.0, the third Atom.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from typing import NamedTuple

#: One feed of so many has something new in each round.
CHANGING = 10
#: Feeds, and so hosts, in each 127.0.x.0/24.
_IN_NET = 250
_START = datetime(2025, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_PARAGRAPHS = 600

_VOCABULARY = """
the of and to in a is that for it was on are as with his they at be this from have or by one had not but what all were
when we there can an your which their said if do will each about how up out them then she many some so these would
other into has more her two like him see time could no make than first been its who now people my made over did down
only way find use may water long little very after words called just where most know government minister parliament
election report company market energy climate council river border region police court school hospital research
university database release version network server browser compiler memory protocol security update
"""
_WORDS = _VOCABULARY.split()


class Paragraph(NamedTuple):
    """A piece of an article's text, as HTML and as HTML inside XML."""

    html: str
    escaped: str


def host(feed: int) -> str:
    """The address of a feed's server on the loopback interface: each has its own, so that no limit per host binds."""
    net, place = divmod(feed, _IN_NET)
    return f"127.0.{net + 1}.{place + 1}"


def feed_at(address: str) -> int:
    """The feed whose server has `address`; negative where it is nobody's."""
    _, _, net, place = address.split(".")
    return (int(net) - 1) * _IN_NET + int(place) - 1


def url(feed: int, port: int) -> str:
    return f"http://{host(feed)}:{port}/feed.xml"


def changing(feeds: int) -> list[int]:
    """Those of the first `feeds` that have something new in each round after the first."""
    return list(range(0, feeds, CHANGING))


def version(feed: int, turn: int) -> int:
    """How often the feed has changed by round `turn`."""
    return 0 if feed % CHANGING else turn


def added(feed: int, turn: int) -> int:
    """How many items of the feed are new in round `turn`: 1 to 5 where it changes."""
    return 0 if feed % CHANGING or not turn else 1 + (feed // CHANGING + turn) % 5


def validators(feed: int, turn: int) -> tuple[str, str]:
    """ETag and Last-Modified (RFC 9110 8.8)."""
    changed = version(feed, turn)
    return f'"{feed}-{changed}"', format_datetime(_START + (feed + 1000 * changed) * _HOUR, usegmt=True)


def content_type(feed: int) -> str:
    return "application/atom+xml" if _is_atom(feed) else "application/rss+xml"


def body(feed: int, turn: int) -> bytes:
    """The feed as it is in round `turn`, newest item first."""
    size = 20 + feed % 11
    newest = size + sum(added(feed, each) for each in range(1, turn + 1))
    serials = range(newest, newest - size, -1)
    written = _atom(feed, serials) if _is_atom(feed) else _rss(feed, serials)
    return written.encode()


def _is_atom(feed: int) -> bool:
    return feed % 3 == 2


def _rss(feed: int, serials: Sequence[int]) -> str:
    site = _site(feed)
    items = "".join(
        f"<item><title>{_title(feed, serial)}</title><link>{site}/{serial}</link><dc:creator>Ada Writer</dc:creator>"
        f"<pubDate>{format_datetime(_published(feed, serial), usegmt=True)}</pubDate><category>World</category>"
        f'<guid isPermaLink="false">{site}/?p={serial}</guid><description>{text[0].escaped}</description>'
        f"<content:encoded><![CDATA[{''.join(each.html for each in text)}<p>The post <a href='{site}/{serial}'>"
        f"{_title(feed, serial)}</a> appeared first on <a href='{site}'>Site {feed}</a>.</p>]]>"
        "</content:encoded></item>"
        for serial in serials
        if (text := _text(feed, serial))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/'
        'content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Site {feed}</title><link>{site}</link><description>All of it</description><language>en</language>"
        f"{items}</channel></rss>"
    )


def _atom(feed: int, serials: Sequence[int]) -> str:
    site = _site(feed)
    entries = "".join(
        f'<entry><id>{site}/{serial}</id><title>{_title(feed, serial)}</title><link href="{site}/{serial}"/>'
        f"<author><name>Ada Writer</name></author><published>{_published(feed, serial).isoformat()}</published>"
        f"<updated>{_published(feed, serial).isoformat()}</updated>"
        f'<content type="html">{"".join(each.escaped for each in _text(feed, serial))}</content></entry>'
        for serial in serials
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f'<id>{site}</id><title>Site {feed}</title><link href="{site}"/>'
        f"<updated>{_published(feed, serials[0]).isoformat()}</updated>{entries}</feed>"
    )


def _site(feed: int) -> str:
    return f"https://site-{feed}.example"


def _published(feed: int, serial: int) -> datetime:
    return _START + (feed % 24 + serial * 5) * _HOUR


def _title(feed: int, serial: int) -> str:
    words = [_WORDS[(feed * 13 + serial * 29 + place * 41) % len(_WORDS)] for place in range(6)]
    return f"{' '.join(words).capitalize()}, part {serial}"


def _text(feed: int, serial: int) -> list[Paragraph]:
    """1 to 8 paragraphs, most often 3: as long as the feed's texts are, by and by."""
    stock = _paragraphs()
    count = 1 + feed % 4 + (serial + feed) % 3 + (2 if feed % 7 == 0 else 0)
    return [stock[(feed * 31 + serial * 17 + place * 101) % len(stock)] for place in range(count)]


@cache
def _paragraphs() -> list[Paragraph]:
    dice = random.Random(20)
    written = [_paragraph(dice) for _ in range(_PARAGRAPHS)]
    return [Paragraph(html, escape(html)) for html in written]


def _paragraph(dice: random.Random) -> str:
    """Prose with links and emphasis for the most part; a picture, a list, a quotation or a heading now and then."""
    sentences = " ".join(_sentence(dice) for _ in range(dice.randint(2, 4)))
    match dice.randrange(12):
        case 0:
            return (
                f'<figure class="wp-block-image"><img src="/media/{dice.randrange(9999)}.jpg" width="800" height="450"'
                f' alt="{_sentence(dice)}"/><figcaption>{_sentence(dice)}</figcaption></figure><p>{sentences}</p>'
            )
        case 1:
            return f"<ul>{''.join(f'<li>{_sentence(dice)}</li>' for _ in range(4))}</ul>"
        case 2:
            return f"<blockquote><p>{sentences}</p></blockquote>"
        case 3:
            return f'<h2 id="more">{_sentence(dice)}</h2><p style="color: #333">{sentences}</p>'
        case _:
            return f'<p class="text">{sentences}</p>'


def _sentence(dice: random.Random) -> str:
    words = dice.choices(_WORDS, k=dice.randint(8, 22))
    place = dice.randrange(len(words))
    match dice.randrange(6):
        case 0:
            words[place] = f'<a href="/{words[place]}?utm_source=feed&amp;p=1" rel="nofollow">{words[place]}</a>'
        case 1:
            words[place] = f"<em>{words[place]}</em>"
        case 2:
            words[place] = f"<strong>{words[place]}</strong>"
    words[0] = words[0].capitalize() if place else words[0]
    return f"{' '.join(words)}."
