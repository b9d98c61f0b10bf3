"""The sample that the demo runs on: invented sites with invented news, dated back from now. The files are in news/."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

_NEWS = Path(__file__).parent / "news"
#: File -> how a server announces it.
_TYPES = {
    "courier.xml": "application/rss+xml; charset=UTF-8",
    "mina.xml": "application/rss+xml; charset=UTF-8",
    "visnyk.xml": "text/xml; charset=utf-8",
    "ledger.xml": "application/atom+xml",
    "bote.xml": "application/rdf+xml",
    "lantern.json": "application/feed+json",
}
#: As in ``{{rfc822:90}}``: the moment ninety minutes ago in that form.
_DATE = re.compile(r"\{\{(rfc822|rfc3339):(\d+)\}\}")
_DECLARED = re.compile(r'encoding="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it is served."""

    content_type: str
    body: bytes


def feeds(now: datetime) -> dict[str, Document]:
    """The sample's feeds by file name, as they would stand at `now` (aware)."""
    return {name: Document(kind, _encoded(_dated(_text(name), now))) for name, kind in _TYPES.items()}


def configuration(feeds_url: str) -> str:
    """YAML: a whole configuration whose feeds are served below `feeds_url`."""
    return _text("digest.yaml").replace("{{feeds}}", feeds_url)


def _text(name: str) -> str:
    return (_NEWS / name).read_text(encoding="utf-8")


def _dated(text: str, now: datetime) -> str:
    def written(found: re.Match[str]) -> str:
        moment = now.replace(microsecond=0) - timedelta(minutes=int(found[2]))
        return format_datetime(moment) if found[1] == "rfc822" else moment.isoformat()

    return _DATE.sub(written, text)


def _encoded(text: str) -> bytes:
    """In the encoding that the document declares; all of them are kept as UTF-8."""
    declared = _DECLARED.search(text[:100])
    return text.encode(declared[1] if declared else "utf-8")
