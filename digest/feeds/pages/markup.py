"""A web page -> a tree that is safe to search: what is done with every page, whatever is wanted of it."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.feeds.links import safe_url
from digest.feeds.parsing.encoding import decode
from digest.feeds.text.plain import html_line, one_line

#: Characters of a page that are read; a tree takes up to a hundred times its text in bytes.
MAX_PAGE = 2_000_000
#: Elements may be nested this deep; building the tree is quadratic in hostile depth.
_MAX_DEPTH = 1_000
#: Bytes in which a page has to declare its encoding (HTML 4.2.5.4: 1,024), and some for those that do it late.
_DECLARED_WITHIN = 4_096

_META_CHARSET = re.compile(rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
#: Attributes, as HTML sees them (13.2.5). Possessive, and all of them are consumed: the text is gone through once.
_ATTRIBUTES = r"""(?:[\s/]*+(?:=[^\s/>=]*+|[^\s/>=]++)(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+))?+)*+"""
_OPENED = re.compile(rf"(<[A-Za-z][^\s/>]*+){_ATTRIBUTES}")
#: A tag, or a piece in which "<" begins none.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1|\Z)"
    rf"|<(/?)([A-Za-z][A-Za-z0-9]*+){_ATTRIBUTES}[\s/]*+(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
#: Elements without an end, or whose end is implied by what follows.
_UNCOUNTED = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "source", "td", "th", "tr", "track", "wbr",
})  # fmt: skip
#: A tag whose attributes are longer loses them: building the tree is quadratic in the attributes of an element.
_LONGEST_TAG = 10_000


class PageTooDeep(ValueError):
    """A page whose elements are nested deeper than any that people write."""


def page_text(body: bytes, content_type: str) -> str:
    """`body` as text, by the rules of `document.decode` and by what the page's own ``<meta charset>`` says."""
    declared = _META_CHARSET.search(body[:_DECLARED_WITHIN])
    if declared and "charset" not in content_type.lower():
        content_type = f"{content_type}; charset={declared[1].decode('ascii')}"
    return decode(body, content_type)


def page_root(html: str) -> LexborNode:
    """The root element of `html`, of which at most `MAX_PAGE` characters are read; raises PageTooDeep."""
    html = html[:MAX_PAGE]
    if _is_too_deep(html):
        raise PageTooDeep("its elements are nested too deep")
    root = LexborHTMLParser(_OPENED.sub(_bounded, html)).root
    if root is None:
        raise AssertionError("every document has a root")
    return root


def _bounded(tag: re.Match[str]) -> str:
    return tag[0] if len(tag[0]) <= _LONGEST_TAG else tag[1][:_LONGEST_TAG]


def _is_too_deep(html: str) -> bool:
    """Whether too many elements are open at once, by a count of the tags of those that have to be closed."""
    depth = 0
    for match in _TAG.finditer(html):
        name = match[3]
        if name and name.lower() not in _UNCOUNTED:
            depth = max(0, depth + (-1 if match[2] else 1))
            if depth > _MAX_DEPTH:
                return True
    return False


def base_of(root: LexborNode, url: str) -> str:
    """What relative addresses of the page served at `url` are relative to (HTML 4.2.3)."""
    found = root.css_first("base[href]")
    return (safe_url(attribute(found, "href"), url) if found is not None else "") or url


def attribute(node: LexborNode, name: str) -> str:
    """The value of an attribute; "" where it has none, or there is no such attribute."""
    return node.attributes.get(name) or ""


def title_of(root: LexborNode) -> str:
    """The page's title as one line."""
    found = root.css_first("title")
    return one_line(found.text())[:300] if found is not None else ""


def language_of(root: LexborNode) -> str:
    """The language that the page says it is in, as given; "" where it does not say."""
    return attribute(root, "lang").strip()


def line(node: LexborNode | None) -> str:
    """The text that is shown of `node`, as one line."""
    return html_line(node.html or "") if node is not None else ""
