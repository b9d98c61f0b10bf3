"""Text as format=flowed with DelSp=yes (RFC 3676): paragraphs that a mail program may fit to its window.

A line that ends in a space goes on in the next, and that space is no part of the text. Without DelSp it would be, and
no paragraph could be broken in a script that has no spaces.
"""

import re

_BREAK = re.compile(r"\r\n|\r|\n")
#: How a line begins that has to be stuffed.
_STUFFED = (" ", ">", "From ")
#: What Content-Type says of such text.
PARAMETERS = "format=flowed; delsp=yes"


def flowing(text: str) -> str:
    """`text` as it is sent: what a decoder makes of its lines is what stands there (RFC 3676 4.1 to 4.4).

    A line ending in a space is a soft break only where a line with something in it follows. Else the space is dropped,
    and so it is from an empty line and from "-- ", after which some programs fold away what comes. So is NUL, which no
    mail can hold, before lines are told apart.
    """
    text = text.replace("\0", "")
    lines = _BREAK.split(text) if "\r" in text else text.split("\n")
    for number, line in enumerate(lines):
        if line.endswith(" ") and not _goes_on(lines, number):
            lines[number] = line.rstrip(" ")
        if line.startswith(_STUFFED):
            lines[number] = space_stuffed(lines[number])
    return "\n".join(lines)


def _goes_on(lines: list[str], number: int) -> bool:
    """Whether the space that ends the line is a soft break."""
    line, following = lines[number], lines[number + 1 : number + 2]
    return bool(line.strip(" ") and following and following[0].strip(" ")) and line != "-- "


def space_stuffed(line: str) -> str:
    """`line` after one more space where it would be taken for an indent, a quotation or a mailbox's own "From "."""
    return f" {line}" if line.startswith(_STUFFED) else line
