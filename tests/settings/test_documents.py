"""How YAML is read: as text, with places, and nothing that could surprise."""

import pytest

from digest.settings import documents, tree
from digest.settings.documents import Unreadable, read_document


def read(tmp_path, text):
    path = tmp_path / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path)


def test_scalars_stay_what_is_written(tmp_path):
    node, problems = read(tmp_path, "a: [NO, 07:00, 0123, 1_000, 1e3, 2026-01-01, 'null', true]")

    assert tree.plain(node) == {"a": ["NO", "07:00", "0123", "1_000", "1e3", "2026-01-01", "null", "true"]}
    assert problems == []


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_nothing(tmp_path, nothing):
    assert tree.plain(read(tmp_path, f"a: {nothing}")[0]) == {"a": None}


def test_every_duplicate_key_is_found_and_the_first_one_counts(tmp_path):
    node, problems = read(tmp_path, "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n")

    assert tree.plain(node) == {"a": "1", "b": {"c": "1"}}
    assert [(it.line, it.column, it.key, it.message) for it in problems] == [
        (2, 11, "b.c", "stands here twice, first in line 2"),
        (3, 1, "a", "stands here twice, first in line 1"),
        (4, 1, "a", "stands here twice, first in line 1"),
    ]


def test_an_alias_stands_for_what_was_anchored(tmp_path):
    node, _ = read(tmp_path, "a: &x {b: 1}\nc: *x\n")

    assert tree.plain(node) == {"a": {"b": "1"}, "c": {"b": "1"}}


@pytest.mark.parametrize("tagged", ["!!python/object:os.system x", "!foo {a: b}", "!foo [a]", "!!binary aGk="])
def test_tags_are_refused(tmp_path, tagged):
    _, problems = read(tmp_path, f"a: {tagged}")

    assert [(it.key, it.message) for it in problems] == [("a", "a tag has no meaning here")]


def test_a_key_must_be_a_single_word(tmp_path):
    _, problems = read(tmp_path, "? [a]\n: b\n")

    assert [it.message for it in problems] == ["a key must be a single word"]


def laughs():
    """Nine lines that stand for a billion texts."""
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [1, 2", 1, "this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("ok: 1\na: b: c", 2, "this is not YAML: mapping values are not allowed here"),
        ("a:\n\tb: 1", 2, "this is not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\n---\nb: 2", 2, "this is not YAML: but found another document"),
        ("a: *b", 1, "this is not YAML: found undefined alias 'b'"),
        ("a: 1\nb: x\x01", 2, "there is a control character here"),
        ('a: 1\nb: "\\ud83d"', 2, "there is half a character here"),
        (laughs(), 1, "aliases make this too large"),
        ("a: &a [*a]", 1, "aliases make this too large"),
        ("[" * 5000, 1, "this is not YAML: maximum depth of data structure exceeded"),
        (b"a: \xff", 0, "is not UTF-8"),
        (b"a: " + b"x" * documents.MAX_BYTES, 0, "is larger than 1,000,000 bytes"),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_its_place(tmp_path, text, line, message):
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, text)

    assert caught.value.problem.line == line
    assert caught.value.problem.message.startswith(message)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(Unreadable, match="cannot be read"):
        read_document(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    assert tree.plain(read(tmp_path, b"\xef\xbb\xbfa: 1")[0]) == {"a": "1"}


def test_a_syntax_error_is_the_only_problem(folder):
    (problem,) = folder.problems_of_text("site: {url: x\nmail: y")

    assert problem.line == 2
    assert problem.hint


def test_a_list_is_no_configuration(folder):
    (problem,) = folder.problems_of_text("- a\n- b\n")

    assert problem.message == "must hold keys, as in 'site:'"
