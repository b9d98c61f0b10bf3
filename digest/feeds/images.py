"""Pictures that feeds and their HTML name: which are an article's own, how large they are, and the one to show."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import parse_qsl, unquote, urlsplit

from digest.feeds.links import MAX_URL, safe_url
from digest.model import Image

#: Pixels of width that fill a mail's column; what is wider only takes longer to load.
_COLUMN = 600
#: Pixels of width below which a picture that fills the column looks coarse.
_COARSE = 440
#: Pixels of width or height below which a picture is an icon.
_ICON = 48
#: Width by height: beyond these it is a banner or a strip.
_SHAPES = (1 / 3, 4.0)
#: Pictures of a text that are looked at: those further down are seldom what it is about.
_LOOKED_AT = 5
_BEST = 2
#: Addresses whose verdict is kept: most are asked for twice or more.
_REMEMBERED = 1_024
#: Candidates of a ``srcset``, and its characters, that are read.
_MAX_SOURCES = 30
_MAX_SRCSET = 16_384

#: Hosts that count readers, sell or host buttons, and no pictures of articles.
_OTHER_HOSTS = re.compile(
    r"https?://(?:(?:pixel|stats?|b)\.(?:wp|wordpress)\.com|feeds\.wordpress\.com|(?:[^/]*\.)?(?:doubleclick\.net"
    r"|2mdn\.net|googlesyndication\.com|googleadservices\.com|google-analytics\.com|adservice\.google\.com"
    r"|amazon-adsystem\.com|adnxs\.com|buysellads\.com|carbonads\.net|feedsportal\.com|feedburner\.com|feedads\.\w+"
    r"|scorecardresearch\.com|quantserve\.com|statcounter\.com|chartbeat\.net|met\.vgwort\.de|ivwbox\.de|hit\.gemius\.pl"
    r"|list-manage\.com|addtoany\.com|addthis\.com|sharethis\.com|gravatar\.com|avatars\.githubusercontent\.com"
    r"|img\.shields\.io|badge\.fury\.io|travis-ci\.(?:org|com)|twemoji\.maxcdn\.com)"
    r"|ads?\.[^/]+|(?:pixel|tracking|analytics|counter|piwik|matomo)\.[^/]+)/",
    re.IGNORECASE,
)
#: Paths of what is no picture of an article, wherever it is; each begins with a slash, which is quickly found.
_OTHER_PATHS = re.compile(
    r"/(?:~(?:r|ff|a|f|d)/|images/core/emoji/|(?:emojis?|twemoji|smil(?:ie|ey)s?|emoticons?|avatars?|userpics?)/"
    r"|s\d{1,3}-c/photo\.jpg$|_/stat$|(?:tracker|beacon|track/open)/|(?:collect|piwik|matomo|tr)(?:\.php)?$"
    r"|(?:[^/]*[-_])?(?:pixel|spacer|blank|clear|transparent|tracking|placeholder|1x1|no[-_]?image)\.(?:gif|png|jpe?g)$"
    r"|(?:b|t|g|open|beacon|count|counter|stat)\.(?:gif|png|php|aspx)$|(?:pixel|open|beacon|1x1)$"
    r"|(?:(?:share|follow|tweet|like)[-_](?:button|icon)|(?:facebook|twitter|whatsapp|email|rss)[-_]?(?:icon|button|share)"
    r"|icon_\w{1,20}|favicon)[^/]{0,20}\.(?:gif|png|jpe?g|webp)$)",
    re.IGNORECASE,
)
#: Icons and drawings, which mail programs do not show.
_OTHER_KINDS = (".svg", ".svgz", ".ico")

_LAZY = ("data-lazy-src", "data-src", "data-original")
_SOURCE_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
#: What `plain` has to let through for `of_element`.
ATTRIBUTES = frozenset({"src", *_LAZY, *_SOURCE_SETS, "width", "height", "alt"})
_SIZE = re.compile(r"\s*(\d{1,5})(?:\.\d{0,9})?\s*(?:px)?\s*")
_STYLE = re.compile(r"(?:^|;)\s{0,9}(width|height)\s{0,9}:\s{0,9}(\d{1,5})(?:\.\d{0,9})?px", re.IGNORECASE)
_DESCRIPTOR = re.compile(r"(\d{1,5})w|[\d.]{1,9}x|\d{1,5}h", re.IGNORECASE)

#: A name with its size as WordPress writes it, or a folder named by one; a square folder is often a limit, no size.
_SIZED_NAME = re.compile(
    r"[-_](\d{2,4})x(\d{2,4})\.(?:jpe?g|png|gif|webp)$|/(\d{2,4})x(?!\3/)(\d{2,4})/", re.IGNORECASE
)
#: The Guardian's crop: left, top, width, height.
_CROP = re.compile(r"/\d{1,5}_\d{1,5}_(\d{2,5})_(\d{2,5})/")
#: Of Cloudinary's and of other services' parameters, those under which a picture gets just the size that is asked for.
_EXACT = re.compile(r"[/,]c_(?:fill|lfill|crop|thumb|pad|scale)[,/]")
_EXACT_QUERY = {("fit", "crop"), ("fit", "cover"), ("fit", "fill"), ("mode", "crop"), ("crop", "1"), ("crop", "true")}
_CLOUDINARY = (re.compile(r"[/,]w_(\d{2,4})[,/]"), re.compile(r"[/,]h_(\d{2,4})[,/]"))
_SIZING = {"w", "h", "width", "height", "resize", "fit", "size", "s", "crop"}
_JETPACK = re.compile(r"i\d\.wp\.com")
_PAIR = re.compile(r"(\d{2,4}),(\d{2,4})")
#: An address that tells another width than the feed does, by more than this part, tells the size of something else.
_OFF = 0.02


def best(own: Iterable[Image], *texts: Iterable[Image]) -> Image | None:
    """The picture to show, of those that the feed names itself and those in the item's texts; None: there is none.

    A feed names one picture in several sizes: of those with a known width the smallest that fills a column is taken.
    A text shows different pictures: the first counts, unless one soon after it can be shown as large as the column and
    it cannot. What a feed names comes first, unless it is a thumbnail or of unknown size and the text has better.

    Tracking pixels, icons, faces, buttons, advertisements, banners and strips are passed over.
    """
    chosen = _fitting(_real(own))
    for text in texts:
        for image in islice(filter(_is_real, map(_sized, text)), _LOOKED_AT):
            if chosen is None or _rank(image) > _rank(chosen):
                chosen = image
            if _rank(chosen) == _BEST:
                return chosen
    return chosen


def _fitting(variants: list[Image]) -> Image | None:
    """Of one picture in several sizes the smallest that fills a column, else the largest; the first if that has none.

    Of those as wide, one whose height is known, and one that is served over TLS.
    """
    if not variants or not variants[0].width:
        return variants[0] if variants else None
    ordered = sorted(
        (image for image in variants if image.width),
        key=lambda image: (image.width, not image.height, not image.url.startswith("https:")),
    )
    wide = next((image for image in ordered if image.width >= _COLUMN), None)
    return wide or next(image for image in ordered if image.width == ordered[-1].width)


def _rank(image: Image) -> int:
    """`_BEST`: it can fill a column; 1: nothing is known against it, or it can be a thumbnail; 0: it is tiny."""
    if image.width and image.height and image.width >= _COARSE and image.url.startswith("https:"):
        return _BEST
    return 0 if 0 < image.width < 2 * _ICON else 1


def _is_real(image: Image) -> bool:
    sizes = [size for size in (image.width, image.height) if size]
    if not 0 < len(image.url) <= MAX_URL or any(size < _ICON for size in sizes):
        return False
    if len(sizes) == 2 and not _SHAPES[0] <= image.width / image.height <= _SHAPES[1]:
        return False
    return not _is_other(image.url)


@lru_cache(_REMEMBERED)
def _is_other(url: str) -> bool:
    path = url.partition("?")[0].partition("#")[0]
    return bool(path.lower().endswith(_OTHER_KINDS) or _OTHER_HOSTS.match(url) or _OTHER_PATHS.search(path, 8))


def _sized(image: Image) -> Image:
    """`image` with the sizes that its address tells, where it has not both already."""
    if (image.width and image.height) or len(image.url) > MAX_URL:
        return image
    width, height = _told(image.url)
    if not (width and height) or abs(width - (image.width or width)) > width * _OFF:
        return image
    return replace(image, width=width, height=height)


@lru_cache(_REMEMBERED)
def _told(url: str) -> tuple[int, int]:
    """Width and height where an address tells both for certain; otherwise zeros."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return 0, 0
    query = dict(parse_qsl(parts.query))
    if _SIZING & query.keys():
        return _told_by_query(parts.netloc, parts.path, query)
    path = unquote(parts.path)
    if named := _SIZED_NAME.search(path):
        return int(named[1] or named[3]), int(named[2] or named[4])
    sizes = [match for size in _CLOUDINARY if (match := size.search(path))]
    return (int(sizes[0][1]), int(sizes[1][1])) if len(sizes) == 2 and _EXACT.search(path) else (0, 0)


def _told_by_query(host: str, path: str, query: Mapping[str, str]) -> tuple[int, int]:
    """The same where parameters choose the size: what the path tells then is another one than what is served."""
    width, height = pixels(query.get("w") or query.get("width")), pixels(query.get("h") or query.get("height"))
    if (crop := _CROP.search(path)) and not height:
        return width, round(width * int(crop[2]) / (int(crop[1]) or 1))
    if pair := _PAIR.fullmatch(query.get("resize") or (query.get("fit", "") if _JETPACK.fullmatch(host) else "")):
        return int(pair[1]), int(pair[2])
    return (width, height) if _EXACT_QUERY & set(query.items()) else (0, 0)


def of_element(attributes: Mapping[str, str | None], base: str, outer: Iterable[str] = ()) -> Image | None:
    """The picture that an ``img`` shows, resolved against `base`; None: none, or a stand-in until scripts have run.

    Of several sizes the one that `best` would take. `outer`: the source sets of the ``source`` elements around it,
    which count where the element itself has nothing to show.
    """
    width, height = _stated(attributes)
    addresses = [attributes.get(name) for name in (*_LAZY, "src")]
    sets = [attributes.get(name) for name in _SOURCE_SETS]
    offered = chain(
        (Image(url=safe_url(url, base), width=width, height=height) for url in addresses if url),
        *(source_set(text, base, width, height) for text in sets if text),
    )
    variants = _real(offered) or _real(chain(*(source_set(one, base, width, height) for one in outer)))
    return _fitting([image for image in variants if image.width]) or next(iter(variants), None)


def _real(images: Iterable[Image]) -> list[Image]:
    return [image for image in map(_sized, images) if _is_real(image)]


def _stated(attributes: Mapping[str, str | None]) -> tuple[int, int]:
    """The sizes that the attributes give, or else the style."""
    text = (attributes.get("style") or "")[:1_000]
    style = {match[1].lower(): int(match[2]) for match in _STYLE.finditer(text)} if text else {}
    return (
        pixels(attributes.get("width")) or style.get("width", 0),
        pixels(attributes.get("height")) or style.get("height", 0),
    )


def source_set(text: str, base: str, width: int = 0, height: int = 0) -> Iterator[Image]:
    """The pictures of a ``srcset`` (HTML 4.8.4.2.1) with a width; their height follows from an element's own sizes.

    A comma ends a candidate only with a space behind it or behind a descriptor: addresses have commas too.
    """
    address = ""
    for token in text[:_MAX_SRCSET].split()[: 2 * _MAX_SOURCES]:
        descriptor, comma, behind = token.partition(",")
        if address and (match := _DESCRIPTOR.fullmatch(descriptor)):
            wide = int(match[1] or 0)
            if wide and (safe := safe_url(address, base)):
                yield Image(url=safe, width=wide, height=round(wide * height / width) if width and height else 0)
            address = behind if comma else ""
        else:
            address = token.strip(",") if not token.endswith(",") else ""


def pixels(value: object) -> int:
    """The whole pixels that an attribute like ``"640"`` or ``"640px"`` gives; 0 where it gives none."""
    match = _SIZE.fullmatch(str(value)[:40])
    return int(match[1]) if match else 0
