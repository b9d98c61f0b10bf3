"""The links of a letter's two parts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from digest.editions.lint.proof import Proof

_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
#: What ends a sentence, and no address.
_AFTER = ".,;:!?)]}'”»›"


@dataclass(slots=True)
class Anchor:
    """A link of the HTML part."""

    element: Any
    #: As written, without white space around it.
    url: str
    #: What is seen of it, and what is only heard: alternative texts and labels.
    text: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        """What a reader who listens is told."""
        return self.label or self.text

    @property
    def is_web(self) -> bool:
        return self.url.lower().startswith(("http:", "https:"))

    @property
    def is_silent(self) -> bool:
        """Whether it is left out for those who listen."""
        return str(self.element.get("aria-hidden") or "").lower() == "true"


def anchors_of(proof: Proof) -> list[Anchor]:
    """The elements `a` that are links, in the order of the document."""
    found: list[Anchor] = []
    # The HTML parser lets no link stand within a link, so the last one that began is the one that text belongs to.
    current: Anchor | None = None
    walk = etree.iterwalk(proof.tree, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start" and proof.is_hidden(node):
            walk.skip_subtree()
            continue
        if event == "start" and node.tag == "a" and node.get("href") is not None:
            current = Anchor(node, str(node.get("href")).strip(), label=_label(node))
            found.append(current)
        elif event == "end" and current is not None and node is current.element:
            current = None
        if current is not None:
            if event == "start" and node.tag == "img":
                current.label = current.label or str(node.get("alt") or "").strip()
            current.text += (node.text if event == "start" else node.tail) or ""
    for anchor in found:
        anchor.text = " ".join(anchor.text.split())
    return found


def text_links(proof: Proof) -> dict[str, int]:
    """The http and https addresses of the text part, each with the place where it begins."""
    links: dict[str, int] = {}
    for url, start in _found(proof.text):
        links.setdefault(url, start)
    return links


def comparable(url: str) -> str:
    """`url` in a form in which one address has one spelling in both parts: they are encoded by different hands."""
    head, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{head.lower()}{mark}{host.lower()}{slash}{path}".rstrip("/")


def _found(text: str) -> Iterator[tuple[str, int]]:
    for match in _URL.finditer(text):
        line_end = match.end() == len(text) or text[match.end()] == "\n"
        begins = match.start() == 0 or text[match.start() - 1] == "\n"
        # Alone on its line an address is whole, whatever it ends with.
        url = match[0] if begins and line_end else match[0].rstrip(_AFTER)
        yield url, match.start()


def _label(element: Any) -> str:
    return str(element.get("aria-label") or element.get("title") or "").strip()
