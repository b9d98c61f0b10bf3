"""`digest demo --once`: from the sample's feeds to three mails in a folder, and nothing left behind."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import Result

ALMA, BRUNO, CHIYO = "alma@readers.example", "bruno@readers.example", "chiyo@readers.example"
#: A headline of each category.
WORLD = "Freight returns to the Sellan tunnel"
BUSINESS = "leaves its rate at 3.25 per cent"
CULTURE = "Die Orgel von Steinach"
SCIENCE = "An ice core from the Hollin glacier"


def text(mail: EmailMessage) -> str:
    """The plain text with its lines joined."""
    return " ".join(content(mail, "plain").split())


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None, f"no text/{kind}"
    return str(part.get_content())


def test_it_succeeds_and_says_what_came_of_each_step(once: tuple[Result, Path]) -> None:
    result, _ = once
    assert result.exit_code == 0, result.output
    assert "harwick-courier\t6\t0\t-" in result.stdout
    assert "3 letters for 3 readers" in result.stdout
    assert "World 5, Business 4, Culture 5, Science 5" in result.stdout


def test_the_files_are_named_as_they_are_printed(once: tuple[Result, Path]) -> None:
    result, folder = once
    names = [
        f"{number}-{to}{suffix}"
        for number, to in enumerate((ALMA, BRUNO, CHIYO), 1)
        for suffix in (".eml", ".html", ".txt")
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert result.stdout.splitlines()[-9:] == [str(folder / name) for name in names]


def test_every_mail_is_a_whole_one(mails: dict[str, EmailMessage]) -> None:
    assert set(mails) == {ALMA, BRUNO, CHIYO}
    for mail in mails.values():
        assert not mail.defects
        assert "/leave/" in mail["List-Unsubscribe"]
        assert "<!DOCTYPE html>" in content(mail, "html")
        assert "The Morning Boat" in content(mail, "plain")


def test_the_other_files_are_the_parts_of_the_mail(once: tuple[Result, Path], mails: dict[str, EmailMessage]) -> None:
    html, plain = (once[1] / f"3-{CHIYO}{suffix}" for suffix in (".html", ".txt"))
    assert html.read_bytes() == content(mails[CHIYO], "html").encode()
    assert plain.read_bytes() == content(mails[CHIYO], "plain").encode()


@pytest.mark.parametrize(
    ("reader", "told", "untold"),
    [
        (ALMA, (WORLD, BUSINESS, CULTURE, SCIENCE), ()),
        (BRUNO, (WORLD, BUSINESS), (CULTURE, SCIENCE)),
        (CHIYO, (SCIENCE,), (WORLD, BUSINESS, CULTURE)),
    ],
)
def test_a_reader_gets_the_categories_they_chose_and_no_other(
    mails: dict[str, EmailMessage], reader: str, told: tuple[str, ...], untold: tuple[str, ...]
) -> None:
    assert [headline for headline in told if headline not in text(mails[reader])] == []
    assert [headline for headline in untold if headline in text(mails[reader])] == []


def test_what_sites_put_around_their_stories_is_gone(mails: dict[str, EmailMessage]) -> None:
    furniture = ("appeared first on", "Share this", "Mastodon", "Continue reading", "[…]", "&amp;#8217;")
    for mail in mails.values():
        told = content(mail, "html") + text(mail)
        assert [words for words in furniture if words in told] == []


def test_every_script_and_encoding_arrives_as_it_was_written(mails: dict[str, EmailMessage]) -> None:
    words = ("zwölf Pfeifen", "сорок тисяч книжок", "رأس النورس", "Kessandra’s shipyards")
    assert [word for word in words if word not in text(mails[ALMA])] == []


def test_nothing_temporary_is_left(once: tuple[Result, Path], temporary: Path) -> None:
    assert once[0].exit_code == 0
    assert list(temporary.iterdir()) == []
