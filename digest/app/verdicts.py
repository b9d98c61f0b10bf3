"""What an article came to, in the words of operators."""

from collections.abc import Mapping

#: By `model.Verdict` and `fate.Miss`; empty: neither.
WORDS: Mapping[str, str] = {
    "": "fit to be told",
    "told": "told",
    "linked": "linked, beyond the limits",
    "carried": "left for the next letter",
    "seen": "arrived before",
    "category": "in none of the reader's categories",
    "follow-up": "left out as a follow-up",
    "settling": "settling",
    "withdrawn": "withdrawn, by its feed or by the operator",
    "held": "held",
    "excluded": "excluded",
    "unplaced": "in no category of the newsletter",
    "backlog": "old when its feed was first polled",
    "too-old": "too old",
    "absent": "not among the readers",
    "paused": "the reader pauses",
    "suppressed": "the address is suppressed",
    "rhythm": "not the reader's slot",
    "skipped": "no edition",
    "waits": "waits for the next letter",
    "undelivered": "in a letter that did not arrive",
    "untraced": "not known",
}
