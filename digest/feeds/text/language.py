"""Which language texts are in, where nobody says so (the only importer of eld)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

#: Characters that are looked at in all, and at a time: eld reads no more than 350 bytes.
_READ = 2_000
_AT_A_TIME = 200
#: Characters of words below which nothing is certain; those of Chinese, Japanese and Korean count three times.
_FEWEST = 40
#: Of a text that is shorter, the language alone is not asked for.
_SHORT = 20
#: The part of the characters that has to be in the language.
_MAJORITY = 0.7
#: How far ahead of the second language the first one has to be, in eld's scores, which are about 0.3 to 1.
_AHEAD = 0.08

#: What its names are in BCP 47. Its Norwegian is Bokmål, as nine of ten texts are; its Kurdish is in Arabic script.
_TAGS = {"no": "nb", "ku": "ckb"}
#: What eld takes for these may as well be in a language that it does not know: Indonesian, for one.
_UNCERTAIN = frozenset({"ms", "tl", "yo"})
#: What is in no language, or in English whatever the rest is in: addresses, names of users, code.
_NO_WORDS = re.compile(r"(?<!\S)\S{0,100}?(?:[\d@#_{}\[\]<>=\\/+*|~$]|\w[.(]\w)\S*")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def tag(text: str) -> str:
    """`text` as BCP 47 writes it (RFC 5646 2.1.1): "pt_br" is "pt-BR"; "" for what is no language."""
    parts = text.strip().replace("_", "-")
    if not _TAG.fullmatch(parts):
        return ""
    first, *rest = parts.split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])


def detect(texts: Iterable[str]) -> str:
    """The language that most of `texts` are in, as a primary tag of BCP 47 ("de", "zh", "nb"); "" where not certain.

    Not certain are few words, languages mixed, code, and what is as near to two languages. Sixty languages are known.
    At most 2,000 characters are read.
    """
    read = list(_beginnings(texts))
    together = " ".join(read)
    total = _weight(together)
    if total < _FEWEST:
        return ""
    parts = [together[at : at + _AT_A_TIME] for at in range(0, len(together), _AT_A_TIME)]
    language, most = _commonest(parts)
    alone = [text for text in read if len(text) >= _SHORT]
    others = sum(_weight(text) for text in alone if _language_of(text) not in {language, ""})
    if most < total * _MAJORITY or others > total * (1 - _MAJORITY) or language in _UNCERTAIN:
        return ""
    return _TAGS.get(language, language)


def _beginnings(texts: Iterable[str]) -> Iterator[str]:
    """The words of the first texts."""
    left = _READ
    for text in texts:
        if left <= 0:
            return
        yield " ".join(_NO_WORDS.sub(" ", text[:left]).split())
        left -= len(text)


def _commonest(parts: Iterable[str]) -> tuple[str, int]:
    """eld's name for the language of most of the parts, and how much they weigh."""
    weights: Counter[str] = Counter()
    for part in parts:
        weights[_language_of(part)] += _weight(part)
    return weights.most_common(1)[0]


def _weight(text: str) -> int:
    return len(text) - text.count(" ") + 2 * len(_DENSE.findall(text))


def _language_of(text: str) -> str:
    """eld's name for it, or ""."""
    result = _detector().detect(text)
    scores = sorted((result.scores() or {}).values(), reverse=True)
    if not result.is_reliable() or (len(scores) > 1 and scores[0] - scores[1] < _AHEAD):
        return ""
    return str(result.language)


@cache
def _detector() -> Any:
    # Its tables take 70 ms and some megabytes, and most feeds say their language.
    from eld import LanguageDetector  # noqa: PLC0415

    return LanguageDetector()
