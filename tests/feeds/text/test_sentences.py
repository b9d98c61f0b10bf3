"""Sentences in every language, and cuts where none fits."""

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.text.sentences import joined, sentences, shorten, stop_for

#: Language, and a text with "|" where its sentences end.
SENTENCES = [
    ("en", "Dr. Smith met Mrs. Jones in St. Louis.|They talked."),
    ("en", "U.S. troops left Kabul.|The war was over."),
    ("en", "The U.S. President Joe Biden spoke.|He left."),
    ("en", "He is No. 5 in the world.|She is No. 1."),
    ("en", "It costs approx. 3 dollars.|That is cheap."),
    ("en", "J. K. Rowling wrote it.|J.R.R. Tolkien did not."),
    ("en", "It cost 3.5 million dollars.|Nobody paid."),
    ("en", "See https://example.com/a.b?c=d for more.|Then go."),
    ("en", "“We won. We are happy. We go home,” he said.|Then he left."),
    ("en", 'He said "Stop. Go." and left.|Then he came back.'),
    ("en", "It closed (see p. 5. It is long) in May.|It opened again."),
    ("en", "At 5 p.m. the bell rang.|At 6 a.m. it rang again."),
    ("en", "Apple Inc. said so.|Shares rose 2.5%."),
    ("en", "Use fruit, e.g. apples, i.e. food.|Eat."),
    ("en", "Yahoo! bought it.|It was cheap."),
    ("en", "On Sept. 11 it rained.|On Oct. 3 it did not."),
    ("en", "Sen. Bernie Sanders and Gov. Gavin Newsom met.|They agreed."),
    ("en", "Martin Luther King Jr. was born there.|He died young."),
    ("en", "What?!|No!|Yes."),
    ("en", "Wait... what is this?|It is a ferry."),
    ("en", "It has 1. two and 2. three.|End."),
    ("en", "The iPhone is out.|iPads follow."),
    ("en", "Smith vs. Jones ended in a draw.|Nobody won."),
    ("de", "Das gilt z. B. in Berlin.|Dort ist es kalt."),
    ("de", "Das gilt z.B. in Berlin.|Dort ist es kalt."),
    ("de", "Am 3. Oktober ist Feiertag.|Alle haben frei."),
    ("de", "Der 1. FC Köln gewann.|Dr. Müller freute sich."),
    ("de", "Es kostet 1.000 Euro bzw. 2 Mio. Euro.|Das ist viel."),
    ("de", "Laut Art. 5 Abs. 1 GG ist das erlaubt.|Punkt."),
    ("de", "Er wohnt in der Goethestr. 5 in Köln.|Sie nicht."),
    ("de", "Prof. Dr. h. c. Meier sprach u. a. über Geld.|Dann ging er."),
    ("de", "„Das ist gut. Wirklich gut“, sagte er.|Dann ging er."),
    ("de", "Papst Johannes Paul II. Besuch war lang.|Ende."),
    ("de", "Die Firma (gegr. 1990) hat ca. 30 Mitarbeiter.|Sie wächst."),
    ("fr", "M. Dupont est parti.|Mme. Martin reste."),
    ("fr", "Selon l'art. 5 du code, c'est non.|Voilà."),
    ("fr", "Il a dit : « Viens. Vite. » puis il est parti.|Elle est restée."),
    ("fr", "Av. J.-C. rien.|Après, tout."),
    ("es", "El Sr. García y la Dra. López llegaron.|Luego salieron."),
    ("es", "¿Qué pasa?|¡Nada!|Todo va bien."),
    ("es", "En EE. UU. hay elecciones.|Votan hoy."),
    ("es", "Vive en la Av. Libertador núm. 5 de Madrid.|Es caro."),
    ("pt", "O Sr. Silva e a Dra. Costa chegaram.|Depois saíram."),
    ("pt", "Subiu para 3.250 euros na pág. 5 do livro.|É muito."),
    ("it", "Il dott. Rossi e il sig. Bianchi parlano.|Poi tacciono."),
    ("it", "Secondo l'art. 5 della legge è vietato.|Basta."),
    ("nl", "Dhr. Jansen en mevr. De Vries kwamen.|Daarna gingen ze."),
    ("nl", "Dat is o.a. in Amsterdam zo.|Daar regent het."),
    ("sv", "Det gäller bl.a. Stockholm och t.ex. Malmö.|Där regnar det."),
    ("da", "Den 3. oktober kl. 10 mødes de.|De taler."),
    ("nb", "Den 17. mai er en festdag.|Alle har fri."),
    ("fi", "Kokous on 3. Lokakuuta klo kymmenen.|Se on pitkä."),
    ("is", "Hann kom 3. október.|Hann fór."),
    ("pl", "Prof. Kowalski mieszka przy ul. Długiej.|To daleko."),
    ("pl", "To jest np. Warszawa, tzn. stolica.|Pada."),
    ("pl", "W 2024 r. było ciepło.|W 2023 r. było zimno."),
    ("cs", "Dne 3. října se sešli.|Byla zima."),
    ("sk", "Pán Ing. Novák prišiel.|Odišiel."),
    ("hu", "A 3. Ferenc körút hosszú.|Az 1990. évben épült."),
    ("hr", "Godine 1990. počeo je rat.|Trajao je dugo."),
    ("sl", "Dne 3. Oktobra je bil praznik.|Deževalo je."),
    ("ro", "Dl. Popescu și dna. Ionescu au plecat.|Au venit alții."),
    ("tr", "Prof. Dr. Yılmaz geldi.|3. Selim öldü."),
    ("tr", "Bu, vb. Şeyler önemli.|Evet."),
    ("ru", "В 2024 г. он родился.|Потом вырос."),
    ("ru", "В 2024 г. Президент приехал.|Потом уехал."),
    ("ru", "Это т. е. хорошо и т. д. и т. п. для всех.|Да."),
    ("ru", "А. С. Пушкин жил на ул. Мойка, д. 12, в Петербурге.|Он писал."),
    ("ru", "Это стоит 5 тыс. руб. за штуку.|Дорого."),
    ("ru", "Он сказал: «Иди. Быстро!» и ушёл.|Все молчали."),
    ("uk", "У 2024 р. він народився.|Потім виріс на вул. Шевченка."),
    ("bg", "През 2024 г. той дойде.|После си тръгна."),
    ("sr", "Године 1990. почео је рат.|Трајао је дуго."),
    ("el", "Ο κ. Παπαδόπουλος ήρθε.|Τι κάνεις;|Καλά."),
    ("ar", "وصل د. أحمد إلى القاهرة.|هل هو بخير؟|نعم."),
    ("fa", "دکتر احمدی آمد.|آیا او خوب است؟|بله."),
    ("ur", "وہ آیا۔|وہ گیا۔"),
    ("he", 'ד"ר כהן הגיע לצה"ל.|הוא הלך.'),
    ("hi", "डॉ. शर्मा आए।|वे चले गए।"),
    ("hi", "यह 3.5 करोड़ है।|बहुत है।"),
    ("bn", "ডা. রহমান এলেন।|তিনি গেলেন।"),
    ("mr", "डॉ. पाटील आले.|ते गेले."),
    ("ta", "அவர் வந்தார்.|அவள் சென்றாள்."),
    ("zh", "这是第1.5版。|很好！|是吗？"),
    ("zh", "他说：“我来了。我走了。”|然后他走了。|大家笑了。"),
    ("zh", "他说：“我来了。”|大家笑了。"),
    ("ja", "渡し船は一日二便です。|九時に出ます。"),
    ("ja", "彼は「行きます。すぐに。」と言った。|そして行った。"),
    ("ja", "「行きます。」と彼は言った。|そして行った。"),
    ("ja", "価格は1.5万円です。|高い！"),
    ("ko", "그는 3.5배 올랐다.|좋다."),
    ("ko", '"간다. 곧."이라고 말했다.|그는 갔다.'),
    ("hy", "Նա եկավ։|Նա գնաց։"),
    ("ka", "ის მოვიდა.|ის წავიდა."),
    ("am", "እሱ መጣ።|እሱ ሄደ።"),
    ("my", "သူလာသည်။|သူသွားသည်။"),
    ("km", "គាត់មក។|គាត់ទៅ។"),
    ("vi", "TP. Hồ Chí Minh đông dân.|Th.S. Nguyễn đến."),
    ("id", "Bpk. Joko tiba di Jl. Sudirman.|Ia pergi."),
    ("sw", "Bw. Juma alifika.|Aliondoka."),
    ("et", "Kuupäev on 3. Oktoober.|Sajab."),
    ("lv", "Tas notika 2024. gadā.|Lija."),
    ("lt", "2024 m. spalio 3 d. lijo.|Tada ne."),
    ("ca", "El Sr. Puig va arribar.|Després marxà."),
    ("", "M. Dupont est parti.|Il est loin."),
    ("en", "Use ASP.NET Core now.|It is quick."),
    ("en", "He left (it was late.) Then he slept.|She did not."),
    ("en", "It ended in a draw.|iPhones rang."),
    ("de", "Es sind 2 Mio. Euro.|Viel Geld."),
    ("sv", "”Vi vann. Vi är glada”, sa han.|Sedan gick han."),
    ("da", "»Vi vandt. Vi er glade«, sagde han.|Så gik han."),
    ("en", "DNA.|Then RNA."),
    ("en", "• The ferry sails.|It stops."),
    ("en", "(4) The ferry sails.|It stops."),
    ("en", "It was (or 4) Dr. Quay.|Then it sailed.|Then (or 4) it stopped."),
]


def spaces(language: str) -> str:
    return "" if language in {"zh", "ja"} else " "


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_sentences_end_where_a_reader_would_say(language: str, text: str) -> None:
    assert sentences(text.replace("|", spaces(language)), language) == text.split("|")


def test_a_region_and_a_script_do_not_matter() -> None:
    assert sentences("Am 3. Oktober. Dann ging er.", "de-AT") == ["Am 3. Oktober.", "Dann ging er."]
    assert sentences("这是第1.5版。很好！", "zh-Hant-TW") == ["这是第1.5版。", "很好！"]


def test_a_space_that_a_feed_lost_is_found_missing() -> None:
    assert sentences("A nice home.Contact us now.") == ["A nice home.", "Contact us now."]


def test_a_quotation_that_is_never_closed_keeps_nothing_together() -> None:
    assert sentences("He said “one. Two came. Three went.") == ["He said “one.", "Two came.", "Three went."]


@given(
    st.text(max_size=300) | st.text("aA1 .!?…。「」“”„\"«»()[]'’-рБかة", max_size=120),
    st.sampled_from(["", "de", "ja", "xx", "ar"]),
)
def test_nothing_but_spaces_is_lost(text: str, language: str) -> None:
    assert "".join("".join(sentences(text, language)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "piece", [". ", '"a. ', "(a. ", "“a. ", "1. ", "「a。", "Dr. ", "A.B.", "a.b. c", "“„”«»()", "。", "x"]
)
def test_hostile_text_costs_little(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    began = time.process_time()
    sentences(text, "de")
    shorten(text * 12, 100_000)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("The ferry sails", 15, "The ferry sails"),
        ("The ferry sails twice", 15, "The ferry…"),
        ("The ferry (which sails) is", 14, "The ferry…"),
        ("Er sagte „Ja“ und", 12, "Er sagte…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("渡し船は一日二便です。九時に出ます。", 8, "渡し船は一日二…"),
        ("渡し船は、一日二便", 6, "渡し船は…"),
        ("公司周一表示 iPhone 很好", 12, "公司周一表示…"),
        ("เรือออกวันละสองเที่ยว เวลาเก้าโมง", 25, "เรือออกวันละสองเที่ยว…"),
        ("กำกำกำกำ", 4, "กำ…"),
        ("क्ष्मक्ष्मक्ष्म", 8, "क्ष्म…"),
        ("👩‍🚀👩‍🚀👩‍🚀", 6, "👩‍🚀…"),
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
        ("👍🏽👍🏽👍🏽", 4, "👍🏽…"),
        ("x́x́x́x́", 6, "x́x́…"),
        ("\u1100\u1161\u11a8" * 3, 5, "\u1100\u1161\u11a8…"),
    ],
)
def test_what_is_too_long_is_cut_between_words_or_what_readers_see_as_characters(
    text: str, limit: int, short: str
) -> None:
    assert shorten(text, limit) == short


@given(
    st.text(max_size=60) | st.text("ab é́์ำกि क्षक🇩🇪👩‍🚀👍🏽각ᄀ 漢、。", max_size=60),
    st.integers(2, 50),
)
def test_a_cut_leaves_whole_characters_of_the_text_and_is_made_once(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert shorten(short, limit) == short
    if short != text:
        kept = short.removesuffix("…")
        clusters = regex.findall(r"\X", text)
        assert text.startswith(kept)
        if len(clusters[0]) < limit and kept:
            at = len(kept) + len(text[len(kept) :]) - len(text[len(kept) :].lstrip(" "))
            edges = {len("".join(clusters[:n])) for n in range(len(clusters) + 1)}
            assert {len(kept), at} & edges


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        ("One.", "Two.", "One. Two."),
        ("一。", "二。", "一。二。"),
        ("一。", "Two.", "一。 Two."),
        ("그는 갔다.", "좋다.", "그는 갔다. 좋다."),
        ("", "Two.", "Two."),
    ],
)
def test_sentences_are_joined_as_their_script_does(left: str, right: str, line: str) -> None:
    assert joined(left, right) == line


@pytest.mark.parametrize(
    ("sentence", "stop"),
    [
        ("The ferry", "."), ("Паром", "."), ("“The ferry”", "."), ("渡し船", "。"), ("नाव चलती है", "।"),
        ("여객선", "."),
        ("เรือ", ""), ("Լաստանավ", "։"), ("The ferry:", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_stop_is_the_scripts_own(sentence: str, stop: str) -> None:
    assert stop_for(sentence) == stop
