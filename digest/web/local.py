"""Keeps the operator's own pages to the operator's own machine: no name from the net leads to them."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from digest.web.answers import Pages

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class LocalOnly:
    """Refuses requests whose Host is not this machine: a name that resolves to it is how rebinding begins."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_local(scope):
            await self._app(scope, receive, send)
            return
        _ = self._pages.words.gettext
        refusal = self._pages.error(403, _("Not by this name"), _("These pages are for http://127.0.0.1 only."))
        await refusal(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    try:
        return len(hosts) == 1 and urlsplit(f"//{hosts[0]}").hostname in LOCAL
    except ValueError:
        return False
