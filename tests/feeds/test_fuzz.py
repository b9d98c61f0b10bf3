"""What a broken feed does to its reader: nothing; and that the fuzzer would see it."""

import pytest

from bench.fuzz_feeds import judge, main, warm_up
from bench.mutants import built_in, mutant
from digest.feeds.reading import FeedReading, Source
from digest.model import ArticleDraft

SAMPLES = built_in()
#: Bytes of a mutant: enough for every kind of damage, and read in a hundredth of a second.
LARGEST = 20_000


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.timeout(60)
def test_no_broken_feed_breaks_the_reader(seed: int) -> None:
    mutants = [mutant(SAMPLES, seed, number, largest=LARGEST) for number in range(30)]
    verdicts = [judge(number, source) for number, source in enumerate(mutants)]
    assert [verdict for verdict in verdicts if verdict.problem] == []
    assert sum(verdict.articles > 0 for verdict in verdicts) > 10


def test_the_samples_are_feeds_of_every_format_before_they_are_broken() -> None:
    urls = [f"https://news.example/{number}" for number in range(len(SAMPLES))]
    sources = [
        Source(body=body, content_type="", url=url, feed_name="a") for body, url in zip(SAMPLES, urls, strict=True)
    ]
    articles = [judge(number, source).articles for number, source in enumerate(sources)]
    assert articles == [0] + [4] * 9 + [2] * 2


def test_the_same_seed_breaks_feeds_in_the_same_way() -> None:
    first, again, other = ([mutant(SAMPLES, seed, number) for number in range(20)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("reader", "problem"),
    [
        (lambda source, now: source.nothing, "AttributeError in test_fuzz.py, <lambda>, line"),
        (lambda source, now: bool(b"x" * 60_000_000), "more than 30 MB"),
        (lambda source, now: sum(range(20_000_000)), "more than 0.1 s"),
        (lambda source, now: FeedReading(articles=(draft(title="\ud800"), draft(tags=("a", "\0")))), "label, title"),
        (lambda source, now: FeedReading(title="\0"), "no database takes: title of the feed"),
        (lambda source, now: FeedReading(articles=(draft(title="Ferry"),)), ""),
    ],
)
def test_a_reader_that_fails_is_seen(monkeypatch: pytest.MonkeyPatch, reader, problem: str) -> None:
    monkeypatch.setattr("bench.fuzz_feeds.SLOW", 0.1 if problem.endswith(" s") else 2.0)
    monkeypatch.setattr("bench.fuzz_feeds.LARGE", 30.0)
    got = judge(7, mutant(SAMPLES, 1, 7), reader)
    assert got.number == 7
    assert problem in got.problem
    assert bool(problem) == bool(got.problem)


def draft(**values: object) -> ArticleDraft:
    return ArticleDraft(**{"keys": ("guid:1",), "title": "Ferry", "url": "https://news.example/1"} | values)


def test_the_command_reads_all_inputs_in_processes_of_their_own(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    (tmp_path / "feed.xml").write_bytes(SAMPLES[1])
    assert main(["--inputs", "7", "--seed", "3", str(tmp_path)]) == 0
    assert "7 inputs from 13 samples, seed 3: 0 failed" in capsys.readouterr().out
