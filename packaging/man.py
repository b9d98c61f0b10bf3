"""Manual pages, one for each command, made from what `--help` says.

    python packaging/man.py FOLDER

writes FOLDER/digest.1, FOLDER/digest-feeds.1, FOLDER/digest-feeds-list.1 and so on.
"""

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from digest import __version__
from digest.cli import main as program

Way = tuple[str, ...]
Found = Iterator[tuple[Way, click.Context]]


def commands(group: click.Command, path: Way, parent: click.Context | None = None) -> Found:
    """Every command with the way to it, the program itself first."""
    context = click.Context(group, info_name=path[-1], parent=parent)
    yield path, context
    if isinstance(group, click.Group):
        for name, command in below(group, context):
            yield from commands(command, (*path, name), context)


def below(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        if command := group.get_command(context, name):
            yield name, command


def page(path: Way, context: click.Context, moment: datetime) -> str:
    """The page in man(7)."""
    command = context.command
    name = "-".join(path)
    words = (command.help or "").strip()
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", words)]
    lines = [
        f'.TH "{name.upper()}" "1" "{moment:%Y-%m-%d}" "Digest {__version__}" "Digest"',
        ".SH NAME",
        f"{_plain(name)} \\- {_plain(paragraphs[0].partition('. ')[0].rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_plain(' '.join(path))}",
        _plain(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *(line for each in paragraphs for line in (".PP", _text(each))),
        *_options(context),
    ]
    if isinstance(command, click.Group):
        lines += [".SH COMMANDS"]
        for last, inner in below(command, context):
            lines += [".TP", f"\\fB{_plain('-'.join((*path, last)))}\\fR(1)", _text(inner.get_short_help_str(200))]
    return "\n".join([*lines, *_closing(path)]) + "\n"


def _options(context: click.Context) -> list[str]:
    options = [each for each in context.command.get_params(context) if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context))]
    listed = (line for flag, text in records for line in (".TP", f"\\fB{_plain(flag)}\\fR", _text(text)))
    return [".SH OPTIONS", *listed]


def _closing(path: Way) -> list[str]:
    above = ["-".join(path[:-1])] if len(path) > 1 else []
    return [
        ".SH EXIT STATUS",
        "0 done; 1 something failed, said on standard error; 2 wrong usage or configuration.",
        ".SH ENVIRONMENT",
        ".TP",
        r"\fBDIGEST_CONFIG\fR",
        r"The configuration, where \fB\-\-config\fR is not given.",
        ".TP",
        r"\fBNO_COLOR\fR",
        "If it is set to anything, no colours are used.",
        *([".SH SEE ALSO", *(f"\\fB{_plain(name)}\\fR(1)" for name in above)] if above else []),
    ]


def _plain(text: str) -> str:
    """`text` as roff has it: a hyphen that can be copied, and no line that begins as a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)


def _text(text: str) -> str:
    """The same, with what is between backticks in bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _plain(" ".join(text.split())))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600")), UTC)
    for path, context in commands(program, ("digest",)):
        (folder / f"{'-'.join(path)}.1").write_text(page(path, context, moment), encoding="utf-8")
    print(f"wrote {folder}/digest.1 and those of all commands")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
