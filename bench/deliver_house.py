"""The house of `bench.deliver`: its configuration, its readers, and an edition frozen for them that nobody has sent.

    python -m bench.deliver_house FOLDER READERS

makes it, in a process of its own, and says in JSON how long freezing took and how large a message is.
"""

import asyncio
import json
import shutil
import sqlite3
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.stories import made_up
from digest.app.house import House, open_house, utc_now
from digest.mail.compose import prepare
from digest.model import Article, ArticleDraft, Letter, Mailbox, SubscriptionState
from digest.publish import publish_now
from digest.store import Connection, Database, articles, letters, migrate
from digest.store.admission import Newcomer, enter
from digest.store.articles import Arrival
from digest.store.subscribers import Choices

NEWSLETTER = "daily"
SECRET = "s" * 40
#: Stories of the letter: a message of it has about 20,000 octets.
STORIES = 10
_CONFIG, _STORE = "digest.yaml", "digest.db"
#: Readers entered at a time.
_AT_A_TIME = 5_000
#: More messages than any connection gets: it stays open, as those of the other sides do.
_REUSE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the ledger says of an edition that was sent."""

    sent: int
    #: From the first group of results recorded to the last, in seconds.
    seconds: float
    #: Messages whose results were recorded after that first group.
    after: int

    @property
    def rate(self) -> float:
        """Messages a second, as recorded."""
        return self.after / self.seconds if self.seconds else 0.0


def configure(folder: Path, port: int, connections: int) -> Path:
    """The configuration of a house in `folder`; gives its path."""
    config = folder / _CONFIG
    config.write_text(
        f"""
site: {{name: My Views, url: "https://news.example", postal_address: 1 High St, secret: {SECRET}}}
database: "sqlite:///{folder / _STORE}"
mail:
  from: "My Views <digest@news.example>"
  smtp: {{host: 127.0.0.1, port: {port}, security: none, connections: {connections}, reuse: {_REUSE}}}
categories: {{world: {{title: World}}}}
feeds: [{{name: wire, url: "https://wire.example/feed", category: world}}]
newsletters: {{{NEWSLETTER}: {{title: The Daily, limits: {{stories: {STORIES}, per_section: {STORIES}}}}}}}
""",
        encoding="utf-8",
    )
    return config


def moved(house: Path, folder: Path, port: int, connections: int) -> Path:
    """`house` as it is, in `folder`, which must be new, with this relay; gives its configuration."""
    folder.mkdir(parents=True)
    shutil.copy(house / _STORE, folder / _STORE)
    return configure(folder, port, connections)


def done(config: Path) -> Done:
    """What became of the edition of the house of `config`, which nobody uses any more."""
    ledger = sqlite3.connect(config.parent / _STORE)
    rows = ledger.execute(
        "SELECT settled_at, count(*) FROM deliveries WHERE state = 'sent' GROUP BY settled_at ORDER BY settled_at"
    ).fetchall()
    ledger.close()
    if not rows:
        return Done(sent=0, seconds=0.0, after=0)
    sent = sum(count for _, count in rows)
    first, last = (datetime.fromisoformat(rows[place][0]) for place in (0, -1))
    return Done(sent=sent, seconds=(last - first).total_seconds(), after=sent - rows[0][1])


def make(folder: Path, readers: int) -> dict[str, Any]:
    """The house, made: seconds that freezing took, octets of a message (the median of a hundred), deliveries."""
    # Where it sends to is said when it is moved.
    config = configure(folder, port=25, connections=1)
    _fill(folder / _STORE, readers)
    with open_house(config, environ={}, prepare=True) as house:
        newsletter = house.newsletter(NEWSLETTER)
        press = house.press()
        begun = time.perf_counter()
        frozen = asyncio.run(publish_now(press, newsletter, utc_now()))
        seconds = time.perf_counter() - begun
        if frozen is None or frozen.deliveries != readers:
            raise RuntimeError("the edition is not for all readers")
        size = _size(house, house.database.call(_letter))
    return {"seconds": seconds, "size": size, "deliveries": frozen.deliveries}


def _fill(file: Path, readers: int) -> None:
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database)
    now = utc_now()
    arrivals = [Arrival(draft=_draft(replace(each, published_at=now))) for each in made_up(STORIES * 6)]
    database.call(articles.record, "wire", "The Wire", arrivals, now)
    for start in range(0, readers, _AT_A_TIME):
        newcomers = [_newcomer(number) for number in range(start, min(readers, start + _AT_A_TIME))]
        database.call(enter, newcomers, now, "bench")
    database.close()


def _draft(one: Article) -> ArticleDraft:
    return ArticleDraft(
        keys=(f"wire-{one.number}",),
        title=one.title,
        url=one.url,
        excerpt=one.excerpt,
        published_at=one.published_at,
        language=one.language,
    )


def _newcomer(number: int) -> Newcomer:
    return Newcomer(
        address=f"reader-{number}@readers-{number % 50}.example",
        name=f"Reader {number}",
        language="",
        newsletter=NEWSLETTER,
        choices=Choices(),
        state=SubscriptionState.ACTIVE,
        mark=0,
    )


def _letter(connection: Connection) -> Letter:
    found = letters.get(connection, 1)
    if found is None:
        raise RuntimeError("the edition has no letter")
    return found


def _size(house: House, letter: Letter) -> int:
    sender, newsletter = house.sender(), house.newsletter(NEWSLETTER)
    prepared = prepare(letter, sender.envelope(newsletter.name, newsletter.title, utc_now()))
    sizes = []
    for number in range(1, 101):
        reader = _newcomer(number)
        to = Mailbox(address=reader.address, name=reader.name)
        # The sink takes 8bit.
        sizes.append(len(prepared.message(sender.personal(letter, number, number, to), eight_bit=True)))
    return int(median(sizes))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(Path(sys.argv[1]), int(sys.argv[2]))))
