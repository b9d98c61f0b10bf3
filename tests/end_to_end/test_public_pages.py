"""The public pages in a real browser: what axe finds, and what the policy of each lets it do."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from anyio.from_thread import start_blocking_portal
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright
from sqlalchemy import update
from starlette.testclient import TestClient

from digest import publish
from digest.app.house import House, open_house
from digest.mail.tokens import Purpose
from digest.store import schema, subscribers
from digest.store.subscribers import Choices
from digest.web import public
from tests.web.conftest import CONFIG, NOW, Clock, Postbox, house, postbox

__all__ = ["house", "postbox"]

pytestmark = pytest.mark.browser

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
HOME = "https://news.example"
AXE = Axe()
#: The form to subscribe asks for so little work that the tests do not wait for it.
WORK = "web: {{proof_of_work: 10}}\n"
#: As a browser sends them itself.
_UNSENT = frozenset({"host", "content-length", "accept-encoding", "connection"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archived(house: House, clock: Clock, postbox: Postbox, tmp_path: Path) -> Iterator[House]:
    """The house with a public archive, in which an edition stands, and one reader."""
    path = tmp_path / "digest.yaml"
    text = CONFIG + WORK
    text = text.replace("daily: {{title: The Daily,", 'daily: {{title: The Daily, archive: "public",')
    path.write_text(text.format(port=postbox.port), encoding="utf-8")
    with open_house(path, environ={}, clock=clock) as opened:
        with opened.database.begin() as connection:
            who = subscribers.add(connection, "ada@reader.example", NOW)
            own = subscribers.subscribe(connection, who.id, "daily", Choices(), 0, NOW)
            subscribers.confirm(connection, own.id, NOW, "test")
        # The browser has the loop of this thread.
        with start_blocking_portal() as portal:
            portal.call(publish.publish_now, opened.press(), opened.newsletter("daily"), clock())
        opened.database.call(lambda connection: connection.execute(update(schema.editions).values(state="done")))
        yield opened


@pytest.fixture
def client(archived: House) -> Iterator[TestClient]:
    with TestClient(public.application(archived), base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, client: TestClient) -> Iterator[Callable[..., Page]]:
    """Opens a path of ours; without its policy for `looking`, since axe is a script."""
    pages: list[Page] = []

    def open_page(path: str, width: int = 1440, scheme: str = "light", *, looking: bool = False, **of: object) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, **of)  # type: ignore[arg-type]
        pages.append(page)

        def answer(route: Route) -> None:
            asked = route.request
            parts = urlsplit(asked.url)
            if parts.netloc != "news.example":
                route.abort()
                return
            sent = {name: value for name, value in asked.headers.items() if name not in _UNSENT}
            got = client.request(asked.method, asked.url, content=asked.post_data_buffer or b"", headers=sent)
            given = {name: value for name, value in got.headers.items() if not looking or "security" not in name}
            route.fulfill(status=got.status_code, headers=given, body=got.content)

        page.route("**/*", answer)
        page.goto(f"{HOME}{path}")
        return page

    yield open_page
    for page in pages:
        page.close()


def paths(house: House) -> dict[str, str]:
    """An address for each kind of page."""
    signer = house.signer()
    return {
        "front": "/",
        "archive": "/archive/daily",
        "search": "/archive/daily?q=wire",
        "search in vain": "/archive/daily?q=nothing",
        "edition": "/archive/daily/1",
        "subscribe": "/subscribe/daily",
        "confirm": f"/confirm/{signer.sign(Purpose.CONFIRM, 1, now=house.clock())}",
        "choose": f"/choose/{signer.sign(Purpose.CHOOSE, 1)}",
        "leave": f"/leave/{signer.sign(Purpose.LEAVE, 1)}",
        "yours": f"/yours/{signer.sign(Purpose.OWN, 1, now=house.clock())}",
        "missing": "/nothing",
    }


KINDS = (
    *("front", "archive", "search", "search in vain", "edition", "subscribe"),
    *("confirm", "choose", "leave", "yours", "missing"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_at_any_width_in_light_and_dark(
    archived: House, visit: Callable[..., Page], kind: str
) -> None:
    page = visit(paths(archived)[kind], looking=True)
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == [], (width, scheme)


def test_the_form_takes_the_browsers_zone_does_its_work_and_is_believed(
    archived: House, visit: Callable[..., Page], clock: Clock, postbox: Postbox
) -> None:
    page = visit("/subscribe/daily", timezone_id="America/New_York", locale="en-GB")
    page.wait_for_function("document.getElementById('proof').value !== ''")
    assert page.eval_on_selector("#timezone", "zone => zone.value") == "America/New_York"
    page.fill("#address", "eve@reader.example")
    clock.now += timedelta(seconds=5)

    page.click("main button[type=submit]")
    page.wait_for_load_state()

    assert page.get_by_role("alert").count() == 0
    found = archived.database.call(subscribers.by_address, "eve@reader.example")
    assert [each.subscription.timezone for each in found] == ["America/New_York"]


def test_a_program_that_does_no_work_subscribes_nobody(archived: House, client: TestClient, clock: Clock) -> None:
    html = client.get("/subscribe/daily").text
    moment = html.partition('name="moment" value="')[2].partition('"')[0]
    clock.now += timedelta(seconds=5)

    client.post(
        "/subscribe/daily", data={"address": "eve@reader.example", "own": "yes", "moment": moment, "proof": "1"}
    )

    assert archived.database.call(subscribers.by_address, "eve@reader.example") == []
