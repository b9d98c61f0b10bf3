"""Whether what a configuration names can be worked with: its templates, its secrets, its mail servers."""

from collections.abc import Iterator

from digest.app.house import House
from digest.errors import TemplateError


def looks(house: House) -> list[str]:
    """The templates that newsletters are set in."""
    return sorted({newsletter.template for newsletter in house.newsletters.values()})


def broken_templates(house: House) -> Iterator[TemplateError]:
    """What is wrong with the looks, the sponsored blocks, the pages and the notices."""
    sponsors = {f"sponsored/{newsletter.sponsor}" for newsletter in house.newsletters.values() if newsletter.sponsor}
    parts = [name for name in house.renderer.templates() if name.startswith(("pages/", "notices/"))]
    for name in [*looks(house), *sorted(sponsors), *parts]:
        try:
            house.renderer.check(name)
        except TemplateError as error:
            yield error


def require_sound(house: House) -> None:
    """Raises DigestError for the first thing that nothing could be sent with."""
    house.sender()
    house.relays()
    for error in broken_templates(house):
        raise error
