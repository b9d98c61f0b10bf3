"""Configurations of several files."""

import pytest

TWO = 'feeds:\n  - {name: two, url: "https://two.example", category: world}\n'


def test_lists_are_appended_and_mappings_merged_in_the_order_of_the_file_names(folder):
    folder.write("parts/b.yaml", TWO + "categories: {sport: {}}\nnewsletters: {weekly: {categories: sport}}\n")
    folder.write("parts/a.yaml", TWO.replace("two", "zero"))

    settings = folder.load(include="parts/*.yaml")

    assert [feed.name for feed in settings.feeds] == ["one", "zero", "two"]
    assert list(settings.categories) == ["world", "tech", "sport"]
    assert list(settings.newsletters) == ["daily", "weekly"]


def test_everything_can_stand_in_included_files(folder):
    folder.write("feeds.yaml", TWO)

    assert [feed.name for feed in folder.load(feeds="", include="[feeds.yaml, feeds.yaml]").feeds] == ["two"]


def test_a_problem_points_into_the_included_file_with_its_own_key(folder):
    path = folder.write("more.yaml", TWO + '  - {name: three, url: "https://3.example", category: wrold}\n')

    (problem,) = folder.problems(include="more.yaml")

    assert (problem.file, problem.line, problem.column) == (path, 3, 55)
    assert problem.key == "feeds[1].category"
    assert problem.hint == "did you mean 'world'?"


@pytest.mark.parametrize(
    ("text", "key", "line", "message"),
    [
        ("site: {name: x}\n", "site", 1, "cannot stand in an included file"),
        ("include: other.yaml\n", "include", 1, "cannot stand in an included file"),
        ("\ncategories: {world: {}}\n", "categories.world", 2, "is defined twice, first in {main}:3"),
        ("newsletters:\n  daily: {}\n", "newsletters.daily", 2, "is defined twice, first in {main}:5"),
        (TWO.replace("two", "one"), "feeds[0].name", 2, "is the name of another feed already, in {main}:4"),
        (TWO + "feeds: []\n", "feeds", 3, "stands here twice, first in line 1"),
        ("feeds: {}\n", "feeds", 1, "must be a list, as in {main}:4"),
        ("categories: []\n", "categories", 1, "must be a mapping of names, as in {main}:3"),
        ("- feeds\n", "", 1, "must hold keys, as in 'feeds:'"),
        ("feeds: [\n", "", 2, "this is not YAML"),
    ],
)
def test_what_is_wrong_in_an_included_file(folder, text, key, line, message):
    path = folder.write("more.yaml", text)

    (problem,) = folder.problems(include="more.yaml")

    assert (problem.file, problem.key, problem.line) == (path, key, line)
    assert problem.message.startswith(message.format(main=folder.main))


def test_a_plain_name_must_exist_and_a_pattern_may_match_nothing(folder):
    assert folder.load(include="none/*.yaml").include == ("none/*.yaml",)

    (problem,) = folder.problems(include='["none/*.yaml", "none.yaml"]')

    assert (problem.key, problem.message) == ("include[1]", "there is no such file")


def test_a_pattern_that_matches_the_main_file_does_not_include_it_again(folder):
    folder.write("more.yaml", TWO)

    assert len(folder.load(include='"*.yaml"').feeds) == 2


def test_a_pattern_can_come_from_a_variable_and_be_absolute(folder):
    path = folder.write("sub/deep/more.yaml", TWO)

    assert len(folder.load({"PARTS": str(path.parent.parent)}, include='"${PARTS}/**/*.yaml"').feeds) == 2
