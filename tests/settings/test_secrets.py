"""What is secret never shows: neither in problems nor in settings nor in a traceback."""

import pickle
import traceback

import pytest

from digest.errors import ConfigurationError
from digest.settings import nouns

CANARY = "c4nary-7f3e"
ENVIRON = {"CANARY": CANARY}


def everything_shown(error):
    chain, parts = error, []
    while chain is not None:
        parts += [str(chain), repr(chain), repr(chain.args)]
        chain = chain.__context__
    return "\n".join([*parts, *traceback.format_exception(error)])


@pytest.mark.parametrize(
    "keys",
    [
        {"site": '{url: "${CANARY}", timezone: "${CANARY}", language: "${CANARY}"}'},
        {"collect": '{every: "${CANARY}", concurrency: "${CANARY}", allow_private_networks: "${CANARY}"}'},
        {"mail": '{from: "${CANARY}", in_doubt: "${CANARY}", smtp: {host: "a b ${CANARY}", password: "${CANARY}"}}'},
        {"feeds": '[{name: "A${CANARY}", url: "x:${CANARY}", category: "${CANARY}"}]'},
        {"newsletters": '{daily: {template: "${CANARY}", when_empty: "${CANARY}"}}'},
        {"newsletters": '{daily: {schedule: {cron: "${CANARY}", days: "${CANARY}", timezone: "${CANARY}"}}}'},
        {"web": '{listen: "${CANARY}"}', "log": '{level: "${CANARY}"}', "templates_dir": '"${CANARY}"'},
        {"include": '"${CANARY}.yaml"', "site": '"${CANARY}"'},
        {"database": '"postgresql://u:${CANARY}@@h/d"', "feeds": '"${file:secret.txt}"'},
        {"database": f'"mysql://u:{CANARY}@h/d"'},
        {"site": f"{{secret: {CANARY}, old_secrets: {{a: {CANARY}}}}}"},
        {"mail": f"{{from: x, smtp: {{password: {CANARY}, port: x}}}}"},
        {"site": '{url: "https://news.example:${CANARY}"}'},
    ],
)
def test_no_problem_shows_what_came_from_a_variable_or_is_a_password(folder, keys):
    folder.write("secret.txt", CANARY)

    with pytest.raises(ConfigurationError) as caught:
        folder.load(ENVIRON, **keys)

    assert CANARY.lower() not in everything_shown(caught.value).lower()


def test_a_problem_shows_the_expression_instead(folder):
    (problem,) = folder.problems(ENVIRON, collect='{every: "${CANARY}"}')

    assert problem.message == "'${CANARY}' is not a duration"


def test_how_near_a_secret_comes_to_a_known_name_is_not_said(folder):
    site = '{url: "https://news.example", timezone: "${ZONE}"}'

    (problem,) = folder.problems({"ZONE": "Europe/Lodnon"}, site=site)

    assert "London" not in str(problem)


def test_an_exception_ends_where_it_is_raised(folder):
    with pytest.raises(ConfigurationError) as caught:
        folder.load(ENVIRON, site='{url: "${CANARY}"}')

    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_no_settings_show_a_secret(folder):
    settings = folder.load(
        ENVIRON,
        site='{url: "https://news.example", secret: "${CANARY}", old_secrets: ["${CANARY}"]}',
        mail='{from: a@b.example, smtp: {host: h.example, username: u, password: "${CANARY}"}}',
        database='"postgresql://u:${CANARY}@h/digest"',
    )

    shown = [
        repr(settings),
        str(settings),
        str(settings.model_dump()),
        settings.model_dump_json(),
        f"{settings.mail!r}",
    ]
    assert all(CANARY not in text for text in shown)
    assert nouns.database_place(settings) == "postgresql://h/digest"
    assert settings.mail.smtp.password.get_secret_value() == CANARY


def test_settings_are_frozen(folder):
    settings = folder.load()

    with pytest.raises(ValueError, match="frozen"):
        settings.site.url = "https://other.example"
    assert pickle.loads(pickle.dumps(settings)) == settings
