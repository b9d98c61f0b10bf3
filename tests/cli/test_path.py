"""The way of an operator, from an empty folder to mails in inboxes."""

import json

import pytest

A, B = "ada@reader.test", "bob@reader.test"


def test_from_feed_to_inbox(office):
    assert "will be made by the first run" in office.digest("check").stdout
    assert "wire\t2\t0\t0\t0\tread" in office.digest("collect").stdout
    office.join(A, B)
    assert "Rain in Rome" in office.digest("preview", "daily", "--format", "text").stdout
    assert "1 letter for 2 readers" in office.digest("send", "daily", "--dry-run").stdout
    result = office.digest("send", "daily")
    assert "daily no. 1: 1 letter for 2 readers" in result.stdout
    assert "2 sent" in result.stdout
    mails = office.mail.mails()
    assert set(mails) == {A, B}
    assert "Snow in Oslo" in mails[A].get_body(("plain",)).get_content()
    assert "X-Digest-Test" not in mails[A]
    assert mails[A]["To"] == A


def test_what_was_sent_is_not_sent_again(office):
    office.stock()
    office.join(A)
    office.digest("send", "daily")
    assert "nothing is sent: nothing new for any reader" in office.digest("send", "daily").stdout
    assert len(office.mail.received) == 1


def test_what_is_previewed_is_what_is_sent(office):
    office.stock()
    office.join(A)
    told = office.digest("preview", "daily", "--as", A, "--format", "text", "--at", "now").stdout
    office.digest("send", "daily")
    sent = office.mail.mails()[A].get_body(("plain",)).get_content()

    def stories(text):
        return [line for line in text.splitlines() if "https://news.test" not in line and line.strip()]

    assert stories(told) == stories(sent)


def test_a_trial_goes_only_to_those_named_and_leaves_no_trace(office):
    office.stock()
    office.join(A)
    before = (office.folder / "digest.db").read_bytes()
    office.digest("send", "daily", "--test", "me@editors.test", "you@editors.test")
    assert (office.folder / "digest.db").read_bytes() == before
    mails = office.mail.mails()
    assert set(mails) == {"me@editors.test", "you@editors.test"}
    assert mails["me@editors.test"]["Subject"].startswith("[Test] ")
    assert mails["me@editors.test"]["X-Digest-Test"]
    assert mails["me@editors.test"]["Message-ID"] != mails["you@editors.test"]["Message-ID"]
    assert "1 sent" in office.digest("send", "daily").stdout


def test_the_slot_that_was_sent_early_is_settled(office):
    office.stock()
    office.join(A)
    office.digest("send", "daily", "--at", "tomorrow 07:00")
    (edition,) = json.loads(office.digest("editions", "list", "--json").stdout)
    assert edition["slot"] == json.loads(office.digest("editions", "next", "--json").stdout)[_tomorrow(office)]["at"]
    assert "already" in office.digest("send", "daily", "--at", "tomorrow 07:00", code=2).stderr


def _tomorrow(office) -> int:
    """Which of the coming slots is tomorrow's: today's 07:00 may still come."""
    slots = json.loads(office.digest("editions", "next", "--json").stdout)
    days = [slot["local_time"] for slot in slots]
    now = json.loads(office.digest("status", "--json").stdout)["now"]
    return 1 if days[0].split()[1] == now[:10] else 0


def test_a_reader_who_is_refused_makes_it_fail_and_the_others_get_theirs(office):
    office.stock()
    office.join(A, B)
    office.mail.refusals[B] = "550 5.1.1 nobody here"
    result = office.digest("send", "daily", code=1)
    assert "1 failed, 1 sent" in result.stdout
    assert "nobody here" in result.stderr
    assert set(office.mail.mails()) == {A}
    assert B in office.digest("suppressions", "list").stdout


def test_what_is_put_off_waits_in_the_outbox(office):
    office.stock()
    office.join(A)
    office.mail.refusals[A] = "451 4.7.1 later"
    result = office.digest("send", "daily")
    assert "1 deferred" in result.stdout
    assert "waits in the outbox" in result.stderr
    assert "1 deferred" in office.digest("status").stdout


def test_a_mail_server_that_is_away_ends_with_one_and_loses_nobody(office):
    office.stock()
    office.join(A)
    at_home = office.mail.port
    office.mail.port = 1
    office.configure()
    assert "the mail server refuses us" in office.digest("send", "daily", code=1).stderr
    office.mail.port = at_home
    office.configure()
    assert "1 sent" in office.digest("send", "daily", "--resume").stdout
    assert set(office.mail.mails()) == {A}
    assert "the outbox is empty" in office.digest("send", "daily", "--resume").stdout


def test_no_edition_is_made_that_could_not_be_signed(office):
    office.configure(site='{url: "https://news.test"}')
    office.stock()
    office.join(A)
    assert "DIGEST_SECRET" in office.digest("send", "daily", code=2).stderr
    assert json.loads(office.digest("editions", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send", "weekly"), "there is no newsletter 'weekly'; there is daily"),
        (("send", "daily", "stray"), "unexpected extra argument"),
        (("send", "daily", "--test", "x@y.test", "--dry-run"), "exclude each other"),
        (("send", "daily", "--as", A), "--as belongs to --test"),
        (("send", "daily", "--at", "soon"), "is not a moment"),
        (("preview", "daily", "--as", "nobody@reader.test", "--format", "text"), "there is no reader of daily"),
        (("collect", "nosuch"), "there is no feed 'nosuch'; there is wire"),
        (("editions", "show", "7"), "there is no edition '7'"),
    ],
)
def test_what_cannot_be_done_as_asked_ends_with_two(office, arguments, said):
    office.digest("db", "upgrade")
    assert said in office.digest(*arguments, code=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("preview", "daily"),
        ("editions", "list"),
        ("editions", "pause", "1"),
        ("feeds", "list"),
        ("subscribers", "list"),
        ("suppressions", "export"),
        ("send", "daily", "--dry-run"),
        ("db", "backup"),
    ],
)
def test_without_a_database_they_say_what_to_run_first_and_make_none(office, arguments):
    stderr = office.digest(*arguments, code=1).stderr
    assert "run `digest db upgrade` or `digest run` first" in stderr
    assert not (office.folder / "digest.db").exists()


def test_a_database_of_an_older_version_is_said(office):
    (office.folder / "digest.db").touch()
    assert "run `digest db upgrade`" in office.digest("status", code=1).stderr


def test_a_configuration_with_mistakes_names_each_on_a_line(office):
    office.configure(newsletters="{daily: {titel: x, template: nosuch}}")
    lines = office.digest("status", code=2).stderr.splitlines()
    assert [line.startswith("error: ") for line in lines] == [True, True]
    assert "digest.yaml:7:" in lines[0]


def test_no_configuration_ends_with_two(quiet):
    assert "run `digest init`" in quiet("status", code=2).stderr


def test_collect_fails_where_a_named_feed_or_all_fail(office):
    office.configure(
        feeds=f'[{{name: wire, url: "{office.feeds.url_for("/wire.xml")}", category: world}}, '
        f'{{name: gone, url: "{office.feeds.url_for("/gone.xml")}", category: world}}]'
    )
    office.feeds.expect_request("/gone.xml").respond_with_data("", status=410)
    assert "gone\t0\t0\t0\t0\t" in office.digest("collect").stdout
    office.digest("collect", "gone", code=1)
    office.digest("collect", "wire")


def test_what_was_old_at_the_first_poll_is_held_back_and_said(office):
    office.serve("Old news", hours_ago=60)
    result = office.digest("collect")
    assert "wire\t0\t0\t0\t1\tread" in result.stdout
    assert "1 article older than 1 d" in result.stderr


def test_preview_writes_files(office):
    office.stock()
    out = office.folder / "out"
    office.digest("preview", "daily", "--output", str(out))
    assert {path.name for path in out.iterdir()} == {"daily.html", "daily.txt", "daily.eml"}
    office.digest("preview", "daily", "--output", str(out), "--format", "json")
    told = json.loads((out / "daily.json").read_text())
    assert told["subject"]
    assert told["articles"] == [1, 2]
    assert (out / "daily.eml").read_bytes().count(b"\r\n") > 10


def test_preview_of_nothing_says_why(office):
    office.digest("db", "upgrade")
    assert "nothing new" in office.digest("preview", "daily", "--format", "text", code=1).stderr


@pytest.mark.slow
def test_on_postgresql_the_same_commands_do_the_same(office, postgresql_database):
    office.configure(database=f'"{postgresql_database}"')
    assert "✓ ok     database" in office.digest("check").stdout
    office.digest("collect")
    office.join(A, B)
    office.mail.refusals[B] = "451 later"
    assert "1 letter for 2 readers" in office.digest("send", "daily", "--dry-run").stdout
    assert "1 deferred, 1 sent" in office.digest("send", "daily").stdout
    shown = json.loads(office.digest("editions", "show", "1", "--json").stdout)
    assert (shown["deliveries"], shown["letters"][0]["readers"]) == ({"deferred": 1, "sent": 1}, 2)
    assert json.loads(office.digest("editions", "next", "1", "--json").stdout)[0]["readers"] == 2
    assert json.loads(office.digest("feeds", "list", "--json").stdout)[0]["articles"] == 2
    assert json.loads(office.digest("status", "--json").stdout)["outbox"]["deferred"] == 1
    (office.folder / "list.csv").write_text(office.digest("subscribers", "export").stdout)
    imported = office.digest("subscribers", "import", str(office.folder / "list.csv"), "--confirmed")
    assert "2 is known" in imported.stderr
    assert "0 articles and 0 letters" in office.digest("db", "prune").stdout


@pytest.mark.slow
def test_a_postgresql_that_is_away_is_said_without_its_password(office):
    office.configure(database='"postgresql://digest:hidden@127.0.0.1:1/digest"')
    stderr = office.digest("status", code=1).stderr
    assert "the database cannot be used" in stderr
    assert "hidden" not in stderr
    assert "✗ wrong  database" in office.digest("check", code=1).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("feeds", "export"), 2, "nosuch/file cannot be written: there is no folder "),
        (("subscribers", "export"), 1, "nosuch/file: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_in_words(office, arguments, code, said):
    office.digest("db", "upgrade")
    stderr = office.digest(*arguments, "--output", str(office.folder / "nosuch" / "file"), code=code).stderr
    assert said in stderr
