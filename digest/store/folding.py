"""Replies of mail servers that say the same of different messages, as one text. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise

#: So much of a reply is told.
_MOST = 300
#: RFC 3463, with the code before it where a server repeats that: ``5.1.1``, ``(#5.1.1)``, ``550-5.7.26``.
_ENHANCED = re.compile(r"\W*(?:[245]\d\d[- ])?[245]\.\d{1,3}\.\d{1,3}\W*")
#: A server's own name for what it means: ``[TSS04]``, ``(S3150)``, ``AUP#1310``, ``RFC5321``.
_NAMED = re.compile(r"\W*[A-Z]{1,5}#?\d{2,4}\W*")
_CODE = re.compile(r"[245]\d\d")
_CLOSING = re.compile(r"[)\]]?[,;:.]?\Z")
#: An identifier without a digit: as long as no word is, or of the letters that are figures as well.
_LONG = 32
_HEX = re.compile(r"\W*(?:[A-F]{8,}|[a-f]{8,})\W*")


def folded(reply: str) -> str:
    """`reply` in one line, with "…" for what differs from message to message: addresses, queue ids, numbers, times.

    Its code stays, and so do enhanced codes (RFC 3463).
    """
    return " ".join(_words(reply[:_MOST].split()))


def _words(words: list[str]) -> Iterator[str]:
    before = ""
    for word, following in pairwise([*words, ""]):
        is_code = bool(_CODE.fullmatch(word)) and (not before or bool(_ENHANCED.fullmatch(following)))
        told = word if is_code or not _differs(word) else _gap(word)
        if told != "…" or not before.endswith("…"):
            yield told
        before = told


def _differs(word: str) -> bool:
    if "@" in word or "://" in word or len(word) >= _LONG or _HEX.fullmatch(word):
        return True
    if not any(map(str.isdecimal, word)):
        return False
    return not (_ENHANCED.fullmatch(word) or _NAMED.fullmatch(word))


def _gap(word: str) -> str:
    """With the brackets and the stop that the word has."""
    opening = word[0] if word[0] in "([" else ""
    closing = _CLOSING.search(word)
    return f"{opening}…{closing.group() if closing else ''}"
