"""Copies the rules of a letter's style sheet into style attributes, where every mail client finds them."""

import logging
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, cast


def inline(html: str) -> str:
    """`html` with every `<style>` applied and taken out but those marked ``data-premailer="ignore"``.

    Nothing is fetched, from the network or from disk, whatever `html` asks for. The doctype must be in capitals,
    else it is lost. Non-ASCII characters in addresses come out percent-encoded.
    """
    # It takes a third of a second to import and only those who render letters need it.
    from premailer import Premailer  # noqa: PLC0415

    transformer = Premailer(
        html,
        allow_network=False,
        allow_loading_external_files=False,
        disable_link_rewrites=True,
        # The kept rules override what is inlined only as long as they are important.
        strip_important=False,
        # The kept rules find their elements by class.
        remove_classes=False,
        keep_style_tags=False,
        # Left alone it copies width and height to elements that have no such attributes.
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        align_floating_images=False,
        # `mso-hide` and its like are not CSS, and wanted.
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
    )
    # Its own parser fetches every `@import`, even where it is told not to use the network.
    transformer._parse_css_string = _parser()
    return cast("str", transformer.transform(pretty_print=False))


@cache
def _parser() -> Callable[..., Any]:
    """A parser of style sheets that fetches nothing and remembers the sheets it has read."""
    import cssutils  # noqa: PLC0415

    read = lru_cache(maxsize=64)(cssutils.CSSParser(fetcher=_nothing, validate=False).parseString)

    def parse(css: str, **_: object) -> object:
        return read(css)

    return parse


def _nothing(_url: str) -> None:
    """What stands behind an address: never looked at."""
