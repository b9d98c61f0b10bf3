"""The exceptions that Digest raises on purpose.

    DigestError
    ├── ConfigurationError      the YAML, its includes or its variables are wrong: every problem at once
    ├── UsageError              a command or a request names what does not exist, or contradicts itself
    │   └── UnknownName         no such newsletter, feed, edition or subscriber
    ├── TemplateError           a template cannot be loaded or rendered: file and line
    ├── StoreError              the database cannot be used as it is
    │   ├── StoreOutdated       its schema is older than this program: run `digest db upgrade`
    │   └── IllegalMove         a delivery was asked to leave a state by a way that does not exist
    ├── TokenError              a link's token is forged, truncated or for another purpose
    └── RelayError              the relay as a whole refuses us: nobody's delivery is to blame

What goes wrong with one feed, one article or one recipient does not leave its own package as an exception. It is a
value (`FetchFailed`, `Outcome`): it is recorded, and the others go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class DigestError(Exception):
    """Base of all that is raised on purpose; its text is fit to be shown to an operator."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the configuration, where it stands and how to mend it."""

    message: str
    #: The path of the key, as in ``feeds[3].category``; empty where the file as a whole is meant.
    key: str = ""
    file: Path | None = None
    #: Both count from 1; 0 where there is no such place.
    line: int = 0
    column: int = 0
    #: What to do about it, as in ``did you mean 'category'?``
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}" if self.file else "configuration"
        if self.line:
            place += f":{self.line}:{self.column}"
        subject = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {subject}{self.message}{hint}"


class ConfigurationError(DigestError):
    """The configuration cannot be used; `problems` names everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(DigestError):
    """What was asked for cannot be done as it was asked."""


class UnknownName(UsageError):
    """Something was named that does not exist; the message says what does, and which of it may have been meant."""

    #: Names that are told; and characters beyond which none is compared, since that takes the square of its length.
    _TOLD, _COMPARED = 8, 100

    def __init__(self, what: str, name: str, known: Sequence[str] = ()) -> None:
        self.what, self.name, self.known = what, name, tuple(known)
        more = f" and {len(self.known) - self._TOLD:,} more" if len(self.known) > self._TOLD else ""
        some = f"; there is {', '.join(self.known[: self._TOLD])}{more}" if self.known else ""
        close = get_close_matches(name, self.known, n=1) if len(name) <= self._COMPARED else []
        meant = f"; did you mean {close[0]}?" if close and len(self.known) > 1 else ""
        super().__init__(f"there is no {what} {name!r}{some}{meant}")


class TemplateError(DigestError):
    """A template cannot be loaded or rendered."""

    def __init__(self, template: str, line: int, message: str) -> None:
        self.template, self.line = template, line
        place = f"{template}:{line}" if line else template
        super().__init__(f"{place}: {message}")


class StoreError(DigestError):
    """The database cannot be used as it is."""


class StoreOutdated(StoreError):
    """The database was made by an older version: run `digest db upgrade`."""


class IllegalMove(StoreError):
    """A delivery was asked to leave a state by a way that does not exist."""


class TokenError(DigestError):
    """This link is not one that we gave out, or not for this purpose."""


class RelayError(DigestError):
    """The relay as a whole refuses us (sign-in, TLS, quota, not reachable); no delivery is to blame."""
