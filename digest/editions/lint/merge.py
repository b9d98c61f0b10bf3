"""Copies the rules of style elements into style attributes, as mailpit does before it counts."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from digest.editions.lint.proof import Proof
from digest.editions.lint.styles import Rule

_UNMERGED = re.compile(
    r"[*@]|::?(?:visited|active|hover|focus|link|root|in-range|invalid|valid|after|before|selection|target)"
    r"|::?first-l|:(?:checked|disabled|enabled|lang)",
    re.IGNORECASE,
)
_STEP = re.compile(r"(?P<tag>[a-z][\w-]*)?(?P<rest>(?:[.#]-?[a-z_][\w-]*)*)\Z", re.IGNORECASE)
#: Rules of style elements that are looked at, steps of their selectors, and elements around: more than letters have.
_RULES, _STEPS, _DEPTH = 200, 4, 40


def merged_styles(proof: Proof) -> Iterator[str]:
    """The style attributes, after the rules of the style elements have been copied into them."""
    rules = list(_merged(proof))
    known: dict[tuple[object, ...], str] = {}
    is_flat = all(len(path) == 1 for path, _ in rules)
    for element in proof.elements():
        own = str(element.get("style") or "")
        line = _line(element, 1 if is_flat else _DEPTH)
        key = (*line, own)
        if key not in known:
            known[key] = _with_rules(own, [rule for path, rule in rules if _fits(line, path)])
        if known[key]:
            yield known[key]


class _Trait(NamedTuple):
    """What selectors ask of an element, and what it is."""

    tag: str
    classes: frozenset[str]
    identity: str


_Path = tuple[_Trait, ...]


def _merged(proof: Proof) -> Iterator[tuple[_Path, Rule]]:
    """The rules that are copied, the strongest last, with what their selectors ask for, the element itself last."""
    ranked = []
    for sheet in proof.sheets:
        if sheet.element.get("data-premailer") == "ignore" or (sheet.element.get("media") or "all") != "all":
            continue
        for rule in sheet.css.rules[:_RULES]:
            for selector in () if rule.around else rule.selector.split(",")[:_RULES]:
                path = _path(selector)
                if path:
                    rank = (selector.count("#"), selector.count("."), sum(1 for step in path if step.tag))
                    ranked.append((rank, path, rule))
    return ((path, rule) for _, path, rule in sorted(ranked[:_RULES], key=lambda each: each[0]))


def _path(selector: str) -> _Path:
    """What `selector` asks of an element and of those around it; empty where it is not copied, or asks for more."""
    steps = [_STEP.match(step) for step in selector.replace(">", " ").split()]
    if _UNMERGED.search(selector) or len(steps) > _STEPS:
        return ()
    path = tuple(_asked(step) for step in steps if step and step[0])
    return path if len(path) == len(steps) else ()


def _asked(step: re.Match[str]) -> _Trait:
    names = re.findall(r"([.#])([\w-]+)", step["rest"])
    classes = frozenset(name for sign, name in names if sign == ".")
    return _Trait((step["tag"] or "").lower(), classes, next((name for sign, name in names if sign == "#"), ""))


def _line(element: Any, most: int) -> _Path:
    """`element`, then what it stands in, at most so many in all."""
    line = (element, *(each for each, _ in zip(element.iterancestors(), range(most - 1), strict=False)))
    return tuple(_Trait(each.tag, _classes(each.get("class") or ""), str(each.get("id") or "")) for each in line)


@lru_cache(maxsize=512)
def _classes(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _fits(line: _Path, path: _Path) -> bool:
    around = iter(line)
    return _is(next(around), path[-1]) and all(
        any(_is(each, asked) for each in around) for asked in reversed(path[:-1])
    )


def _is(trait: _Trait, asked: _Trait) -> bool:
    return asked.tag in {"", trait.tag} and asked.classes <= trait.classes and asked.identity in {"", trait.identity}


def _with_rules(own: str, fitting: list[Rule]) -> str:
    """The style attribute `own` with the declarations of `fitting`, which it overrules."""
    if not fitting:
        return own
    given: dict[str, str] = {}
    for rule in fitting:
        for each in rule.declarations:
            given[each.name] = each.value + (" !important" if each.important else "")
    for piece in own.split(";"):
        name, colon, value = piece.partition(":")
        if colon:
            given[name.strip()] = value.strip()
    return ";".join(f"{name}:{value}" for name, value in given.items())
