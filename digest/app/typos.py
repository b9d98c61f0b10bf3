"""Addresses that were mistyped where it is easily seen: gmial.com. Pure."""

from difflib import get_close_matches

#: Where most readers have their mail; none of these is taken for a slip of another.
PROVIDERS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.co.uk",
        "hotmail.fr",
        "hotmail.de",
        "hotmail.it",
        "hotmail.es",
        "outlook.com",
        "outlook.fr",
        "outlook.de",
        "outlook.es",
        "live.com",
        "live.co.uk",
        "live.fr",
        "msn.com",
        "yahoo.com",
        "yahoo.co.uk",
        "yahoo.fr",
        "yahoo.de",
        "yahoo.es",
        "yahoo.it",
        "yahoo.co.jp",
        "yahoo.com.br",
        "ymail.com",
        "aol.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "mail.com",
        "email.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "web.de",
        "t-online.de",
        "freenet.de",
        "posteo.de",
        "mailbox.org",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "sfr.fr",
        "laposte.net",
        "libero.it",
        "virgilio.it",
        "tiscali.it",
        "ukr.net",
        "i.ua",
        "meta.ua",
        "yandex.com",
        "yandex.ru",
        "mail.ru",
        "proton.me",
        "protonmail.com",
        "fastmail.com",
        "zoho.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "btinternet.com",
        "sky.com",
        "bluewin.ch",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
        "rediffmail.com",
        "uol.com.br",
        "terra.com.br",
        "telenet.be",
        "skynet.be",
        "ziggo.nl",
        "kpnmail.nl",
    ]
)
_LIKE = 0.87


def suggestion(address: str) -> str:
    """What `address` was perhaps meant to be; empty where nothing is near."""
    local, _at, domain = address.rpartition("@")
    if domain in PROVIDERS:
        return ""
    near = get_close_matches(domain, sorted(PROVIDERS), n=1, cutoff=_LIKE)
    return f"{local}@{near[0]}" if near else ""
