"""What articles say, as words that can be compared, in any script, and how much each word tells."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log

from digest.model import Article

#: Characters that are read: of a title all that anybody writes, of an excerpt what tells the event.
_TITLE, _EXCERPT = 300, 600
#: Words are cut to so many characters, which does for the endings of most languages: Warszawa, Warszawie.
_STEM = 6
#: In fewer articles than this, how rare a word is says little: they are counted as so many.
_FEWEST = 400
#: What a word weighs that stands for nothing, where the rarest weighs 1.
_COMMON = 0.05
#: What a piece of a script without spaces weighs, since a word of it is several pieces.
_PIECE = 0.6
#: What a word of one or two letters weighs.
_SHORT = 0.5
#: By how much more a word counts that stands nowhere in small letters: most of them are names.
_NAME = 1.3

#: Marks that are part of words and that ``\w`` leaves out: accents, points of Hebrew and Arabic, vowels of India and
#: of South-East Asia.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u1049"
    "\u1050-\u109f\u1780-\u17d3"
)
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[\w{_MARKS}]+")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
#: The end of a version: 3.5.0beta1, 3.5.0-rc2.
_VERSION = re.compile(r"\d+(?:\.\d+)+-?(?:a|alpha|b|beta|dev|pre|preview|rc)[.-]?\d*\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_ROMAN = re.compile(r"\b[IVX]{2,7}\b")
#: Accents of Latin, Greek and Cyrillic letters, points of Arabic ones and the stroke that lengthens them.
_ACCENTS = re.compile("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_SPELLINGS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ة": "ه", "ى": "ي"})
_ARABIC_ARTICLE = re.compile("^(?:[وبكف]?ال|لل)(?=\\w{3})")
#: Scripts without spaces between words, and Korean, whose particles are written onto the noun. Hiragana is left out: in
#: a headline it is endings.
_RUNS = re.compile(
    "(?P<han>[\u3400-\u9fff\uf900-\ufaff々]+)|(?P<kana>[\u30a0-\u30ff]+)|(?P<hangul>[\uac00-\ud7af]+)"
    "|(?P<thai>[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+)|(?P<hiragana>[\u3041-\u309f]+)"
)
#: Characters to a piece of a run; 0: the run is one word.
_PIECES = {"han": 2, "kana": 0, "hangul": 2, "thai": 4}

#: What stands in every text, in the languages that most feeds are in; in others only rarity tells.
_COMMON_WORDS = """
a about after all also an and any are as at be because been before but by can could did do for from had has have he her
here his how if in into is it its last least may more most much must new no not now of off on one only or other our out
over said say saying says she should so some than that the their them then there they this to too two up was were what
when where which while who why will with would year yesterday today tomorrow you people first three time day week month
told according made make get
aber als am an auch auf aus bei bis das dass dem den der des die diese durch ein eine einem einen einer er es für gegen
haben hat hatte ich ihr im in ist kein mehr mit nach nicht noch nun nur oder seit sich sie sind so soll über um und uns
unter vom von vor war was wegen werden wie wird wir worden wurde zu zum zur zwei drei jahr jahre uhr sagte teilte
heute gestern morgen
au aux avec ce cette dans de depuis des deux du elle en est et eu être il ils la le les leur lors lui mais ne nous on ou
par pas plus pour qu que qui sa sans se ses son sont sur un une été après ans
annoncé hier
al como con contra cuando de del desde dos el ella en entre es esta este está fue ha han hasta la las lo los más muy no
o para pero por que se según ser si sin sobre su sus tras un una y ya años
hoy ayer
ai alla anche che chi con da dal dalla dei del della delle di dopo due e ed era gli ha hanno i il in la le ma nel nella
non per più sono stato su sul sulla tra un una uno anni ieri oggi
ale bez był była było być dla do go i ich jak jest już który która które lub ma na nad nie o od oraz po pod przed przez
przy się są ta tak to tym w we z za ze że roku lat
а без більше був була було в від для до є з за зі і їх й його її коли між на не ні по при про під та те то у уже цей
через що як який
бы был была было были в во для до его её если и из или их к как когда который между на не но о об от по после при с со
так то у уже что это год года лет сообщили заявил
ao com como da das de do dos e em entre foi mais na nas no nos o os ou para pela pelo por que se sem ser seu sua um uma
aan bij dat de deze die dit door een en er het hij in is maar met na naar niet nog of om ook op over te tot uit van voor
was wordt zich zijn
att av de den det du en ett för från har i inte med men och om på som till var är af at ikke jeg og seg vil
ama bir bu çok da daha de gibi göre için ile ise kadar olan olarak oldu sonra ve veya
إلى أن أو إن الذي التي بعد بين تم ثم حتى دون ذلك على عن عند فجر في قال قالت قبل قد كان كانت كما لا لم ما مساء مع من منذ
هذا هذه هو هي و أي
और इस उस एक कर करने का कि की के को गई गए जा तक ने पर में यह रहा रही रहे लिए से है हैं हो हुए था थी थे
"""
#: Days and months by which the numbers of a series are told apart; "May" is more often a verb.
_CALENDAR = """
monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz mai juni juli oktober dezember
lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août septembre octobre
lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto diciembre
lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio aprile maggio giugno luglio settembre ottobre
segunda terça quarta quinta sexta janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart mei augustus
poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę stycznia lutego marca kwietnia maja
czerwca lipca sierpnia września października listopada grudnia
понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье января февраля марта апреля мая июня
июля августа сентября октября ноября декабря
понеділок вівторок середа середу четвер ятниця ятницю субота неділя неділю січня лютого березня квітня травня червня
липня серпня вересня жовтня листопада грудня
pazartesi salı çarşamba perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim
kasım aralık
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What one article says."""

    title: frozenset[str]
    #: Of the title and the beginning of the excerpt.
    text: frozenset[str]
    #: Numbers, versions, days and months in the title.
    numbers: frozenset[str]


class _Stems(dict[str, tuple[str, ...]]):
    """What words of a text are compared by, found out when each is first met."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        self[token] = stems = tuple(_stems(token))
        return stems

    def of(self, text: str) -> frozenset[str]:
        return frozenset(chain.from_iterable(map(self.__getitem__, _TOKEN.findall(text))))

    def names(self) -> set[str]:
        """Those that were met in capital letters and never in small ones."""
        return self._capitalised() - self._uncapitalised()

    def _capitalised(self) -> set[str]:
        return set(chain.from_iterable(stems for token, stems in self.items() if token[0].isupper()))

    def _uncapitalised(self) -> set[str]:
        return set(chain.from_iterable(stems for token, stems in self.items() if token[0].islower()))


def read(articles: Iterable[Article]) -> tuple[list[Words], Mapping[str, float]]:
    """What each article says, and what each word of them weighs: 0 to 1.3.

    The rarer a word is among the articles, the more it tells; names tell most.
    """
    stems = _Stems()
    words = [_words(article, stems) for article in articles]
    # A text that a hundred sites have copied counts once: its words are no more frequent for it.
    different = {each.text for each in words}
    counts = Counter(chain.from_iterable(different))
    return words, _weights(counts, len(different), stems.names())


def numbers(text: str) -> frozenset[str]:
    """The numbers and versions in `text`: "1,200" and "1.200" as 1200, "3,5" as 3.5, in any script's digits.

    Of Roman numbers, those from II on.
    """
    plain = unicodedata.normalize("NFKC", text)
    figures = frozenset(_number(number) for number in _DIGITS.findall(_VERSION.sub(" ", plain)))
    return figures.union(map(str.casefold, _VERSION.findall(plain) + _ROMAN.findall(plain)))


def _words(article: Article, stems: _Stems) -> Words:
    title = article.title[:_TITLE]
    said = stems.of(title)
    return Words(title=said, text=said | stems.of(article.excerpt[:_EXCERPT]), numbers=numbers(title) | (said & _DATES))


def _weights(counts: Mapping[str, int], articles: int, names: set[str]) -> dict[str, float]:
    total = max(articles, _FEWEST)
    return {word: _weight(word, count, total) * (_NAME if word in names else 1) for word, count in counts.items()}


def _weight(word: str, count: int, total: int) -> float:
    if word in _NOTHING:
        return _COMMON
    rarity = max(_COMMON, log(total / max(2, count)) / log(total / 2))
    if _RUNS.match(word) and word[0] not in _KATAKANA:
        return rarity * _PIECE
    return rarity * _SHORT if len(word) < 3 else rarity


def _stems(token: str) -> Sequence[str]:
    if token[0].isdecimal():
        return (_number(token),)
    folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", token).casefold()))
    folded = _ARABIC_ARTICLE.sub("", folded.translate(_SPELLINGS))
    if not _RUNS.search(folded):
        return (folded[:_STEM],) if folded else ()
    return [piece for run in _RUNS.finditer(folded) for piece in _pieces(run)] + _RUNS.sub(" ", folded).split()


def _pieces(run: re.Match[str]) -> Iterable[str]:
    kind, text = run.lastgroup or "", run.group()
    if kind == "hiragana":
        return ()
    size = _PIECES[kind] or len(text)
    return (text[at : at + size] for at in range(max(1, len(text) - size + 1)))


def _number(text: str) -> str:
    plain = _THOUSANDS.sub("", text).replace(",", ".")
    return "".join(str(unicodedata.decimal(char)) if char != "." else char for char in plain)


_KATAKANA = frozenset(map(chr, range(0x30A0, 0x3100)))
_DATES = frozenset(stem for word in _CALENDAR.split() for stem in _stems(word))
_NOTHING = _DATES.union(*(_stems(word) for word in _COMMON_WORDS.split()))
