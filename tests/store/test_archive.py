"""Past editions are found by number and by what they tell, each by the letter that tells most."""

from sqlalchemy import update

from digest.store import archive, schema


async def sent(newsroom):
    """An edition whose readers get letters of one story and of two, on its way."""
    newsroom.join("ada@reader.example")
    newsroom.join("bob@reader.example", categories=("sport",))
    newsroom.arrive("a whale", feed="world")
    newsroom.arrive("a goal", feed="sport")
    frozen = await newsroom.edition()
    return frozen.edition


async def test_an_edition_shows_the_letter_that_tells_most(newsroom):
    edition = await sent(newsroom)
    (past,) = newsroom.database.call(archive.editions_of, "daily", 10)
    assert (past.number, past.slot, past.articles) == (edition.number, edition.slot, 2)
    assert newsroom.database.call(archive.edition, "daily", edition.number) == past
    assert newsroom.database.call(archive.everywhere, ["daily", "weekly"], 10) == [past]
    assert newsroom.database.call(archive.edition, "daily", 99) is None


async def test_it_is_found_by_what_it_tells_in_whatever_case(newsroom):
    await sent(newsroom)
    found = [
        len(newsroom.database.call(lambda c, text: archive.editions_of(c, "daily", 10, search=text), each))
        for each in ("WHALE", "goal", "100%", "_", "\\")
    ]
    assert found == [1, 1, 0, 0, 0]


async def test_one_that_is_held_back_is_not_there(newsroom):
    await sent(newsroom)
    for state, count in (("paused", 0), ("cancelled", 0), ("done", 1)):
        newsroom.database.call(lambda c, to: c.execute(update(schema.editions).values(state=to)), state)
        assert len(newsroom.database.call(archive.editions_of, "daily", 10)) == count
