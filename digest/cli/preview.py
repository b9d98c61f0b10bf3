"""`digest preview`: the letter that a reader would get, in the browser, on the terminal or as files."""

from __future__ import annotations

import asyncio
import json
import signal
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from digest.cli import doors, explain
from digest.cli.base import Command
from digest.cli.when import moment
from digest.errors import DigestError, UsageError

if TYPE_CHECKING:
    from digest.app.asked import MadeUp
    from digest.app.foretell import Foretold
    from digest.app.house import House
    from digest.model import Newsletter


class NoLetter(DigestError):
    """This reader would get none."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of the command."""

    reader: str
    categories: str
    language: str
    zone: str
    when: str
    form: str | None
    output: Path | None
    port: int
    no_open: bool
    explain: bool
    everything: bool
    as_json: bool

    def made_up(self) -> MadeUp:
        from digest.app.asked import MadeUp

        names = tuple(name for name in map(str.strip, self.categories.split(",")) if name)
        return MadeUp(categories=names, language=self.language, zone=self.zone)


@click.command(cls=Command)
@click.argument("newsletter")
@click.option("--as", "reader", default="", metavar="ADDRESS", help="Whose letter; default: somebody who begins now.")
@click.option("--categories", default="", metavar="NAMES", help="Without --as: of somebody who chose these, as in a,b.")
@click.option("--language", default="", metavar="TAG", help="Without --as: and this language, as in de.")
@click.option("--timezone", "zone", default="", metavar="ZONE", help="Without --as: and lives in this zone.")
@click.option("--at", "when", default="", metavar="WHEN", help="ISO 8601, 'tomorrow 07:00', 'now'; default: next slot.")
@click.option(
    "--format", "form", type=click.Choice(["html", "text", "eml", "json"]), help="Print it, or with --output write it."
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write files there.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="For the browser; default: a free one.")
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option("--explain", is_flag=True, help="Say why each story is in the letter, and why each other article is not.")
@click.option("--all", "everything", is_flag=True, help="With --explain: all of long lists.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: print JSON.")
def preview(newsletter: str, **options: Any) -> None:
    """Show the letter that a reader would get.

    It is what `digest send` would send, made by the same steps from the same articles; nothing is written to the
    database. Without --format and --output it is served on this machine until Ctrl-C. --output alone writes it as
    .html, .txt and .eml.
    """
    from digest.app.foretell import foretell
    from digest.app.scene import Asked

    wish = _Wish(**options)
    if (wish.everything or wish.as_json) and not wish.explain:
        raise UsageError("--all and --json go with --explain; a letter as JSON is --format json")
    if wish.reader and (wish.categories or wish.language or wish.zone):
        raise UsageError("--as names a reader, who has chosen; --categories, --language and --timezone make one up")
    with doors.house(read_only=True) as house:
        chosen = house.newsletter(newsletter)
        at = moment(wish.when, house.clock(), house.zone) if wish.when else None
        if wish.explain:
            asked = Asked(newsletter=chosen, reader=wish.reader, at=at, made_up=wish.made_up())
            explain.show(house, asked, as_json=wish.as_json, everything=wish.everything)
            return
        if wish.form is None and wish.output is None:
            asyncio.run(_serve(house, chosen, wish))
            return
        foretold = asyncio.run(foretell(house, chosen, reader=wish.reader, at=at, made_up=wish.made_up()))
    if foretold.letter is None:
        raise NoLetter(f"there is no letter at {foretold.slot.at:%Y-%m-%d %H:%M} UTC: {foretold.reason}")
    if wish.output is None:
        click.echo(_FORMS[wish.form or "html"](foretold), nl=False)
    else:
        _write(foretold, wish.output, [wish.form] if wish.form else ["html", "text", "eml"])


def _html(foretold: Foretold) -> bytes:
    return _part(foretold, "html")


def _text(foretold: Foretold) -> bytes:
    return _part(foretold, "plain")


def _part(foretold: Foretold, kind: str) -> bytes:
    """A part of the message as the reader's program shows it, links filled in."""
    body = message_from_bytes(foretold.message, policy=policy.default).get_body((kind,))
    return str(body.get_content()).encode() if body else b""


def _json(foretold: Foretold) -> bytes:
    letter = foretold.letter
    facts = {
        "newsletter": foretold.newsletter.name,
        "slot": foretold.slot.at.astimezone(UTC).isoformat(),
        "frozen": foretold.frozen,
        "subject": letter.subject if letter else "",
        "language": letter.language if letter else "",
        "articles": letter.told if letter else (),
        "linked": letter.linked if letter else (),
        "html": _html(foretold).decode(),
        "text": _text(foretold).decode(),
    }
    return json.dumps(facts, ensure_ascii=False, indent=2).encode() + b"\n"


_FORMS: dict[str, Callable[[Foretold], bytes]] = {
    "html": _html,
    "text": _text,
    "eml": lambda foretold: foretold.message,
    "json": _json,
}
_ENDINGS = {"html": "html", "text": "txt", "eml": "eml", "json": "json"}


def _write(foretold: Foretold, folder: Path, forms: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for form in forms:
        path = folder / f"{foretold.newsletter.name}.{_ENDINGS[form]}"
        path.write_bytes(_FORMS[form](foretold))
        click.echo(f"wrote {path}")


async def _serve(house: House, newsletter: Newsletter, wish: _Wish) -> None:
    """The preview's pages until Ctrl-C."""
    from digest.app.house import nonce
    from digest.web import preview as pages
    from digest.web import server

    token, stop, query = nonce(), asyncio.Event(), _query(house, newsletter, wish)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def ready(port: int) -> None:
        url = f"http://127.0.0.1:{port}/{token}/?{query}"
        click.echo(f"{url}\nCtrl-C ends it.")
        if not wish.no_open:
            with suppress(webbrowser.Error):
                webbrowser.open(url)

    app = pages.application(house, newsletter.name, token, stop=stop)
    await server.serve(app, "127.0.0.1", wish.port, stop, ready)


def _query(house: House, newsletter: Newsletter, wish: _Wish) -> str:
    """What the page is to begin with."""
    made_up = wish.made_up()
    made_up.require_sense(newsletter)
    asked = {
        "newsletter": newsletter.name,
        "at": _at(house, newsletter, wish.when),
        "reader": wish.reader,
        "categories": list(made_up.categories),
        "language": made_up.language,
        "zone": made_up.zone,
    }
    return urlencode({name: it for name, it in asked.items() if it}, doseq=True)


def _at(house: House, newsletter: Newsletter, when: str) -> str:
    """As the page has it: "now" stays now; what is relative to today does not, since the address may be kept."""
    from digest.editions.due import zone_of
    from digest.web.preview.question import written

    if when in {"", "now"}:
        return when
    return written(moment(when, house.clock(), house.zone).astimezone(zone_of(newsletter, house.site, "")))
