"""Runs of `digest demo`, in this process, with nowhere to leave temporary files but a folder that is looked into."""

import tempfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import main

Demo = Callable[..., Result]


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary files go."""
    folder = tmp_path_factory.mktemp("temporary")
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    yield folder
    tempfile.tempdir = before


@pytest.fixture(scope="session")
def demo(temporary: Path) -> Demo:
    """`digest demo ARGUMENTS...`, given a place for words before the command's name and for the environment."""

    def run(*arguments: str, before: tuple[str, ...] = (), **environ: str) -> Result:
        return CliRunner().invoke(main, [*before, "demo", *arguments], env={"DIGEST_CONFIG": None, **environ})

    return run


@pytest.fixture(scope="session")
def once(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """One run of the sample, and the folder with its mails."""
    folder = tmp_path_factory.mktemp("out") / "mails"
    return demo("--once", "--output", str(folder)), folder


@pytest.fixture(scope="session")
def mails(once: tuple[Result, Path]) -> dict[str, EmailMessage]:
    """The mails of that run by whom they are to."""
    parsed = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(once[1].glob("*.eml"))]
    return {str(mail["To"]): mail for mail in parsed}
