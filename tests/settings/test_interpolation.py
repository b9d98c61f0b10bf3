"""Variables and files in values."""

import os

import pytest


def name_of(folder, written, environ=None):
    return folder.load(environ, site=f'\n  url: "https://news.example"\n  name: {written}').site.name


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${A}", "alpha"),
        ("x${A}y${A}", "xalphayalpha"),
        ('"${A:-beta}"', "alpha"),
        ('"${NONE:-beta gamma}"', "beta gamma"),
        ('"${EMPTY:-beta}"', "beta"),
        ('"${NONE:-}x"', "x"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$A costs $5", "$A costs $5"),
        ("'a\\b'", "a\\b"),
        ("${DOLLAR}", "${A} $$"),
        ("${YAML}", "a: {b: 'c"),
    ],
)
def test_expressions_are_filled_in_once(folder, written, read):
    environ = {"A": "alpha", "EMPTY": "", "DOLLAR": "${A} $$", "YAML": "a: {b: 'c"}

    assert name_of(folder, written, environ) == read


def test_a_number_can_come_from_a_variable(folder):
    assert folder.load({"N": "7"}, collect='{concurrency: "${N}"}').collect.concurrency == 7
    assert folder.load({"N": "true"}, collect='{allow_private_networks: "${N}"}').collect.allow_private_networks


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("${NONE}", "the variable NONE is not set"),
        ("'${A:?x}'", "'${' begins an expression that is not known"),
        ("${}", "'${' begins an expression that is not known"),
        ("'${A'", "'${' begins an expression that is not known"),
        ("'${A:-${B}}'", "'${' begins an expression that is not known"),
        ("'${file:none.txt}'", "${file:none.txt} cannot be read: No such file or directory"),
        ("'${file:.}'", "${file:.} cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_filled_in_is_the_one_problem_of_its_value(folder, written, message):
    (problem,) = folder.problems({"A": "a", "B": "b"}, site=f'\n  url: "https://news.example"\n  name: {written}')

    assert (problem.key, problem.line, problem.message) == ("site.name", 3, message)


def test_each_variable_that_is_not_set_is_said(folder):
    found = folder.problems(site='{url: "https://${ONE}.example/${TWO}"}')

    assert [it.message for it in found] == ["the variable ONE is not set", "the variable TWO is not set"]


def test_a_file_is_read_relative_to_the_yaml_that_names_it(folder):
    folder.write("secrets/name", "From a file\r\n")
    folder.write("more/title", "A title\n")
    folder.write(
        "more/feeds.yaml", 'feeds: [{name: two, url: "https://two.example", category: world, title: "${file:title}"}]'
    )

    assert name_of(folder, "${file:secrets/name}") == "From a file"
    assert folder.load(include="more/feeds.yaml").feeds[1].title == "A title"


def test_a_dot_env_beside_the_file_is_read_and_the_environment_goes_before_it(folder):
    folder.write(".env", "# a comment\nexport A='from the file'\nB=\"quoted # text\"\nC\n")
    before = dict(os.environ)

    assert name_of(folder, "${A} ${B}", {"A": "real"}) == "real quoted # text"
    assert dict(os.environ) == before


def test_a_line_of_dot_env_that_cannot_be_read_is_said_without_what_it_holds(folder):
    folder.write(".env", "GOOD=1\nBAD='canary\n")

    (problem,) = folder.problems()

    assert (problem.file, problem.line) == (folder.path / ".env", 2)
    assert "canary" not in str(problem)


def test_the_secret_comes_from_digest_secret_unless_the_file_says_otherwise(folder):
    folder.write(".env", "DIGEST_SECRET=from-dot-env\n")

    assert folder.load().site.secret.get_secret_value() == "from-dot-env"
    assert folder.load({"DIGEST_SECRET": "real"}).site.secret.get_secret_value() == "real"
    site = '{url: "https://news.example", secret: own, old_secrets: [older]}'
    assert folder.load(site=site).site.secret.get_secret_value() == "own"


def test_without_any_secret_it_is_empty(folder):
    assert folder.load().site.secret.get_secret_value() == ""
