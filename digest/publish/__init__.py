"""The story that makes editions of due slots: `story` tells it, the other modules are its tools."""

from digest.publish.composing import Composer, held_for, view_of
from digest.publish.failures import Failures
from digest.publish.gate import Gate
from digest.publish.press import Press, Setting, Typesetter
from digest.publish.story import (
    Published,
    coming,
    composer_for,
    foresee,
    publish,
    publish_now,
    settle_due,
    starting_mark,
)
from digest.publish.survey import owed_to

__all__ = [
    "Composer",
    "Failures",
    "Gate",
    "Press",
    "Published",
    "Setting",
    "Typesetter",
    "coming",
    "composer_for",
    "foresee",
    "held_for",
    "owed_to",
    "publish",
    "publish_now",
    "settle_due",
    "starting_mark",
    "view_of",
]
