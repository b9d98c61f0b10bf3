"""`digest init`: a folder that passes `digest check` as it is, and nothing overwritten."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from digest.resources import TEMPLATES


def test_a_fresh_folder_passes_the_check_and_says_what_is_left_to_fill_in(quiet):
    quiet("init")
    lines = quiet("check").stdout.splitlines()
    assert [line for line in lines if line.startswith("✗")] == []
    notes = {line.split()[2].rstrip(":") for line in lines if line.startswith("! note")}
    assert notes == {"site.url", "mail.from", "mail.smtp.host", "mail.smtp.password"}


def test_the_steps_that_it_names_work_from_there(quiet, tmp_path):
    quiet("init", "here")
    config = "here/config/digest.yaml"
    quiet("db", "upgrade", "--config", config)
    assert (tmp_path / "here" / "data" / "digest.db").exists()
    assert "daily" in quiet("status", "--config", config).stdout


def test_the_secret_is_fresh_and_for_the_owner_only(quiet, tmp_path):
    quiet("init", "one")
    quiet("init", "two")
    secrets = set()
    for name in ("one", "two"):
        file = tmp_path / name / "config" / ".env"
        assert file.stat().st_mode & 0o777 == 0o600
        secrets.add(re.search(r"^DIGEST_SECRET=(.{40,})$", file.read_text(), re.MULTILINE)[1])
    assert len(secrets) == 2


def test_data_and_secrets_are_kept_out_of_git(quiet, tmp_path):
    quiet("init")
    assert (tmp_path / ".gitignore").read_text().split() == ["/data/", "/config/.env", "/config/*.pem"]


def test_the_schema_that_the_first_line_names_is_there(quiet, tmp_path):
    quiet("init")
    first = (tmp_path / "config" / "digest.yaml").read_text().splitlines()[0]
    schema = tmp_path / "config" / first.partition("$schema=")[2]
    jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))


def test_the_templates_are_copied_on_request_and_used(quiet, tmp_path):
    quiet("init", "--templates")
    assert {path.name for path in (tmp_path / "templates").iterdir()} == {path.name for path in TEMPLATES.iterdir()}
    page = next((tmp_path / "templates" / "pages").glob("error.html.j2"))
    page.write_text("{{ nonsense }}")
    assert "pages/error.html.j2:1" in quiet("check", code=1).stdout


@pytest.mark.parametrize("name", ["config/digest.yaml", "config/digest.schema.json", "config/.env"])
def test_nothing_is_overwritten_and_nothing_half_done(quiet, tmp_path, name):
    mine = tmp_path / name
    mine.parent.mkdir()
    mine.write_text("mine")
    assert name in quiet("init", code=1).stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_gitignore_of_the_operators_stays_and_is_pointed_at(quiet, tmp_path: Path):
    (tmp_path / ".gitignore").write_text("mine\n")
    assert "/config/.env" in quiet("init").stdout
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
