"""What sites put around an article's text, in the languages of the web; and the sentences that only look like it."""

import re
import time

import pytest

from digest.feeds.text import clean, phrases
from digest.feeds.text.furniture import Repeated, is_furniture, without_furniture
from digest.feeds.text.plain import Block, read_html

FIRST = "The ferry sails twice a day."
SECOND = "It leaves at nine and at five."


@pytest.mark.parametrize(
    "line",
    [
        "The post Is it back? The ferry sails appeared first on Harbour News.",
        "Der Beitrag Die Fähre fährt erschien zuerst auf Hafenblatt.",
        "L’article Le ferry est de retour est apparu en premier sur Le Port.",
        "La entrada El ferry vuelve se publicó primero en El Puerto.",
        "L'entrada El ferri torna ha aparegut primer a El Port.",
        "O post A balsa voltou apareceu primeiro em O Porto.",
        "O conteúdo A balsa voltou aparece primeiro em O Porto.",
        "L'articolo Il traghetto torna proviene da Il Porto.",
        "Het bericht De veerboot vaart verscheen eerst op Havennieuws.",
        "Inlägget Färjan går dök först upp på Hamnbladet.",
        "Indlægget Færgen sejler blev først udgivet på Havnen.",
        "Innlegget Fergen går dukket først opp på Havna.",
        "Artikkeli Lautta kulkee julkaistiin ensimmäisen kerran Satamassa.",
        "Artykuł Prom kursuje pochodzi z serwisu Port.",
        "Příspěvek Trajekt pluje pochází z Přístav",
        "A A komp indul bejegyzés először Kikötő-én jelent meg.",
        "Articolul Feribotul circulă apare prima dată în Portul.",
        "Сообщение Паром ходит появились сначала на Порт.",
        "Запис Пором ходить спершу з'явився на Порт.",
        "Το άρθρο Το πλοίο εμφανίστηκε πρώτα στο Λιμάνι.",
        "ظهرت المقالة العبارة تبحر أولاً على الميناء.",
        "הפוסט המעבורת מפליגה הופיע לראשונה ב-הנמל.",
        "投稿 船が戻る は 港 に最初に表示されました。",
        "渡轮恢复 最先出现在 港口。",
        *("Weiterlesen", "Lire la suite →", "Leer más", "Seguir leyendo »", "Leia mais", "Leggi tutto", "Lees verder"),
        *(
            "Läs mer",
            "Læs mere",
            "Les mer",
            "Lue lisää",
            "Czytaj dalej",
            "Číst dál",
            "Devamını oku",
            "DEVAMINI OKU",
            "Читать далее",
        ),
        *(
            "Читати далі",
            "Διαβάστε περισσότερα",
            "続きを読む",
            "阅读全文",
            "閱讀更多",
            "더 보기",
            "อ่านต่อ",
            "اقرأ المزيد",
        ),
        *("קרא עוד", "और पढ़ें", "Xem thêm", "Read more", "READ MORE »", "Leia mais (09/24/2018 - 19h22)"),
        *("Anzeige", "- Anzeige -", "Werbung", "Publicité", "PUBLICIDAD", "Publicidade", "Pubblicità", "Advertentie"),
        *("Реклама", "広告", "广告", "광고", "إعلان", "Advertisement", "Article continues after advertisement"),
        *("Lesezeit: 3 Minuten", "Temps de lecture : 4 min", "Reading time: 3 minutes"),
        *(
            "Foto: dpa",
            "Bild: Ada Quay/Hafen",
            "Crédit photo : AFP",
            "Фото: ТАСС",
            "写真：共同",
            "图：新华社",
            "Photo: AP",
        ),
        *("Lesen Sie auch: Die andere Fähre", "Lire aussi : L’autre ferry", "Читайте также: Другой паром", "関連記事"),
        *("Subscribe", "Sign up now!", "Subscribe to our daily newsletter.", "Sign up for the Harbour newsletter"),
        *("Newsletter abonnieren", "Inscrivez-vous à notre newsletter", "Подписывайтесь на наш канал в Telegram"),
        *("Follow us on X and Facebook.", "Get the day’s news in your inbox.", "Follow us!"),
        "We use cookies to improve your experience on this site. By continuing you agree.",
        "Diese Website verwendet Cookies.",
        *("By Ada Quay", "BY ADA QUAY AND JO DYER", "By Ada Quay, Reuters", "Von Max von der Heide", "Par Zoé Dupont"),
        *("Por Ana Pérez e João Souza", "Words by Ada Quay", "Author: Ada Quay", "Автор: Анна Петрова"),
        "By Ada Quay, Jo Dyer (Engineers, Ferry Security), and Sam Mast (Manager)",
        *("Posted on June 5, 2026 by admin", "Published by Harbour News", "Last updated on 5 June"),
        "This article was originally published on The Conversation.",
        "A version of this post first appeared in the Harbour Gazette.",
    ],
)
def test_a_line_of_furniture_is_known_in_any_language(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        *("Read more about how git works in our new book on tools.", "Read more books, says the minister."),
        *(
            "Share prices fell on Monday.",
            "Share with the poor!",
            "Like this, the ferry sails!",
            "Like father, like son.",
        ),
        *("By land and by sea they came.", "By Monday the ferry was back.", "By Ada Quay's count it was nine."),
        *("Von hier fährt die Fähre.", "Par ici la sortie.", "Di Maria marca dos goles en París y gana."),
        *(
            "Sign up for the marathon opens Monday.",
            "Join us on Monday for the opening.",
            "Subscribe rates fell by 3%.",
        ),
        *("Assine a petição contra a balsa.", "Подпишитесь под петицией против парома."),
        *("Anzeige erstattet hat der Kapitän.", "Werbung wirkt.", "Reklama działa.", "Publicité mensongère : il paie."),
        *("The post office closes.", "The post was vacant for a year, and first on the list was Ada."),
        *("Der Beitrag der Länder steigt.", "La entrada cuesta diez euros.", "Het bericht verscheen in de krant."),
        *("This story was published in 1890.", "This article has been changed.", "Weiterlesen bildet."),
        *(
            "Cookies are small files.",
            "We use ferries.",
            "Photographs of the ferry were found.",
            "Комментарии излишни.",
        ),
        *(
            "Related crimes were reported.",
            "Printing is back.",
            "Facebook and Twitter were fined.",
            "Video killed radio.",
        ),
    ],
)
def test_a_sentence_that_only_looks_like_furniture_stays(line: str) -> None:
    assert not is_furniture(line)
    assert without_furniture([Block(line)]) == [Block(line)]


def excerpt(html: str) -> str:
    return clean.excerpt(read_html(html).blocks, (), title="")


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{FIRST} Read more</p><p>{SECOND}</p>",
        f"<p>{FIRST} Advertisement</p><p>{SECOND}</p>",
        f"<p>{FIRST} Read more {SECOND}</p>",
        f"<p>{FIRST} Advertisement {SECOND}</p>",
        f"<p>{FIRST} Foto: dpa.</p><p>{SECOND}</p>",
        f"<p>{FIRST} Share this! {SECOND}</p>",
        f"<p>{FIRST} Subscribe to our newsletter. {SECOND}</p>",
        f"<p>Facebook Twitter LinkedIn WhatsApp {FIRST} {SECOND}</p>",
        f"<p>{FIRST} {SECOND} Facebook Twitter LinkedIn</p>",
        f"<p>{FIRST} {SECOND} Weiterlesen</p>",
        f"<p>{FIRST} {SECOND} Leia mais (09/24/2018 - 19h22)</p>",
        f"<p>{FIRST} {SECOND} Der Beitrag Die Fähre erschien zuerst auf Hafenblatt.</p>",
        f"<p>By Ada Quay, Reuters</p><p>{FIRST}</p><p>Photo: AP</p><p>{SECOND}</p>",
    ],
)
def test_furniture_goes_wherever_it_stands(html: str) -> None:
    assert excerpt(html) == f"{FIRST} {SECOND}"


@pytest.mark.parametrize("phrase", [phrases.WHOLE, phrases.ELSEWHERE, phrases.MAY_TRAIL])
def test_what_is_looked_for_in_small_letters_is_written_in_them(phrase: re.Pattern[str]) -> None:
    written = re.sub(r"\\[A-Z]", "", phrase.pattern)
    assert written == written.lower()


def test_a_feeds_standing_sentences_go_from_the_beginning_and_the_end_of_what_they_stand_in() -> None:
    series = "This is another post in our series on ferries and their harbours."
    office = "You can print this episode and post it in your office, as many do."
    items = [
        (f"Title {name}", [Block(f"{series} {office} Ferry {name} sails. {series} Then it stops. {office}")])
        for name in ("Ada", "Bea", "Cora")
    ] + [(f"Other {n}", [Block(f"Something else {n}.")]) for n in range(30)]
    repeated = Repeated(items)
    assert repeated.without(*items[0]) == [Block(f"Ferry Ada sails. {series} Then it stops.")]
    assert repeated.without(*items[9]) == items[9][1]


def test_an_article_that_a_feed_brings_three_times_is_not_taken_for_furniture() -> None:
    text = [Block("The ferry sails twice a day, as it did before the storm of last week.")]
    items = [("The ferry is back", text)] * 3 + [(f"Other {n}", [Block(f"Something else {n}.")]) for n in range(30)]
    assert Repeated(items).without(*items[0]) == text


def test_a_feed_that_says_the_same_of_everything_keeps_it() -> None:
    text = [Block("This changeset was uploaded with the editor that everybody uses here.")]
    items = [(f"Changeset {letter}", text) for letter in "abc"] + [("d", [Block("Else.")])] * 30
    assert Repeated(items).without(*items[0]) == text


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "Read more ",
            "By Ada ",
            "The post a appeared first on ",
            "A. Read more The ",
            "facebook ",
            "a bejegyzés ",
            ".",
        ),
        *("<p>a.</p>", "<p>Read more</p>", "We use cookies ", "newsletter ", "「", "La entrada ", "船"),
    ],
)
def test_hostile_text_costs_little(piece: str) -> None:
    blocks = read_html((piece * 128 * 1024)[: 128 * 1024]).blocks
    began = time.process_time()
    own = Repeated([("a", blocks), ("b", blocks)]).without("a", blocks)
    clean.excerpt(own, blocks, title="The ferry")
    clean.words(own, blocks)
    assert time.process_time() - began < 0.2
