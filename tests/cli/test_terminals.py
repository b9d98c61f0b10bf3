"""How the program looks: in colours on a terminal alone, never wider than it, and completed by shells."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digest.cli import main

COLOURED = "\x1b["


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += every_command(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


def on_a_terminal(*words: str, folder: Path, **environment: str) -> str:
    """What `digest WORDS` shows on a terminal."""
    ours, theirs = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment}
    command = [sys.executable, "-c", "from digest.cli import main; main()", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=variables):
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""  # Linux says so when the other end is closed.


def test_an_error_is_coloured_on_a_terminal(tmp_path):
    assert COLOURED in on_a_terminal("check", folder=tmp_path)


def test_no_color_takes_the_colours_away(tmp_path):
    shown = on_a_terminal("check", folder=tmp_path, NO_COLOR="1")
    assert "error:" in shown
    assert COLOURED not in shown


def test_a_table_on_a_terminal_has_no_colours_with_no_color(tmp_path):
    shown = on_a_terminal("templates", "list", folder=tmp_path, NO_COLOR="1")
    assert re.sub(r"\x1b\[[\d;?]*[hl]", "", shown).count(COLOURED) == 0


def test_what_goes_into_a_pipe_is_plain(tmp_path):
    command = [sys.executable, "-c", "from digest.cli import main; main()", "check"]
    ran = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert ran.returncode == 2
    assert COLOURED not in ran.stdout + ran.stderr


@pytest.mark.parametrize("path", every_command(main), ids=" ".join)
def test_help_fits_into_eighty_columns(path):
    shown = CliRunner().invoke(main, [*path, "--help"], env={"COLUMNS": "80"}).stdout
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell):
    told = CliRunner().invoke(main, ["completion", shell])
    assert told.exit_code == 0
    assert f"_DIGEST_COMPLETE={shell}_complete" in told.stdout


def test_bash_understands_what_it_is_told_and_gets_commands_and_options(tmp_path):
    script = tmp_path / "digest.bash"
    script.write_text(CliRunner().invoke(main, ["completion", "bash"]).stdout, encoding="utf-8")
    assert subprocess.run(["/bin/bash", "-n", script], check=False).returncode == 0
    for words, found in (("digest sub", {"subscribers"}), ("digest feeds try --f", {"--full-text"})):
        command = [sys.executable, "-c", "from digest.cli import main; main(prog_name='digest')"]
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_DIGEST_COMPLETE": "bash_complete"}
        ran = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **asked})
        assert {line.partition(",")[2] for line in ran.stdout.split()} == found
