"""A letter as the rules see it: what several of them look at is found once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from lxml import etree

from digest.editions.lint.anchors import Anchor, anchors_of
from digest.editions.lint.cascade import Scheme
from digest.editions.lint.proof import Proof
from digest.editions.lint.runs import Run, runs_of

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(slots=True)
class Heading:
    """A heading that stands in no other."""

    element: Any
    #: What is seen of it.
    text: str = ""
    #: It holds a picture with an alternative text.
    is_described: bool = False


@dataclass(slots=True)
class Block:
    """Text that stands together: its links, each with its runs, and whether words stand around them."""

    links: dict[Any, list[Run]] = field(default_factory=dict)
    has_words: bool = False


class Sight(Proof):
    """A proof that remembers its links and its runs of text."""

    @classmethod
    def on(cls, message: bytes, templates: Mapping[str, str] | None = None) -> Self:
        """The message with these bytes (RFC 5322)."""
        proof = Proof.of(message, templates)
        return cls(proof.message, proof.html, proof.text, proof.templates)

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        """The links of the HTML part, in the order of the document."""
        return tuple(anchors_of(self))

    @cached_property
    def web_links(self) -> Mapping[str, Any]:
        """The http and https addresses that the HTML part links to, each with the first element that does."""
        found: dict[str, Any] = {}
        for anchor in self.anchors:
            if anchor.is_web:
                found.setdefault(anchor.url, anchor.element)
        return found

    @cached_property
    def light(self) -> tuple[Run, ...]:
        """All text that is shown."""
        return tuple(runs_of(self, Scheme.LIGHT))

    @cached_property
    def dark(self) -> tuple[Run, ...]:
        """The same where a program asks for the letter's colours for the dark."""
        return tuple(runs_of(self, Scheme.DARK))

    @cached_property
    def blocks(self) -> Mapping[Any, Block]:
        """By the element that is the block; in the order of the document."""
        blocks: dict[Any, Block] = {}
        for run in self.light:
            block = blocks.setdefault(run.look.block, Block())
            if run.look.link is not None:
                block.links.setdefault(run.look.link, []).append(run)
            elif any(map(str.isalnum, run.text)):
                block.has_words = True
        return blocks

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """In the order of the document."""
        found: list[Heading] = []
        current: Heading | None = None
        walk = etree.iterwalk(self.tree, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event == "start" and self.is_hidden(node):
                walk.skip_subtree()
                continue
            if event == "start" and current is None and node.tag in _HEADINGS:
                current = Heading(node)
                found.append(current)
            elif event == "end" and current is not None and node is current.element:
                current = None
            if current is not None:
                current.text += (node.text if event == "start" else node.tail) or ""
                current.is_described |= (
                    event == "start" and node.tag == "img" and bool(str(node.get("alt") or "").strip())
                )
        for heading in found:
            heading.text = " ".join(heading.text.split())
        return tuple(found)
