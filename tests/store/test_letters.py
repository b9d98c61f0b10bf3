"""Letters as they are kept: what each tells, links and leaves over, and where its articles stand."""

from datetime import UTC, datetime

from digest.store import Connection, Database, letters, schema
from digest.store.letters import Placed

AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
NONCE = "c0ffee00"


def frozen(connection: Connection, view: str = "") -> None:
    """A letter that tells the articles 1 and 4, links 2 and 3 and leaves 5 over; only 1, 2 and 3 were judged."""
    rows = [{"number": n, "arrived_at": AT, "tags": [], "title": f"Article {n}"} for n in range(1, 6)]
    connection.execute(schema.articles.insert(), rows)
    edition = {"id": 1, "newsletter": "daily", "slot": AT, "wall": "", "number": 1, "upto": 5, "frozen_at": AT}
    connection.execute(schema.editions.insert().values(**edition, state="done"))
    letter = {"id": 1, "edition": 1, "nonce": NONCE, "subject": "S", "html": "H", "text": "T", "language": "en"}
    connection.execute(schema.letters.insert().values(**letter, linked="2 1", carried="5"))
    connection.execute(schema.letter_articles.insert(), [{"letter": 1, "article": n} for n in (1, 4)])
    judged = ((1, "world,sport"), (2, "sport"), (3, ""))
    for number, names in judged:
        row = {"edition": 1, "article": number, "categories": names, "story": number}
        connection.execute(schema.edition_articles.insert().values(**row))
    if view:
        connection.execute(schema.views.insert().values(edition=1, key=view, letter=1))


def places(placed: tuple[Placed, ...]) -> list[tuple[int, tuple[str, ...], bool]]:
    return [(each.article.number, each.categories, each.linked) for each in placed]


def test_a_letter_is_read_with_all_it_holds(on_sqlite: Database) -> None:
    with on_sqlite.begin() as connection:
        frozen(connection)
        letter = letters.by_nonce(connection, NONCE)
        left_over = letters.carried(connection, {1})
    assert letter
    assert (letter.told, letter.linked, letter.carried) == ((1, 4), (2, 3), (5,))
    assert left_over == {1: (5,)}


def test_articles_are_listed_with_their_categories_told_or_linked_and_none_that_is_left_over(
    database: Database,
) -> None:
    with database.begin() as connection:
        frozen(connection)
        assert places(letters.articles_of(connection, NONCE)) == [
            (1, ("world", "sport"), False),
            (2, ("sport",), True),
            (3, (), True),
            (4, (), False),
        ]
        assert letters.articles_of(connection, "no such letter") == ()


def test_an_article_stands_in_a_category_that_the_letters_readers_have(on_sqlite: Database) -> None:
    with on_sqlite.begin() as connection:
        frozen(connection, view="0|0|0|0|sport|en||0")
        assert letters.articles_of(connection, NONCE)[0].categories == ("sport",)


def test_what_very_many_letters_have_left_over_is_asked_for_in_pieces(database):
    """PostgreSQL takes 65,535 parameters in a statement."""
    assert database.call(letters.carried, range(70_000)) == {}
