"""The desk's addresses. Opening one changes nothing; what a button does, a POST of our own page asks for."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from digest.app import coming, finding
from digest.app import why as tracing
from digest.app.fate import Step
from digest.app.house import House, database_file
from digest.app.sayings import counted, lasting
from digest.app.verdicts import WORDS
from digest.app.why import Chain
from digest.errors import UnknownName, UsageError
from digest.model import Edition
from digest.resources import TEMPLATES
from digest.store import Connection, editions, fence, gauges, history
from digest.web.answers import Pages, protected
from digest.web.desk import feeds
from digest.web.desk.charts import Series, chart
from digest.web.desk.editions import ACTS, Ledger, act, closely
from digest.web.operators import Operators
from digest.web.requests import form_of, require_own_form

#: Seconds between two looks at what moves; days of the two charts; slots and feeds on the first page.
_EVERY, _DELIVERED, _JOINED, _SLOTS, _WORST = 2.0, 14, 30, 6, 8
_LONGEST_QUESTION = 300
_SCRIPT = TEMPLATES / "pages" / "desk.js"


class Desk:
    """The pages of the operators."""

    def __init__(self, house: House, pages: Pages, operators: Operators) -> None:
        self._house, self._pages, self._operators = house, pages, operators
        self._ledger = Ledger(house)

    def routes(self) -> list[Route]:
        return [
            Route("/desk", self.overview, methods=["GET"]),
            Route("/desk/events", self.events, methods=["GET"]),
            Route("/desk/desk.js", self.script, methods=["GET"]),
            Route("/desk/feeds", self.feeds, methods=["GET"]),
            Route("/desk/why", self.why, methods=["GET"]),
            Route("/desk/editions/{edition:int}", self.edition, methods=["GET"]),
            Route("/desk/editions/{edition:int}/{act}", self.act, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:
        self._operators.require(request)
        house, store = self._house, self._house.database
        slots = await store.run(coming.coming, house, _SLOTS)
        health = await store.run(feeds.health, house)
        worst = [row for row in feeds.rows(health, "state") if not row["fine"]][:_WORST]
        known = {
            "now": f"{house.clock().astimezone(house.zone):%A, %d %B %Y, %H:%M} ({house.zone.key})",
            "troubles": await store.run(_troubles, house),
            "facts": await store.run(_facts, house),
            "slots": [
                {
                    "newsletter": house.newsletters[slot.newsletter].title,
                    "at": f"{slot.at.astimezone(house.zone):%a %d %b, %H:%M}",
                    "within": lasting(slot.at - house.clock()),
                    "zones": _few(slot.zones),
                    "readers": f"{slot.readers:,}",
                }
                for slot in slots
            ],
            "editions": await self._ledger.latest(),
            "charts": [await self._delivered(), await store.run(_joined, house)],
            "feeds": worst,
            "all_feeds": counted(len(house.feeds), "feed"),
        }
        return self._page("desk", known)

    async def events(self, request: Request) -> Response:
        """What moves, again and again, for as long as the page is open."""
        self._operators.require(request)
        # It changes the server that it finds when it is imported.
        from sse_starlette import EventSourceResponse  # noqa: PLC0415

        return protected(EventSourceResponse(self._moving(request)), "default-src 'none'")

    async def script(self, request: Request) -> Response:
        self._operators.require(request)
        return protected(Response(_SCRIPT.read_bytes(), media_type="text/javascript"), "default-src 'none'")

    async def feeds(self, request: Request) -> Response:
        self._operators.require(request)
        sort = request.query_params.get("sort", "state")
        found = await self._house.database.run(feeds.health, self._house)
        columns = [
            {"title": title, "url": f"/desk/feeds?sort={name}", "chosen": name == sort}
            for name, (title, _) in feeds.SORTS.items()
        ]
        return self._page("desk_feeds", {"columns": columns, "feeds": feeds.rows(found, sort)})

    async def edition(self, request: Request) -> Response:
        self._operators.require(request)
        house, now = self._house, self._house.clock()
        edition = await self._found(request)
        stands = await self._ledger.standing(edition, now)
        known = {
            "edition": await self._ledger.row(edition),
            "acts": [
                {"action": f"/desk/editions/{edition.id}/{name}", "button": said, "grave": name == "cancel"}
                for name, said in ACTS.get(edition.state, {}).items()
            ],
            **await house.database.run(closely, edition, stands, now),
        }
        return self._page("desk_edition", known)

    async def act(self, request: Request) -> Response:
        self._operators.require(request)
        require_own_form(request, str(request.base_url))
        await form_of(request)
        edition, what = await self._found(request), request.path_params["act"]
        # Somebody else may have been faster: the page says how it stands.
        if what in ACTS.get(edition.state, {}):
            await self._house.database.run(act, edition, what, self._house.clock())
        elif all(what not in known for known in ACTS.values()):
            raise HTTPException(404)
        return protected(RedirectResponse(f"/desk/editions/{edition.id}", 303), "default-src 'none'")

    async def why(self, request: Request) -> Response:
        self._operators.require(request)
        asked = {name: request.query_params.get(name, "").strip()[:_LONGEST_QUESTION] for name in ("article", "reader")}
        known: dict[str, object] = {**asked, "problem": "", "title": "", "url": "", "lines": []}
        if asked["article"]:
            try:
                known |= await asyncio.to_thread(self._explained, asked["article"], asked["reader"])
            except (UnknownName, UsageError) as error:
                known["problem"] = str(error)
        return self._page("desk_why", known)

    def _explained(self, article: str, reader: str) -> dict[str, object]:
        number = self._house.database.call(finding.find, article)
        chain = tracing.why(self._house, number, address=reader)
        lines = _of_one(self._house, chain) if reader else _of_all(self._house, chain)
        return {"title": chain.article.title, "url": chain.article.url, "lines": lines}

    async def _found(self, request: Request) -> Edition:
        found = await self._house.database.run(editions.find, request.path_params["edition"])
        if found is None:
            raise HTTPException(404)
        return found

    async def _moving(self, request: Request) -> AsyncIterator[dict[str, str]]:
        before = ""
        while not await request.is_disconnected():
            told = json.dumps(await self._ledger.latest())
            if told != before:
                yield {"event": "editions", "data": told}
            before = told
            await asyncio.sleep(_EVERY)

    async def _delivered(self) -> dict[str, object]:
        """By the day of the slot."""
        house = self._house
        days = _days(house, _DELIVERED)
        sent, failed = [0] * len(days), [0] * len(days)
        latest = await house.database.run(editions.latest, "", 20 * _DELIVERED)
        for edition in latest:
            place = sum(day <= edition.slot for day in days) - 1
            if place >= 0 and edition.upto:
                stands = await self._ledger.standing(edition, house.clock())
                sent[place] += stands.sent
                failed[place] += stands.failed
        series = [Series(name="sent", tone="good", counts=sent), Series(name="refused", tone="bad", counts=failed)]
        return chart("Deliveries", [f"{day:%d %b}" for day in days], series)

    def _page(self, name: str, known: Mapping[str, object]) -> Response:
        return self._pages.page(name, known, scripts=True)


def _days(house: House, count: int) -> list[datetime]:
    today = house.clock().astimezone(house.zone).date()
    return [datetime.combine(today - timedelta(days=back), time(), house.zone) for back in reversed(range(count))]


def _joined(connection: Connection, house: House) -> dict[str, object]:
    days = _days(house, _JOINED)
    gained, lost = history.gained_and_lost(connection, days)
    series = [Series(name="joined", tone="good", counts=gained), Series(name="left", tone="bad", counts=lost)]
    return chart("Readers", [f"{day:%d %b}" for day in days], series)


def _troubles(connection: Connection, house: House) -> list[str]:
    """What somebody has to do something about."""
    known = gauges.gauges(connection, house.clock())
    found = []
    if held := fence.held(connection):
        found.append(f"Nothing is sent until `digest resume --from WHEN`: {held}")
    if known.outbox.in_doubt:
        found.append(f"{counted(known.outbox.in_doubt, 'delivery', 'deliveries')} in doubt and left to you")
    age = house.clock() - known.oldest_due if known.oldest_due else timedelta()
    if age > timedelta(minutes=30):
        found.append(f"Mail is late: the oldest delivery has been due for {lasting(age)}")
    file = database_file(house.settings)
    if file is not None:
        room = shutil.disk_usage(file.parent)
        if room.free < 0.05 * room.total:
            found.append(f"The disk of the database is nearly full: {room.free / 2**30:.1f} GiB are free")
    return found


def _facts(connection: Connection, house: House) -> list[dict[str, str]]:
    known, now = gauges.gauges(connection, house.clock()), house.clock()
    active = sum(count for (_, state), count in known.readers.items() if state == "active")
    waiting = sum(known.outbox.states.values())
    arrived = f"{lasting(now - known.last_arrival)} ago" if known.last_arrival else "never"
    facts = {
        "Readers": f"{active:,}",
        "In the outbox": f"{waiting:,}",
        "In doubt": f"{known.outbox.in_doubt:,}",
        "Suppressed": f"{sum(known.suppressed.values()):,}",
        "Articles": f"{known.articles:,}",
        "Last article": arrived,
        "Feeds failing": f"{known.failing:,} of {len(house.feeds):,}",
    }
    return [{"name": name, "value": value} for name, value in facts.items()]


def _few(zones: tuple[str, ...]) -> str:
    return ", ".join(zones[:2]) + (f" and {len(zones) - 2} more" if len(zones) > 2 else "")


def _of_all(house: House, chain: Chain) -> list[dict[str, str]]:
    return [
        {
            "when": f"{run.edition.newsletter}, {run.edition.slot.astimezone(house.zone):%a %d %b, %H:%M}",
            "what": ": ".join(filter(None, (WORDS[run.judgement.verdict], run.judgement.detail))),
            "more": "; ".join(f"{WORDS[each.verdict]} to {each.readers:,}, {each.sent:,} sent" for each in run.spread),
        }
        for run in chain.runs
    ]


def _of_one(house: House, chain: Chain) -> list[dict[str, str]]:
    steps = [(reading.newsletter, step) for reading in chain.readings for step in reading.steps]
    steps += [(reading.newsletter, reading.coming) for reading in chain.readings if reading.coming]
    return [_step(house, newsletter, step) for newsletter, step in steps]


def _step(house: House, newsletter: str, step: Step) -> dict[str, str]:
    post = step.delivery
    return {
        "when": f"{newsletter}, {step.slot.astimezone(house.zone):%a %d %b, %H:%M}"
        + ("" if step.edition else ", to come"),
        "what": ": ".join(filter(None, (WORDS[step.verdict], step.words))),
        "more": f"delivery {post.state.value}: {post.reply}".strip(" :") if post and step.brought else "",
    }
