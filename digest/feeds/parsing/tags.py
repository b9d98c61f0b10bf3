"""Tags as they are written anew: each attribute once and quoted, and every prefix declared."""

import re

from digest.feeds.parsing.escape import references
from digest.feeds.parsing.vocabulary import NAMESPACES

#: A name, with a prefix or without.
NAME = r"[A-Za-z_][\w.-]{0,60}(?::[A-Za-z_][\w.-]{0,60})?"
#: Characters that are read of one tag's attributes.
ATTRIBUTES = 8_000

_REST = re.compile(r"[^<>\"']*+(?:(?:\"[^\"<]*+\"|'[^'<]*+')[^<>\"']*+)*+>|[^<>]*+>?")
_ATTRIBUTE = re.compile(rf"({NAME})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.ASCII)
#: What no prefix may be declared to be (Namespaces in XML 3), and what no element of a feed is, whatever it declares.
_RESERVED = ("http://www.w3.org/XML/", "http://www.w3.org/2000/xmlns", "http://www.w3.org/1999/xhtml")


class Tags:
    """The tags of one feed, and the prefixes that are in them."""

    def __init__(self) -> None:
        #: Prefix -> address, of the whole feed: hardly any declares a prefix twice. "": of names without one.
        self._declared: dict[str, str] = {}
        self._used: set[str] = set()

    def write(self, name: str, attributes: str, *, closed: bool = False, html: bool = False) -> str:
        """The tag of `name` with the attributes that were written in it; `html`: what it holds is HTML."""
        written = self._written(attributes) if "=" in attributes else {}
        if html and ("type" in written or name.lower().endswith("body")):
            written["type"] = "html"
        self._used.add(_prefix(name))
        inside = "".join([f' {key}="{value}"' for key, value in written.items()])
        return f"<{name}{inside}{'/' if closed else ''}>"

    def _written(self, attributes: str) -> dict[str, str]:
        """The attributes as they are written anew, without those that declare a prefix."""
        written: dict[str, str] = {}
        locals_written: set[str] = set()
        for found in _ATTRIBUTE.finditer(attributes[:ATTRIBUTES]):
            key, *values = found.groups()
            value = next((value for value in values if value is not None), "")
            local = key.rpartition(":")[2]
            if key == "xmlns" or key.startswith("xmlns:"):
                self._declare(key[6:], value)
            elif key not in written and not (":" in key and local in locals_written):
                # Two prefixes may stand for one address, and the same attribute twice is a mistake.
                written[key] = _quotable(value)
                locals_written.add(local)
        self._used.update(map(_prefix, written))
        return written

    def _declare(self, prefix: str, address: str) -> None:
        if address and not address.startswith(_RESERVED):
            self._declared.setdefault(prefix, _quotable(address))

    def declarations(self) -> str:
        """The attributes that declare every prefix that was written, and what names without one belong to."""
        addresses = {
            prefix: self._declared.get(prefix) or NAMESPACES.get(prefix) or f"urn:undeclared:{prefix}"
            for prefix in sorted(self._used - {"", "xml", "xmlns"})
        }
        default = f' xmlns="{self._declared[""]}"' if "" in self._declared else ""
        return default + "".join(f' xmlns:{prefix}="{address}"' for prefix, address in addresses.items())


def rest_of_tag(text: str, at: int) -> tuple[str, int]:
    """What stands behind the name that ends at `at`, up to the ">" of its tag, and where what follows it begins."""
    if text.startswith(">", at):
        return "", at + 1
    rest = _REST.match(text, at)
    return (rest[0].removesuffix(">"), rest.end()) if rest else ("", at)


def end_of_tag(text: str, at: int) -> int:
    """Behind the ">" of a closing tag that is open at `at`; `at` where there is none near."""
    end = text.find(">", at, at + ATTRIBUTES)
    return end + 1 if end >= 0 else at


def _prefix(name: str) -> str:
    return name.partition(":")[0] if ":" in name else ""


def _quotable(value: str) -> str:
    return references(value).replace("<", "&lt;").replace('"', "&quot;")
