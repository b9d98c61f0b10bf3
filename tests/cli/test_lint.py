"""`digest lint`: a line a finding with where and how to mend it, and an exit status that a script can use."""

import json
import shutil

import click
import pytest

from digest.cli import lint as command
from digest.editions.lint import Finding, Place, Severity
from digest.resources import TEMPLATES

COLUMNS = ["severity", "rule", "where", "what", "readers", "mend", "times"]


@pytest.fixture
def own(office):
    """`own(file, old, new)`: the operator's templates with one change."""

    def change(file, old, new):
        folder = office.folder / "templates"
        if not folder.exists():
            shutil.copytree(TEMPLATES, folder)
            office.configure("templates_dir: templates")
        path = folder / file
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))

    return change


def rules_of(result):
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    return {line[1]: line for line in lines if len(line) == len(COLUMNS)}


def test_the_letter_to_come_has_no_errors(office):
    office.stock()
    result = office.digest("lint", "daily")
    assert result.stdout.splitlines()[0].split("\t") == COLUMNS
    assert "error" not in {line[0] for line in rules_of(result).values()}
    assert "0 errors" in result.stdout.splitlines()[-1]
    assert " of 102,400 bytes" in result.stdout.splitlines()[-1]


def test_an_error_names_the_line_of_the_template_and_ends_with_one(office, own):
    own("classic/letter.html.j2", "</h1>", '</h1>\n<img class="mark" src="https://news.test/mark.png">')
    office.stock()
    result = office.digest("lint", "daily", code=1)
    lines = (office.folder / "templates/classic/letter.html.j2").read_text().splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if 'class="mark"' in text)
    assert rules_of(result)["image-without-alt"][2] == f"classic/letter.html.j2:{line}"


def test_a_colour_is_told_where_the_style_sheet_gives_it(office, own):
    own("classic/letter.html.j2", "</h1>", '</h1><div class="faint">Faint words</div>')
    own("classic/style.css", "/* KEPT", ".faint { color: #cdcdcd; }\n\n/* KEPT")
    result = office.digest("lint", "daily", "--sample", code=1)
    lines = (office.folder / "templates/classic/style.css").read_text().splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if text.startswith(".faint"))
    assert rules_of(result)["contrast-low"][2] == f"classic/style.css:{line}"


def test_with_nothing_to_tell_a_made_up_letter_is_looked_at_and_said_to_be_one(office):
    office.digest("db", "upgrade")
    out = office.digest("lint", "daily").stdout
    assert "This is about a letter of made-up articles: nothing new" in out
    assert "0 errors" in out


def test_a_made_up_letter_takes_neither_database_nor_secret(office):
    office.configure(site='{name: Test, url: "https://news.test", postal_address: "1 High St"}')
    out = office.digest("lint", "daily", "--sample").stdout
    assert "0 errors" in out
    assert not (office.folder / "digest.db").exists()


def test_json_has_all_of_it(office):
    office.stock()
    told = json.loads(office.digest("lint", "daily", "--json").stdout)
    assert 0 < told["html_bytes"] < 102_400
    assert told["supported"] + told["partial"] + told["unsupported"] == pytest.approx(100, abs=0.1)
    assert told["made_up"] == ""
    assert all(finding["place"]["part"] in {"html", "text", "headers"} for finding in told["findings"])


def test_links_are_asked_for_only_on_request(office):
    office.stock()
    office.feeds.clear_log()
    office.digest("lint", "daily")
    assert office.feeds.log == []
    out = office.digest("lint", "daily", "--links", code=1)
    assert [line for line in out.stdout.splitlines() if line.startswith("broken\thttps://world.example/")]
    assert rules_of(out)["link-broken"][3].startswith("https://world.example/ leads nowhere: there is no host")


def test_a_reader_who_is_not_there_is_said(office):
    office.stock()
    assert "there is no reader of daily" in office.digest("lint", "daily", "--as", "nobody@x.test", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which letter"),
        (["weekly"], "there is no newsletter 'weekly'"),
        (["daily", "--sample", "--at", "now"], "give one or the other"),
        (["daily", "--sample", "--links"], "goes alone"),
        (["daily", "--at", "soon"], "is not a moment"),
    ],
)
def test_what_cannot_be_done_as_asked_ends_with_two(office, arguments, said):
    office.stock()
    assert said in office.digest("lint", *arguments, code=2).stderr


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.eml"
    path.write_bytes(
        b"From: a@news.test\r\nTo: b@x.test\r\nSubject: A quiet day in the harbour\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Words\x1b[31m</p><img src=a.png>\r\n"
    )
    return path


def test_a_file_needs_no_configuration(quiet, letter):
    result = quiet("lint", "--file", str(letter), code=1)
    found = rules_of(result)
    assert {"image-without-alt", "text-missing", "list-unsubscribe-missing"} <= {*found}
    assert "\x1b" not in result.stdout
    assert found["image-without-alt"][2] == "html, line 1"


def test_a_file_can_be_held_to_what_a_newsletters_letters_must_say(office, letter):
    result = office.digest("lint", "daily", "--file", str(letter), code=1)
    assert {"way-missing", "postal-address-missing"} <= {*rules_of(result)}
    assert not (office.folder / "digest.db").exists()


def test_to_ask_links_of_a_file_takes_a_newsletter(quiet, letter):
    assert "give a newsletter as well" in quiet("lint", "--file", str(letter), "--links", code=2).stderr


def test_a_finding_on_a_terminal_is_a_block_that_says_how_to_mend_it():
    place = Place(part="html", line=7, snippet="<img src='a.png'\x07>", template="classic/a.html.j2", template_line=3)
    finding = Finding(
        rule="image-without-alt",
        severity=Severity.ERROR,
        what="A picture has no alternative text.",
        readers="readers who listen",
        mend="Describe it.",
        place=place,
        count=2,
        source="RFC 1",
    )
    assert [click.unstyle(line) for line in command._block(finding)] == [
        "✗ error  A picture has no alternative text. (2 times)",
        "  where  classic/a.html.j2:3  <img src='a.png' >",
        "  hits   readers who listen",
        "  mend   Describe it.",
        "  rule   image-without-alt, RFC 1",
    ]


def test_check_looks_at_a_made_up_letter_of_each_newsletter(office):
    out = office.digest("check").stdout
    assert "✓ ok     letter of daily: HTML " in out


def test_check_takes_errors_of_a_look_for_its_own(office, own):
    own("classic/letter.html.j2", "</h1>", '</h1><img src="https://news.test/mark.png">')
    out = office.digest("check", code=1).stdout
    assert "✗ wrong  letter of daily: " in out
    assert "[image-without-alt]" in out


def test_check_takes_warnings_of_a_look_for_notes(office, own):
    own("classic/letter.html.j2", "</h1>", '</h1><div style="font-size:9px">Small</div>')
    out = office.digest("check").stdout
    assert "! note   letter of daily: " in out
    assert "[text-small]" in out


def test_check_reads_the_sponsored_block_of_a_newsletter(office, own):
    own("sponsored/example.html.j2", "<", "{{ nothing }}<")
    office.configure(
        "templates_dir: templates",
        newsletters='{daily: {title: The Daily, schedule: {at: "07:00"}, sponsor: example}}',
    )
    out = office.digest("check", code=1).stdout
    assert "✗ wrong  templates: sponsored/example.html.j2:" in out
    assert out.count("sponsored/example.html.j2:") == 1
