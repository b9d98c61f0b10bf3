"""Which language a feed is in, when it does not say."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.text.language import detect

#: A headline and the beginning of its article, in the languages that are told from each other.
TEXTS = {
    "en": ["Harbour reopens after storm", "The ferry sails twice a day again, the company said on Monday."],
    "de": ["Hafen öffnet nach Sturm wieder", "Die Fähre fährt wieder zweimal am Tag, teilte das Unternehmen mit."],
    "fr": [
        "Le port rouvre après la tempête",
        "Le ferry navigue de nouveau deux fois par jour, a annoncé la compagnie.",
    ],
    "es": ["El puerto reabre tras la tormenta", "El ferry vuelve a zarpar dos veces al día, dijo la empresa el lunes."],
    "pt": ["Porto reabre depois da tempestade", "A balsa volta a navegar duas vezes por dia, informou a empresa."],
    "it": [
        "Il porto riapre dopo la tempesta",
        "Il traghetto torna a navigare due volte al giorno, ha detto la società.",
    ],
    "nl": ["Haven weer open na storm", "De veerboot vaart weer twee keer per dag, meldde het bedrijf maandag."],
    "sv": ["Hamnen öppnar igen efter stormen", "Färjan går åter två gånger om dagen, meddelade bolaget på måndagen."],
    "da": ["Havnen åbner igen efter stormen", "Færgen sejler igen to gange om dagen, oplyser selskabet mandag."],
    "nb": ["Havnen åpner igjen etter stormen", "Fergen går igjen to ganger om dagen, opplyser selskapet mandag."],
    "fi": ["Satama avautuu myrskyn jälkeen", "Lautta liikennöi taas kahdesti päivässä, yhtiö kertoi maanantaina."],
    "is": ["Höfnin opnar aftur eftir óveðrið", "Ferjan siglir aftur tvisvar á dag, sagði fyrirtækið á mánudag."],
    "pl": [
        "Port ponownie otwarty po burzy",
        "Prom znów kursuje dwa razy dziennie, poinformowała firma w poniedziałek.",
    ],
    "cs": ["Přístav se po bouři znovu otevřel", "Trajekt opět vyplouvá dvakrát denně, oznámila v pondělí společnost."],
    "sk": ["Prístav sa po búrke opäť otvoril", "Trajekt opäť vypláva dvakrát denne, oznámila v pondelok spoločnosť."],
    "hu": ["Újra megnyílt a kikötő a vihar után", "A komp ismét naponta kétszer indul, közölte hétfőn a társaság."],
    "ro": [
        "Portul se redeschide după furtună",
        "Feribotul circulă din nou de două ori pe zi, a anunțat compania luni.",
    ],
    "tr": [
        "Liman fırtınanın ardından yeniden açıldı",
        "Feribot yeniden günde iki kez sefer yapıyor, şirket pazartesi günü açıkladı.",
    ],
    "ru": ["Порт снова открылся после шторма", "Паром опять ходит два раза в день, сообщила компания в понедельник."],
    "uk": ["Порт знову відкрився після шторму", "Пором знову ходить двічі на день, повідомила компанія в понеділок."],
    "bg": [
        "Пристанището отново отвори след бурята",
        "Фериботът отново плава два пъти на ден, съобщи компанията в понеделник.",
    ],
    "el": [
        "Το λιμάνι ανοίγει ξανά μετά την καταιγίδα",
        "Το πλοίο εκτελεί πάλι δύο δρομολόγια την ημέρα, ανακοίνωσε η εταιρεία.",
    ],
    "ar": ["إعادة فتح الميناء بعد العاصفة", "تبحر العبارة مرتين في اليوم من جديد، حسبما أعلنت الشركة يوم الاثنين."],
    "fa": ["بندر پس از طوفان دوباره باز شد", "شرکت روز دوشنبه اعلام کرد کشتی دوباره روزی دو بار حرکت می‌کند."],
    "he": ["הנמל נפתח מחדש אחרי הסערה", "המעבורת מפליגה שוב פעמיים ביום, הודיעה החברה ביום שני."],
    "hi": ["तूफान के बाद बंदरगाह फिर खुला", "कंपनी ने सोमवार को कहा कि नौका फिर दिन में दो बार चलती है।"],
    "th": ["ท่าเรือเปิดอีกครั้งหลังพายุ", "บริษัทแจ้งว่าเรือเฟอร์รี่กลับมาให้บริการวันละสองเที่ยว"],
    "zh": ["港口在风暴后重新开放", "公司周一表示，渡轮恢复每天两班，乘客可以在网上购票。"],
    "ja": ["嵐の後、港が再開", "フェリーは再び一日二便で運航すると、会社が月曜日に発表した。"],
    "ko": ["폭풍 후 항구 다시 열려", "회사는 월요일 여객선이 다시 하루 두 번 운항한다고 밝혔다."],
    "vi": ["Cảng mở cửa trở lại sau bão", "Phà lại chạy hai chuyến mỗi ngày, công ty cho biết hôm thứ Hai."],
    "hy": ["Նավահանգիստը վերաբացվել է փոթորկից հետո", "Լաստանավը կրկին նավարկում է օրական երկու անգամ։"],
    "ka": ["ნავსადგური ქარიშხლის შემდეგ კვლავ გაიხსნა", "ბორანი ისევ დღეში ორჯერ დადის, განაცხადა კომპანიამ."],
    "lt": ["Uostas po audros vėl atidarytas", "Keltas vėl plaukia du kartus per dieną, pirmadienį pranešė bendrovė."],
    "lv": ["Osta pēc vētras atkal atvērta", "Prāmis atkal kursē divas reizes dienā, pirmdien paziņoja uzņēmums."],
    "et": ["Sadam avati pärast tormi uuesti", "Praam sõidab taas kaks korda päevas, teatas ettevõte esmaspäeval."],
    "sl": [
        "Pristanišče po neurju znova odprto",
        "Trajekt spet vozi dvakrat na dan, je v ponedeljek sporočilo podjetje.",
    ],
    "hr": ["Luka ponovno otvorena nakon oluje", "Trajekt opet plovi dvaput dnevno, priopćila je tvrtka u ponedjeljak."],
    "ca": [
        "El port reobre després de la tempesta",
        "El ferri torna a salpar dues vegades al dia, va dir l'empresa dilluns.",
    ],
    "bn": ["ঝড়ের পর বন্দর আবার খুলেছে", "কোম্পানি সোমবার জানিয়েছে ফেরি আবার দিনে দুবার চলে।"],
    "ta": ["புயலுக்குப் பிறகு துறைமுகம் மீண்டும் திறப்பு", "படகு மீண்டும் ஒரு நாளைக்கு இரண்டு முறை செல்கிறது என்று நிறுவனம் கூறியது."],
    "ur": ["طوفان کے بعد بندرگاہ دوبارہ کھل گئی", "کمپنی نے پیر کو کہا کہ فیری دوبارہ دن میں دو بار چلتی ہے۔"],
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_headline_and_a_sentence_are_enough(language: str) -> None:
    assert detect(TEXTS[language]) == language


@pytest.mark.parametrize("language", TEXTS)
def test_one_headline_alone_is_never_taken_for_another_language(language: str) -> None:
    assert {detect([text]) for text in TEXTS[language]} <= {language, ""}


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", " "],
        ["OK", "v1.2"],
        ["v3.9.0", "gulp 3.8.11", "Release 2.0"],
        ["123 456 789", "12.5% 3.000 €"],
        ["def f(x): return x+1", "for (int i=0;i<n;i++) { a[i]=b; } if x: pass", "foo.bar.baz(qux)"],
        ["https://www.example.com/the/ferry/sails/twice/a/day", "https://www.example.com/and/again/on/monday"],
        ["Real Madrid – Barcelona 3:1", "Bayern München – Juventus Turin 2:2", "Liverpool – Ajax 0:0"],
        TEXTS["en"] + TEXTS["de"],
        TEXTS["en"] + TEXTS["ja"],
        TEXTS["ru"] + TEXTS["uk"],
        # Languages that are not known, and near to one that is: Indonesian, Galician, Macedonian, Welsh, Khmer.
        ["Pelabuhan dibuka kembali setelah badai", "Feri kembali berlayar dua kali sehari, kata perusahaan itu."],
        ["O porto reabre tras a tormenta", "O ferri volve saír dúas veces ao día, dixo a empresa o luns."],
        ["Пристаништето повторно отворено", "Траектот повторно плови двапати дневно, соопшти компанијата."],
        ["Yr harbwr yn ailagor ar ôl y storm", "Mae'r fferi'n hwylio ddwywaith y dydd eto, meddai'r cwmni."],
        ["កំពង់ផែបើកឡើងវិញ", "សាឡាងធ្វើដំណើរពីរដងក្នុងមួយថ្ងៃ។"],
    ],
)
def test_what_is_not_certain_is_not_said(texts: list[str]) -> None:
    assert detect(texts) == ""


def test_a_few_foreign_headlines_do_not_matter() -> None:
    assert detect([*TEXTS["de"] * 4, *TEXTS["en"]]) == "de"


@settings(max_examples=50)
@given(st.lists(st.text(max_size=400), max_size=5))
def test_whatever_the_texts_there_is_an_answer(texts: list[str]) -> None:
    assert detect(texts) == "" or detect(texts).isalpha()


@pytest.mark.parametrize("piece", ["a ", "a.a", "x@", "_", "船", " # ", "The ferry sails. "])
def test_much_text_costs_little(piece: str) -> None:
    detect(TEXTS["en"])
    began = time.process_time()
    detect([piece * 50_000])
    detect([piece] * 50_000)
    assert time.process_time() - began < 0.2
