"""What a configuration says of how letters look, short of files of its own."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from digest.model import Appearance, Logo
from digest.settings import kinds
from digest.settings.group import Group
from digest.settings.kinds import Follows

_OWN = Follows("as the look has it")

Colour = Annotated[kinds.Colour | None, _OWN]


class ColourSettings(Group):
    """Colours by what they are for."""

    page: Colour = Field(default=None, description="Around the letter.")
    card: Colour = Field(default=None, description="Behind the text.")
    text: Colour = Field(default=None, description="Of running text.")
    ink: Colour = Field(default=None, description="Of headlines.")
    mute: Colour = Field(default=None, description="Of what is said in passing: sources, times, the foot.")
    accent: Colour = Field(default=None, description="Of links, labels and edges.")
    rule: Colour = Field(default=None, description="Of fine lines.")
    tint: Annotated[kinds.Colour | None, Follows("as the look has it; with an `accent`, a breath of that")] = Field(
        default=None, description="Behind labels."
    )


class FontSettings(Group):
    """Families of fonts that readers have: mail brings none along."""

    headings: Annotated[kinds.Fonts | None, _OWN] = Field(
        default=None, description="Of headlines, as in `Georgia, serif`."
    )
    body: Annotated[kinds.Fonts | None, _OWN] = Field(default=None, description="Of the rest.")


class LogoSettings(Group):
    """A picture in the masthead. Give it a ground of its own, or it is lost in dark mode."""

    url: kinds.HttpsUrl = Field(description="Where it is, https: PNG, JPEG or GIF.")
    width: int = Field(ge=16, le=536, description="CSS pixels; the file may have twice as many.")
    height: int = Field(ge=16, le=300, description="CSS pixels.")
    alt: Annotated[kinds.Line, Follows("`site.name`")] = Field(
        default="", description="What it says, for those who do not see it."
    )


class LookSettings(Group):
    """How letters look: what a look leaves open without files of your own."""

    colours: ColourSettings = Field(default_factory=ColourSettings, description="In light.")
    dark: ColourSettings = Field(
        default_factory=ColourSettings,
        description="The same in dark mode; an `accent` of `colours` is lightened for it where there is none here.",
    )
    fonts: FontSettings = Field(default_factory=FontSettings, description="Families of fonts.")
    radius: Annotated[int | None, _OWN] = Field(
        default=None, ge=0, le=24, description="Of corners of pictures and labels, CSS pixels."
    )
    logo: LogoSettings | None = Field(default=None, description="A picture in the masthead.")


def appearance(own: LookSettings, common: LookSettings, name: str) -> Appearance:
    """What `own` says, and `common` where it says nothing; `name` is what a logo says that says nothing itself."""
    logo = own.logo or common.logo
    return Appearance(
        variables=tuple((dict(_variables(common)) | dict(_variables(own))).items()),
        logo=Logo(url=logo.url, width=logo.width, height=logo.height, alt=logo.alt or name) if logo else None,
    )


def _variables(look: LookSettings) -> Iterator[tuple[str, str]]:
    for prefix, group in (("", look.colours), ("dark-", look.dark), ("font-", look.fonts)):
        for name in type(group).model_fields:
            if value := getattr(group, name):
                yield f"{prefix}{name}", value
    if look.radius is not None:
        yield "radius", f"{look.radius}px"
