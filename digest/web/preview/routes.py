"""The preview's addresses, all below an unguessable one."""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from html import escape

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House, nonce
from digest.app.previewing.outlook import Looked, outlook
from digest.app.previewing.workshop import Names, Workshop
from digest.errors import DigestError
from digest.model import Newsletter
from digest.web import faults
from digest.web.answers import Pages, protected
from digest.web.local import LocalOnly
from digest.web.preview import actions, policy
from digest.web.preview.letter import Kept, letter_of
from digest.web.preview.linted import lint_of
from digest.web.preview.problem import no_letter, problem_of
from digest.web.preview.question import Question
from digest.web.preview.state import state_of
from digest.web.preview.why import changes_in, why_of

#: Letters that are kept for the frames and files of a page.
_KEPT = 32
#: The files that the page is made of, by what their names end with.
_PART = re.compile(r"preview[a-z_]{0,40}")
_PARTS = {"css": "text/css", "js": "text/javascript"}


def application(
    house: House,
    newsletter: str,
    token: str,
    *,
    environ: Mapping[str, str] | None = None,
    stop: asyncio.Event | None = None,
) -> Starlette:
    """The pages under ``/{token}/``, which begin with `newsletter`; `house` may be read-only, nothing is written.

    To be served on 127.0.0.1 alone; `token` is unguessable, so that other programs' pages cannot ask either. The
    configuration is read anew with `environ` when its files are saved. Those who wait for that are let go when `stop`
    is set. Raises UnknownName.
    """
    house.newsletter(newsletter)
    preview = _Preview(Workshop(house, environ), newsletter)
    pages = Pages(house.renderer, house.site)
    letters = f"/{token}/letters/{{key}}"
    return Starlette(
        routes=[
            Route(f"/{token}/", preview.page, methods=["GET"]),
            Route(f"/{token}/{{name}}.{{kind}}", preview.part, methods=["GET"]),
            Route(f"/{token}/state", preview.state, methods=["GET"]),
            Route(f"/{token}/events", preview.events, methods=["GET"]),
            Route(f"{letters}/frame", preview.frame, methods=["GET"]),
            Route(f"{letters}/letter.html", preview.html, methods=["GET"]),
            Route(f"{letters}/letter.txt", preview.text, methods=["GET"]),
            Route(f"{letters}/letter.eml", preview.eml, methods=["GET"]),
            Route(f"{letters}/letter.png", preview.png, methods=["GET"]),
            Route(f"{letters}/links", preview.links, methods=["POST"]),
            Route(f"{letters}/send", preview.send, methods=["POST"]),
        ],
        middleware=[Middleware(LocalOnly, pages=pages)],
        exception_handlers=faults.handlers(pages),
        lifespan=lambda _: _working(preview.workshop, stop),
    )


@asynccontextmanager
async def _working(workshop: Workshop, stop: asyncio.Event | None) -> AsyncIterator[None]:
    """Follows the files while the application is served."""
    tasks = [asyncio.create_task(workshop.work())]
    if stop:
        tasks.append(asyncio.create_task(_close(workshop, stop)))
    await workshop.watching.wait()
    yield
    workshop.close()
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _close(workshop: Workshop, stop: asyncio.Event) -> None:
    await stop.wait()
    workshop.close()


class _Preview:
    def __init__(self, workshop: Workshop, first: str) -> None:
        self.workshop, self._first = workshop, first
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        #: By edition, once that cannot change any more.
        self._sent: dict[int, int] = {}

    async def page(self, request: Request) -> Response:
        house = self.workshop.house
        state = await self._state(request, house)
        try:
            return policy.page(house.renderer.page("preview", {"site": house.site, "state": state}))
        except DigestError as error:
            return policy.page(_broken(error), 500)

    async def part(self, request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        if kind in _PARTS and _PART.fullmatch(name):
            for folder in self.workshop.folders():
                file = folder / "pages" / f"{name}.{kind}"
                if file.is_file():
                    return policy.part(await asyncio.to_thread(file.read_text, "utf-8", "replace"), _PARTS[kind])
        raise HTTPException(404)

    async def state(self, request: Request) -> Response:
        return policy.data(await self._state(request, self.workshop.house))

    async def events(self, _request: Request) -> Response:
        # It changes the server that it finds when it is imported.
        from sse_starlette import EventSourceResponse  # noqa: PLC0415

        return protected(EventSourceResponse(self._told()), "default-src 'none'")

    async def _told(self) -> AsyncIterator[dict[str, str]]:
        with self.workshop.listening() as saved:
            yield {"event": "hello", "data": "{}"}
            async for names in _until_over(saved):
                yield {"event": "changed", "data": json.dumps({"files": names})}

    async def frame(self, request: Request) -> Response:
        kept = self._found(request)
        images = request.query_params.get("images") != "off"
        return policy.frame(kept.proof.html, actions.scheme_of(request), images=images)

    async def html(self, request: Request) -> Response:
        return actions.html(self._found(request))

    async def text(self, request: Request) -> Response:
        return actions.text(self._found(request))

    async def eml(self, request: Request) -> Response:
        return actions.eml(self._found(request))

    async def png(self, request: Request) -> Response:
        return await actions.png(self._found(request), request)

    async def links(self, request: Request) -> Response:
        return await actions.links(self.workshop.house, self._found(request), request)

    async def send(self, request: Request) -> Response:
        return await actions.send(self.workshop.house, self._found(request), request)

    def _found(self, request: Request) -> Kept:
        key = request.path_params["key"]
        if key not in self._kept:
            raise HTTPException(404)
        return self._kept[key]

    async def _state(self, request: Request, house: House) -> dict[str, object]:
        """Raises UnknownName where there is no such newsletter."""
        # The one to begin with may have been renamed since.
        first = self._first if self._first in house.newsletters else next(iter(house.newsletters))
        question = Question.of(request.query_params, first)
        newsletter = house.newsletter(question.newsletter)
        wrong, found, shown = self.workshop.problem, None, {}
        try:
            found = await outlook(house, question.asked(house), self._sent)
            if found.looked:
                shown = await self._looked(house, newsletter, found.looked)
            wrong = wrong or found.problem
        except DigestError as error:
            wrong = wrong or error
        problem = {"problem": problem_of(wrong, self.workshop.folders())} if wrong else {}
        return state_of(house, question, found) | shown | problem

    async def _looked(self, house: House, newsletter: Newsletter, looked: Looked) -> dict[str, object]:
        foretold = looked.foretold
        shown: dict[str, object] = {"why": why_of(looked.explained), "changes": changes_in(looked.changes)}
        if foretold.letter is None:
            return shown | {"problem": no_letter(foretold.reason)}
        kept = Kept.of(nonce(), foretold, foretold.letter, house.sender().return_path)
        self._kept[kept.key] = kept
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        titles = {category.name: category.title for category in newsletter.categories}
        letter = letter_of(kept, titles, house.site.url) | {"stories": len(looked.explained.told)}
        return shown | {"letter": letter | {"lint": await asyncio.to_thread(lint_of, house, kept)}}


async def _until_over(saved: Names) -> AsyncIterator[tuple[str, ...]]:
    while (names := await saved.get()) is not None:
        yield names


def _broken(error: DigestError) -> str:
    """Where the page's own template is what is wrong."""
    words = f"<h1>The page of the preview cannot be made</h1><p>{escape(str(error))}</p>"
    return f"<!DOCTYPE html><html lang=en><title>Preview</title>{words}</html>"
