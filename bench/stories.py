"""How well and how fast articles are brought together that tell the same event.

    python -m bench.stories [--articles 5000] [--rounds 3] [--json]

The quality is measured on `bench/stories/labelled.jsonl`, whose lines say which event each article tells; half of the
events were looked at while the rules were made, the others were not. The speed is measured on articles that are made
up, beside a comparison of all titles of a part of them by rapidfuzz. Always exits with 0 unless it breaks.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

from rapidfuzz import fuzz, process

from bench import report
from bench.report import Finding
from digest.editions.stories import clusters
from digest.model import Article

LABELLED = Path(__file__).with_name("stories") / "labelled.jsonl"
#: Articles of which all pairs are compared on the other side.
_ALL_PAIRS = 2_500
#: Words of the made-up language, and articles to an event.
_VOCABULARY, _VERSIONS = 40_000, (1, 1, 1, 1, 2, 3)
_START = datetime(2026, 3, 2, tzinfo=UTC)
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An article and what is known of it."""

    article: Article
    event: str
    #: Whether its event was looked at while the rules were made: "tuned" or "held-out".
    half: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Of the pairs of articles that were brought together, and of those that tell one event."""

    together: int
    rightly: int
    alike: int

    @property
    def precision(self) -> float:
        return self.rightly / self.together if self.together else 1.0

    @property
    def recall(self) -> float:
        return self.rightly / self.alike if self.alike else 1.0


def labelled() -> list[Labelled]:
    """The samples, numbered as they stand in the file."""
    lines = LABELLED.read_text(encoding="utf-8").splitlines()
    return [_labelled(number, json.loads(line)) for number, line in enumerate(lines, 1)]


def _labelled(number: int, line: Mapping[str, str]) -> Labelled:
    published = datetime.fromisoformat(line["published"])
    article = Article(
        number=number,
        feeds=(line["source"],),
        source=line["source"],
        title=line["title"],
        url=f"https://news.example/{number}",
        arrived_at=published + timedelta(minutes=10),
        published_at=published,
        excerpt=line["excerpt"],
        language=line["language"],
    )
    return Labelled(article=article, event=line["event"], half=line["half"])


def quality(samples: Sequence[Labelled], stories: Iterable[Sequence[int]]) -> Quality:
    """How well `stories` bring together what tells one event, as far as it is among the samples."""
    events = {sample.article.number: sample.event for sample in samples}
    known = [[number for number in story if number in events] for story in stories]
    together = [pair for story in known for pair in combinations(story, 2)]
    sizes: defaultdict[str, int] = defaultdict(int)
    for event in events.values():
        sizes[event] += 1
    return Quality(
        together=len(together),
        rightly=sum(events[one] == events[other] for one, other in together),
        alike=sum(size * (size - 1) // 2 for size in sizes.values()),
    )


def made_up(count: int, seed: int = 1) -> list[Article]:
    """Articles of three days from forty sources, as many words as real ones, rare and frequent as these are.

    Half of the events are told by one article, others by two or three, each in other words and with the same names.
    """
    random = Random(seed)
    words = [_word(random) for _ in range(_VOCABULARY)]
    # Zipf: the nth word is as frequent as 1/n.
    frequencies = [1 / (rank + 2) for rank in range(_VOCABULARY)]
    total, steps = 0.0, []
    for each in frequencies:
        total += each
        steps.append(total)
    articles: list[Article] = []
    while len(articles) < count:
        names = [word.title() for word in random.choices(words[300:], k=5)]
        topic = random.choices(words, cum_weights=steps, k=12)
        at = _START + timedelta(minutes=random.randrange(4_000))
        for _ in range(random.choice(_VERSIONS)):
            title = [*random.sample(names, 3), *random.sample(topic, 3), *random.choices(words, cum_weights=steps, k=3)]
            said = [*names, *random.sample(topic, 7), *random.choices(words, cum_weights=steps, k=40)]
            random.shuffle(title)
            random.shuffle(said)
            articles.append(_article(len(articles) + 1, title, said, at, random))
    return articles[:count]


def _word(random: Random) -> str:
    return "".join(
        random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(random.choice((1, 2, 2, 3, 3, 4)))
    )


def _article(number: int, title: Sequence[str], said: Sequence[str], at: datetime, random: Random) -> Article:
    source = f"source-{random.randrange(40)}"
    return Article(
        number=number,
        feeds=(source,),
        source=source,
        title=" ".join(title).capitalize(),
        url=f"https://{source}.example/{number}",
        arrived_at=at + timedelta(minutes=random.randrange(300)),
        published_at=at,
        excerpt=" ".join(said).capitalize() + ".",
        language="en",
    )


def seconds(articles: Sequence[Article], rounds: int) -> float:
    """The best of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        clusters(articles)
        taken.append(time.perf_counter() - start)
    return min(taken)


def all_pairs_seconds(articles: Sequence[Article]) -> float:
    """rapidfuzz alone: the likeness of each title with every other, words in any order."""
    titles = [article.title for article in articles]
    start = time.perf_counter()
    for place, title in enumerate(titles):
        process.extract(title, titles[place + 1 :], scorer=fuzz.token_sort_ratio, score_cutoff=75, limit=None)
    return time.perf_counter() - start


def qualities(samples: Sequence[Labelled]) -> dict[str, Quality]:
    """Of all, of each half and of each language; the stories are made of all samples together."""
    stories = clusters([sample.article for sample in samples])
    parts: defaultdict[str, list[Labelled]] = defaultdict(list)
    for sample in samples:
        for part in ("all", sample.half, sample.article.language):
            parts[part].append(sample)
    return {part: quality(some, stories) for part, some in parts.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    found = qualities(labelled())
    articles = made_up(options.articles)
    part = articles[:_ALL_PAIRS]
    alone = seconds(articles, options.rounds)
    finding = Finding(
        what=f"{len(part):,} articles",
        unit="s",
        ours=seconds(part, options.rounds),
        against="rapidfuzz, all pairs of titles",
        theirs=min(all_pairs_seconds(part) for _ in range(options.rounds)),
        less=True,
    )
    if options.json:
        told = {part: {"precision": each.precision, "recall": each.recall} for part, each in found.items()}
        print(json.dumps({"quality": told, "seconds": {len(articles): alone}, "beside": finding.as_json()}, indent=2))
        return
    print(f"{'':10} precision  recall   pairs")
    for name, each in found.items():
        print(f"{name:10} {each.precision:9.3f} {each.recall:7.3f} {each.alike:7}")
    print(f"\n{len(articles):,} articles: {alone:.2f} s, best of {options.rounds}\n")
    print(report.table([finding], ["Ours compares excerpts too, and makes stories of the pairs."]))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.stories", description="Measures the making of stories.")
    parser.add_argument("--articles", type=int, default=5_000, help="articles made up for the speed (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each side is measured (%(default)s)")
    parser.add_argument("--json", action="store_true", help="instead of a table")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
