"""The catalogues: every word of ours, in every language that we say we speak."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from digest.editions.render_words import Language, catalogues

ROOT = Path(__file__).resolve().parent.parent.parent
LOCALE = ROOT / "digest" / "locale"
LANGUAGES = sorted(catalogues())
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")
STORIES = ("%(n)s story", "%(n)s stories")

#: A message as it is looked up: the words for one, and for many where they are counted.
MessageId = str | tuple[str, str]


@cache
def extracted() -> dict[MessageId, str]:
    """Every message of the templates and the code, and a file that it stands in."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")
    found: dict[MessageId, str] = {}
    ours = [str(ROOT / folder) for folder in ("digest", "templates")]
    located = extract_from_dir(ROOT, methods, options, directory_filter=lambda path: path.startswith(tuple(ours)))
    for name, _line, message, _comments, _context in located:
        found[message[:2] if isinstance(message, tuple) else message] = name
    return found


@cache
def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "digest.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> Iterator[Message]:
    return (message for message in catalogue(language) if message.id)


def translated(language: str) -> Iterator[tuple[Message, tuple[str, ...]]]:
    """The messages that have words in that language, and these, one for each of its forms."""
    return ((message, forms(message)) for message in messages(language) if all(forms(message)))


def id_of(message: Message) -> MessageId:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_we_speak_the_languages_that_we_say_we_do() -> None:
    assert LANGUAGES == ["ar", "de", "es", "fr", "uk"]
    for language in ("en", *LANGUAGES):
        assert Language.of(language).spoken.tag == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_message_and_no_other(language: str) -> None:
    known = {id_of(message) for message in messages(language)}
    missing = [f"{name}: {message!r}" for message, name in extracted().items() if message not in known]
    assert missing == [], "`make words` brings them in"
    assert known - set(extracted()) == set(), "`make words` takes them out"
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_in_all_its_forms(language: str) -> None:
    untranslated = [message.id for message in messages(language) if message.fuzzy or not all(forms(message))]
    assert untranslated == []
    for message in messages(language):
        assert len(forms(message)) == (catalogue(language).num_plurals if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_the_message_does(language: str) -> None:
    """Where a form stands for a single number, as in "one story", it may leave the number out."""
    numbers = numbers_by_form(language)
    for message, texts in translated(language):
        wanted = sorted(PLACEHOLDER.findall(id_of(message)[1] if message.pluralizable else message.id))
        for form, text in enumerate(texts):
            found = sorted(PLACEHOLDER.findall(text))
            spoken = message.pluralizable and len(numbers[form]) == 1 and "%(n)s" not in found
            assert found == [each for each in wanted if each != "%(n)s" or not spoken], (message.id, text)
            assert re.sub(PLACEHOLDER, "", text).count("%") == 0, text


def numbers_by_form(language: str) -> list[list[int]]:
    """For each form, in order, the numbers up to 200 that it is for."""
    words = Language.of(language).words
    said = [words.ngettext(*STORIES, n) for n in range(201)]
    (counted,) = (message for message in messages(language) if id_of(message) == STORIES)
    return [[n for n, text in enumerate(said) if text == form] for form in forms(counted)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_ends_as_the_message_does(language: str) -> None:
    ends = {"،": ",", "؟": "?"}
    for message, texts in translated(language):
        one = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts:
            assert (text[:1].isspace(), text[-1].isspace()) == (one[:1].isspace(), one[-1].isspace()), text
            last, wanted = text.rstrip("\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}")[-1], one[-1]
            if wanted in ".:,?!" or last in ".:,!":
                assert ends.get(last, last) == wanted, (one, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotation_marks_and_apostrophes_are_those_of_the_language(language: str) -> None:
    for _message, texts in translated(language):
        for text in texts:
            assert not set(text) & set("\"'"), text


def test_french_marks_have_a_space_before_them_that_does_not_break() -> None:
    for _message, texts in translated("fr"):
        for text in texts:
            assert not re.search(r"[^\u00a0\u202f][;!?»]|« |«[^\u00a0\u202f]| :|\w:(?!//)", text), text


def test_a_message_is_plain_ascii_and_filled_in_by_name() -> None:
    for message in extracted():
        for text in (message,) if isinstance(message, str) else message:
            assert text.isascii()
            assert "%" not in re.sub(PLACEHOLDER, "", text)
            assert not re.search(r"[<>&{}\n]", text)


def test_what_is_counted_is_always_counted_and_in_the_same_words() -> None:
    """Languages have up to six forms where English has one or two."""
    singular = [message for message in extracted() if isinstance(message, str)]
    assert [f"{extracted()[message]}: {message!r}" for message in singular if "%(n)s" in message] == []
    counted = [message[0] for message in extracted() if isinstance(message, tuple)]
    assert sorted(counted) == sorted(set(counted))
    assert set(counted) & set(singular) == set()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1 story", "2 stories", "5 stories", "11 stories", "21 stories"]),
        ("de", ["1 Meldung", "2 Meldungen", "5 Meldungen", "11 Meldungen", "21 Meldungen"]),
        ("fr", ["1 article", "2 articles", "5 articles", "11 articles", "21 articles"]),
        ("es", ["1 noticia", "2 noticias", "5 noticias", "11 noticias", "21 noticias"]),
        ("uk", ["1 новина", "2 новини", "5 новин", "11 новин", "21 новина"]),
        ("ar", ["خبر واحد", "خبران", "5 أخبار", "11 خبرًا", "21 خبرًا"]),
    ],
)
def test_things_are_counted_as_the_language_counts(language: str, said: list[str]) -> None:
    words = Language.of(language).words
    counted = [words.ngettext(*STORIES, n) % {"n": n} for n in (1, 2, 5, 11, 21)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in counted] == said
