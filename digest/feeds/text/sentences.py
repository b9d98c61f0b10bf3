"""Where a text may be cut: between sentences, in any language; else between words, or between characters as readers see
them.

sentencex (its only importer) knows the marks of many languages, and splits too often: behind "M." of "M. Dupont", in
"3. Oktober" and "2024 г.", within a quotation. Its pieces are joined again here, by rule, and in doubt: a sentence that
ends too early reads as broken, one that ends too late does not.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator

from sentencex import segment

#: What stands before a name ("Dr. Smith", "ул. Мойка"), without its full stop. What may as well be the last word of a
#: sentence, in whatever language, is not among them; nor need single letters be, or what sentencex knows.
_BEFORE_NAMES = re.compile(
    r"dr|mr|mrs|ms|prof|st|ste|mt|gov|gen|col|lt|sgt|capt|messrs|vs|hr|fr|evtl|ggf|bzw|inkl|mevr|dhr|drs|mme|mlle|mgr"
    r"|sra?|srta|dra|dl|dna|dott|avv|np|tzw|tzn|ul|inż|św|sn|vb|bkz|bpk|jl|bw|tp|ths|ул|вул|им|ім|просп|наб|акад|проф"
    r"|доц|обл|δρ|डॉ|डा|प्रो|श्री|पं|ডা|ড"
)
#: What stands before a number ("No. 5", "ст. 5", "Sept. 11").
_BEFORE_NUMBERS = re.compile(
    r"nos?|nr|núm|n|arts?|abs|sec|fig|vol|chap|ch|cap|pp?|pag|págs?|s|str|blz|approx|ca|circa|tel|kl|godz|ust|poz|par|§"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|okt|dez|déc|févr|janv|ene|abr|ago|dic|ст|стр|с|рис|п"
)
#: Points stand within these, and sentences end with them as often as not.
_OFTEN_LAST = frozenset({"a.m", "p.m", "ph.d"})
#: Languages that write "third" as "3.", and "the Second" as "II.".
_ORDINALS = frozenset(
    {"bs", "cs", "da", "de", "et", "fi", "fo", "hr", "hu", "is", "lb", "lv", "nb", "nn", "no", "sk", "sl", "sr", "tr"}
)
_NUMERAL = re.compile(r"\d{1,2}|[IVX]{1,5}")

#: The last word before a full stop, with the points that are in it; read backwards, from the end on, it is soon found.
_LAST_WORD_BACKWARDS = re.compile(r"\s*\.((?:[^\s.()\[\]„“«»’'/-]{1,3} ?\.){0,4}[^\s.()\[\]„“«»’'/-]+)")
_BEFORE_A_WORD = " \"'“”„«»‘’([¿¡—–-"
_LETTER = re.compile(r"[^\W\d_]")
#: A sentence may end and the next one begin without a space between: what is no such place ("ASP.NET") looks otherwise.
_LOST_SPACE_BEFORE = re.compile(r"[^\W\d_]{2}[.!?][\"'”’»)]*$")
_LOST_SPACE_AFTER = re.compile(r"[\"'“«(¿¡]?[^\W\d_][^\W\d_A-Z]*[ ,’']")
#: How the sentence goes on in which a quotation stood: "…」と言った", "…"이라고".
_AFTER_QUOTATION = re.compile(r"と|って|など|という|[\uac00-\ud7af]")
_CLOSING = "'\"”’»›」』】）)]"
#: Stops of scripts that may leave out the space behind them.
_OTHER_STOPS = "。！？｡।॥։۔።။។៕"
#: Those that sentencex does not know.
_UNKNOWN_STOP = re.compile(r"(?<=[។៕])")

#: What follows these is one item of a list to sentencex, however many sentences it has.
_LIST_MARK = re.compile(r"\s*(?:[•·▪◦‣*–—-]|\(?\d{1,3}[.)])\s+")

#: Longer quotations and brackets do not keep their sentences together.
_LONGEST_SPAN = 400
_PAIRS = {")": "(", "]": "[", "）": "（", "」": "「", "』": "『", "】": "【", "》": "《", "〉": "〈"}
_OPENING = frozenset(_PAIRS.values())
#: What closes a quotation, by what opened it: languages agree on little here.
_QUOTES = {"“": "”", "„": "“”", "”": "”", "«": "»", "»": "«»", '"': '"'}
_MARK = re.compile(r"[“„”«»\"()\[\]（）「」『』【】《》〈〉]")

#: How sentences end where not with a full stop, by the script's name in Unicode; empty: with nothing.
_STOPS = {
    **dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA"), "。"),
    **dict.fromkeys(("DEVANAGARI", "BENGALI", "GURMUKHI", "ORIYA"), "।"),
    "ARMENIAN": "։", "ETHIOPIC": "።", "KHMER": "។", "MYANMAR": "။", "THAI": "", "LAO": "", "TIBETAN": "",
}  # fmt: skip
#: Between two of these, and beside one, no space is missed: Chinese and Japanese.
_UNSPACED = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff]"
)
#: What a cut leaves hanging.
_LOOSE = " .,;:–—-·|/([{（［「『【《〈“„«‘¿¡、，；："


def sentences(text: str, language: str = "", *, within_quotations: bool = False) -> list[str]:
    """The sentences of one line of text, without the spaces around them; those within a quotation or brackets only if
    `within_quotations`.

    `language` is BCP 47; empty: it is taken for English, whose marks most languages share. Linear in the text.
    """
    primary = language.partition("-")[0].lower() or "en"
    spans = [] if within_quotations else _spans(text)
    seen = _MARK.sub(" ", text) if within_quotations else text
    found: list[str] = []
    start = end = 0
    for piece in _pieces(seen, primary):
        if end and not (_is_within(spans, end) or _goes_on(text, start, end, primary)):
            found.append(text[start:end].strip())
            start = end
        end += len(piece)
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _pieces(text: str, language: str) -> Iterator[str]:
    for item in segment(language, text):
        mark = _LIST_MARK.match(item)
        first, *others = (segment(language, item[mark.end() :]) if mark else [item]) or [""]
        for piece in (mark[0] + first if mark else first, *others):
            yield from filter(None, [piece] if piece.isascii() else _UNKNOWN_STOP.split(piece))


def _goes_on(text: str, start: int, at: int, language: str) -> bool:
    """Whether the sentence that began at `start` has not ended at `at`."""
    left, right = text[max(start, at - 60) : at], text[at : at + 60]
    if not right[:1].isspace() and not left[-1:].isspace():
        return _adjoins(left, right)
    first = right.lstrip(_BEFORE_A_WORD)
    if _is_small(first):
        return True
    if not _LETTER.search(text[at : at + 60]) or (at - start <= 8 and not _LETTER.search(text[start:at])):
        return True
    match = _LAST_WORD_BACKWARDS.match(left[::-1])
    return match is not None and _is_abbreviation(match[1][::-1].lstrip('"'), first, language)


def _is_small(word: str) -> bool:
    """Whether no sentence begins with this word; "iPhone" may, and any word in Georgian, which has no capitals."""
    return word[:1].islower() and not word[1:2].isupper() and not "\u10d0" <= word[:1] <= "\u10ff"


def _adjoins(left: str, right: str) -> bool:
    """`_goes_on` where no space is."""
    if left[-1] in _CLOSING and _AFTER_QUOTATION.match(right):
        return True
    if left.rstrip(_CLOSING)[-1:] in _OTHER_STOPS:
        return right[0] in _CLOSING
    return not (_LOST_SPACE_BEFORE.search(left) and _LOST_SPACE_AFTER.match(right))


def _is_abbreviation(word: str, following: str, language: str) -> bool:
    """Whether the full stop behind `word` is that of an abbreviation, an initial or an ordinal number."""
    if _NUMERAL.fullmatch(word):
        return language in _ORDINALS
    if len(word) == 1:
        return word.isalpha() and not "\uac00" <= word <= "\ud7af"
    if word.isupper() and len(word) > 2 and "." not in word:
        return False
    folded = word.lower()
    if "." in word:
        return folded.replace(" ", "") not in _OFTEN_LAST and not folded[-1].isdigit()
    if following[:1].isdigit() and _BEFORE_NUMBERS.fullmatch(folded):
        return True
    return _BEFORE_NAMES.fullmatch(folded) is not None


def _spans(text: str) -> list[tuple[int, int]]:
    """From where to where `text` is within quotation marks or brackets; none overlap, in their order.

    What is opened and not closed counts for nothing, and so does an inch mark, or one within a word (צה"ל).
    """
    opened: list[tuple[str, int]] = []
    spans: list[tuple[int, int]] = []
    for match in _MARK.finditer(text):
        mark, at = match[0], match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if mark == '"' and before.isalnum() and after.isalnum():
            continue
        opener = _opener(mark, opened[-4:])
        if opener and not (mark == '"' and before.isspace()):
            while opened and opened[-1][0] != opener:
                opened.pop()
            _, began = opened.pop()
            if at - began <= _LONGEST_SPAN:
                while spans and spans[-1][0] > began:
                    spans.pop()
                spans.append((began, at))
        elif mark in _OPENING or (mark in _QUOTES and not before.isalnum()):
            opened.append((mark, at))
    return spans


def _opener(mark: str, opened: list[tuple[str, int]]) -> str:
    """Which of the marks that are open is closed by `mark`; empty: none."""
    for other, _ in reversed(opened):
        if _PAIRS.get(mark) == other or mark in _QUOTES.get(other, ""):
            return other
    return ""


def _is_within(spans: list[tuple[int, int]], at: int) -> bool:
    began, ended = spans[max(0, bisect_left(spans, (at, 0)) - 1)] if spans else (0, 0)
    return began < at <= ended


def joined(left: str, right: str) -> str:
    """Two sentences in one line, with a space between where their script has one."""
    is_unspaced = _UNSPACED.match(left[-1:]) and _UNSPACED.match(right)
    return left + right if not left or not right or is_unspaced else f"{left} {right}"


def stop_for(sentence: str) -> str:
    """The mark that ends a sentence in the script of this one's last letter; empty where it needs or has none."""
    last = sentence.rstrip(_CLOSING)[-1:]
    if not last or unicodedata.category(last)[0] not in "LMN":
        return ""
    script = unicodedata.name(last, "").partition(" ")[0]
    return _STOPS.get(script, ".")


def shorten(text: str, limit: int) -> str:
    """`text`, or what `limit` characters hold of it and of a "…" for the rest: whole words, where words have spaces.

    It is never cut within what readers see as one character (UAX 29).
    """
    if len(text) <= limit:
        return text
    cut = _word_end(text, limit - 1)
    return text[:cut].rstrip(_LOOSE) + "…"


def _word_end(text: str, limit: int) -> int:
    """The last place up to `limit` where a word of `text` ends; if that is far back, where a character does."""
    for at in range(limit, limit // 2, -1):
        if text[at] == " " or (_UNSPACED.match(text[at - 1]) and _is_boundary(text, at)):
            return at
    return next((at for at in range(limit, 0, -1) if _is_boundary(text, at)), limit)


def _is_boundary(text: str, at: int) -> bool:
    """Whether readers see two characters at both sides of `at`: the rules of UAX 29 3.1, a little on the safe side."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M" or after in "\u200c\u200d\u0e33\u0eb3" or "🏻" <= after <= "🏿":
        return False
    if unicodedata.category(before) == "Cf" or (unicodedata.combining(before) == 9 and after.isalpha()):
        return False
    if "🇦" <= after <= "🇿":
        flags = at
        while flags and "🇦" <= text[flags - 1] <= "🇿":
            flags -= 1
        return (at - flags) % 2 == 0
    return not _is_one_syllable(before, after)


def _is_one_syllable(before: str, after: str) -> bool:
    """Whether both belong to a Korean syllable that is written out in its parts; NFC composes those in use."""
    begins = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    goes_on = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb"
    return goes_on or (begins and ("\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ud7a3"))
