"""What a check found, one line each: right, wrong, or worth knowing."""

from dataclasses import dataclass
from enum import Enum

import click

from digest.cli.base import printable


class Verdict(Enum):
    """The sign, the word and the colour of a finding."""

    RIGHT = ("✓", "ok", "green")
    WRONG = ("✗", "wrong", "red")
    NOTE = ("!", "note", "yellow")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    subject: str
    text: str

    def show(self) -> None:
        sign, word, colour = self.verdict.value
        click.echo(f"{click.style(f'{sign} {word:<5}', fg=colour)}  {self.subject}: {printable(self.text)}")


def right(subject: str, text: str) -> Finding:
    return Finding(Verdict.RIGHT, subject, text)


def wrong(subject: str, text: str) -> Finding:
    return Finding(Verdict.WRONG, subject, text)


def note(subject: str, text: str) -> Finding:
    return Finding(Verdict.NOTE, subject, text)
