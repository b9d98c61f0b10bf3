"""Help for everything, at once, and the program's manners: status, pipes, colours."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digest import __version__
from digest.cli import main

HEAVY = {
    *("aiohttp", "aiosmtplib", "alembic", "apscheduler", "asyncio", "babel", "feedparser", "jinja2", "premailer"),
    *("procrastinate", "pydantic", "rich", "ruamel", "sqlalchemy", "starlette", "structlog", "uvicorn"),
}


#: What it takes to read the configuration and the store, and to know when an edition is due.
NEEDED_TO_READ = {"asyncio", "babel", "jinja2", "pydantic", "ruamel", "sqlalchemy"}
#: Runs the command lines of its argument, JSON, and prints what each of them was the first to import.
WATCHING = """
import json, sys
from digest.cli import main
for words in json.loads(sys.argv[1]):
    before = set(sys.modules)
    main(words, standalone_mode=False)
    print("imported", json.dumps([words, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]))
"""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        below = (*path, name)
        found += commands(command, below) if isinstance(command, click.Group) else [below]
    return found


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_has_help(path):
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert "--config FILE" in result.stdout or "Commands:" in result.stdout
    assert len(result.stdout.split("\n\n")[1].strip()) > 10


def test_the_lines_of_the_help_are_the_commands_own():
    context = click.Context(main)
    lines = {name: placeholder.short_help for name, placeholder in main.commands.items()}
    own = {name: main.get_command(context, name).help.split("\n\n")[0].replace("\n", " ") for name in lines}
    assert lines == own


def test_the_help_imports_nothing_heavy():
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from digest.cli import main; main(['--help'])"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "Commands:" in ran.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    assert "click" in imported
    assert imported & HEAVY == set()


def imported_by(*lines: list[str]) -> dict[str, set[str]]:
    """For each command line the top-level packages that were first imported by it, in one process."""
    ran = subprocess.run(
        [sys.executable, "-c", WATCHING, json.dumps(lines)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    marked = [line.removeprefix("imported ") for line in ran.stdout.splitlines() if line.startswith("imported ")]
    return {" ".join(words): set(names) for words, names in map(json.loads, marked)}


def test_the_help_of_each_command_imports_nothing_heavy():
    lines = [[*path, "--help"] for path in commands(main)]
    imported = imported_by(*lines)
    assert len(imported) == len(lines)
    heavy = {line: names & (HEAVY - {"asyncio"}) for line, names in imported.items()}
    assert {line: names for line, names in heavy.items() if names} == {}


@pytest.mark.parametrize("words", ["status", "feeds list", "editions list", "editions next", "subscribers list"])
def test_who_reads_the_store_imports_neither_network_nor_migrations(office, words):
    office.digest("db", "upgrade")
    (imported,) = imported_by([*words.split(), "--config", str(office.config)]).values()
    assert "sqlalchemy" in imported
    assert imported & HEAVY <= NEEDED_TO_READ


def test_the_version_is_said():
    assert CliRunner().invoke(main, ["--version"]).stdout == f"digest {__version__}\n"


def test_a_misspelt_command_is_named_and_ends_with_two():
    result = CliRunner().invoke(main, ["statu"])
    assert result.exit_code == 2
    assert "'status'" in result.stderr


def test_the_configuration_is_taken_before_and_after_the_command_and_from_the_environment(office):
    config = str(office.config)
    office.digest("db", "upgrade")
    before = CliRunner().invoke(main, ["--config", config, "status"])
    environ = CliRunner().invoke(main, ["status"], env={"DIGEST_CONFIG": config})
    assert (before.exit_code, environ.exit_code) == (0, 0)
    after = CliRunner().invoke(main, ["--config", "/nosuch.yaml", "feeds", "list", "--config", config])
    assert after.exit_code == 0


def test_a_reader_of_the_pipe_who_leaves_is_no_trouble(office):
    office.digest("db", "upgrade")
    command = "from digest.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", command, "status", "--config", str(office.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_what_comes_from_outside_cannot_steer_the_terminal(office):
    result = office.digest("feeds", "try", "http://no\x1b[2Jhost.test:port/", code=1)
    assert "host.test" in result.stderr
    assert "\x1b" not in result.output


def test_errors_are_coloured_on_a_terminal_only_and_not_where_nobody_wants_it(quiet, monkeypatch):
    assert "\x1b" in quiet("status", code=2, color=True).stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in quiet("status", code=2, color=True).stderr
