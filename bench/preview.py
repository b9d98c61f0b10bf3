"""How soon a change to a template or to the configuration is seen in the preview: from the save to the new answer."""

import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO

from digest.app.house import furnished, utc_now
from digest.model import ArticleDraft
from digest.resources import TEMPLATES
from digest.settings import load
from digest.store import Database, articles, editions, migrate
from digest.store.articles import Arrival

_ARTICLES, _ROUNDS = 400, 20
_CONFIG = """\
site: {name: Bench, url: "https://news.example", postal_address: "1 High St", secret: "a secret that is long enough"}
database: sqlite:///digest.db
templates_dir: templates
mail: {from: "Bench <digest@news.example>", smtp: {host: localhost, security: none}}
categories: {world: {title: World}, science: {title: Science}}
feeds: [{name: wire, url: "https://wire.example/rss", category: world}]
newsletters: {daily: {title: The Daily, schedule: {at: "07:00"}, limits: {stories: 60, per_section: 60}}}
"""


def main() -> None:
    """Prints the medians and the worst of each kind of change."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _preview(_house(Path(folder))) as url,
        urllib.request.urlopen(f"{url}events") as events,
    ):
        _event(events, "hello")
        for name in ("templates/classic/story.html.j2", "templates/classic/style.css", "digest.yaml"):
            told, seen = zip(*(_round(Path(folder) / name, url, events) for _ in range(_ROUNDS)), strict=True)
            print(
                f"{name:32} event {_ms(statistics.median(told))} (worst {_ms(max(told))}), "
                f"new answer {_ms(statistics.median(seen))} (worst {_ms(max(seen))})"
            )


def _round(file: Path, url: str, events: IO[bytes]) -> tuple[float, float]:
    """Seconds from the save to the event, and to the answer."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(file.read_bytes() + b"\n")
    begun = time.perf_counter()
    # As editors do it: one save is one event then.
    draft.replace(file)
    _event(events, "changed")
    told = time.perf_counter() - begun
    with urllib.request.urlopen(f"{url}state?newsletter=daily") as answer:
        state = json.load(answer)
    if state["problem"] or not state["letter"]:
        raise RuntimeError(state["problem"])
    return told, time.perf_counter() - begun


def _event(events: IO[bytes], name: str) -> None:
    while events.readline().strip() != f"event: {name}".encode():
        continue
    while events.readline().strip():
        continue


def _house(folder: Path) -> Path:
    """An installation with some hundred articles and templates of its own; its configuration."""
    config = folder / "digest.yaml"
    config.write_text(_CONFIG, encoding="utf-8")
    shutil.copytree(TEMPLATES / "classic", folder / "templates" / "classic")
    database = Database(f"sqlite:///{folder / 'digest.db'}")
    migrate.upgrade(database)
    house = furnished(config, load(config, {}), database)
    now = utc_now()
    drafts = [
        Arrival(
            draft=ArticleDraft(
                keys=(f"https://wire.example/{n}",),
                title=f"Number {n} of the things that happened in town {n * 7919 % 1000}",
                url=f"https://wire.example/{n}",
                excerpt=f"It was told by those who saw it, on day {n % 28}, and by some who did not.",
                published_at=now - timedelta(minutes=n),
            )
        )
        for n in range(_ARTICLES)
    ]
    with database.begin() as connection:
        editions.know(connection, list(house.newsletters), now - timedelta(hours=24))
        articles.record(connection, "wire", "The Wire", drafts, now)
    database.close()
    return config


@contextmanager
def _preview(config: Path) -> Iterator[str]:
    """`digest preview` while the block lasts; where its pages are."""
    words = ["preview", "daily", "--no-open", "--config", str(config)]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", "from digest.cli import main; main()", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise AssertionError("its output is a pipe")
        try:
            yield process.stdout.readline().strip().partition("?")[0]
        finally:
            process.send_signal(signal.SIGINT)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
