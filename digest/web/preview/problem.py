"""What is wrong, with the lines around it, so that it can be mended without a search."""

from collections.abc import Sequence
from pathlib import Path

from digest.errors import ConfigurationError, DigestError, TemplateError

_AROUND = 4
#: Characters of a line, and octets of a file, that are shown and read.
_WIDTH, _LARGEST = 400, 1_000_000


def problem_of(error: DigestError, folders: Sequence[Path]) -> dict[str, object]:
    """`error` as the page's `problem`; `folders` are where templates are looked for."""
    if isinstance(error, TemplateError):
        return _problem(str(error), "template", (error.template, _template(error.template, folders)), error.line)
    if isinstance(error, ConfigurationError) and error.problems:
        first, more = error.problems[0], len(error.problems) - 1
        words = f"{first.key}: {first.message}" if first.key else first.message
        words += f" ({first.hint})" if first.hint else ""
        words += f"; and {more} more" if more else ""
        name = first.file.name if first.file else ""
        return _problem(words, "configuration", (name, first.file), first.line)
    return _problem(str(error), "question", ("", None), 0)


def no_letter(reason: str) -> dict[str, object]:
    """Nothing is wrong, and yet there is no letter."""
    return _problem(f"There is no letter: {reason}.", "nothing", ("", None), 0)


def _problem(words: str, kind: str, place: tuple[str, Path | None], line: int) -> dict[str, object]:
    name, file = place
    return {"words": words, "kind": kind, "template": name, "line": line, "source": _source(file, line)}


def _template(name: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        file = folder / name
        if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
            return file
    return None


def _source(file: Path | None, line: int) -> list[dict[str, object]]:
    if file is None or not line:
        return []
    try:
        with file.open("rb") as opened:
            lines = opened.read(_LARGEST).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    first = max(1, line - _AROUND)
    shown = lines[first - 1 : line + _AROUND]
    return [
        {"line": number, "text": text[:_WIDTH], "is_here": number == line} for number, text in enumerate(shown, first)
    ]
