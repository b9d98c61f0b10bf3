"""Words that say nothing where a link or a picture should be told apart, in the languages that our words are in."""

import re

_EMPTY_LINKS = (
    *("click here", "click", "here", "tap here", "read more", "more", "learn more", "see more", "continue reading"),
    *("continue", "read on", "read", "link", "this link", "this", "go", "details", "more info", "full story"),
    *("hier klicken", "klicken sie hier", "klick", "hier", "mehr lesen", "mehr", "weiterlesen", "lesen sie mehr"),
    *("mehr erfahren", "mehr dazu", "zum artikel", "weiter", "details ansehen"),
    *("cliquez ici", "cliquer ici", "ici", "lire la suite", "lire plus", "en savoir plus", "plus", "suite", "lien"),
    *("voir plus", "voir la suite"),
    *("haga clic aquí", "haz clic aquí", "clic aquí", "pulse aquí", "aquí", "leer más", "más", "seguir leyendo"),
    *("ver más", "más información", "saber más", "enlace"),
    *("натисніть тут", "клацніть тут", "тут", "сюди", "читати далі", "читати більше", "далі", "більше", "детальніше"),
    *("докладніше", "посилання"),
    *("اضغط هنا", "انقر هنا", "هنا", "اقرأ المزيد", "المزيد", "قراءة المزيد", "تابع القراءة", "رابط", "التفاصيل"),
)
_EMPTY_ALTS = (
    *("image", "picture", "photo", "photograph", "graphic", "icon", "logo", "banner", "thumbnail", "img", "alt"),
    *("topic image", "article image", "story image", "featured image", "untitled", "placeholder", "spacer"),
    *("bild", "foto", "grafik", "symbolbild", "vorschaubild", "artikelbild"),
    *("photographie", "illustration", "vignette"),
    *("imagen", "fotografía", "ilustración", "miniatura"),
    *("зображення", "фото", "фотографія", "світлина", "ілюстрація", "картинка"),
    *("صورة", "صوره", "صورة الخبر", "الصورة"),
)
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
_FILE = re.compile(r"[^\s/]{1,200}\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)(?:\?\S*)?", re.IGNORECASE)
_CAMERA = re.compile(r"(?:img|dsc|dscn|pxl|p|image|photo|screenshot)[-_ ]?\d{3,}[-_\d]*", re.IGNORECASE)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def says_nothing(text: str) -> bool:
    """Whether a link with this text could lead anywhere."""
    return _bare(text) in _LINKS


def is_url(text: str) -> bool:
    return bool(_URL.fullmatch(text.strip()))


def describes_nothing(alt: str) -> bool:
    """Whether an alternative text is a file's name, or only says that there is a picture."""
    text = alt.strip()
    return bool(_bare(text) in _ALTS or _FILE.fullmatch(text) or _CAMERA.fullmatch(text) or is_url(text))


def _bare(text: str) -> str:
    """Without arrows, dots and the like around it."""
    return _AROUND.sub("", " ".join(text[:200].casefold().split()))


_LINKS = frozenset(map(_bare, _EMPTY_LINKS))
_ALTS = frozenset(map(_bare, _EMPTY_ALTS))
