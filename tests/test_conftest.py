"""What tests/conftest.py promises to every other test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy

CONFTEST = Path(__file__).with_name("conftest.py")


def _run(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a folder that holds our conftest.py and one file of tests."""
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "test_it.py").write_text(source)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DIGEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-c", os.devnull]
    return subprocess.run(  # the folder stands alone, so that only what is copied there has an effect
        [*command, f"--rootdir={folder}", str(folder)],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


SKIPS = "import pytest\n\ndef test_one():\n    pytest.skip('no such server')\n\ndef test_two():\n    pass\n"
SKIPS_ALL = "import pytest\npytest.skip('not on this system', allow_module_level=True)\n"
EXPECTED_FAILURE = "import pytest\n\n@pytest.mark.xfail\ndef test_one():\n    assert False\n"


def test_a_skip_is_no_failure_as_a_rule(tmp_path: Path) -> None:
    ran = _run(tmp_path, SKIPS)
    assert ran.returncode == 0
    assert "1 passed, 1 skipped" in ran.stdout


@pytest.mark.parametrize(("source", "reason"), [(SKIPS, "no such server"), (SKIPS_ALL, "not on this system")])
def test_a_skip_fails_and_says_why_where_none_is_admitted(tmp_path: Path, source: str, reason: str) -> None:
    ran = _run(tmp_path, source, DIGEST_NO_SKIPS="1")
    assert ran.returncode != 0
    assert reason in ran.stdout
    assert "skipped," not in ran.stdout.splitlines()[-1]


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert _run(tmp_path, EXPECTED_FAILURE, DIGEST_NO_SKIPS="1").returncode == 0


@pytest.mark.parametrize("_again", range(2))
def test_every_test_gets_an_empty_database_of_its_own(database_url: str, _again: int) -> None:
    url = sqlalchemy.make_url(database_url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text("CREATE TABLE left_behind (id integer)"))
    engine.dispose()


@pytest.mark.browser
def test_the_browser_starts(chromium: str) -> None:
    said = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True, timeout=30)
    assert "Chrom" in said.stdout
