"""What mail clients make of a letter: a figure to compare it by, and what some readers lose."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from digest.editions.lint.clients import Client, Feature, Mark, features, names_of
from digest.editions.lint.fallbacks import is_harmless, is_saved
from digest.editions.lint.features import Use, Where, uses
from digest.editions.lint.finding import Finding, Severity
from digest.editions.lint.losses import CONSEQUENCES, Loss
from digest.editions.lint.notes import asks
from digest.editions.lint.proof import Proof
from digest.editions.lint.score import score

_SEVERITIES = {Loss.SENSE: Severity.ERROR, Loss.LOOK: Severity.WARNING, Loss.COMFORT: Severity.NOTE}
#: Of these only what is said of single values matters: what a client without them does is what was meant, or nearly.
_BY_NOTES_ALONE = frozenset({"css-at-media", "css-height", "css-important"})
#: Notes of something worse than the feature itself.
_TAKES_ALL = re.compile(r"(?:whole|entire)\b.*\b(?:stripped|removed)", re.IGNORECASE)
_JUMP = re.compile(r"empty anchor", re.IGNORECASE)
_VERDICT = re.compile(
    r"^(?:partial(?: support)?|partially supported|buggy|not supported|supported)[.:]\s+", re.IGNORECASE
)
#: How a feature is named of which only some values matter: by its words, 60 characters at most.
_WORDS = 60


@dataclass(frozen=True, slots=True)
class _Hit:
    """A use of a feature, and who loses what by it."""

    use: Use
    loss: Loss
    clients: tuple[Client, ...]
    #: What the tests say; empty: it is not supported.
    note: str


def support(proof: Proof) -> tuple[float, float, float]:
    """How much of the HTML part is supported, partly supported and not, in percent, as mailpit counts it."""
    return score(proof)


def findings(proof: Proof) -> Iterator[Finding]:
    """What some readers lose, one finding a feature, in the order in which the letter uses them."""
    hits: dict[str, list[_Hit]] = {}
    for use in uses(proof):
        if use.slug in CONSEQUENCES and not is_harmless(use):
            hit = _hit(use)
            if hit:
                hits.setdefault(use.slug, []).append(hit)
    for slug, found in hits.items():
        worst = max(hit.loss for hit in found)
        yield _finding(proof, features()[slug], [hit for hit in found if hit.loss == worst])


def _finding(proof: Proof, feature: Feature, hits: list[_Hit]) -> Finding:
    first = hits[0]
    tested = f" (tested {feature.tested})" if feature.is_old else ""
    why = _VERDICT.sub("", first.note).replace("`", "").rstrip(".") or "not supported"
    return Finding(
        rule=feature.slug,
        severity=_SEVERITIES[first.loss],
        what=f"{feature.title}, as in {_words(first.use)}: {why[:1].lower()}{why[1:]}.",
        readers=names_of(client for hit in hits for client in hit.clients) + tested,
        mend=CONSEQUENCES[feature.slug].mend,
        place=first.use.place(proof),
        count=len(hits),
        source=feature.url,
    )


def _words(use: Use) -> str:
    words = " ".join(use.words.split())
    return words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"


def _hit(use: Use) -> _Hit | None:
    """Who loses something by `use`; None where nobody does."""
    found = _lost(use)
    clients = [client for client in found if not is_saved(use, client)]
    if not clients:
        return None
    # The first of the clients with most readers tells why.
    clients.sort(key=lambda client: client.rank)
    note = found[clients[0]]
    loss = CONSEQUENCES[use.slug].loss
    takes_all = any(_TAKES_ALL.search(each) for each in found.values())
    if takes_all:
        loss = Loss.SENSE
    elif _JUMP.search(note):
        loss = Loss.LOOK
    if use.where is Where.ENHANCEMENT:
        loss = Loss.LOOK if takes_all else Loss.COMFORT if loss is Loss.SENSE else Loss.NONE
    if not clients[0].is_main:
        loss = Loss(max(loss - 1, Loss.NONE))
    return _Hit(use, loss, tuple(clients), note) if loss else None


def _lost(use: Use) -> Mapping[Client, str]:
    """The clients that `use` does not work in, each with what is said of it."""
    known = _cases(use.slug)
    found: dict[Client, str] = {}
    for note, clients in _holding(known, use):
        found.update({client: note for client in clients if client not in found or _TAKES_ALL.search(note)})
    if use.slug not in _BY_NOTES_ALONE:
        found.update(known.never)
    return found


def _holding(known: "_Cases", use: Use) -> Iterator[tuple[str, tuple[Client, ...]]]:
    """The notes that are about `use`, with their clients."""
    for note, clients in known.partly.items():
        ask = asks(note) if note else None
        if ask is None or ask(use):
            yield note, clients
    for note, clients in known.though.items():
        ask = asks(note)
        if ask and ask(use):
            yield note, clients


@dataclass(frozen=True, slots=True)
class _Cases:
    """The clients that do not wholly support a feature, by what is said of them; those that are gone left out."""

    #: All with an empty note: how it is not supported changes nothing.
    never: Mapping[Client, str]
    #: By each note; an empty one: nothing is said.
    partly: Mapping[str, tuple[Client, ...]]
    #: Of clients that support it, but for what the note says.
    though: Mapping[str, tuple[Client, ...]]


@cache
def _cases(slug: str) -> _Cases:
    verdicts = [verdict for verdict in features()[slug].verdicts if not verdict.client.is_gone]
    partly: dict[str, tuple[Client, ...]] = {}
    though: dict[str, tuple[Client, ...]] = {}
    for verdict in verdicts:
        for note in verdict.notes or ("",):
            if verdict.mark is Mark.PARTLY:
                partly[note] = (*partly.get(note, ()), verdict.client)
            elif verdict.mark is Mark.YES and note:
                though[note] = (*though.get(note, ()), verdict.client)
    never = {verdict.client: "" for verdict in verdicts if verdict.mark is Mark.NO}
    return _Cases(never, partly, though)
