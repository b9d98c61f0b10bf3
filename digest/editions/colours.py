"""Colours as CSS writes them: how well one reads on another, and what programs in dark mode make of them.

Components are sRGB from 0 to 1. Contrast is that of WCAG 2.2 (relative luminance); lightness is that of CIE L*a*b*.
"""

from typing import NamedTuple

import tinycss2.color4

#: What WCAG 2.2 asks of text (1.4.3), and of text in large type and of edges (1.4.3, 1.4.11).
READABLE, READABLE_LARGE = 4.5, 3.0
#: Characters; a number with thousands of digits is more than Python reads.
_LONGEST = 200
#: CIE: where the cube root gives way to a line.
_EDGE, _SLOPE = 216 / 24389, 24389 / 27
#: D65, 2 degrees.
_WHITE = (0.95047, 1.0, 1.08883)


class Colour(NamedTuple):
    """An opaque colour."""

    red: float
    green: float
    blue: float


WHITE, BLACK = Colour(1.0, 1.0, 1.0), Colour(0.0, 0.0, 0.0)


def parse(text: str, on: Colour = WHITE) -> Colour | None:
    """The colour that CSS writes as `text`, blended with `on` where it is translucent; None where it is none."""
    found = tinycss2.color4.parse_color(text.strip()[:_LONGEST])
    if found is None or found == "currentcolor":
        return None
    srgb = found.to("srgb")
    return mixed(on, Colour(*(min(1.0, max(0.0, part)) for part in srgb.coordinates)), srgb.alpha)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with so much, from 0 to 1, of `other`."""
    return Colour(*(above * share + below * (1 - share) for below, above in zip(one, other, strict=True)))


def hex_of(colour: Colour) -> str:
    """`colour` as in ``#96281b``."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def lightness(colour: Colour) -> float:
    """L*, from 0 to 100."""
    return _lab(colour)[0]


def flipped(colour: Colour) -> Colour:
    """Hue kept, lightness turned over: what Outlook.com, and Android's programs, do to a letter in dark mode."""
    light, a, b = _lab(colour)
    return _srgb(100 - light, a, b)


def inverted(colour: Colour) -> Colour:
    """Each component turned over: what the bluntest of dark modes do."""
    return Colour(*(1 - part for part in colour))


def readable_on(colour: Colour, ground: Colour, least: float = READABLE) -> Colour:
    """`colour`, lightened or darkened only as far as it takes to be read on `ground` with that contrast.

    Black or white where nothing of its hue is enough.
    """
    if contrast(colour, ground) >= least:
        return colour
    light, a, b = _lab(colour)
    step = 1 if contrast(WHITE, ground) >= contrast(BLACK, ground) else -1
    while 0 <= (light := light + step) <= 100:
        candidate = _srgb(light, a, b)
        if contrast(candidate, ground) >= least:
            return candidate
    return WHITE if step > 0 else BLACK


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    bounded = min(1.0, max(0.0, part))
    return bounded * 12.92 if bounded <= 0.0031308 else float(1.055 * bounded ** (1 / 2.4) - 0.055)


def _lab(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (_linear(part) for part in colour)
    x = 0.4124564 * red + 0.3575761 * green + 0.1804375 * blue
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = 0.0193339 * red + 0.1191920 * green + 0.9503041 * blue
    fx, fy, fz = (_root(part / white) for part, white in zip((x, y, z), _WHITE, strict=True))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _root(part: float) -> float:
    return float(part ** (1 / 3)) if part > _EDGE else (_SLOPE * part + 16) / 116


def _cube(part: float) -> float:
    return part**3 if part**3 > _EDGE else (116 * part - 16) / _SLOPE


def _srgb(light: float, a: float, b: float) -> Colour:
    fy = (light + 16) / 116
    x, y, z = (_cube(part) * white for part, white in zip((fy + a / 500, fy, fy - b / 200), _WHITE, strict=True))
    return Colour(
        _gamma(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
        _gamma(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
        _gamma(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
    )
