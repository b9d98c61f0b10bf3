"""The phrases of what sites put around an article's text, in the languages of the web: tables, and nothing else.

Each is tried on a line of at most `LONGEST` characters. They are narrow: a real sentence that is lost is worse than a
share bar that is told. Those that are tried most often are in small letters, and so has the line to be: without regard
to case the engine is three times as slow.
"""

import re

#: Longer lines are prose, whatever they begin with.
LONGEST = 300

_NETWORKS = (
    r"facebook|twitter|x|whatsapp|linkedin|reddit|pinterest|telegram|tumblr|pocket|e-?mail|print|mastodon|bluesky"
    r"|threads|messenger|viber|skype|copy link|tweet|pin(?: it)?|share|like|flipboard|instapaper|digg|xing|vk|more|line"
    r"|hacker news|delicious|stumbleupon|google\+?|buffer|mix|wechat|weibo|sms|instagram|youtube"
)
_SHARE = (
    r"spread the (?:love|word)|share (?:this|on|via|the article)|sharing is caring"
    r"|(?:beitrag |artikel )?teilen(?: mit| auf)?:|partager(?: sur)?\s?:|compart[ie](?:r|lhe|lhar)?(?: en| em)?:"
    r"|condividi(?: su)?:|delen(?: op)?:|del(?: på)?:|udostępnij|поделиться|поширити|シェア|分享到"
)
_ADVERTISEMENT = (
    r"advertise?ments?|sponsored(?: content)?|anzeige|werbung|publicité|publicidade?|pubblicità|advertentie|annonse?"
    r"|annonce|mainos|rekl[aá]ma?|hirdetés|реклама|διαφήμιση|広告|广告|廣告|광고|إعلان|اعلان|פרסומת|विज्ञापन|โฆษณา"
)
#: The words of the link to the rest.
_READ_ON = (
    r"read more|continue reading|keep reading|weiterlesen|mehr lesen|weiter lesen|zum artikel|lire (?:la suite|plus)"
    r"|en savoir plus|(?:seguir|continuar) leyendo|leer (?:más|mas)|leia mais|ler mais|continue lendo"
    r"|continuar a ler|leggi tutto|leggi di più|continua a leggere|lees (?:meer|verder)|läs mer|læs mere|les mer"
    r"|lue lisää|lesa meira|czytaj (?:dalej|więcej|całość)|číst (?:dál|více|celé)|čítať ďalej|tovább(?: olvasom)?"
    r"|citește mai mult|devam[ıi]n[ıi] oku|читать (?:далее|дальше|полностью)|подробнее|читати далі|прочети още"
    r"|διαβάστε περισσότερα|llegir més|pročitaj više|đọc tiếp|xem thêm|baca selengkapnya|続きを読む|もっと読む"
    r"|阅读全文|阅读更多|继续阅读|閱讀全文|閱讀更多|繼續閱讀|더 ?보기|계속 읽기|อ่านต่อ|อ่านเพิ่มเติม|[اإ]قرأ المزيد"
    r"|ادامه مطلب|مزید پڑھیں|קרא עוד|להמשך קריאה|और पढ़ें|आगे पढ़ें"
)
#: What WordPress puts below each article of a feed, in its translations: what begins the line, and what is within.
_FIRST_APPEARED = (
    (r"(?:the|this) (?:post|article)", r"(?:appeared first on|first appeared on|is republished from)"),
    (r"der (?:beitrag|artikel)", r"erschien zuerst (?:auf|bei)"),
    (r"(?:cet |l['’])article", r"(?:est apparu en premier sur|provient de)"),
    (r"la entrada", r"(?:se publicó primero en|apareció primero en|aparece primero en)"),
    (r"l['’]entrada", r"ha aparegut primer a"),
    (r"(?:o (?:post|artigo|conteúdo)|a publicação)", r"(?:apareceu|aparece|surgiu) (?:primeiro|em primeiro lugar) em"),
    (r"l['’]articolo", r"(?:proviene da|sembra essere il primo su)"),
    (r"het bericht", r"verscheen eerst op"),
    (r"in(?:n?legget|lägget)", r"(?:dukket (?:først )?opp (?:først )?på|dök först upp på)"),
    (r"indlægget", r"(?:blev først udgivet på|dukkede først op på)"),
    (r"artikkeli", r"julkaistiin ensimmäisen(?:ä| kerran)"),
    (r"(?:artykuł|wpis|post)", r"pochodzi z(?: serwisu)?"),
    (r"příspěvek", r"(?:pochází z|se nejdříve objevil)"),
    (r"a(?:z)? .{1,200} bejegyzés", r"először"),
    (r"articolul", r"apare prima dată în"),
    (r"(?:сообщение|запись)", r"(?:появил[аи]сь сначала на|впервые появилась)"),
    (r"запис", r"(?:спершу|вперше) з['’ʼ]явився"),
    (r"публикацията", r"се появи за първи път на"),
    (r"το άρθρο", r"εμφανίστηκε πρώτα στο"),
    (r"objava", r"(?:pojavila se prvi puta na|se je pojavila na)"),
    (r"ظهرت المقالة", r"أولاً على"),
    (r"הפוסט", r"הופיע לראשונה ב"),
    (r"نوشته", r"اولین بار در"),
    (r"投稿", r"に最初に表示されました"),
    (r"bài viết", r"(?:đã )?xuất hiện (?:đầu tiên|lần đầu)"),
)
_FOOTER = "|".join(rf"{begins}.{{1,250}}{within}.{{0,150}}" for begins, within in _FIRST_APPEARED)
#: The same where anything may begin the line; what only says it is quickly searched for.
ELSEWHERE = re.compile(r"最先出现在|最早發佈於|最早发布于|first appeared on")
PUBLISHED_ELSEWHERE = re.compile(rf".{{1,250}}(?:{ELSEWHERE.pattern}).{{0,150}}")
_ALSO = (
    r"related(?: \w+)?|see also|also read|read also|recommended|lesen sie auch|mehr zum thema|(?:à )?lire aussi"
    r"|lea también|te puede interesar|leia também|veja também|leggi anche|lees ook|läs också|læs også|les også"
    r"|czytaj (?:też|także)|zobacz też|читайте (?:также|також|ще)|по теме|関連記事|延伸阅读|相关阅读|관련 기사"
)
_CREDIT = (
    r"photo(?:graph)?|image|picture|video|photo credit|image credit|foto|fotografie|bild|titelbild|crédit photo"
    r"|crédits?|imagen|imagem|immagine|beeld|zdj(?:ęcie)?|fot|фото|写真|图片来源|图|사진|credit"
)
_CHANNEL = r"(?:newsletter|bolet|canal|telegram|youtube|twitter|facebook|nieuwsbrief|рассылк|розсилк|канал|infolettre)"
_NEWSLETTER = (
    r"subscribe(?: now| here| today)?!?|sign up(?: now| here| today)?!?"
    r"|(?:subscribe|sign up)(?: now| here| today)? (?:to|for) (?:our|my)\b[^.!?]{0,110}[.!]?"
    r"|(?:subscribe|sign up)(?: now| here| today)? (?:to|for)\b[^.!?]{0,80}(?:newsletters?|updates|channel)[.!]?"
    r"|(?:follow|like|find) us on\b[^.!?]{0,110}[.!]?|(?:follow|join|support) us!?"
    r"|(?:get|receive) (?:our|the)\b[^.!?]{0,80}(?:newsletter|inbox)\b[^.!?]{0,40}[.!]?"
    r"|(?:jetzt |hier )?(?:unseren |den )?newsletter (?:abonnieren|anmelden|bestellen)[.!]?"
    r"|(?:abonnieren sie|abonnez-vous|inscrivez-vous|suscríbete|suscríbase|subscreva|assine|inscreva-se|iscriviti"
    r"|abonneer je|schrijf je in|zapisz się|подпи(?:шитесь|сывайтесь)|підписуйтесь)\b[^.!?]{0,80}"
    rf"{_CHANNEL}[^.!?]{{0,60}}[.!]?"
)
_COOKIES = (
    r"(?:we (?:and our partners )?use cookies|(?:this|our) (?:web)?site uses cookies"
    r"|by continuing to (?:use|browse) (?:this|our)|diese (?:web)?(?:site|seite) (?:verwendet|nutzt) cookies"
    r"|wir (?:verwenden|nutzen) cookies|ce site utilise des cookies|nous utilisons des cookies"
    r"|este sitio (?:web )?(?:usa|utiliza) cookies|(?:utilizamos|usamos) cookies|questo sito utilizza (?:i )?cookie"
    r"|deze (?:web)?site gebruikt cookies|ta strona używa|accept (?:all )?cookies).{0,250}"
)
#: A line in small letters that is furniture from its beginning to its end.
WHOLE = re.compile(
    rf"(?:{_SHARE})(?:\W[^.!?…]{{0,60}})?(?:!|\.{{3}}|…)?|like this:?(?: like)?(?: loading)?\W*"
    rf"|(?:(?:{_NETWORKS})[\s,|/·•:-]*){{1,30}}"
    rf"|\W*(?:{_ADVERTISEMENT})\W*|(?:story|article) continues (?:below|after).{{0,40}}|loading\W*"
    r"|\(?(?:estimated )?reading time:?\W*(?:<\s*)?\d+ .{0,12}|\(?\d+ ?min(?:ute)?s?(?: of)? read(?:ing)?\)?"
    r"|(?:lesezeit|temps de lecture|tiempo de lectura|tempo d[ei] le(?:it|tt)ura|leestijd)\W{1,3}.{0,5}\d+ .{0,12}"
    rf"|\W*(?:{_READ_ON})[^.!?\w]*\.{{0,3}}(?:\([\d\s/.:h-]*\))?|(?:continue|keep) reading\b(?:.{{0,200}}[^.!?])?"
    r"|read (?:more|on) (?:about|at|on|in|from|here|of)\b(?:[^.!?]{0,80}[^.!?\w]{0,5})"
    r"|read (?:on|full|the (?:rest|full)\b)[^.!?]{0,80}[^.!?\w]{0,5}|read (?:more|also|next): ?.{0,200}"
    r"|\W*more\W*|\[?link\]?"
    r"|click (?:here|on|the link)\b.{0,120}|view (?:post|article|in browser|original)\b.{0,60}"
    rf"|(?:{_FOOTER})"
    r"|(?:a version of )?this (?:post|entry|article|story) (?:(?:was|has been) )?(?:originally|first) "
    r"(?:published|posted|appeared).{1,200}"
    r"|(?:\[?(?:link|comments?|permalink)\]?\W*){1,4}|\d+ comments?|leave a (?:comment|reply)|comments?\W*"
    r"|submitted by[^.!?]{1,120}|(?:posted|published|last updated|veröffentlicht|publié|publicado|pubblicato)"
    r" (?:on|by|at|in|am|le|par|el|em|il)\b[^.!?]{0,80}"
    rf"|{_NEWSLETTER}|{_COOKIES}|(?:{_ALSO})\s?(?:[:：].{{0,200}})?"
    rf"|(?:{_CREDIT})s?(?: by| courtesy(?: of)?)?\s*[:：©/].{{0,120}}|©.{{0,80}}"
)
#: Stands before the text in the same block, where a feed has lost its line breaks.
LEADING = re.compile(
    rf"(?:spread the love|share this:|advertisement\b|sharing is caring!?"
    rf"|(?:(?:{_NETWORKS})[\s|/·•]+){{3,30}}(?-i:(?=[^a-z]))"
    r"|\(?(?:estimated )?reading time:? (?:< ?)?\d+ ?min(?:ute)?s?\.?\)?)[\s:|-]*",
    re.IGNORECASE,
)
#: Something of this, in small letters, is in whatever `TRAILING` finds, or before it.
MAY_TRAIL = re.compile(r"\.|!|\?|…|。|！|？|»|”|\"|\)|\]|read|more|view article|full story|first|submitted by")
#: Stands behind it.
TRAILING = re.compile(
    r"\s*(?:(?:\[|\()?(?:read (?:more|on|full article|the full (?:story|article|post)|the rest of this \w+)"
    r"|continue reading|more(?=\W*[)\]»→])|view article|full story)(?![\w'])[^.!?\w]*"
    rf"|(?<=[.!?…。！？»”\")\]])\s?[(\[]?(?:{_READ_ON})[^.!?\w]*(?:\([\d\s/.:h-]*\))?"
    r"|\sthe (?:post|article) .{1,250}(?:appeared first|first appeared) on .{1,150}"
    rf"|(?<=[.!?…])(?:\s(?:{_NETWORKS})){{3,30}}|(?<=[.!?…])\s(?:{_ADVERTISEMENT})\W*"
    r"|continue reading .{1,200}|submitted by ?.{1,60}\[link\].{0,40})$",
    re.IGNORECASE,
)
#: Stands between two of its sentences, behind the end of the first, which is its group; those that follow begin in the
#: usual ways, lest it be a sentence itself.
MIDDLE = re.compile(
    r"([.!?…”\"] )(?:Read more|READ MORE|Continue reading|Advertisement|ADVERTISEMENT|Spread the love|Share this:?) "
    r"(?=(?:The|A|An|In|On|At|It|He|She|They|We|But|And|This|That|These|For|As|After|Before|When|While|If|According"
    r"|Meanwhile|However|There|To|From|With|Since|By|Last|Earlier|Officials|Police)\b)"
)
#: A word of these and then names only is who wrote it.
BY = re.compile(
    r"(?:(?:Words|Story|Text|Written|Reported|Posted) by|By|BY|Von|VON|Par|Por|POR|Di|Door|Av|Af)[: ]+"
    r"|(?:Autore?|Auteur|Author|Автор): "
)
JOINS_NAMES = re.compile(
    r"(?:and|und|et|y|e|en|og|och|i|и|de|del|della|di|da|van|von|der|den|la|le|for|of|in|at|on|with|für|aus|para|para|em)"
)
