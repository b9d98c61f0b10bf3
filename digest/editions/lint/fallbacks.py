"""Where a letter does not need a feature that it uses: the value changes nothing, or something else does the same."""

import re

from digest.editions.lint.clients import Client
from digest.editions.lint.features import Use

_OUTLOOK = "outlook.windows"
#: What an element is without the declaration.
_DEFAULTS = frozenset({"auto", "none", "static", "visible", "inherit", "unset", "0", "0px", "0%", "normal"})
_DEFAULTS_OF = {
    "css-width": frozenset({"100%"}),
    "css-max-width": frozenset({"100%"}),
    "css-opacity": frozenset({"1"}),
    "css-position": frozenset({"relative"}),
}
_ZEROS = re.compile(r"(?:0(?:px|%)?\s*)+\Z")
_NO_BORDER = re.compile(r"\b(?:none|hidden)\b|(?:^|\s)0(?:px)?(?:\s|\Z)")
#: Before a table: a table for Outlook alone, which gives the width.
_GHOST = re.compile(r"\s*\[if [^\]]*mso[^\]]*\].*<t(?:able|d)\b[^>]*\bwidth", re.IGNORECASE | re.DOTALL)
#: Characters of a comment that are looked at.
_COMMENT = 500
_PICTURES = frozenset({"css-background", "css-background-image", "css-linear-gradient", "css-radial-gradient"})
#: Told by features of their own.
_DISPLAYS = frozenset({"none", "flex", "grid", "inline-flex", "inline-grid"})


def is_harmless(use: Use) -> bool:
    """Whether nothing changes where `use` is ignored."""
    value = use.value.strip().lower()
    if use.slug == "css-display":
        return not _DISPLAYS.isdisjoint(value.split())
    if use.slug == "css-display-none" or not use.slug.startswith("css-"):
        return False
    if use.slug == "css-border":
        return _is_without_border(use, value)
    if use.slug == "css-background" and "(" not in value:
        return True
    return value in _DEFAULTS or value in _DEFAULTS_OF.get(use.slug, ()) or bool(_ZEROS.match(value))


def _is_without_border(use: Use, value: str) -> bool:
    """Whether a declaration makes no border: the one of the width does, a colour and a style do not."""
    if use.name.endswith(("-style", "-color")):
        return True
    return bool(_NO_BORDER.search(value)) and not re.search(r"[1-9]\d*px", value)


def is_saved(use: Use, client: Client) -> bool:
    """Whether `client` gets the same by other means."""
    if use.slug in _PICTURES:
        return _has(use, "background-color") or _has_attribute(use, "bgcolor")
    if use.slug == "css-float":
        return _has_attribute(use, "align") and use.tag in {"table", "img"}
    return client.key == _OUTLOOK and _is_told_outlook(use)


def _is_told_outlook(use: Use) -> bool:
    """Whether something that only Outlook for Windows reads does the same."""
    if use.slug == "css-display-none":
        return _has(use, "mso-hide")
    if use.slug in {"css-width", "css-max-width"}:
        return _has_attribute(use, "width") or _stands_in_ghost(use)
    if use.slug == "css-height":
        return _has_attribute(use, "height")
    return use.slug == "css-margin" and "auto" in use.value.lower() and _has_attribute(use, "align")


def _has(use: Use, name: str) -> bool:
    if use.rule:
        return any(each.name == name for each in use.rule.declarations)
    return re.search(rf"(?:^|[\s;]){name}\s*:", str(use.element.get("style") or ""), re.IGNORECASE) is not None


def _has_attribute(use: Use, name: str) -> bool:
    return use.rule is None and name in use.element.attrib


def _stands_in_ghost(use: Use) -> bool:
    """Whether a comment just before the element opens a table of a fixed width for Outlook."""
    if use.rule:
        return False
    before = use.element.getprevious()
    return (
        before is not None and not isinstance(before.tag, str) and bool(_GHOST.match(str(before.text or "")[:_COMMENT]))
    )
