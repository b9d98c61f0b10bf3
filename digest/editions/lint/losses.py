"""What a letter loses where a client does not support a feature, and what its author can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Loss(IntEnum):
    """How much is lost."""

    #: Ornament, or nothing.
    NONE = 0
    #: Something that a letter can do without.
    COMFORT = 1
    #: A part of the layout or the look: the letter still reads.
    LOOK = 2
    #: The layout, or something that is to be read or seen.
    SENSE = 3


@dataclass(frozen=True, slots=True)
class Consequence:
    """Of a feature."""

    loss: Loss
    #: One sentence.
    mend: str


_TABLE = "Lay it out with table cells, one below the other."
_PIXELS = "Write sizes in px: a style attribute cannot hold a second choice."
_PICTURE = "Send it as JPEG or PNG, from an https address."
_PLAIN = "Write the result instead of the function: a value that is not understood is left out whole."
_SYMMETRIC = "Write top, right, bottom and left, the same on both sides if the letter may run from right to left."
_VANISHES = "Link to a page with it, with a picture to click if need be."
_OPTIONAL = "Leave it out, or see that the letter reads well where it is missing."

_SENSE = {
    **dict.fromkeys(("css-display-flex", "css-display-grid", "css-position"), _TABLE),
    "css-float": "Use table cells, or the align attribute of a table or a picture.",
    "css-unit-rem": _PIXELS,
    "css-variables": "Write the value itself.",
    **{f"image-{name}": _PICTURE for name in ("avif", "base64", "hdr", "heif", "ico", "mp4", "svg", "tiff", "webp")},
    "html-svg": _PICTURE,
    **{f"html-{name}": _VANISHES for name in ("audio", "button-submit", "dialog", "popover", "video")},
    "html-base": "Write every address in full.",
}
_LOOK = {
    "css-padding": "Give the padding to the table cell around it.",
    "css-margin": "Give the space to a table cell as padding.",
    "css-border": "Give the border to a table cell, 8px wide at most.",
    "css-max-width": "Set it on a table, and for Outlook a width attribute.",
    "css-width": "Set the width attribute of a table, a cell or a picture.",
    "css-height": "Set the height attribute of a table cell or a picture, or use padding.",
    "css-display": "Choose an element that is laid out so by itself.",
    "css-display-none": "Add mso-hide:all, and hide each table within by itself.",
    "css-text-align": "Write left or right; the direction of the letter is known when it is made.",
    "css-background": "Add a background-color: it shows where the picture does not.",
    "css-background-image": "Add a background-color: it shows where the picture does not.",
    "css-background-color": "Write the colour in hexadecimal.",
    "css-important": "Write !important in lower case with a space before it.",
    "css-box-sizing": "Reckon the width without it, or set it on a table cell alone.",
    "css-list-style-image": "Write the sign as text.",
    "css-visibility": "Use display:none with mso-hide:all.",
    "css-white-space": "Use no-break spaces.",
    "css-unit-initial": "Write the value itself.",
    "css-intrinsic-size": "Write the size in px or percent.",
    "image-apng": "Send a GIF where it must move; else JPEG or PNG.",
    "image-bmp": _PICTURE,
    "html-hidden": "Use display:none with mso-hide:all.",
    "html-dir": "Set the direction on the element around the link.",
    "html-width": "Give a picture its width in pixels, and let CSS make it smaller.",
    "html-background": "Set a bgcolor as well.",
    "html-image-maps": "Link the whole picture, or several beside each other.",
    "html-marquee": "Leave it standing.",
    **dict.fromkeys(("html-meter", "html-progress"), "Write the number."),
    "html-ruby": "Write the reading in brackets.",
    **{f"css-{name}": "Write the colour in hexadecimal." for name in ("rgb", "rgba", "modern-color")},
    "css-function-light-dark": "Write the dark colour under @media (prefers-color-scheme: dark).",
    **dict.fromkeys(("css-unit-calc", "css-function-clamp", "css-function-max", "css-function-min"), _PLAIN),
    **{f"css-unit-{unit}": "Write the size in px or percent." for unit in ("ch", "vh", "vmax", "vmin", "vw")},
    **{
        f"css-{name}": _SYMMETRIC
        for name in (
            *("block-inline-size", "inline-size", "inset", "margin-block-start-end", "margin-inline-block"),
            *("margin-inline-start-end", "padding-block-start-end", "padding-inline-block"),
            *("padding-inline-start-end", "border-inline-block", "border-inline-block-individual"),
            *("border-inline-block-longhand", "max-inline-size", "min-inline-size", "max-block-size"),
            "min-block-size",
        )
    },
    **{
        f"css-{name}": _OPTIONAL
        for name in (
            *("aspect-ratio", "background-blend-mode", "clip-path", "column-count", "filter", "mask-image"),
            *("max-height", "min-height", "min-width", "mix-blend-mode", "opacity", "overflow", "text-indent"),
            *("transform", "writing-mode", "linear-gradient", "radial-gradient", "conic-gradient"),
        )
    },
}
_COMFORT = {
    "css-at-media": "Ask for the width of the screen alone, and for one thing in one block.",
    "html-anchor-links": "Write the link so that it tells something by itself, such as a section's name and count.",
}

#: Features that are not here cost a letter nothing worth a word: round corners, shadows, hover, what is for one client.
CONSEQUENCES: Mapping[str, Consequence] = {
    slug: Consequence(loss, mend)
    for loss, mends in ((Loss.SENSE, _SENSE), (Loss.LOOK, _LOOK), (Loss.COMFORT, _COMFORT))
    for slug, mend in mends.items()
}
