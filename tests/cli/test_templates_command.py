"""`digest templates`: an operator copies what is to be changed, and nothing else."""

import json
from pathlib import Path

import pytest

from digest.resources import TEMPLATES


def test_a_file_is_copied_to_the_same_place_beside_the_configuration_and_it_says_what_is_left_to_do(quiet, tmp_path):
    quiet("init")
    said = quiet("templates", "copy", "classic/style.css").stdout
    copied = tmp_path / "config" / "templates" / "classic" / "style.css"
    assert copied.read_bytes() == (TEMPLATES / "classic" / "style.css").read_bytes()
    assert "templates_dir: templates" in said
    config = tmp_path / "config" / "digest.yaml"
    config.write_text(config.read_text().replace("#templates_dir: templates", "templates_dir: templates"))
    copied.write_text(copied.read_text().replace("--accent: #96281b", "--accent: #0b4fa8"))
    listed = {each["name"]: each for each in json.loads(quiet("templates", "list", "--json").stdout)}
    assert listed["classic/style.css"] == {"name": "classic/style.css", "digest": True, "yours": True}
    assert not listed["classic/letter.html.j2"]["yours"]
    assert "✗" not in quiet("check").stdout


def test_a_look_becomes_a_look_of_ones_own(quiet, tmp_path):
    quiet("init", "--templates")
    said = quiet("templates", "copy", "classic", "--as", "ours").stdout
    theirs = {path.name for path in (TEMPLATES / "classic").iterdir()}
    assert {path.name for path in (tmp_path / "templates" / "ours").iterdir()} == theirs
    assert "template: ours" in said
    assert "templates_dir" not in said


def test_nothing_is_overwritten(quiet, tmp_path):
    quiet("init", "--templates")
    changed = tmp_path / "templates" / "pages" / "confirm.html.j2"
    changed.write_text("mine")
    refused = quiet("templates", "copy", "pages", code=1)
    assert "pages/confirm.html.j2" in refused.stderr
    assert changed.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("clasic",), "did you mean classic?"),
        (("../secrets",), "there is no template"),
        (("classic", "--as", "Pages"), "--as"),
        (("classic", "--as", "pages"), "--as"),
        (("classic", "pages", "--as", "ours"), "--as"),
        (("classic", "--as", "../ours"), "--as"),
    ],
)
def test_what_cannot_be_copied_is_said(quiet, tmp_path, arguments, words):
    refused = quiet("templates", "copy", *arguments, "--to", str(tmp_path / "to"), code=2)
    assert words in refused.stderr
    assert not Path(tmp_path / "to").exists()


def test_templates_are_listed_without_a_configuration(quiet):
    assert any(
        line.split()[0] == "classic/style.css" and line.endswith("Digest's")
        for line in quiet("templates", "list").stdout.splitlines()
    )
