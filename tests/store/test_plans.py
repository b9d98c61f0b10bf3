"""What the operator has set down for the edition that is made next."""

from digest.store import plans
from digest.store.plans import Plan


def test_nothing_is_set_down_at_first(database):
    assert database.call(plans.find, "daily", 1) == Plan()


def test_what_is_set_down_is_replaced_and_belongs_to_one_number_of_one_newsletter(database):
    database.call(plans.save, "daily", 1, Plan(note="Hello", pins=(3, 1)))
    database.call(plans.save, "daily", 1, Plan(note="Good morning", pins=(2, 9, 1)))
    assert database.call(plans.find, "daily", 1) == Plan(note="Good morning", pins=(2, 9, 1))
    assert database.call(plans.find, "daily", 2) == database.call(plans.find, "weekly", 1) == Plan()


async def test_the_next_number_follows_the_last_edition_that_was_made(newsroom):
    newsroom.join()
    assert newsroom.database.call(plans.next_number, "daily") == 1
    assert (await newsroom.edition()).edition.number == 0
    assert newsroom.database.call(plans.next_number, "daily") == 1
    newsroom.later(hours=1)
    newsroom.arrive("a")
    await newsroom.edition()
    assert newsroom.database.call(plans.next_number, "daily") == 2
    assert newsroom.database.call(plans.next_number, "weekly") == 1
