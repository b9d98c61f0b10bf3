"""Bytes -> text, in the encoding that they are in, whatever is said of it."""

import codecs
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: An ASCII character in encodings of more bytes (XML 1.0, appendix F), here of markup or white space.
_BARE = (
    (re.compile(rb"[<{\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\s]"), "utf-32-be"),
    (re.compile(rb"[<{\s]\0(?!\0\0)"), "utf-16-le"),
    (re.compile(rb"\0[<{\s](?!\0\0)"), "utf-16-be"),
)
#: What no text of two or four bytes a character has in it.
_ASCII_MARKUP = re.compile(rb"<\?xml|<rss|<rdf|<feed|<!DOCTYPE|<html", re.IGNORECASE)

#: Python's names of the encodings that feeds are in, beside UTF-8. Others that `codecs` knows are no character sets
#: (punycode is quadratic besides), and UTF-16 is seen in the bytes or it is not there.
_KNOWN = re.compile(
    r"cp\d{3,4}|iso8859-\d+|koi8-[rut]|gb18030|hz|big5\w*|euc_\w+|euc_jis_2004|shift_jis\w*|iso2022_\w+|mac-\w+|johab"
)
#: As browsers do (WHATWG Encoding 4.2): what calls itself the one is the other, which has more characters.
_REALLY = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "johab": "cp949",
    "big5": "big5hkscs",
}  # fmt: skip
#: Names that are met and that Python does not know.
_ALIASES = {
    "x-sjis": "cp932", "windows-31j": "cp932", "x-euc-jp": "euc_jp", "x-gbk": "gb18030", "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949", "windows-949": "cp949", "cp-1251": "cp1251", "win-1251": "cp1251", "win1251": "cp1251",
    "windows1251": "cp1251", "x-cp1251": "cp1251", "windows1252": "cp1252", "x-cp1252": "cp1252", "ansi": "cp1252",
    "windows-874": "cp874", "iso-8859-8-i": "iso8859-8", "koi8": "koi8-r", "x-mac-roman": "mac-roman",
}  # fmt: skip

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_LANGUAGE = re.compile(
    rb"<(?:[\w-]+:)?language>\s*(?:<!\[CDATA\[\s*)?([A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?)|xml:lang=[\"']([A-Za-z_-]{2,7})[\"']"
)
#: What undeclared text in a language is in, the strictest first (HTML, "determining the character encoding", step 9).
_BY_LANGUAGE = {
    "ja": ("euc_jp", "cp932"), "zh": ("gb18030", "big5hkscs"), "zh-tw": ("big5hkscs",), "zh-hk": ("big5hkscs",),
    "ko": ("cp949",), "ru": ("cp1251",), "uk": ("cp1251",), "be": ("cp1251",), "bg": ("cp1251",), "sr": ("cp1251",),
    "mk": ("cp1251",), "pl": ("iso8859-2",), "hu": ("iso8859-2",), "cs": ("cp1250",), "sk": ("cp1250",),
    "sl": ("cp1250",), "hr": ("cp1250",), "ro": ("cp1250",), "el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",),
    "ar": ("cp1256",), "fa": ("cp1256",), "lt": ("cp1257",), "lv": ("cp1257",), "et": ("cp1257",), "th": ("cp874",),
    "vi": ("cp1258",),
}  # fmt: skip


def decode(body: bytes, content_type: str) -> str:
    """`body` as text, whatever it is: the mark at its beginning, then UTF-8 if it is valid, then what is declared.

    Valid UTF-8 counts for more than any declaration: no other encoding is that by chance, and declarations are wrong
    more often. Raises nothing.
    """
    if wide := _wide(body):
        return body.decode(wide, "replace").lstrip("\ufeff")
    for mark, _ in _BOMS[1:]:
        body = body.removeprefix(mark)
    declared = list(dict.fromkeys(_declared(body, content_type)))
    if not any(name.startswith(("iso2022", "hz")) for name in declared):
        text = body.decode("utf-8", "replace").lstrip("\ufeff")
        if not _is_damaged(text):
            return text
    for name in (*declared, *_spoken(body)):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(declared[0] if declared else "cp1252", "replace")


def _wide(body: bytes) -> str:
    """The encoding of two or four bytes a character that `body` shows to be in; empty: none."""
    start = body[:200].lstrip(b" \t\r\n")
    if _ASCII_MARKUP.search(body[:1_000]):
        return ""
    for mark, encoding in _BOMS[1:]:
        if start.startswith(mark):
            return encoding
    return next((encoding for pattern, encoding in _BARE if pattern.match(body)), "")


def _is_damaged(text: str) -> bool:
    """Whether what was read as UTF-8 is something else: of its characters beyond ASCII more than a tenth were none.

    A download that broke off within a character, or a comment pasted from elsewhere, leaves one or two.
    """
    none = text.count("\N{REPLACEMENT CHARACTER}")
    return none > 0 and none * 10 > len(text) - len(text.encode("ascii", "ignore"))


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """What the server and the document call the encoding, in Python's names.

    The server comes first (RFC 7303 3.2), unless it says what servers say that nobody has told.
    """
    served = [_python_name(found[1]) for found in [_CHARSET.search(content_type)] if found]
    written = [_python_name(found[1].decode("ascii")) for found in [_DECLARED.search(body[:1_024])] if found]
    names = [*written, *served] if served == ["cp1252"] else [*served, *written]
    return (name for name in names if name)


def _python_name(label: str) -> str:
    """Python's name of the encoding that is called `label`; empty: it is none that feeds are in."""
    try:
        name = _ALIASES.get(label.lower()) or codecs.lookup(label).name
    except LookupError:
        return ""
    name = _REALLY.get(name, name)
    return name if _KNOWN.fullmatch(name) else ""


def _spoken(body: bytes) -> tuple[str, ...]:
    """The encodings that the feed's language is written in, where it names one."""
    found = _LANGUAGE.search(body[:20_000])
    language = (found[1] or found[2]).decode("ascii").lower().replace("_", "-") if found else ""
    return _BY_LANGUAGE.get(language) or _BY_LANGUAGE.get(language.partition("-")[0], ())
