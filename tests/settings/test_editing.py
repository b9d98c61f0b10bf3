"""Adding feeds to a configuration that somebody has written by hand, and saying where one stands."""

from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import ConfigurationError, UsageError
from digest.settings import editing
from digest.settings.insertion import NotEditable, with_categories, with_feeds, written

HEAD = (
    "# The Daily's own\nsite: {url: 'https://news.example'}   # ours\n"
    "mail: {from: a@b.example, smtp: {host: mx.example}}\n"
)
TAIL = "\n# when it goes out\nnewsletters:\n  daily:   # the one\n"
FEEDS = [
    {"name": written("new"), "url": '"https://new.example/?a=1"', "category": "fresh", "title": written("New: $5")},
    {"name": written("newer"), "url": '"https://newer.example/"', "category": "world"},
]
CATEGORIES = {"fresh": {"title": written("Fresh News")}}

FEED_STYLES = {
    "block": "feeds:\n  - name: one   # first\n    url: https://1.example/\n    category: world\n    #every: 15m\n",
    "block without indentation": "feeds:\n- name: one\n  url: https://1.example/\n  category: world\n",
    "block, wide": "feeds:\n    -   name: one\n        category: world\n        url: >-\n            https://1.example/\n\n",
    "block, apart": "feeds:\n  - name: zero\n    url: https://0.example/\n    category: world\n\n"
    "  # the one\n  - name: one\n    url: https://1.example/\n    category: world\n",
    "flow items": 'feeds:\n  - {name: one, url: "https://1.example/", category: world}  # first\n  #- {name: off}\n',
    "brackets": 'feeds: [{name: one, url: "https://1.example/", category: world}]\n',
    "brackets, trailing comma": 'feeds: [\n  {name: one, url: "https://1.example/", category: world},  # a, b\n]\n',
    "brackets, no comma": 'feeds: [\n  {name: one, url: "https://1.example/", category: world}  # a, b\n  # none\n]\n',
    "no value of its last key": "feeds:\n  - name: one\n    url: https://1.example/\n    category: world\n    title:\n",
    "an item with an anchor": 'feeds:\n  - &one {name: one, url: "https://1.example/", category: world}\n',
}
CATEGORY_STYLES = {
    "flow items": "categories:\n  world: {title: World}\n  # not yet\n\n",
    "block": "categories:\n  sport:\n    title: Sport\n\n  world:\n    title: World   # all of it\n",
    "nothing but names": "categories:\n  world:\n  # not yet\n",
    "braces": "categories: {world: {title: World}, sport: {}}\n",
}


def is_subsequence(lines: list[str], of: list[str]) -> bool:
    rest = iter(of)
    return all(line in rest for line in lines)


@pytest.mark.parametrize("feeds", FEED_STYLES.values(), ids=FEED_STYLES)
@pytest.mark.parametrize("categories", CATEGORY_STYLES.values(), ids=CATEGORY_STYLES)
def test_what_is_added_leaves_every_other_line_as_it_was(folder, feeds, categories):
    for (first, second), newline, end in [((feeds, categories), "\n", "\n"), ((categories, feeds), "\r\n", "")]:
        text = (HEAD + first + TAIL + second).removesuffix("\n").replace("\n", newline) + end
        folder.main.write_bytes(text.encode())
        after = with_feeds(with_categories(text, CATEGORIES), FEEDS)
        new = editing.checked(folder.main, text, after, {}).settings
        assert [feed.name for feed in new.feeds][-3:] == ["one", "new", "newer"]
        assert list(new.categories)[-1] == "fresh"
        assert (new.feeds[-2].title, new.feeds[-2].url) == ("New: $5", "https://new.example/?a=1")
        assert new.categories["fresh"].title == "Fresh News"
        # A list between brackets gets a comma, and perhaps another end.
        kept = [line for line in text.split(newline) if line and not line.endswith(("]", "}}", "# a, b"))]
        assert is_subsequence(kept, after.split(newline))
        assert "\n" not in after.replace(newline, "")


@pytest.mark.parametrize("nothing", ["feeds: []   # none yet\n", "feeds:\n  # - name: an example\n", "feeds: ~\n", ""])
def test_feeds_can_be_added_where_there_are_none(folder, nothing):
    text = HEAD + nothing + "newsletters: {daily: {}}"
    folder.main.write_text(text, encoding="utf-8")
    assert editing.stock(folder.main, {}) == editing.Stock({}, {}, timedelta(minutes=30))
    edit = editing.checked(folder.main, text, with_feeds(with_categories(text, CATEGORIES), FEEDS[:1]), {})
    assert [feed.name for feed in edit.settings.feeds] == ["new"]
    assert list(edit.settings.categories) == ["fresh"]
    assert is_subsequence([line for line in text.split("\n") if line and "feeds" not in line], edit.after.split("\n"))


def test_a_comment_on_an_empty_list_stays():
    assert with_feeds("feeds: []   # none yet\nz: 1\n", [{"name": "a"}]) == (
        "feeds:   # none yet\n  - {name: a}\nz: 1\n"
    )


def test_block_items_look_like_those_before_them():
    text = "feeds:\n  - name: a\n    url: x\n\n  # Bee\n  - name: b\n    url: y\n\nlog: {}\n"
    assert with_feeds(text, [{"name": "c", "url": "z"}]) == text.replace(
        "url: y\n", "url: y\n\n  - name: c\n    url: z\n"
    )
    close = "categories:\n    a:\n        title: A\n    b:\n        title: B\n"
    assert with_categories(close, {"c": {"title": "C"}}) == close + "    c:\n        title: C\n"


def test_a_heading_of_the_next_section_stays_above_it():
    text = "feeds:\n- {name: a}\n  #- {name: off}\n# The log\nlog: {}\n"
    assert with_feeds(text, [{"name": "b"}]).endswith("  #- {name: off}\n- {name: b}\n# The log\nlog: {}\n")


def test_a_byte_order_mark_and_the_end_of_a_document_stay():
    assert with_feeds("\ufeffa: 1\n...\n", [{"name": "b"}]) == "\ufeffa: 1\n\nfeeds:\n  - {name: b}\n...\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nfeeds: *x\n", "line 2: feeds does not hold a list"),
        ("feeds: &x\n  - {name: a}\n", "line 1: feeds is marked with &x"),
        ("{feeds: [{name: a}]}", "do not stand on lines of their own"),
        ("feeds: [\n  # none\n]\n", "line 1: there are only comments"),
        ("a: 1\r\nfeeds:\n", "do not all end alike"),
        ("a: 1\rfeeds:\r", "do not all end alike"),
        ("feeds: [", "is not YAML"),
        ("- a", "do not stand on lines of their own"),
        ("", "do not stand on lines of their own"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(text, said):
    with pytest.raises(NotEditable, match=said.replace("*", r"\*")):
        with_feeds(text, [{"name": "b"}])


def test_nothing_to_add_changes_nothing():
    assert with_feeds("feeds: [", []) == "feeds: ["


def test_an_edit_that_would_not_load_is_refused_and_leaves_no_file_behind(folder):
    folder.load()
    text = editing.text_of(folder.main)
    wrong = with_feeds(text, [{"name": "one", "url": '"https://x.example"', "category": "world"}])
    with pytest.raises(NotEditable, match="is the name of another feed already"):
        editing.checked(folder.main, text, wrong, {})
    with pytest.raises(NotEditable, match="more than its feeds"):
        editing.checked(folder.main, text, text + "log: {level: debug}\n", {})
    assert [path.name for path in folder.path.iterdir()] == ["digest.yaml"]


def test_an_edit_keeps_permissions_and_links_and_yields_to_others(folder):
    folder.load()
    folder.main.rename(folder.path / "real.yaml")
    folder.main.symlink_to("real.yaml")
    (folder.path / "real.yaml").chmod(0o640)
    text = editing.text_of(folder.main)
    added = with_feeds(text, [{"name": "two", "url": '"https://2.example"', "category": "world"}])
    edit = editing.checked(folder.main, text, added, {})
    edit.save()
    assert folder.main.is_symlink()
    assert (folder.path / "real.yaml").read_text() == added
    assert (folder.path / "real.yaml").stat().st_mode & 0o777 == 0o640
    with pytest.raises(UsageError, match="was changed by somebody else"):
        edit.save()
    assert sorted(path.name for path in folder.path.iterdir()) == ["digest.yaml", "real.yaml"]


def test_the_stock_of_a_configuration_counts_what_it_includes(folder):
    folder.write("more.yaml", 'feeds:\n  - {name: two, url: "https://two.example", category: world}\n')
    folder.load(include="more.yaml")
    known = editing.stock(folder.main, {})
    assert known.feeds == {"one": "https://one.example/rss", "two": "https://two.example"}
    assert known.categories == {"world": "World", "tech": "Tech"}


def test_a_configuration_with_other_faults_has_no_stock(folder):
    folder.write("digest.yaml", "feeds: []\n")
    with pytest.raises(ConfigurationError):
        editing.stock(folder.main, {})
    with pytest.raises(ConfigurationError):
        editing.stock(Path("nowhere.yaml"), {})


def test_the_place_of_a_feed_is_where_its_address_stands_in_whichever_file(folder):
    more = folder.write("sub/more.yaml", "feeds:\n  - name: two\n    title: x\n    url: https://two.example\n")
    folder.write("digest.yaml", 'include: ["${PART}/*.yaml"]\nfeeds:\n  - {name: one, url: "https://one.example"}\n')
    environ = {"PART": "sub"}
    assert str(editing.place_of_feed(folder.main, "two", environ)) == f"{more}:4"
    assert str(editing.place_of_feed(folder.main, "one", environ)) == f"{folder.main}:3"
    assert editing.place_of_feed(folder.main, "three", environ) is None
    assert editing.places_of_feeds(folder.path / "nowhere.yaml", environ) == {}
