"""Single values: what is taken, as what, and what is not."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from digest.model import Mailbox
from digest.settings import values
from digest.settings.kinds import written
from digest.settings.values import Endpoint, Rate

PARSERS = [
    values.duration,
    values.size,
    values.rate,
    values.clock,
    values.weekdays,
    values.cron,
    values.zone,
    values.schedule_zone,
    values.line,
    values.language,
    values.address,
    values.mailbox,
    values.web_url,
    values.site_url,
    values.host,
    values.endpoint,
    values.name,
]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (values.duration, "30m", timedelta(minutes=30)),
        (values.duration, "1h30m", timedelta(minutes=90)),
        (values.duration, "2w", timedelta(days=14)),
        (values.duration, "0s", timedelta()),
        (values.size, "10MB", 10_000_000),
        (values.size, "1 kib", 1024),
        (values.size, "512", 512),
        (values.rate, "50/s", Rate(50, timedelta(seconds=1))),
        (values.rate, "1000 / h", Rate(1000, timedelta(hours=1))),
        (values.clock, "07:00", time(7)),
        (values.clock, "7:05", time(7, 5)),
        (values.weekdays, "daily", frozenset(range(7))),
        (values.weekdays, "mon-fri", frozenset(range(5))),
        (values.weekdays, "Sat - mon".replace(" ", ""), frozenset({5, 6, 0})),
        (values.weekdays, "mon, wed,fri", frozenset({0, 2, 4})),
        (values.weekdays, ["mon-tue", "sun"], frozenset({0, 1, 6})),
        (values.weekdays, "mon-mon", frozenset({0})),
        (values.cron, " 0  7 * * mon-fri", "0 7 * * mon-fri"),
        (values.zone, "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        (values.schedule_zone, "subscriber", "subscriber"),
        (values.language, "zh-Hant-TW", "zh-Hant-TW"),
        (values.address, "digest@NEWS.example", "digest@news.example"),
        (values.address, "digest@bücher.example", "digest@xn--bcher-kva.example"),
        (values.address, "news@intranet", "news@intranet"),
        (values.mailbox, "a@b.example", Mailbox(address="a@b.example")),
        (
            values.mailbox,
            'Views, "News" & Co. <a@b.example>',
            Mailbox(address="a@b.example", name='Views, "News" & Co.'),
        ),
        (values.mailbox, '"The Daily" <a@b.example>', Mailbox(address="a@b.example", name="The Daily")),
        (values.web_url, "http://[::1]:8080/feed?a=b", "http://[::1]:8080/feed?a=b"),
        (values.site_url, "https://news.example/digest/", "https://news.example/digest"),
        (values.site_url, "https://Bücher.example:8443/a", "https://xn--bcher-kva.example:8443/a"),
        (values.host, "mail.example", "mail.example"),
        (values.host, "::1", "::1"),
        (values.endpoint, "0.0.0.0:80", Endpoint("0.0.0.0", 80)),
        (values.endpoint, "[::]:80", Endpoint("::", 80)),
        (values.endpoint, "8080", Endpoint("127.0.0.1", 8080)),
    ],
)
def test_taken(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (values.duration, ["", "30", "m", "-1m", "1.5h", "1 h", "30M", "9999999999d", "٣m", None]),
        (values.size, ["", "MB", "-1MB", "1.5MB", "10 bytes", None]),
        (values.rate, ["", "50", "0/s", "50/w", "50 per second", "-1/s", []]),
        (values.clock, ["", "24:00", "7", "07:60", "0700", "07:00:00", "7 am"]),
        (values.weekdays, ["", "monday", "mon-", "mon-xyz", "mon;tue", [], [["mon"]], None, "mon - fri"]),
        (values.cron, ["", "0 7 * *", "* * * * * *", "@daily", "61 * * * *", "0 0 30 2 *", "0 7 * * 8"]),
        (values.zone, ["", "Europe", "../etc/passwd", "/etc/localtime", "Mars/Olympus", "\0", "subscriber"]),
        (values.line, ["a\nb", "a\x00", "a\u2028b", "x" * 201]),
        (values.language, ["", "english", "e", "en_GB", "en-"]),
        (
            values.address,
            [
                "",
                "a",
                "a@",
                "@b.example",
                "a b@c.example",
                "a@b..example",
                "a@localhost",
                "ü@b.example",
                "a@b.example\nX: y",
            ],
        ),
        (
            values.mailbox,
            ["", "A <a@b.example", "A <>", "a@b.example, c@d.example", "A\nB <a@b.example>", "<<a@b.example>>"],
        ),
        (
            values.web_url,
            ["", "//a.example", "file:///etc/passwd", "https://", "https://a b", "http://a:99999", "http://[", "x"],
        ),
        (values.site_url, ["https://a.example?x=1", "https://a.example#x", "https://u:p@a.example"]),
        (values.host, ["", "mail.example:25", "smtp://mail.example", "a b", "a/b", "-x"]),
        (values.endpoint, ["", "a:b", "127.0.0.1:65536", "http://a:80", ":80"]),
        (values.name, ["", "A", "-a", "a b", "ä", "a" * 65, "a\n"]),
    ],
)
def test_refused(parse, texts):
    for text in texts:
        with pytest.raises(PydanticCustomError):
            parse(text)


@given(st.sampled_from(PARSERS), st.text())
def test_no_text_is_anything_but_taken_or_refused(parse, text):
    try:
        parse(text)
    except PydanticCustomError as refused:
        assert refused.context["said"]  # noqa: PT017  (both ways are right)


@given(st.integers(0, 10_000_000))
def test_a_duration_is_read_as_it_is_written(seconds):
    if seconds < 1_000_000 or seconds % 60 == 0:
        assert values.duration(written(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("key", "low", "high"), [("every", "1m", "7d"), ("max_bytes", "10KB", "100MB")])
def test_bounds_are_part_of_the_range(folder, key, low, high):
    assert folder.load(collect=f"{{{key}: {low}}}")
    assert folder.load(collect=f"{{{key}: {high}}}")
    for outside in ("0", "900MB") if key == "max_bytes" else ("59s", "8d"):
        (problem,) = folder.problems(collect=f"{{{key}: {outside}}}")
        assert problem.message == f"must be between {low} and {high}, not '{outside}'"


@pytest.mark.parametrize("at", ['"07:00"', "07:00", "[07:00]", '["07:00", 7:00]'])
def test_a_time_of_day_needs_no_quotes(folder, at):
    settings = folder.load(newsletters=f"{{daily: {{schedule: {{at: {at}}}}}}}")

    assert settings.newsletters["daily"].schedule.at == (time(7),)


def test_times_of_day_are_sorted(folder):
    settings = folder.load(newsletters="{daily: {schedule: {at: [18:30, 7:00]}}}")

    assert settings.newsletters["daily"].schedule.at == (time(7), time(18, 30))


def test_no_is_a_text(folder):
    site = '{url: "https://news.example", name: NO, tagline: 2026}'

    assert (folder.load(site=site).site.name, folder.load(site=site).site.tagline) == ("NO", "2026")


@pytest.mark.parametrize(
    ("written_url", "resolved"),
    [
        ("sqlite:///data/x.db", "sqlite:///{folder}/data/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://u:p%40@db:5432/digest", "postgresql://u:p%40@db:5432/digest"),
        ("postgresql:///digest?host=/run/postgresql", "postgresql:///digest?host=/run/postgresql"),
    ],
)
def test_a_relative_sqlite_file_starts_at_the_yaml(folder, written_url, resolved):
    settings = folder.load(database=f'"{written_url}"')

    assert settings.database.get_secret_value() == resolved.format(folder=folder.path)


def test_the_default_database_is_beside_the_yaml(folder):
    assert folder.load().database.get_secret_value() == f"sqlite:///{folder.path}/data/digest.db"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u@h/d",
        "postgresql://h",
        "postgresql://u:a@b@h/d",
        "postgresql://u:a#b@h/d",
        "x",
    ],
)
def test_other_databases_are_refused_without_being_shown(folder, url):
    (problem,) = folder.problems(database=f'"{url}"')

    assert problem.key == "database"
    assert problem.hint
    assert url not in str(problem.message)


def test_own_templates_go_beside_those_that_ship(folder):
    folder.write("looks/plain/letter.html.j2", "")
    folder.write("looks/coloured/style.css", "")
    folder.write("looks/broken/lettre.html.j2", "")
    folder.write("looks/pages/style.css", "")

    every = "{a: {template: plain}, b: {template: classic}, c: {template: coloured}}"
    settings = folder.load(templates_dir="looks", newsletters=every)

    assert settings.templates_dir == folder.path / "looks"
    for none in ("broken", "pages"):
        (problem,) = folder.problems(templates_dir="looks", newsletters=f"{{a: {{template: {none}}}}}")
        assert problem.key == "newsletters.a.template"
