"""The operator's colours on the public pages: as `look:` has them, moved only as far as it takes to read the words."""

from collections.abc import Mapping

from digest.editions.colours import (
    BLACK,
    READABLE,
    READABLE_LARGE,
    WHITE,
    Colour,
    contrast,
    hex_of,
    mixed,
    parse,
    readable_on,
)

_LIGHT = {
    "page": "#efebe3",
    "card": "#fffdf9",
    "text": "#37332d",
    "ink": "#1b1815",
    "mute": "#635c52",
    "accent": "#96281b",
    "rule": "#ddd5c6",
    "edge": "#857c6f",
    "button": "#96281b",
}
_DARK = {
    "page": "#131210",
    "card": "#1d1b18",
    "text": "#d9d3c8",
    "ink": "#f6f2ea",
    "mute": "#aea698",
    "accent": "#ffa48c",
    "rule": "#403b34",
    "edge": "#8f8778",
    "button": "#ffa48c",
}
#: How much of the accent a tint has, and how much of white a field on a dark card; on a light one it is white.
_TINT, _FIELD = 0.1, 0.05
#: What moves a colour for one ground may spoil it for the other; so many times it is tried.
_TURNS = 4
#: Black or white that reads so on several grounds leaves room for all that is moved towards it.
_ENOUGH = 5.0


def dress(look: Mapping[str, str]) -> str:
    """CSS that goes after the pages' own sheet; `look` is `Appearance.variables`, and empty gives nothing."""
    light = {name: value for name, value in look.items() if name in _LIGHT or name == "tint"}
    dark = {name.removeprefix("dark-"): value for name, value in look.items() if name.startswith("dark-")}
    if "accent" in light and "accent" not in dark:
        dark["accent"] = light["accent"]
    css = f":root {{ {_scheme(_LIGHT, light)} }}" if light else ""
    if dark:
        css += f" @media (prefers-color-scheme: dark) {{ :root {{ {_scheme(_DARK, dark)} }} }}"
    return css + _rest(look)


def _scheme(usual: Mapping[str, str], given: Mapping[str, str]) -> str:
    def of(name: str) -> Colour:
        return parse(given.get(name, "")) or parse(usual[name]) or BLACK

    accent = of("accent")
    page, card = _grounds(of("page"), of("card"))
    pole = max((BLACK, WHITE), key=lambda pole: contrast(pole, card))
    tint = parse(given.get("tint", "")) or mixed(card, accent, _TINT)
    field = WHITE if pole is BLACK else mixed(card, WHITE, _FIELD)
    # The words of a card stand on these, too.
    tint, field = (ground if contrast(pole, ground) >= _ENOUGH else card for ground in (tint, field))
    button = readable_on(accent if "accent" in given else of("button"), card, READABLE_LARGE)
    values = {
        "page": page,
        "card": card,
        "field": field,
        "tint": tint,
        "rule": of("rule"),
        "text": _read_on(of("text"), page, card),
        "ink": _read_on(of("ink"), card, tint, field),
        "mute": _read_on(of("mute"), page, card),
        "link": _read_on(accent, page, card),
        "edge": readable_on(readable_on(of("edge"), field, READABLE_LARGE), card, READABLE_LARGE),
        "button": button,
        "on-button": readable_on(WHITE, button),
    }
    return " ".join(f"--{name}: {hex_of(colour)};" for name, colour in values.items())


def _grounds(page: Colour, card: Colour) -> tuple[Colour, Colour]:
    """Page and card; two that nothing can be read on both of become one."""
    for pole in (BLACK, WHITE):
        if min(contrast(pole, page), contrast(pole, card)) >= _ENOUGH:
            return page, card
    return card, card


def _read_on(colour: Colour, *grounds: Colour) -> Colour:
    """`colour`, moved until it is read on all of `grounds`; black or white where nothing else will do."""
    for _ in range(_TURNS):
        for ground in grounds:
            colour = readable_on(colour, ground)
        if all(contrast(colour, ground) >= READABLE for ground in grounds):
            return colour
    return max((BLACK, WHITE), key=lambda pole: min(contrast(pole, ground) for ground in grounds))


def _rest(look: Mapping[str, str]) -> str:
    """Fonts and corners."""
    css = f" body {{ font-family: {look['font-body']}; }}" if "font-body" in look else ""
    css += f" h1, h2 {{ font-family: {look['font-headings']}; }}" if "font-headings" in look else ""
    corners = "button, select, input[type=email], input[type=text], input[type=search], input[type=date]"
    return css + (f" {corners} {{ border-radius: {look['radius']}; }}" if "radius" in look else "")
