"""What is shown where a request cannot be answered: a page like the others, and never how we are made."""

from collections.abc import Awaitable, Callable, Mapping
from gettext import NullTranslations
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import TokenError, UnknownName
from digest.web.answers import Pages


def handlers(pages: Pages) -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """For Starlette: one page for each kind of fault."""

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        title, message = _said(status, pages.words)
        response = pages.error(status, title, message)
        response.headers.update((isinstance(error, HTTPException) and error.headers) or {})
        return response

    async def no_such_link(_request: Request, _error: Exception) -> Response:
        return pages.error(
            404,
            pages.words.gettext("This link does not work"),
            pages.words.gettext(
                "It may have been cut short on its way, or it is for a subscription that is no more. "
                "Open it from the letter once more, or copy the whole of it."
            ),
        )

    async def no_such_thing(_request: Request, _error: Exception) -> Response:
        return pages.error(404, *_said(404, pages.words))

    return {HTTPException: refused, Exception: refused, TokenError: no_such_link, UnknownName: no_such_thing}


def _said(status: int, words: NullTranslations) -> tuple[str, str]:
    """A title, and what to do."""
    _ = words.gettext
    known = {
        # Operators read English, as on the command line.
        401: (
            "Sign in",
            "This is for the operators: the password is web.token of the configuration, the name anything.",
        ),
        403: (_("Not from there"), _("Another site asked for this, and nothing has been changed.")),
        404: (_("Nothing is here"), _("The address may be incomplete.")),
        405: (_("Not like this"), _("Opening this address does nothing. Go back, and use the button there.")),
        408: (_("Too slow"), _("Nothing has been changed. Please try again.")),
        429: ("Too many tries", "The token was wrong too often. Wait a minute."),
        413: (_("Too much"), _("Nothing has been changed: forms here are never that large.")),
    }
    ours = (_("Something went wrong"), _("It is our fault, and it has been noted. Please try again later."))
    return known.get(status, ours)
