"""CSV that a spreadsheet opens without running what is in it, and that is read back as it was. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from digest.errors import UsageError

#: What a spreadsheet takes for a formula; an apostrophe before it makes it text (OWASP, CSV Injection).
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def write(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Writes a heading and the rows, as they come; gives how many rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        count += 1
    return count


def read(
    file: Iterable[str], columns: Sequence[str], needed: str, separator: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of its line; what has no column is empty.

    Raises UsageError for a heading with other names than `columns` or without `needed`, and for what is no CSV.
    """
    reader = csv.reader(file, strict=True, delimiter=separator)
    try:
        heading = [cell.strip().lower().removeprefix("\ufeff") for cell in next(reader, [])]
        _require_heading(heading, columns, needed)
        for row in reader:
            if len(row) > len(heading):
                raise UsageError(f"line {reader.line_num}: has more cells than the heading")
            if any(cell.strip() for cell in row):
                cells = dict(zip(heading, (bare(cell).strip() for cell in row), strict=False))
                yield reader.line_num, {column: cells.get(column, "") for column in columns}
    except (csv.Error, UnicodeDecodeError) as error:
        raise UsageError(f"line {reader.line_num + 1}: is not CSV in UTF-8: {error}") from None


def guarded(cell: str) -> str:
    """`cell` as text for a spreadsheet, its line breaks as LF, since the csv module leaves a CR without quotes."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text


def bare(cell: str) -> str:
    """What was `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _require_heading(heading: Sequence[str], columns: Sequence[str], needed: str) -> None:
    unknown = [name for name in heading if name not in columns]
    if needed not in heading or unknown or len(set(heading)) < len(heading):
        said = f"the first line must name columns, {needed} among them, each once, of: {', '.join(columns)}"
        raise UsageError(f"{said}; not {unknown[0]!r}" if unknown else said)
