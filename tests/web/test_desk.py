"""The operators' desk: it shows what the store has, opening it changes nothing, and its buttons do one thing."""

import json
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from digest import publish
from digest.model import EditionState
from digest.store import editions, outbox
from digest.store.outbox import Lease
from digest.web import public

HERE = "http://127.0.0.1:8080"
PAGES = ("/desk", "/desk/feeds", "/desk/feeds?sort=articles", "/desk/why")


@pytest.fixture
def desk(house):
    app = public.application(house)
    return TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000), follow_redirects=False)


@pytest.fixture
async def edition(house, subscribed):
    """One that is being sent, to two readers."""
    subscribed("ada@reader.example")
    subscribed("bob@reader.example")
    frozen = await publish.publish_now(house.press(), house.newsletters["daily"], house.clock())
    return frozen.edition.id


def state_of(house, edition):
    return house.database.call(editions.find, edition).state


@pytest.mark.parametrize("page", PAGES)
def test_the_desk_is_for_operators_alone(house, page):
    anybody = TestClient(public.application(house), base_url="https://news.example")

    assert anybody.get(page).status_code == 404


@pytest.mark.parametrize("page", [*PAGES, "/desk/why?article=1", "/desk/why?article=1&reader=ada@reader.example"])
async def test_opening_a_page_changes_nothing(desk, edition, dump, page):
    before = dump()

    answer = desk.get(page)

    assert answer.status_code == 200
    assert dump() == before


async def test_an_edition_is_shown_with_its_figures(desk, edition):
    html = desk.get("/desk").text

    row = re.search(rf'<tr data-edition="{edition}">.*?</tr>', html, re.DOTALL)[0]
    assert "The Daily" in row
    assert '<progress max="2" value="0"' in row
    assert ">sending<" in row
    assert '"open">2<' in row


async def test_a_skipped_slot_is_shown_with_its_reason(desk, house):
    house.clock.now += timedelta(days=1)
    await publish.settle_due(house.press(), house.newsletters["daily"], house.clock())

    html = desk.get("/desk").text

    skipped = house.database.call(editions.latest, "daily", 1)[0]
    assert skipped.state is EditionState.SKIPPED
    assert skipped.reason in html


def test_the_slots_to_come_are_named_with_their_readers(desk, subscribed):
    subscribed("ada@reader.example", timezone="Asia/Tokyo")

    html = desk.get("/desk").text

    coming = html[html.index("<h2>Coming</h2>") : html.index("<h2>Editions</h2>")]
    assert "The Daily" in coming
    assert "Asia/Tokyo" in coming
    assert 'data-name="Readers">1<' in coming


async def test_pause_resume_and_calling_off_take_hold_and_lead_back(desk, house, edition):
    page = f"/desk/editions/{edition}"

    answer = desk.post(f"{page}/pause")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert state_of(house, edition) is EditionState.PAUSED
    assert "Send it" in desk.get(page).text

    desk.post(f"{page}/resume")
    assert state_of(house, edition) is EditionState.SENDING

    desk.post(f"{page}/cancel")
    assert state_of(house, edition) is EditionState.CANCELLED
    assert "<button" not in desk.get(page).text
    assert (
        house.database.call(
            outbox.lease, Lease(holder="h", until=house.clock() + timedelta(minutes=1), most=9), house.clock()
        )
        == []
    )


async def test_another_sites_page_cannot_press_a_button(desk, house, edition):
    answer = desk.post(f"/desk/editions/{edition}/cancel", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert state_of(house, edition) is EditionState.SENDING


async def test_a_button_that_comes_too_late_does_nothing(desk, house, edition):
    house.database.call(editions.cancel, edition, house.clock())

    assert desk.post(f"/desk/editions/{edition}/pause").status_code == 303
    assert state_of(house, edition) is EditionState.CANCELLED


async def test_there_are_no_other_buttons_and_no_other_editions(desk, edition):
    assert desk.post(f"/desk/editions/{edition}/delete").status_code == 404
    assert desk.get("/desk/editions/999").status_code == 404
    assert desk.get(f"/desk/editions/{edition}/cancel").status_code == 405


async def test_why_answers_for_all_and_for_one_reader(desk, edition):
    everybody = desk.get("/desk/why", params={"article": "What wire says, 0"}).text
    assert "What wire says, 0 &amp; more" in everybody
    assert "told to 2, 0 sent" in everybody

    one = desk.get("/desk/why", params={"article": "What wire says, 0", "reader": "ada@reader.example"}).text
    assert "delivery queued" in one

    nobody = desk.get("/desk/why", params={"article": "What wire says, 0", "reader": "eve@reader.example"}).text
    assert 'role="alert"' in nobody


def test_what_is_asked_is_shown_as_text(desk):
    html = desk.get("/desk/why", params={"article": '"><script>alert(1)</script>', "reader": "<b>"}).text

    assert "<script>alert" not in html
    assert "<b>" not in html


def test_feeds_are_sorted_as_asked_and_junk_is_the_usual_order(desk):
    names = re.compile(r"<tr>\s*<td><bdi>(\w+)</bdi>")

    assert names.findall(desk.get("/desk/feeds?sort=feed").text) == ["lab", "wire"]
    assert names.findall(desk.get("/desk/feeds?sort=articles").text) == ["wire", "lab"]
    assert desk.get("/desk/feeds?sort=%3Cscript%3E").status_code == 200


def test_nothing_comes_from_elsewhere_and_no_style_or_script_is_inline(desk):
    answer = desk.get("/desk")

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http://" not in answer.text.replace("http://www.w3.org", "").replace(HERE, "")
    assert desk.get("/desk/desk.js").headers["content-type"].startswith("text/javascript")


async def test_what_moves_is_told_as_it_stands(house, edition):
    from digest.web.answers import Pages
    from digest.web.desk.routes import Desk
    from digest.web.operators import Operators

    class Here:
        gone = False

        async def is_disconnected(self):
            return self.gone

    page = Here()
    told = Desk(house, Pages(house.renderer, house.site), Operators(house))._moving(page)

    first = json.loads((await anext(told))["data"])
    house.database.call(editions.move, edition, EditionState.SENDING, EditionState.PAUSED)
    second = json.loads((await anext(told))["data"])
    page.gone = True

    assert (first[0]["id"], first[0]["state"], second[0]["state"]) == (edition, "sending", "paused")
    assert [each async for each in told] == []
