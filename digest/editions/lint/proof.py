"""A message as the rules look at it: headers, two parts, the tree of the HTML, and where each piece came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from digest.editions.lint.finding import Place
from digest.editions.lint.places import Spot, Templates
from digest.editions.lint.styles import Declaration, Rule, Sheet, read_declarations, sheets_of

#: Of a snippet, in characters.
_SNIPPET = 120
#: Elements whose text is none that a reader sees.
_UNSEEN = frozenset({"head", "title", "style", "script", "template", "noscript"})


@dataclass(frozen=True)
class Proof:
    """One message, parsed once for all rules; nothing in it is trusted."""

    message: EmailMessage
    html: str
    text: str
    #: The sources of the look's templates and its style sheet, by name as in ``classic/story.html.j2``.
    templates: Mapping[str, str]

    @classmethod
    def of(cls, message: bytes, templates: Mapping[str, str] | None = None) -> "Proof":
        """The message with these bytes (RFC 5322)."""
        try:
            parsed = message_from_bytes(message, policy=policy.default)
        except RecursionError:
            # Parts within parts, by the hundred: no mail client finds anything there.
            parsed = EmailMessage()
        return cls(parsed, _body(parsed, "html"), _body(parsed, "plain"), templates or {})

    @cached_property
    def tree(self) -> Any:
        """The root element of the HTML part; each element has its `sourceline`."""
        # A parser of its own: no entity, no network, and no limit that a long letter could break.
        parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
        try:
            return lxml_html.document_fromstring(self.html.encode(errors="replace"), parser=parser)
        except etree.ParserError:
            # Nothing in it but blanks and comments.
            return lxml_html.document_fromstring(b"<html></html>", parser=parser)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The style elements, which clients get as they stand."""
        return tuple(sheets_of(self.tree))

    def elements(self, *tags: str) -> Iterator[Any]:
        """The elements with these tags, or all, in the order of the document."""
        return (element for element in self.tree.iter(*tags) if isinstance(element.tag, str))

    def style(self, element: Any) -> tuple[Declaration, ...]:
        """What the style attribute of `element` declares, in its order; the last one of a property counts."""
        text = str(element.get("style") or "")
        if text not in self._read:
            self._read[text] = read_declarations(text)
        return self._read[text]

    def is_hidden(self, element: Any) -> bool:
        """Whether `element` itself has ``display:none``."""
        return any(each.name == "display" and each.value.lower() == "none" for each in self.style(element))

    def visible_text(self, element: Any) -> str:
        """The text in `element` that a reader sees, its white space made single blanks; alternative texts are none."""
        pieces: list[str] = []
        walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event == "start" and (node.tag in _UNSEEN or self.is_hidden(node)):
                walk.skip_subtree()
            elif event == "start":
                pieces.append(node.text or "")
            if event != "start" and node is not element:
                pieces.append(node.tail or "")
        return " ".join("".join(pieces).split())

    def place(self, element: Any) -> Place:
        """Where `element` stands."""
        return _place(element.sourceline, _opening(element), self._templates.of_element(element))

    def place_of_style(self, element: Any, name: str, value: str) -> Place:
        """Where the property `name` in the style attribute of `element` stands, and the rule that gave it `value`."""
        classes = frozenset(str(element.get("class") or "").split())
        spot = self._templates.of_style(str(element.tag), classes, name, value)
        return _place(element.sourceline, _opening(element), spot or self._templates.of_element(element))

    def place_of_rule(self, sheet: Sheet, rule: Rule, declaration: Declaration | None = None) -> Place:
        """Where `rule` of a style element stands, or a declaration in it."""
        line = (declaration or rule).line
        words = f"{declaration.name}: {declaration.value}" if declaration else "…"
        spot = self._templates.of_rule(rule, declaration.name if declaration else "")
        return _place(sheet.line + line - 1, f"{' '.join(rule.around)} {rule.selector} {{ {words} }}", spot)

    @cached_property
    def _templates(self) -> Templates:
        return Templates(self.templates)

    @cached_property
    def _read(self) -> dict[str, tuple[Declaration, ...]]:
        """The style attributes by their text: a letter has few that differ."""
        return {}


def _body(message: EmailMessage, kind: str) -> str:
    """The text of the first part of this kind; empty where there is none."""
    try:
        part = message.get_body((kind,))
    except RecursionError:
        return ""
    payload = part.get_payload(decode=True) if part else None
    if part is None or not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(str(part.get_param("charset", "utf-8")), "replace")
    except (LookupError, ValueError):
        # A charset that is none.
        return payload.decode("utf-8", "replace")


def _opening(element: Any) -> str:
    """The opening tag of `element`."""
    attributes = (f' {name}="{value}"' for name, value in element.attrib.items())
    return f"<{element.tag}{''.join(attributes)}>"


def _place(line: int | None, snippet: str, spot: Spot | None) -> Place:
    short = " ".join(snippet.split())
    return Place(
        part="html",
        line=line or 0,
        snippet=short if len(short) <= _SNIPPET else f"{short[: _SNIPPET - 1]}…",
        template=spot.template if spot else "",
        template_line=spot.line if spot else 0,
    )
