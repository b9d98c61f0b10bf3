"""Which pictures a letter shows and how large: only what is known to fit, so that nothing jumps and nothing is huge."""

from dataclasses import dataclass

from digest.editions.render_plain import one_line, shorten
from digest.editions.render_url import safe_url
from digest.model import Image

#: The text column of a letter 600 pixels wide.
COLUMN = 536
THUMBNAIL = 96
#: A picture narrower than this looks coarse when it fills the column; many feeds offer 460.
_LEAST_WIDE = 440
#: Width by height: beyond these a picture is a tower that hides the news, or a banner, which is seldom news.
_WIDE_SHAPES = (1.3, 3.0)
_THUMBNAIL_SHAPES = (1.2, 2.4)
#: Screen readers read it to the end, and mail programs show it in the place of a blocked picture.
_ALT = 125


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is shown; sizes in CSS pixels."""

    url: str
    width: int
    height: int
    #: Empty: it says nothing that the headline does not.
    alt: str


def wide(image: Image | None) -> Picture | None:
    """`image` as wide as the column; None where it is not https, of unknown size, too small or too tall."""
    return _fitted(image, COLUMN, _LEAST_WIDE, _WIDE_SHAPES)


def thumbnail(image: Image | None) -> Picture | None:
    """`image` as a thumbnail, under the same conditions."""
    return _fitted(image, THUMBNAIL, THUMBNAIL, _THUMBNAIL_SHAPES)


def _fitted(image: Image | None, to: int, least: int, shapes: tuple[float, float]) -> Picture | None:
    if image is None or image.height <= 0 or image.width < least:
        return None
    url = safe_url(image.url)
    if not url.startswith("https://") or not shapes[0] <= image.width / image.height <= shapes[1]:
        return None
    return Picture(url, to, round(to * image.height / image.width), shorten(one_line(image.alt), _ALT))
