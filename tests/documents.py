"""What the documentation tells people to type: its fenced blocks, the commands in them, and those within sentences."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *ROOT.glob("*/README.md"),
)

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_INLINE = re.compile(r"(?<!`)`(digest(?:\s[^`]+)?)`(?!`)")
#: What may stand before `digest` on a line: who runs it, or what runs it.
_RUNNERS = frozenset({"sudo", "runuser", "docker", "exec", "time", "nice"})
_SHELLS = frozenset({"sh", "bash", "console"})


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    #: Of its first line, from 1.
    line: int
    info: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Typed:
    """One `digest ...`, as it stands somewhere."""

    page: Path
    line: int
    #: What stands behind `digest`.
    words: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def __str__(self) -> str:
        return f"{self.place} digest {' '.join(self.words)}"


def blocks(page: Path) -> Iterator[Block]:
    start, info, indent, held = 0, "", "", list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and not start:
            start, info, indent = number + 1, fence["info"].strip(), fence["indent"]
        elif fence:
            yield Block(page, start, info, "\n".join(held))
            start, held = 0, []
        elif start:
            held.append(line.removeprefix(indent))


def fenced_commands(page: Path) -> Iterator[Typed]:
    """Each `digest ...` of the page's blocks, in their order."""
    for block in blocks(page):
        language = block.info.partition(" ")[0]
        if language in {"yaml", "html", "json", "css", "jinja"}:
            continue
        for number, line in enumerate(block.text.replace("\\\n", "").splitlines(), block.line):
            yield from (Typed(page, number, words) for words in _commands(line, shell=language in _SHELLS))


def _commands(line: str, *, shell: bool) -> Iterator[tuple[str, ...]]:
    if not shell:
        # In such a block an explanation stands behind the command, two spaces away.
        line = re.split(r" {2,}", line.strip())[0]
    if "digest" not in line:
        return
    lexer = shlex.shlex(re.sub(r"^(ExecStart|ExecStartPre)=", "", line), posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    part: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set(";&|()<>"):
            yield from _command(part)
            part = [] if set(word) & set(";&|(") else ["redirected"]
        else:
            part.append(word)


def _command(words: list[str]) -> Iterator[tuple[str, ...]]:
    while words and (words[0] in {"$", "#"} or re.fullmatch(r"\w+=.*", words[0])):
        words = words[1:]
    if not words:
        return
    ours = [
        place
        for place, word in enumerate(words)
        if word.rpartition("/")[2] == "digest" and words[place - 1] not in {"-u", "--user"}
    ]
    if words[0].rpartition("/")[2] == "digest":
        yield tuple(words[1:])
    elif words[0] in _RUNNERS and ours and (ours[-1] + 1 < len(words)):
        yield tuple(words[ours[-1] + 1 :])


def inline_commands(page: Path) -> Iterator[Typed]:
    """Each `digest ...` within the page's sentences. Of `a|b` it is `a`, and what is in brackets counts as written."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        text = text.replace(block.text, "\n" * block.text.count("\n"))
    for found in _INLINE.finditer(text):
        plain = re.sub(r"\.\.\.|…|[\[\]]", " ", " ".join(found[1].split()))
        words = (word.partition("|")[0] for word in shlex.split(plain.replace("\\|", "|")))
        yield Typed(page, text.count("\n", 0, found.start()) + 1, tuple(words)[1:])
