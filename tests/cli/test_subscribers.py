"""`digest subscribers`: consent is kept, lists are taken over as a whole or not at all."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli import csv_safe
from digest.errors import UsageError

A, B = "ada@reader.test", "bob@reader.test"


def readers(office) -> dict[str, dict]:
    return {it["address"]: it for it in json.loads(office.digest("subscribers", "list", "--json").stdout)}


def take(office, text: str, *options: str, code: int = 0):
    (office.folder / "list.csv").write_text(text, encoding="utf-8")
    return office.digest("subscribers", "import", str(office.folder / "list.csv"), *options, code=code)


def test_choices_are_kept(office):
    office.digest(
        *(
            "subscribers",
            "add",
            "Ada@READER.test",
            "--newsletter",
            "daily",
            "--categories",
            "sport",
            "--name",
            "Ada L.",
        ),
        *("--timezone", "Europe/Berlin", "--language", "de", "--hour", "6:30", "--weekly"),
        *("--format", "text", "--confirmed"),
    )
    shown = json.loads(office.digest("subscribers", "show", "Ada@reader.test", "--json").stdout)
    assert (shown["address"], shown["name"], shown["language"]) == ("Ada@reader.test", "Ada L.", "de")
    (own,) = shown["subscriptions"]
    assert [own[key] for key in ("categories", "timezone", "hour", "frequency", "format", "state")] == [
        ["sport"],
        "Europe/Berlin",
        "06:30",
        "weekly",
        "text",
        "active",
    ]
    assert [(it["act"], it["via"]) for it in shown["consents"]] == [("active", "operator")]
    assert "Europe/Berlin" in office.digest("subscribers", "show", "Ada@reader.test").stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--categories", "sport,chess", "there is no category of daily 'chess'; there is world, sport"),
        ("--timezone", "Mars/Olympus", "there is no time zone"),
        ("--language", "deutsch!", "is not a language tag"),
        ("--hour", "25:00", "is not a time of day"),
        ("--format", "pdf", "'pdf' is not one of 'html', 'text'"),
        ("--newsletter", "weekly", "there is no newsletter"),
        ("--name", "A\nB", "a name is one line"),
    ],
)
def test_choices_that_do_not_exist_end_with_two(office, option, value, said):
    arguments = ["subscribers", "add", A, "--newsletter", "daily", "--confirmed", option, value]
    assert said in office.digest(*arguments, code=2).stderr


def test_one_bad_address_does_not_stop_the_others(office):
    result = office.digest("subscribers", "add", "nobody", A, "--newsletter", "daily", "--confirmed", code=1)
    assert "not an e-mail address" in result.stderr
    assert set(readers(office)) == {A}


def test_without_confirmed_the_person_is_asked_by_mail(office):
    assert "asked by mail" in office.digest("subscribers", "add", A, "--newsletter", "daily").stdout
    assert readers(office)[A]["state"] == "pending"
    assert "https://news.test/confirm/" in office.mail.mails()[A].get_body(("plain",)).get_content()


def test_who_was_removed_stays_away_whatever_the_operator_says(office):
    office.join(A)
    assert "has left (daily)" in office.digest("subscribers", "remove", A).stdout
    assert "had left already" in office.digest("subscribers", "remove", A).stdout
    again = office.digest("subscribers", "add", A, "--newsletter", "daily", "--confirmed", code=1)
    assert "only the person can come back" in again.stderr
    assert "has left: left alone" in take(office, f"address\n{A}\n", "--newsletter", "daily", "--confirmed").stdout
    assert readers(office)[A]["state"] == "left"


def test_remove_can_be_for_one_newsletter(office):
    office.configure(newsletters="{daily: {}, weekly: {}}")
    office.join(A)
    office.join(A, newsletter="weekly")
    office.digest("subscribers", "remove", A, "--newsletter", "daily")
    rows = json.loads(office.digest("subscribers", "list", "--json").stdout)
    assert {row["newsletter"]: row["state"] for row in rows} == {"daily": "left", "weekly": "active"}


def test_who_is_forgotten_is_not_known_any_more(office):
    office.join(A, B)
    office.digest("subscribers", "forget", A, "--suppress")
    assert set(readers(office)) == {B}
    office.digest("subscribers", "show", A, code=2)
    assert A not in office.digest("subscribers", "export").stdout
    assert f"{A}\terased" in office.digest("suppressions", "list").stdout


def test_a_list_can_be_narrowed_and_is_cut(office):
    office.join(A, B)
    office.digest("subscribers", "remove", B)
    assert B not in office.digest("subscribers", "list", "--state", "active").stdout
    cut = office.digest("subscribers", "list", "--limit", "1")
    assert len(cut.stdout.splitlines()) == 2
    assert "--limit 0 shows all" in cut.stderr


def test_an_export_moves_house_without_a_loss(office):
    office.join(B)
    office.digest("subscribers", "remove", B)
    office.digest(
        *("subscribers", "add", A, "--newsletter", "daily", "--confirmed"),
        *("--name", "=cmd()", "--hour", "06:00", "--format", "text"),
    )
    office.digest("subscribers", "add", "new@reader.test", "--newsletter", "daily")
    text = office.digest("subscribers", "export").stdout
    assert "'=cmd()" in text
    before = readers(office)
    (office.folder / "digest.db").unlink()
    take(office, text, "--confirmed")
    after = readers(office)
    assert {address: it["state"] for address, it in after.items()} == {
        A: "active",
        B: "left",
        "new@reader.test": "pending",
    }
    assert {address: it["format"] for address, it in after.items()} == {
        A: "text",
        B: "html",
        "new@reader.test": "html",
    }
    for address in before:
        assert {**after[address], "since": ""} == {**before[address], "since": ""}
    assert office.digest("subscribers", "export").stdout == text


def test_an_import_says_line_by_line_and_a_dry_run_changes_nothing(office):
    office.join(A)
    office.digest("suppressions", "add", "bad@reader.test")
    text = f"address,newsletter\n{A},daily\n{B},daily\nbad@reader.test,daily\n"
    result = take(office, text, "--dry-run")
    assert result.stdout.splitlines() == [
        f"line 2: {A} (daily): is known: left as it is",
        f"line 3: {B} (daily): added",
        "line 4: bad@reader.test (daily): is suppressed (manual): left out",
    ]
    assert "nothing was changed" in result.stderr
    assert set(readers(office)) == {A}
    assert "1 added" in take(office, text, "--confirmed").stderr
    assert set(readers(office)) == {A, B}


def test_an_import_leaves_known_readers_their_choices(office):
    office.digest("subscribers", "add", A, "--newsletter", "daily", "--categories", "sport", "--confirmed")
    take(office, f"address,newsletter,categories\n{A},daily,world\n", "--confirmed")
    assert readers(office)[A]["categories"] == ["sport"]


def test_a_long_list_is_taken_over_in_parts_and_twice_is_once(office):
    addresses = [f"reader{number}@reader.test" for number in range(1200)]
    text = "address,newsletter\n" + "".join(
        f"{address},daily\n" for address in [*addresses, *addresses[:2], *addresses[-2:]]
    )
    result = take(office, text, "--confirmed")
    assert "1,200 added" in result.stderr
    assert len(json.loads(office.digest("subscribers", "list", "--limit", "0", "--json").stdout)) == 1200
    shown = json.loads(office.digest("subscribers", "show", addresses[700], "--json").stdout)
    assert [(it["act"], it["via"]) for it in shown["consents"]] == [("active", "import 1")]


def test_somebody_known_from_another_newsletter_keeps_their_name(office):
    office.configure(newsletters="{daily: {}, weekly: {}}")
    office.digest("subscribers", "add", A, "--newsletter", "daily", "--name", "Ada", "--confirmed")
    take(office, f"address,name,newsletter\n{A},Someone,weekly\n", "--confirmed")
    shown = json.loads(office.digest("subscribers", "show", A, "--json").stdout)
    assert (shown["name"], [it["newsletter"] for it in shown["subscriptions"]]) == ("Ada", ["daily", "weekly"])


def test_a_departure_in_a_list_is_a_departure(office):
    office.join(A)
    take(office, f"address,newsletter,state\n{A},daily,left\n", "--confirmed")
    assert readers(office)[A]["state"] == "left"


def test_a_wrong_line_stops_all_of_it_and_every_wrong_line_is_named(office):
    result = take(
        office, f"address,newsletter,timezone\n{A},daily,\nnobody,daily,\n{B},daily,Mars\n", "--confirmed", code=1
    )
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[:2]] == ["line 3", "line 4"]
    assert readers(office) == {}


def test_a_list_may_say_who_wants_plain_text_and_one_of_before_says_nothing_of_it(office):
    take(office, f"address,newsletter,format\n{A},daily,text\n{B},daily,\n", "--confirmed")
    assert {address: it["format"] for address, it in readers(office).items()} == {A: "text", B: "html"}
    wrong = take(office, "address,newsletter,format\nnew@reader.test,daily,pdf\n", "--confirmed", code=1)
    assert "there is no format 'pdf'; there is html, text" in wrong.stderr


def test_an_import_needs_the_operators_word(office):
    assert "--confirmed" in take(office, f"address\n{A}\n", "--newsletter", "daily", code=2).stderr


def test_an_imported_reader_gets_what_the_others_get(office):
    office.stock()
    office.join(A)
    take(office, f"address\n{B}\n", "--newsletter", "daily", "--confirmed")
    assert "1 letter for 2 readers" in office.digest("send", "daily").stdout


def test_an_export_to_a_file_is_for_the_owner_only_and_overwrites_nothing(office):
    office.join(A)
    path = office.folder / "out.csv"
    office.digest("subscribers", "export", "--output", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    office.digest("subscribers", "export", "--output", str(path), code=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "address among them"),
        ("name\nAda\n", "address among them"),
        ("address,colour\na,b\n", "not 'colour'"),
        ("address,address\na,b\n", "each once"),
        ('address\n"open', "is not CSV"),
        ("address\na,b\n", "more cells"),
        ("address\n\udcff\n".encode("utf-8", "surrogateescape"), "not CSV in UTF-8"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, text, said):
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with path.open(encoding="utf-8", newline="") as file, pytest.raises(UsageError, match=said):
        list(csv_safe.read(file, ("address", "name"), "address"))


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12).map(str.strip)


@given(st.lists(st.tuples(st.just("a@b.test"), cells), max_size=5))
def test_what_is_written_is_read_and_no_cell_is_a_formula(rows):
    file = io.StringIO(newline="")
    csv_safe.write(file, ("address", "name"), rows)
    text = file.getvalue()
    assert [
        tuple(found.values())
        for _, found in csv_safe.read(io.StringIO(text, newline=""), ("address", "name"), "address")
    ] == rows
    assert [
        cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row if cell[:1] in "=+-@" and cell
    ] == []


MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,TAGS\n"
    f'{A},Ada,Lovelace,3,2019-05-01 08:00:00,198.51.100.77,2019-05-01 09:30:00,198.51.100.77,1,"""vip"""\n'
)


def consents(office, address: str) -> list[dict]:
    return json.loads(office.digest("subscribers", "show", address, "--json").stdout)["consents"]


def test_a_list_of_mailchimp_brings_name_and_evidence_of_consent(office):
    take(office, MAILCHIMP, "--newsletter", "daily", "--confirmed", "--consent", "News every morning")
    assert readers(office)[A]["name"] == "Ada Lovelace"
    (kept,) = consents(office, A)
    assert (kept["act"], kept["from"], kept["form"], kept["words"]) == (
        *("active", "198.51.100.0/24", "list.csv", "News every morning"),
    )
    assert kept["at"].startswith("2019-05-01T09:30")


@pytest.mark.parametrize(
    ("text", "state", "suppressed"),
    [
        (f"Email Address,LEID,UNSUB_TIME\n{A},1,2020-01-01 00:00:00\n", "left", "no"),
        (f"Email Address,LEID,CLEAN_TIME\n{A},1,2020-01-01 00:00:00\n", "left", "bounce: import 1: list.csv"),
        (f"uuid,email,name,attributes,status\n1,{A},Ada,{{}},enabled\n", "active", "no"),
        (f"uuid,email,name,attributes,status\n1,{A},Ada,{{}},blocklisted\n", "left", "manual: import 1: list.csv"),
        (
            f"id,email,name,note,subscribed_to_emails,created_at\n1,{A},Ada,,true,2020-01-01T00:00:00.000Z\n",
            "active",
            "no",
        ),
        (f"id,email,name,note,subscribed_to_emails,created_at\n1,{A},Ada,,false,2020-01-01\n", "left", "no"),
        (f"Email,Active subscription,Email disabled,Created at\n{A},false,false,2020-01-01\n", "active", "no"),
        (f"Email,Active subscription,Email disabled,Created at\n{A},false,true,2020-01-01\n", "left", "no"),
        (f"email,creation_date,type\n{A},2020-01-01,regular\n", "active", "no"),
        (f"email,creation_date,type\n{A},2020-01-01,unactivated\n", "pending", "no"),
        (f"email,creation_date,type\n{A},2020-01-01,complained\n", "left", "complaint: import 1: list.csv"),
        (f"{A}\n", "active", "no"),
        (f"# our friends\n\nAda Lovelace <{A}>\n", "active", "no"),
        (f"address;name;state\n{A};Ada;bounced\n", "left", "bounce: import 1: list.csv"),
    ],
)
def test_lists_of_other_services_are_known_by_their_first_line(office, text, state, suppressed):
    fits = () if text[0] != "#" else ("--format", "plain")
    take(office, text, "--newsletter", "daily", "--confirmed", *fits)
    shown = json.loads(office.digest("subscribers", "show", A, "--json").stdout)
    assert (shown["subscriptions"][0]["state"], shown["suppressed"]) == (state, suppressed)


def test_columns_can_be_named_and_those_that_are_not_are_left_out(office):
    take(
        office,
        f"Mail,Who,Shoe size\n{A},Ada,38\n",
        *("--newsletter", "daily", "--confirmed", "--map", "Mail=address", "--map", "Who=name"),
    )
    assert readers(office)[A]["name"] == "Ada"
    assert "--map takes" in take(office, f"Mail\n{A}\n", "--confirmed", "--map", "Mail", code=2).stderr
    assert "no column" in take(office, f"Mail\n{A}\n", "--confirmed", "--map", "X=address", code=2).stderr


def test_a_list_of_windows_is_read_and_said_to_be_one(office):
    (office.folder / "list.csv").write_bytes(f"address;name\n{A};Zoë\n".encode("cp1252"))
    said = office.digest(
        "subscribers", "import", str(office.folder / "list.csv"), "--newsletter", "daily", "--confirmed"
    )
    assert "Windows-1252" in said.stderr
    assert readers(office)[A]["name"] == "Zoë"


def test_mistakes_can_be_skipped(office):
    result = take(office, f"{A}\nnobody\n{B}\n", "--newsletter", "daily", "--confirmed", "--skip-mistakes")
    assert "line 2" in result.stderr
    assert "1 line left out" in result.stderr
    assert set(readers(office)) == {A, B}


def test_only_a_reason_brings_back_who_has_left_and_nothing_who_has_complained(office):
    office.join(A, B)
    office.digest("subscribers", "remove", A)
    office.digest("suppressions", "add", B)
    text = f"address,newsletter\n{A},daily\n{B},daily\n"
    take(office, text, "--confirmed")
    assert readers(office)[A]["state"] == "left"
    take(office, text, "--confirmed", "--force-resubscribe", "asked at the fair")
    assert readers(office)[A]["state"] == "active"
    assert consents(office, A)[-1]["words"] == "asked at the fair"
    assert json.loads(office.digest("subscribers", "show", B, "--json").stdout)["suppressed"] == "no"
    take(office, f"address,newsletter,state\n{B},daily,complained\n", "--confirmed")
    said = take(office, text, "--confirmed", "--force-resubscribe", "again")
    assert f"{B} (daily): is suppressed (complaint): left out" in said.stdout


def test_an_import_is_taken_back_but_not_from_who_has_acted_since(office):
    office.join(A)
    take(office, f"address,newsletter,state\n{A},daily,left\n{B},daily,\nnew@reader.test,daily,\n", "--confirmed")
    office.digest("subscribers", "remove", "new@reader.test")
    said = office.digest("subscribers", "import", "undo", "1").stdout.splitlines()
    assert said == [
        "1 subscription removed",
        "1 as before",
        "1 left as they are: their readers, or you, have changed them since",
    ]
    assert {address: it["state"] for address, it in readers(office).items()} == {
        A: "active",
        "new@reader.test": "left",
    }
    assert "taken back already" in office.digest("subscribers", "import", "undo", "1", code=2).stderr
    (listed,) = json.loads(office.digest("subscribers", "import", "list", "--json").stdout)
    assert (listed["source"], listed["changes"], bool(listed["undone_at"])) == ("list.csv", 2, True)


def test_who_was_written_to_since_gets_nothing_more_once_the_import_is_taken_back(office):
    office.stock()
    take(office, f"{B}\n", "--newsletter", "daily", "--confirmed")
    office.digest("send", "daily")
    assert "1 had been written to" in office.digest("subscribers", "import", "undo", "1").stdout
    assert readers(office)[B]["state"] == "pending"


def test_no_list_and_no_operator_brings_back_who_was_forgotten(office):
    office.join(A)
    office.digest("subscribers", "forget", A, "--yes")
    said = take(office, f"{A.upper()}\n", "--newsletter", "daily", "--confirmed")
    assert "was forgotten at their own request" in said.stdout
    assert readers(office) == {}
    refused = office.digest("subscribers", "add", A, "--newsletter", "daily", "--confirmed", code=1)
    assert "asked to be forgotten" in refused.stderr


def test_a_store_that_is_put_back_to_before_somebody_was_removed_is_held(office):
    office.stock()
    office.join(A, B)
    office.digest("send", "daily")
    office.digest("db", "backup", str(office.folder / "backup.db"))
    office.digest("subscribers", "remove", A)
    for part in office.folder.glob("digest.db-*"):
        part.unlink()
    (office.folder / "backup.db").replace(office.folder / "digest.db")
    # What is done before the store was looked at does not hide it.
    office.digest("subscribers", "remove", B)
    assert "digest resume" in office.digest("send", "daily", code=1).stderr
