"""Which articles tell one event: the labelled samples, what never joins, and what it costs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stories import labelled, made_up, qualities, quality
from digest.editions import stories
from digest.editions.stories import clusters
from digest.editions.story_words import numbers, read
from digest.model import Article

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
FERRY = "Ferry with 210 passengers runs aground off Port Lasse"
FERRY_TEXT = (
    "A ferry carrying 210 passengers ran aground in thick fog near Port Lasse on Saturday morning. "
    "All on board were taken off by lifeboats, the coastguard said."
)


def article(number: int, title: str, excerpt: str = "", **more) -> Article:
    values = {
        "feeds": ("feed",),
        "source": f"Source {number}",
        "url": f"https://news.example/{number}",
        "arrived_at": MONDAY,
        "language": "en",
    } | more
    return Article(number=number, title=title, excerpt=excerpt, **values)


def are_one(first: tuple[str, str], second: tuple[str, str], **more) -> bool:
    return len(clusters([article(1, *first), article(2, *second, **more)])) == 1


def test_labelled_events_are_told_apart_with_precision_and_found_with_recall() -> None:
    found = qualities(labelled())
    assert found["all"].precision >= 0.95
    assert found["all"].recall >= 0.79
    assert found["held-out"].precision >= 0.95
    assert found["held-out"].recall >= 0.74


def test_labelled_events_are_told_apart_in_small_editions_too() -> None:
    samples = labelled()
    topics: dict[str, list[Article]] = {}
    for sample in samples:
        topics.setdefault(sample.event.rpartition("-")[0], []).append(sample.article)
    found = quality(samples, [story for each in topics.values() for story in clusters(each)])
    assert found.precision >= 0.95
    assert found.recall >= 0.78


def test_the_quality_of_stories_counts_pairs() -> None:
    samples = labelled()[:5]  # Three tell one event, two another.
    one, two, three, four, five = (sample.article.number for sample in samples)
    found = quality(samples, [(one, two, four), (three,), (five,)])
    assert (found.together, found.rightly, found.alike) == (3, 1, 4)


def test_a_wire_copy_with_another_headline_is_one_story() -> None:
    edited = FERRY_TEXT.replace("All on board were", "Everyone was")
    assert are_one((FERRY, FERRY_TEXT), ("All safe after vessel hits rocks", edited))


def test_the_same_event_in_other_words_is_one_story() -> None:
    other = ("Passengers rescued from stranded ferry", "Lifeboats took 210 people off a ferry near Port Lasse in fog.")
    assert are_one((FERRY, FERRY_TEXT), other)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        (
            "pl",
            ("Pożar hali targowej w Gdyni", "W nocy spłonęła hala targowa w Gdyni, nikt nie został ranny."),
            ("W Gdyni spłonęła hala", "Pożar gdyńskiej hali targowej gaszono całą noc. Nikt nie jest ranny."),
        ),
        (
            "ar",
            ("زلزال يضرب تيزي وزو شمال الجزائر", "ضرب زلزال ولاية تيزي وزو شمال الجزائر ولم ترد تقارير عن ضحايا"),
            ("هزة أرضية في تيزي وزو", "شعر سكان ولاية تيزي وزو شمال الجزائر بالزلزال، لا ضحايا"),
        ),
        (
            "zh",
            ("杭州地铁十号线二期今日开通", "杭州地铁十号线二期今天上午开通，设六座车站。"),
            ("十号线二期开通", "今天上午，杭州地铁十号线二期投入运营，新增六座车站。"),
        ),
        (
            "ja",
            ("名古屋の商業施設で火災", "名古屋市中区の商業施設で火災があり、買い物客が避難しました。"),
            ("名古屋・中区の商業施設で火事、買い物客避難", "名古屋市中区の商業施設から煙が出ていると通報があった。"),
        ),
        (
            "th",
            ("ไฟไหม้ตลาดน้ำอัมพวา", "เกิดเหตุไฟไหม้ตลาดน้ำอัมพวา จังหวัดสมุทรสงคราม เมื่อคืนนี้"),
            ("ตลาดน้ำอัมพวาไฟไหม้กลางดึก", "เจ้าหน้าที่ดับเพลิงควบคุมเพลิงที่ตลาดน้ำอัมพวา จังหวัดสมุทรสงคราม"),
        ),
    ],
)
def test_stories_are_found_in_any_script(language: str, first: tuple[str, str], second: tuple[str, str]) -> None:
    pair = [article(1, *first, language=language), article(2, *second, language=language)]
    assert clusters(pair) == ((1, 2),)


def test_articles_in_two_languages_are_two_stories_and_regions_are_no_languages() -> None:
    assert not are_one((FERRY, FERRY_TEXT), (FERRY, FERRY_TEXT), language="de")
    assert are_one((FERRY, FERRY_TEXT), (FERRY, FERRY_TEXT), language="en-GB")
    assert are_one((FERRY, FERRY_TEXT), (FERRY, FERRY_TEXT), language="")


def test_one_source_joins_only_what_is_one_text() -> None:
    told_again = FERRY_TEXT.replace("All on board were", "All were")
    analysis = (
        "Why did a ferry with 210 passengers run aground off Port Lasse in thick fog? Passengers ask the coastguard."
    )
    assert are_one((FERRY, FERRY_TEXT), (FERRY, told_again), source="Source 1")
    assert not are_one((FERRY, FERRY_TEXT), (FERRY, analysis), source="Source 1")
    assert are_one((FERRY, FERRY_TEXT), (FERRY, analysis), source="Source 2")


def test_one_source_that_says_the_same_a_day_later_has_a_series() -> None:
    assert not are_one(
        ("Market report from the Port Lasse exchange", FERRY_TEXT),
        ("Market report from the Port Lasse exchange", FERRY_TEXT),
        source="Source 1",
        arrived_at=MONDAY + 24 * HOUR,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Journal of Applied Ornithology, Vol. 24, No. 3", "Journal of Applied Ornithology, Vol. 24, No. 4"),
        ("Halvania war live from Brenic: day 312", "Halvania war live from Brenic: day 313"),
        ("Penguin Workstation release 6.1 is out", "Penguin Workstation release 6.2 is out"),
        ("Penguin Workstation 3.5.0rc1 is out", "Penguin Workstation 3.5.0 is out"),
        ("Oxwich parish chronicle, part IV", "Oxwich parish chronicle, part VI"),
        ("Oxwich forecast for Monday: sunny spells", "Oxwich forecast for Tuesday: sunny spells"),
        ("Oxwich parish council minutes of March", "Oxwich parish council minutes of April"),
        ("Oxwich parish council minutes, ٣ March", "Oxwich parish council minutes, ٤ March"),
    ],
)
@pytest.mark.parametrize("source", ["Source 1", "Source 2"])
def test_a_series_is_no_story(one: str, other: str, source: str) -> None:
    same = "The latest contents and developments, put together by our editors and correspondents for all readers."
    assert not are_one((one, same), (other, same), source=source)


def test_a_text_with_figures_proves_that_a_headline_has_a_newer_one() -> None:
    assert are_one(("Port Lasse ferry: 12 hurt", FERRY_TEXT), ("Port Lasse ferry: 14 hurt", FERRY_TEXT))
    assert not are_one(
        ("Port Lasse ferry: 12 hurt", FERRY_TEXT),
        ("Port Lasse ferry: 14 hurt", FERRY_TEXT.replace("210", "310")),
    )


def test_titles_that_stand_over_anything_join_nothing() -> None:
    assert not are_one(("Morning briefing", ""), ("Morning briefing", ""))
    assert not are_one(("Alan Brice", ""), ("Alan Brice", ""))
    assert not are_one(
        ("Morning briefing", "Budget talks, a storm warning and a win for the national team."),
        ("Morning briefing", "Teachers on strike, a rocket launch and the price of bread."),
    )


@pytest.mark.parametrize(("hours", "stories"), [(70, 1), (73, 2)])
def test_a_story_lasts_three_days(hours: int, stories: int) -> None:
    pair = [article(1, FERRY, FERRY_TEXT), article(2, FERRY, FERRY_TEXT, arrived_at=MONDAY + hours * HOUR)]
    assert len(clusters(pair)) == stories


def test_a_story_as_a_whole_lasts_three_days() -> None:
    days = [article(n, FERRY, FERRY_TEXT, arrived_at=MONDAY + n * 40 * HOUR) for n in range(3)]
    assert [len(story) for story in clusters(days)] in ([2, 1], [1, 2])


def test_members_that_are_not_compared_with_each_other_are_of_three_days_too() -> None:
    middle = [article(n, FERRY, FERRY_TEXT, arrived_at=MONDAY + 40 * HOUR) for n in range(6)]
    early = article(6, FERRY + " while islanders watch", FERRY_TEXT)
    late = article(7, FERRY + " near harbour", FERRY_TEXT, arrived_at=MONDAY + 80 * HOUR)
    assert len(clusters([*middle, early])) == len(clusters([*middle, late])) == 1
    assert len(clusters([*middle, early, late])) == 2


def test_a_date_in_the_future_is_the_arrival() -> None:
    early = article(1, FERRY, FERRY_TEXT, published_at=MONDAY + 500 * HOUR)
    assert clusters([early, article(2, FERRY, FERRY_TEXT)]) == ((1, 2),)


def test_a_chain_of_likenesses_is_not_one_story() -> None:
    words = [f"{first}{second}rn" for first in "bdfgklmnprstvz" for second in "aeiou"]
    chain = [article(n, " ".join(words[3 * n : 3 * n + 9])) for n in range(18)]
    first, *_, last = chain
    assert len(clusters([chain[0], chain[1]])) == 1
    assert len(clusters([first, last])) == 2
    assert max(len(story) for story in clusters(chain)) <= 3


def test_what_hundreds_of_sites_have_copied_is_one_story() -> None:
    copies = [article(n, FERRY, FERRY_TEXT) for n in range(600)]
    assert clusters(copies) == (tuple(range(600)),)


def test_words_are_compared_without_endings_articles_and_accents() -> None:
    pairs = [("المدرسة", "مدرسة"), ("Warszawa", "Warszawie"), ("İzmir", "izmir"), ("Zelenský", "ZELENSKY")]
    for one, other in pairs:
        (first, second), _ = read([article(1, one), article(2, other)])
        assert first.title == second.title


VOCABULARY = ["Crete", "quake", "12", "13", "Lasse", "ferry", "fog", "rescue", "地震", "Київ", "the"]
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=9)
#: Titles, excerpts, sources, hours.
ARTICLES = st.lists(st.tuples(WORDS, WORDS, st.sampled_from("ABC"), st.integers(0, 100)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(ARTICLES, st.randoms(use_true_random=False))
def test_stories_are_a_partition_that_the_order_does_not_change(drawn, random) -> None:
    told = [
        article(n, " ".join(title), " ".join(said), source=source, arrived_at=MONDAY + hours * HOUR)
        for n, (title, said, source, hours) in enumerate(drawn)
    ]
    found = clusters(told)
    shuffled = list(told)
    random.shuffle(shuffled)
    assert clusters(shuffled) == found
    assert sorted(number for story in found for number in story) == [one.number for one in told]
    assert all(list(story) == sorted(story) for story in found)
    assert list(found) == sorted(found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=80), st.text(max_size=5)), max_size=6))
def test_any_text_can_be_compared(drawn) -> None:
    told = [article(n, title, said, language=language) for n, (title, said, language) in enumerate(drawn)]
    assert sum(map(len, clusters(told))) == len(told)


HOSTILE: dict[str, Callable[[int], tuple[str, str]]] = {
    "one text": lambda _: (FERRY, FERRY_TEXT),
    "one word": lambda _: ("Ferry", ""),
    "nothing": lambda _: ("", ""),
    "few words in all": lambda n: (" ".join(f"w{n * k % 50}x" for k in range(1, 12)), ""),
    "overlapping words": lambda n: (" ".join(f"word{(n + 10 * k) // 10}q" for k in range(12)), ""),
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_no_articles_make_it_compare_many_pairs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count, compared = 1_500, []
    likeness = stories.likeness
    monkeypatch.setattr(stories, "likeness", lambda *pair: compared.append(1) or likeness(*pair))
    clusters([article(n, *HOSTILE[kind](n)) for n in range(count)])
    assert len(compared) <= 30 * count


def test_unlike_articles_are_hardly_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    likeness = stories.likeness
    monkeypatch.setattr(stories, "likeness", lambda *pair: compared.append(1) or likeness(*pair))
    clusters(made_up(1_000))
    assert len(compared) <= 4_000


def test_of_a_very_long_text_the_beginning_counts() -> None:
    endless = "x" * 1_000_000
    assert clusters([article(1, FERRY + " " + endless, FERRY_TEXT + " " + endless), article(2, endless, endless)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,200 homes, 1.200 Häuser", {"1200"}),
        ("magnitude 6.1, Stärke 6,1", {"6.1"}),
        ("２０２６年", {"2026"}),
        ("٥٫٨ and ١٢", {"5", "8", "12"}),
        ("3.5.0rc1 or 3.5.0", {"3.5.0", "3.5.0rc1"}),
        ("Part IV, and I", {"iv"}),
        ("none", set()),
    ],
)
def test_numbers_are_the_same_however_they_are_written(text: str, found: set[str]) -> None:
    assert numbers(text) == found
