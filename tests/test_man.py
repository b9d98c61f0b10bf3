"""The manual pages: one for each command, with all its options, in a form that man understands."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from digest.cli import main
from tests.documents import ROOT


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, ROOT / "packaging/man.py", folder], cwd=ROOT, check=True, capture_output=True)
    return folder


def _commands(group: click.Group, path: tuple[str, ...] = ("digest",)) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {"-".join(path): group}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        below = (*path, name)
        found |= _commands(command, below) if isinstance(command, click.Group) else {"-".join(below): command}
    return found


def test_every_command_has_a_page(manual: Path) -> None:
    assert {path.stem for path in manual.glob("*.1")} == set(_commands(main))


def test_a_page_has_its_parts_in_order_and_every_option(manual: Path) -> None:
    for name, command in _commands(main).items():
        text = (manual / f"{name}.1").read_text(encoding="utf-8")
        assert text.startswith(f'.TH "{name.upper()}" "1" ')
        assert re.findall(r"^\.SH (.+)$", text, re.MULTILINE)[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"]
        options = {flag for each in command.params if isinstance(each, click.Option) for flag in each.opts}
        assert not {flag for flag in options if flag.replace("-", "\\-") not in text}


def test_no_line_of_a_page_is_a_request_that_roff_does_not_know(manual: Path) -> None:
    for path in manual.glob("*.1"):
        requests = set(re.findall(r"^[.'](\w*)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert requests <= {"TH", "SH", "PP", "TP", "B"}


def test_man_shows_a_page_without_complaint(manual: Path) -> None:
    if (program := shutil.which("man")) is None:
        pytest.skip("man is not here")
    command = [program, "--warnings", "-l", str(manual / "digest-subscribers-import-file.1")]
    variables = {"MANPAGER": "cat", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    shown = subprocess.run(command, check=False, capture_output=True, text=True, env=variables)
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert "--newsletter" in re.sub(r".\x08|\x1b\[[\d;]*m", "", shown.stdout)
