"""What each letter of an edition holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.board import Board
from digest.editions.judge import Terms
from digest.model import (
    Article,
    Category,
    Feed,
    FollowUps,
    Image,
    Limits,
    Match,
    Newsletter,
    Overflow,
    Schedule,
    Verdict,
    View,
    WhenEmpty,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = ("world", "science", "sport")
CATEGORIES = tuple(Category(name=name, title=name.title()) for name in NAMES)
FEEDS = {name: Feed(name=name, url=f"https://{name}.example/", categories=(name,)) for name in NAMES}
DAILY = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(),
    categories=CATEGORIES,
    max_age=timedelta(days=2),
    limits=Limits(stories=100, per_section=100),
)
PICTURE = Image(url="https://world.example/1.jpg")
#: Told by several sources, near enough to be one story.
BRIDGE = {
    "title": "Harbour bridge closed after ferry Quixote hits pier at Veldmoor",
    "excerpt": "The ferry Quixote struck a pier of the Veldmoor harbour bridge; engineers of Brandtwick look at it.",
}


def article(number, *feeds, age=1.0, **more):
    feeds = feeds or ("world",)
    arrived = NOON - timedelta(hours=age)
    known = {
        "source": feeds[0].title(),
        "title": f"{chr(97 + number % 26) * 7} {number}",
        "url": f"https://{feeds[0]}.example/{number}",
        "arrived_at": arrived,
        "published_at": arrived,
    }
    return Article(**{"number": number, "feeds": feeds, **known, **more})


def board(*articles, next_in=24, now=NOON, pins=(), feeds=FEEDS, house=CATEGORIES, stood=None, **newsletter):
    terms = Terms(
        newsletter=replace(DAILY, **newsletter),
        feeds=feeds,
        categories=house,
        slot=NOON,
        now=now,
        upto=max((max(each.since or (each.number,)) for each in articles), default=0),
        next_at=NOON + timedelta(hours=next_in) if next_in else None,
        pins=pins,
        stood=stood or {},
    )
    return Board(articles, terms)


def view(*categories, mark=0, **more):
    return View(mark=mark, categories=categories or NAMES, language="en", offset=0, **more)


def sections(arrangement):
    return {each.category.name: [story.lead.number for story in each.stories] for each in arrangement.sections}


# once


def test_what_arrived_after_the_mark_is_told_and_nothing_else():
    found = board(article(1), article(2), article(3, "sport")).arrange(view(mark=1))
    assert (found.told, found.linked, found.carried) == ((2, 3), (), ())


def test_what_is_too_old_or_was_old_when_it_came_is_not_told():
    found = board(article(1, age=49), article(2, age=47), article(3, backlog=True)).arrange(view())
    assert found.told == (2,)


def test_what_another_feed_carries_later_is_told_to_whom_the_first_did_not_reach():
    late = article(1, "world", "sport", since=(1, 5))
    found = board(late, article(4))
    assert found.arrange(view("sport", mark=4)).told == (1,)
    assert found.arrange(view("world", mark=4)).told == ()
    assert found.arrange(view("world", "sport", mark=4)).told == ()


def test_what_arrived_before_the_readers_choice_counts_as_told_however_late_another_feed_carries_it():
    late = article(1, "world", "sport", since=(1, 5))
    assert board(late, article(4)).arrange(view("sport", mark=4, began=3)).told == ()


def test_what_another_feed_takes_out_of_the_rest_is_not_told_again():
    house = (*CATEGORIES, Category(name="rest", title="Rest", rest=True))
    feeds = FEEDS | {"wire": Feed(name="wire", url="https://wire.example/")}
    found = board(article(1, "wire", "sport", since=(1, 5)), article(4), feeds=feeds, house=house, categories=house)
    assert found.arrange(view("sport", "rest", mark=4)).told == ()
    assert found.arrange(view("sport", mark=4)).told == (1,)


def test_what_a_feed_brought_that_has_another_name_by_now_is_not_told_again():
    """Its categories are known by the edition that had it first."""
    found = board(article(1, "old-name", "sport", since=(1, 5)), article(4), stood={1: ("world",)})
    assert found.arrange(view("world", "sport", mark=4)).told == ()
    assert found.arrange(view("sport", mark=4)).told == (1,)


def test_what_is_released_arrives_anew():
    assert board(article(1, since=(7,)), article(6)).arrange(view(mark=6)).told == (1,)


def test_readers_whose_letters_are_the_same_have_one_canonical_view():
    found = board(article(10), article(20))
    same = {found.canonical(view(mark=mark, began=began)) for mark in (10, 15, 19) for began in (0, 3, 12)}
    assert len(same) == 1
    assert found.canonical(view(mark=20)) not in same


# what waits


def test_what_has_just_changed_waits_for_the_next_letter():
    settling = article(1, age=0.5, changed_at=NOON - timedelta(minutes=5))
    found = board(settling, article(2), settle=timedelta(minutes=15)).arrange(view())
    assert (found.told, found.carried, found.waits) == ((2,), (1,), False)


def test_what_changes_for_ever_waits_for_four_times_as_long_and_no_longer():
    restless = {"changed_at": NOON - timedelta(minutes=1)}
    found = board(article(1, age=0.9, **restless), article(2, age=1.1, **restless), settle=timedelta(minutes=15))
    assert found.arrange(view()).told == (2,)


def test_what_would_be_too_old_afterwards_does_not_wait():
    settling = article(1, age=47.9, changed_at=NOON)
    assert board(settling, settle=timedelta(minutes=15)).arrange(view()).told == (1,)


def test_where_all_there_is_waits_no_letter_is_made_and_the_mark_stays():
    found = board(article(1, age=0.1), settle=timedelta(minutes=15)).arrange(view())
    assert (found.waits, found.carried, found.shown) == (True, (1,), 0)


def test_what_its_feed_took_back_waits_in_case_it_comes_again():
    found = board(article(1, withdrawn=True), article(2)).arrange(view())
    assert (found.told, found.carried) == ((2,), (1,))
    assert board(article(1), article(3)).arrange(view(mark=2, owed=(1,))).told == (1, 3)


def test_what_is_held_or_excluded_is_not_told_and_says_so():
    horoscope = article(2, title="Your horoscope")
    found = board(article(1, held=True), horoscope, exclude=Match(keywords=("horoscope",)))
    assert found.arrange(view()).told == ()
    assert [each.verdict for each in found.judged.values()] == [Verdict.HELD, Verdict.EXCLUDED]
    assert "horoscope" in found.judged[2].detail


def test_a_thin_letter_waits_unless_a_story_would_be_too_old_by_then():
    assert board(article(1), article(2), at_least=3).arrange(view()).waits
    assert not board(article(1), article(2), article(3), at_least=3).arrange(view()).waits
    assert not board(article(1), article(2, age=30), at_least=3).arrange(view()).waits
    assert not board(article(1), at_least=3, next_in=0).arrange(view()).waits


def test_an_empty_letter_is_no_thin_one():
    nothing = board(at_least=3, when_empty=WhenEmpty.SEND).arrange(view())
    assert (nothing.waits, nothing.sections) == (False, ())


# beyond the limits


def test_what_is_beyond_the_limits_is_counted_and_linked():
    found = board(*map(article, range(1, 6)), limits=Limits(stories=9, per_section=2)).arrange(view())
    assert len(found.told) == 2
    assert set(found.told) | set(found.linked) == {1, 2, 3, 4, 5}
    assert [each.more for each in found.sections] == [3]


def test_with_carry_it_is_left_for_the_next_letter_where_it_is_first_in_line():
    few = {"limits": Limits(stories=9, per_section=2), "overflow": Overflow.CARRY}
    found = board(*map(article, range(1, 6)), **few).arrange(view())
    assert (len(found.told), found.linked, [each.more for each in found.sections]) == (2, (), [0])
    fresh = [article(number, age=0.1) for number in (6, 7, 8)]
    later = board(*map(article, range(1, 6)), *fresh, **few).arrange(view(mark=5, owed=found.carried))
    assert set(later.told) <= set(found.carried)
    assert set(later.carried) == {*found.carried, 6, 7, 8} - set(later.told)


def test_with_carry_what_would_be_too_old_by_then_is_linked():
    found = board(
        *(article(number, age=30) for number in range(1, 4)),
        limits=Limits(stories=1, per_section=1),
        overflow=Overflow.CARRY,
    ).arrange(view())
    assert (len(found.told), len(found.linked), found.carried) == (1, 2, ())
    assert found.sections[0].more == 2


def test_of_what_is_carried_each_feed_has_its_turn():
    feeds = {**FEEDS, "wire": Feed(name="wire", url="https://wire.example/", categories=("world",))}
    loud = [article(number, age=1) for number in range(1, 8)]
    quiet = article(8, "wire", age=20)
    owed = tuple(range(1, 9))
    few = {"limits": Limits(stories=2, per_section=2), "overflow": Overflow.CARRY, "feeds": feeds}
    assert 8 in board(*loud, quiet, article(9), **few).arrange(view(mark=8, owed=owed)).told


# stories


def test_one_event_is_one_story_with_a_lead_and_those_who_also_cover_it():
    found = board(article(1, **BRIDGE), article(2, "sport", **BRIDGE), article(3, "science", **BRIDGE)).arrange(view())
    (section,) = found.sections
    (story,) = section.stories
    assert {each.number for each in story.articles} == {1, 2, 3} == set(found.told)
    assert found.shown == 1


def test_of_a_story_readers_get_what_their_categories_cover():
    found = board(article(1, **BRIDGE), article(2, "sport", **BRIDGE)).arrange(view("sport"))
    assert found.told == (2,)


def test_a_new_article_of_a_story_that_was_told_is_an_update():
    told, new = article(1, age=20, **BRIDGE), article(3, "sport", **BRIDGE)
    (section,) = board(told, article(2, age=20), new).arrange(view(mark=2)).sections
    assert [(story.lead.number, story.is_update) for story in section.stories] == [(3, True)]
    (section,) = board(told, article(2, age=20), new).arrange(view("sport", mark=2)).sections
    assert [(story.lead.number, story.is_update) for story in section.stories] == [(3, False)]


def test_what_was_told_before_the_readers_came_makes_no_update():
    told, new = article(1, age=20, **BRIDGE), article(3, "sport", **BRIDGE)
    (section,) = board(told, article(2, age=20), new).arrange(view(mark=2, began=2)).sections
    assert not section.stories[0].is_update


def test_what_waits_still_makes_no_update():
    waiting, new = article(1, age=20, **BRIDGE), article(3, "sport", **BRIDGE)
    (section,) = board(waiting, new).arrange(view(mark=2, owed=(1,))).sections
    assert [(len(story.articles), story.is_update) for story in section.stories] == [(2, False)]


def test_follow_ups_may_be_left_out():
    told, new = article(1, age=20, **BRIDGE), article(3, "sport", **BRIDGE)
    found = board(told, article(2, age=20), new, follow_ups=FollowUps.SKIP)
    assert found.arrange(view(mark=2)).told == ()
    assert found.arrange(view("sport", mark=2)).told == (3,)


# order


def test_the_highest_score_stands_first_and_what_is_pinned_before_it():
    several = [article(1, age=20), article(2, age=1), article(3, age=10)]
    assert sections(board(*several).arrange(view())) == {"world": [2, 3, 1]}
    found = board(*several, pins=(1,)).arrange(view())
    assert sections(found) == {"world": [1, 2, 3]}
    assert found.lead is found.sections[0].stories[0]


def test_what_is_pinned_is_told_within_the_limits_and_leads_from_whatever_section():
    pinned = article(9, "sport", age=40)
    several = [article(number, age=1) for number in range(1, 6)]
    found = board(*several, pinned, article(10, "sport"), pins=(9,), limits=Limits(stories=4, per_section=3))
    arrangement = found.arrange(view())
    assert 9 in arrangement.told
    assert arrangement.lead.lead.number == 9


def test_pins_do_not_reach_readers_of_other_categories_or_who_had_it():
    found = board(article(1, "sport"), article(2), pins=(1,))
    assert found.arrange(view("world")).told == (2,)
    assert found.arrange(view(mark=1)).told == (2,)


# all of it


@st.composite
def _articles(draw):
    number, found = 0, []
    for _ in range(draw(st.integers(0, 12))):
        number += draw(st.integers(1, 3))
        feeds = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        since = [number]
        for _ in feeds[1:]:
            since.append(since[-1] + draw(st.integers(1, 20)))
        more = draw(st.sampled_from([{}, {}, {}, {"held": True}, {"withdrawn": True}, BRIDGE]))
        changed = draw(st.sampled_from([None, NOON - timedelta(minutes=1)]))
        age = draw(st.sampled_from([0.1, 5, 30, 47]))
        found.append(article(number, *feeds, since=tuple(since), age=age, changed_at=changed, **more))
    return found


@given(
    found=_articles(),
    mark=st.integers(0, 40),
    began=st.integers(0, 40),
    chosen=st.sets(st.sampled_from(NAMES), min_size=1),
    terms=st.fixed_dictionaries(
        {
            "overflow": st.sampled_from(Overflow),
            "settle": st.sampled_from([timedelta(), timedelta(minutes=15)]),
            "limits": st.builds(Limits, stories=st.integers(1, 6), per_section=st.integers(1, 3)),
        }
    ),
    left=st.sets(st.integers(1, 12), max_size=4),
)
@settings(max_examples=300)
def test_whatever_is_new_is_told_or_linked_or_left_for_the_next_letter_and_once(
    found, mark, began, chosen, terms, left
):
    numbers = {each.number for each in found if each.number <= mark}
    own = view(*[name for name in NAMES if name in chosen], mark=mark, began=began, owed=tuple(sorted(left & numbers)))
    made = board(*found, **terms)
    arrangement = made.arrange(own)
    new = {each.number for each in found if not each.held and _is_new(each, own, made.terms.upto)}
    parts = [set(arrangement.told), set(arrangement.linked), set(arrangement.carried)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert set.union(*parts) == new
    told = [story for section in arrangement.sections for story in section.stories]
    assert len(told) == arrangement.shown <= terms["limits"].stories
    assert sorted(each.number for story in told for each in story.articles) == list(arrangement.told)
    assert all(len(section.stories) <= terms["limits"].per_section for section in arrangement.sections)
    assert made.arrange(made.canonical(own)) == arrangement


def _is_new(each, own, upto):
    """Written down once more, from the arrivals alone."""
    arrivals = [number for number, name in zip(each.since, each.feeds, strict=True) if name in own.categories]
    if not arrivals:
        return False
    if each.number in own.owed or each.number > own.mark:
        return True
    return each.number > own.began and min(arrivals) > own.mark


@given(found=_articles(), terms=st.sampled_from(Overflow), shuffled=st.randoms())
def test_the_order_in_which_articles_come_does_not_matter(found, terms, shuffled):
    other = list(found)
    shuffled.shuffle(other)
    one, another = (board(*each, overflow=terms).arrange(view()) for each in (found, other))
    assert (one.sections, one.told, one.lead) == (another.sections, another.told, another.lead)
    assert [set(one.linked), set(one.carried)] == [set(another.linked), set(another.carried)]
