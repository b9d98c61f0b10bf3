"""Regular expressions of the operator, searched for in time that grows with the text alone (RE2): none can hang.

RE2 backtracks never: its worst case is the size of the compiled expression times the length of the text. Both are
bounded, the size here and the text by whoever searches it.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import re2

#: Bytes that one compiled expression may take, and as many again for what it learns of the texts.
_MEMORY = 1 << 20
#: Instructions that one may be compiled to: a letter of any script is 1,200 of them, a plain word one for each letter.
_LARGEST = 5_000
#: A text that no other expression than those that fit every text would fit.
_ODD = "\ue000".encode()


class Patterns:
    """Regular expressions without regard to case, all of them searched for at once."""

    def __init__(self, expressions: Sequence[str]) -> None:
        """Raises ValueError where RE2 cannot read one of them, and for one that is too large."""
        self._has_some = bool(expressions)
        self._filter = re2.Filter()
        options = _options()
        for expression in expressions:
            _compiled(expression)
            self._filter.Add(_composed(expression), options)
        if self._has_some:
            self._filter.Compile()

    def found_in(self, texts: Iterable[bytes]) -> frozenset[int]:
        """The places among the expressions of those that are anywhere in one of `texts`, see `encoded`."""
        if not self._has_some:
            return frozenset()
        return frozenset(chain.from_iterable(self._filter.Match(text) or () for text in texts))


def encoded(text: str) -> bytes:
    """`text` as it is searched; half a character becomes a question mark."""
    return _composed(text).encode("utf-8", "replace")


def problem(expression: str) -> str:
    """Why `expression` is none that can be searched for, in RE2's words where it has some; empty: it can be."""
    try:
        compiled = _compiled(expression)
    except ValueError as error:
        return str(error)
    if compiled.search(b"") and compiled.search(_ODD):
        return "it fits every text, even an empty one"
    return ""


def _compiled(expression: str) -> Any:
    try:
        compiled = re2.compile(_composed(expression), _options())
    except re2.error as error:
        raise ValueError(_said(error)) from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a character") from error
    if compiled.programsize > _LARGEST:
        raise ValueError("it is too large; shorten what it repeats")
    return compiled


def _composed(text: str) -> str:
    """A letter and its accent as one character where there is one, so that it is found however it was typed."""
    return unicodedata.normalize("NFC", text)


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    # Whether it fits is all that is asked: what a group holds would be found at a high price.
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def _said(error: re2.error) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
