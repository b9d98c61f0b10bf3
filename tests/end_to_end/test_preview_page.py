"""`digest preview` as an operator uses it: a real process, a real browser, files that are saved while one looks."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import insert

from digest.model import ArticleDraft
from digest.resources import TEMPLATES
from digest.store import Database, articles, editions, migrate
from digest.store.articles import Arrival
from digest.store.schema import subscribers, subscriptions

pytestmark = pytest.mark.browser

SINK = Path(__file__).parent / "sink.py"
DIGEST = [sys.executable, "-c", "from digest.cli import main; main()"]
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
VIEWS = ("letter", "text", "source", "headers", "lint", "links", "why", "changes")
#: What nobody may run, and what has to stand whole on a narrow screen.
HOSTILE = '<img src=x onerror="document.title=`taken`"> & a headline that is much longer than any line of a phone'
SCIENCE = ["Ferrets learn to swim", "A comet returns", "Ice tells of old fires"]
RTL = "منارة رأس النورس تعود إلى العمل"


class Site(BaseHTTPRequestHandler):
    """Where the stories lead: one of them is gone."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_args: object) -> None:
        """Nothing is said."""


@dataclass(frozen=True)
class House:
    """A configuration, its store, the mail server beside it and the preview of it."""

    folder: Path
    sink: int
    site: int

    @property
    def config(self) -> Path:
        return self.folder / "digest.yaml"

    def write(self, name: str, text: str) -> None:
        """A template of the operator's own, as an editor saves it."""
        path = self.folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def taken(self) -> str:
        path = self.folder / "taken"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def configure(self, title: str = "The Daily") -> None:
        self.config.write_text(
            f"""
site: {{name: House, url: "http://127.0.0.1:{self.site}", secret: {"s" * 40}, postal_address: "1 High St"}}
database: "sqlite:///digest.db"
templates_dir: templates
mail: {{from: "House <digest@news.example>", smtp: {{host: 127.0.0.1, port: {self.sink}, security: none}}}}
collect: {{allow_private_networks: true}}
categories: {{world: {{title: World}}, science: {{title: Science}}}}
feeds:
  - {{name: wire, url: "http://127.0.0.1:9/wire", category: world}}
  - {{name: lab, url: "http://127.0.0.1:9/lab", category: science}}
newsletters:
  daily: {{title: "{title}", schedule: {{at: "07:00", timezone: UTC}}}}
  long: {{title: Long, schedule: {{at: "08:00", timezone: UTC}}, limits: {{stories: 60, per_section: 60}}}}
""",
            encoding="utf-8",
        )

    def run(self, *words: str) -> None:
        done = subprocess.run(
            [*DIGEST, *words, "--config", str(self.config)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def arrive(self, feed: str, titles: list[str]) -> None:
        now = datetime.now(UTC) - timedelta(minutes=20)
        drafts = [
            ArticleDraft(
                keys=(f"{feed}-{title}",),
                title=title,
                url=f"http://127.0.0.1:{self.site}/{'gone' if title == 'Gone' else f'{feed}/{place}'}",
                excerpt=f"{title}, and nobody was hurt when it happened at dusk. " * 5,
            )
            for place, title in enumerate(titles)
        ]
        database = Database(f"sqlite:///{self.folder / 'digest.db'}")
        with database.begin() as connection:
            articles.record(connection, feed, f"The {feed}", [Arrival(draft=each) for each in drafts], now)
        database.close()

    def people(self) -> None:
        before = datetime.now(UTC) - timedelta(days=2)
        database = Database(f"sqlite:///{self.folder / 'digest.db'}")
        migrate.upgrade(database)
        with database.begin() as connection:
            editions.know(connection, ["daily", "long"], before)
            for number, name in enumerate(("ada", "bo"), start=1):
                address = f"{name}@example.org"
                person = {"id": number, "address": address, "key": address, "created_at": before}
                connection.execute(insert(subscribers), person)
                state = {"subscriber": number, "state": "active", "mark": 0, "frequency": "every", "since": before}
                connection.execute(insert(subscriptions), [{"newsletter": "daily", **state}])
        database.close()


@pytest.fixture(scope="module")
def sites() -> Iterator[int]:
    """The port where the stories lead to."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site.server_port
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sites: int) -> Iterator[House]:
    """One edition of daily is sent, with two readers; after it, thirteen stories have arrived. Not to be changed."""
    folder = tmp_path_factory.mktemp("house")
    command = [sys.executable, str(SINK), "0", str(folder / "taken")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink:
        house = House(folder, int(sink.stdout.readline()), sites)
        house.configure()
        (folder / "templates" / "classic").mkdir(parents=True)
        house.people()
        house.arrive("wire", ["The old story"])
        house.run("send", "daily", "--yes")
        house.arrive("wire", [HOSTILE, RTL, "Gone", *(f"World story {n}" for n in range(7))])
        house.arrive("lab", SCIENCE)
        yield house
        sink.kill()


@pytest.fixture
def house(made: House, tmp_path: Path) -> House:
    """The same to write in."""
    shutil.copytree(made.folder, tmp_path / "own")
    return replace(made, folder=tmp_path / "own")


@contextmanager
def previewed(house: House) -> Iterator[str]:
    """The address of a preview of `house`, which ends with the block."""
    command = [*DIGEST, "preview", "daily", "--no-open", "--config", str(house.config)]
    environ = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        addresses = (re.match(r"http://127\.0\.0\.1:\d+/[^/?]+/", line) for line in process.stdout)
        try:
            yield next(found.group(0) for found in addresses if found)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def url(made: House) -> Iterator[str]:
    with previewed(made) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # A machine that does other things as well takes its time.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@contextmanager
def shown(browser: Browser, url: str) -> Iterator[Page]:
    """The preview, open; whatever the console had to say fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(url)
    ready(opened)
    yield opened
    context.close()
    assert said == []


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The preview of a house in which nothing changes."""
    with shown(browser, url) as opened:
        yield opened


@pytest.fixture
def watching(browser: Browser, house: House) -> Iterator[Page]:
    """The preview of a house of the test's own."""
    with previewed(house) as address, shown(browser, address) as opened:
        yield opened


def ready(page: Page) -> None:
    """The page has drawn its state and follows the files."""
    expect(page.locator("#said")).not_to_be_empty()
    expect(page.locator("#stage")).not_to_have_attribute("aria-busy", "true")


def asked(page: Page) -> str:
    return page.url.partition("?")[2]


def test_the_letter_is_shown_as_an_inbox_and_as_devices_show_it(page: Page) -> None:
    expect(page.locator("#row-sender")).to_have_text("House")
    expect(page.locator("#size-words")).to_contain_text("bytes of 102,400, shown whole")
    expect(page.locator("#row-words")).to_contain_text("stories")
    for device, width in (("phone", 375), ("tablet", 768), ("desktop", 1280)):
        frame = page.locator(f"#frame-{device} iframe")
        expect(frame).to_have_attribute("sandbox", re.compile("^(?!.*allow-scripts)"))
        inside = page.frame_locator(f"#frame-{device} iframe:not(.coming)")
        expect(inside.get_by_text("Ferrets learn to swim").first).to_be_attached()
        assert frame.evaluate("frame => frame.clientWidth") == width
        shown, room = frame.bounding_box(), page.locator(f"#glass-{device}").bounding_box()
        assert shown["width"] <= room["width"] + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_came_from_feeds_is_never_read_as_html(page: Page) -> None:
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
    assert page.locator("#sheet img").count() == 0
    page.locator("#tab-why").click()
    expect(page.locator("#why-told").get_by_text(HOSTILE, exact=True)).to_be_visible()
    assert page.title() != "taken"


def test_every_view_has_a_tab_a_key_and_an_address_and_back_returns(page: Page) -> None:
    tabs = page.get_by_role("tab")
    assert tabs.count() == len(VIEWS)
    for place, view in enumerate(VIEWS[1:], start=2):
        page.keyboard.press(str(place))
        expect(page.locator(f"#panel-{view}")).to_be_visible()
        expect(page.locator(f"#tab-{view}")).to_have_attribute("aria-selected", "true")
        assert f"view={view}" in asked(page)
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    page.go_back()
    expect(page.locator("#panel-why")).to_be_visible()
    page.reload()
    expect(page.locator("#panel-why")).to_be_visible()
    page.locator("#tab-why").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-changes")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-letter")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#panel-changes")).to_be_visible()


def test_width_colours_and_images_are_chosen_by_hand_and_by_key(page: Page) -> None:
    page.get_by_role("radio", name="Forced dark").check()
    page.get_by_role("radio", name="Off").check()
    page.keyboard.press("w")
    assert asked(page).endswith("scheme=forced&images=off&width=phone")
    frame = page.locator("#frame-phone iframe")
    expect(frame).to_have_count(1)
    expect(frame).to_have_attribute("src", re.compile("scheme=forced&images=off$"))
    for device, visible in (("phone", True), ("tablet", False), ("desktop", False)):
        expect(page.locator(f"#frame-{device}")).to_be_visible(visible=visible)
    expect(page.locator("#scale-phone")).to_have_text("375 px")
    page.keyboard.press("d")
    page.keyboard.press("i")
    expect(page.get_by_role("radio", name="Inverted")).to_be_checked()
    assert "images" not in asked(page)
    page.go_back()
    page.go_back()
    expect(page.get_by_role("radio", name="Forced dark")).to_be_checked()
    expect(page.get_by_role("radio", name="Off")).to_be_checked()


def test_slots_are_stepped_through_named_and_typed(page: Page) -> None:
    next_slot = page.locator("#when").text_content()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#slot option:checked")).to_have_text(re.compile("^No. 1, .*, sent to 2$"))
    expect(page.locator("#frozen")).to_be_visible()
    expect(page.locator("#earlier")).to_be_disabled()
    assert "at=" in asked(page)
    page.go_back()
    expect(page.locator("#when")).to_have_text(next_slot)
    page.locator("#later").click()
    expect(page.locator("#when")).not_to_have_text(next_slot)
    coming = page.locator("#when").text_content()
    page.locator("#now").click()
    expect(page.locator("#now")).to_have_attribute("aria-pressed", "true")
    assert "at=now" in asked(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#when")).to_have_text(next_slot)
    page.locator("#slot").select_option(index=1)
    expect(page.locator("#when")).to_have_text(coming)
    page.locator("#moment").fill("2040-02-03T09:10")
    page.locator("#moment").blur()
    expect(page.locator("#when")).to_contain_text("3 Feb 2040, 09:10")
    expect(page.locator("#panel-letter .empty")).to_contain_text("nothing new")
    page.locator("#next").click()
    expect(page.locator("#when")).to_have_text(next_slot)
    assert "at=" not in asked(page)


def test_the_reader_is_somebody_real_or_made_up(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#reader")).to_be_focused()
    assert page.locator("#readers option").evaluate_all("all => all.map(each => each.value)") == [
        "ada@example.org",
        "bo@example.org",
    ]
    page.keyboard.type("bo@example.org")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("#tab-headers").click()
    expect(page.locator("#header-list")).to_contain_text("bo@example.org")
    assert "reader=bo%40example.org" in asked(page)
    page.get_by_role("radio", name="Made up").check()
    expect(page.locator("#header-list")).not_to_contain_text("bo@example.org")
    page.locator("#categories").get_by_text("Science").click()
    page.locator("#zone").select_option("Asia/Tokyo")
    page.locator("#language").select_option("de")
    expect(page.locator("#why-told")).not_to_contain_text("World story")
    expect(page.locator("#source-lines")).to_contain_text('lang="de')
    for words in ("categories=science", "zone=Asia%2FTokyo", "language=de"):
        assert words in asked(page)
    page.reload()
    expect(page.get_by_role("checkbox", name="Science")).to_be_checked()
    expect(page.locator("#language")).to_have_value("de")
    for _ in range(3):
        page.go_back()
    expect(page.get_by_role("checkbox", name="Science")).not_to_be_checked()


def test_an_unknown_reader_is_said_and_corrected_in_place(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("nobody@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-letter .empty")).to_contain_text("nobody@example.org")
    expect(page.locator("#actions")).to_be_hidden()
    page.locator("#reader").fill("ada@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#frame-phone")).to_be_visible()


def test_an_edition_of_sixty_stories_is_shown_whole(watching: Page, house: House) -> None:
    house.arrive("lab", [f"Further story {n} of many" for n in range(60)])
    watching.keyboard.press("n")
    expect(watching.locator("#newsletter")).to_be_focused()
    watching.locator("#newsletter").select_option("long")
    expect(watching.locator("#row-words")).to_contain_text("60 stories")
    assert "newsletter=long" in asked(watching)
    inside = watching.frame_locator("#frame-phone iframe:not(.coming)")
    expect(inside.locator("a.ink").nth(59)).to_be_attached()
    watching.locator("#tab-why").click()
    expect(watching.locator("#why-told > ol > li")).to_have_count(60)
    watching.locator("summary", has_text="Where the bytes are").click()
    expect(watching.locator("#size-list")).to_contain_text("Science")
    expect(watching.locator("#size-bar")).to_have_attribute("aria-label", re.compile("budget is 95,000"))


def test_why_is_told_with_scores_and_what_is_left_out_is_filtered(page: Page) -> None:
    page.locator("#newsletter").select_option("long")
    page.locator("#categories").get_by_text("Science").click()
    page.locator("#tab-why").click()
    expect(page.locator("#why-told li")).to_have_count(3)
    expect(page.locator("#why-told li").first).to_contain_text("freshness")
    expect(page.locator("#why-others > li")).to_have_count(11)
    page.locator("#why-filter").fill("WORLD STORY 3")
    expect(page.locator("#why-others > li")).to_have_count(1)
    expect(page.locator("#why-count")).to_contain_text("1 of 11 articles")
    page.locator("#why-filter").fill("")
    page.locator("#why-rule").select_option(index=1)
    expect(page.locator("#why-others .chip").first).to_have_text(page.locator("#why-rule").input_value())


def test_changes_are_against_the_last_edition(page: Page) -> None:
    page.locator("#tab-changes").click()
    expect(page.locator("#changes-list h2")).to_contain_text("No. 1")
    expect(page.locator(".kept")).to_contain_text("The old story")
    expect(page.locator(".added")).to_contain_text("A comet returns")
    page.locator("#newsletter").select_option("long")
    expect(page.locator("#changes-list")).to_contain_text("no earlier edition")


def test_the_text_part_has_its_columns_and_a_phone_view(page: Page) -> None:
    page.locator("#tab-text").click()
    lines = page.locator("#text-lines .line code").all_text_contents()
    flowing = [line for line in lines if "nobody was hurt" in line]
    assert flowing
    assert max(len(line.rstrip()) for line in flowing) <= 72
    whole = page.locator("#text-phone").get_by_text(re.compile("^A comet returns, and")).first.text_content()
    assert whole.startswith(
        "A comet returns, and nobody was hurt when it happened at dusk. A comet returns, and nobody"
    )


def test_links_are_asked_for_only_by_the_button(page: Page) -> None:
    page.locator("#tab-links").click()
    gone = page.locator("#links-list tr", has_text="/gone").first
    expect(gone).to_contain_text("not asked")
    page.locator("#links-check").click()
    expect(gone.locator(".answer")).to_have_text("broken")
    fine = page.locator("#links-list tr", has_text="/lab/0").first
    expect(fine.locator(".answer")).to_have_text("ok")
    expect(page.locator("#links-said")).to_contain_text("answer as they should")
    expect(page.locator("#links-check")).to_be_enabled()


def test_it_is_sent_to_me_and_my_address_is_remembered(page: Page, made: House) -> None:
    page.locator("#address").fill("editor@example.org")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#send-said")).to_contain_text("sent to editor@example.org")
    assert "editor@example.org" in made.taken()
    page.reload()
    expect(page.locator("#address")).to_have_value("editor@example.org")


def test_the_letter_is_saved_in_every_form_and_its_link_copied(page: Page) -> None:
    saved = {}
    for kind in ("html", "txt", "eml", "png"):
        with page.expect_download() as download:
            page.locator(f"#save-{kind}").click()
        assert download.value.suggested_filename == f"letter.{kind}"
        saved[kind] = Path(download.value.path()).read_bytes()
    assert saved["html"].startswith(b"<!DOCTYPE html>")
    assert "1 High St" in saved["txt"].decode()
    assert message_from_bytes(saved["eml"], policy=policy.default)["List-Unsubscribe"]
    assert saved["png"].startswith(b"\x89PNG")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("3")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#send-said")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_saved_file_is_shown_at_once_and_nothing_moves(watching: Page, house: House) -> None:
    watching.locator("#tab-source").click()
    watching.locator("#html-40").focus()
    watching.evaluate("scrollTo(0, 500)")
    story = (TEMPLATES / "classic" / "story.html.j2").read_text(encoding="utf-8")
    house.write("classic/story.html.j2", f"{story}\n<tr><td>Words of my own</td></tr>\n")
    expect(watching.locator("#source-lines")).to_contain_text("Words of my own")
    expect(watching.locator("#said")).to_contain_text("classic/story.html.j2 saved")
    expect(watching.locator("#html-40")).to_be_focused()
    expect(watching.locator("#panel-source")).to_be_visible()
    assert watching.evaluate("scrollY") == 500
    style = (TEMPLATES / "classic" / "style.css").read_text(encoding="utf-8")
    house.write("classic/style.css", style.replace("/* KEPT", ".item { letter-spacing: 3px; }\n/* KEPT", 1))
    expect(watching.locator("#source-lines")).to_contain_text("letter-spacing:3px")
    house.configure(title="The Renamed")
    expect(watching.locator("#newsletter option:checked")).to_have_text("The Renamed")
    expect(watching.locator("#source-lines")).to_contain_text("The Renamed")
    assert watching.evaluate("scrollY") == 500
    watching.keyboard.press("1")
    expect(
        watching.frame_locator("#frame-phone iframe:not(.coming)").get_by_text("Words of my own").first
    ).to_be_attached()


def test_a_mistake_is_shown_where_it_stands_and_goes_when_it_is_mended(watching: Page, house: House) -> None:
    story = (TEMPLATES / "classic" / "story.html.j2").read_text(encoding="utf-8")
    lines = story.splitlines()
    lines.insert(4, "{{ story.surprise }}")
    house.write("classic/story.html.j2", "\n".join(lines))
    trouble = watching.locator("#trouble")
    expect(trouble.locator("h2")).to_have_text("classic/story.html.j2, line 5")
    expect(trouble.locator(".here")).to_have_text("5{{ story.surprise }}")
    expect(trouble.locator(".words")).to_contain_text("surprise")
    expect(watching.locator("#sheet")).to_have_class(re.compile("stale"))
    expect(watching.locator("#frame-phone iframe")).to_be_attached()
    expect(watching.locator("#actions")).to_be_hidden()
    assert not violations(watching)
    house.write("classic/story.html.j2", story)
    expect(trouble).to_be_hidden()
    expect(watching.locator("#sheet")).not_to_have_class(re.compile("stale"))
    good = house.config.read_text(encoding="utf-8")
    house.config.write_text(good.replace("limits:", "limit:"), encoding="utf-8")
    expect(trouble.locator("h2")).to_contain_text("digest.yaml, line")
    expect(trouble.locator(".here")).to_contain_text("limit:")
    house.config.write_text(good, encoding="utf-8")
    expect(trouble).to_be_hidden()


def test_a_page_opened_on_a_mistake_recovers_too(watching: Page, house: House) -> None:
    house.write("classic/letter.html.j2", "{% if %}")
    expect(watching.locator("#trouble")).to_be_visible()
    watching.reload()
    expect(watching.locator("#trouble h2")).to_have_text("classic/letter.html.j2, line 1")
    expect(watching.locator("#sheet")).to_be_hidden()
    (house.folder / "templates" / "classic" / "letter.html.j2").unlink()
    expect(watching.locator("#frame-phone")).to_be_visible()
    expect(watching.locator("#trouble")).to_be_hidden()


def test_a_finding_leads_to_its_line(watching: Page, house: House) -> None:
    story = (TEMPLATES / "classic" / "story.html.j2").read_text(encoding="utf-8")
    house.write("classic/story.html.j2", f"{story}\n<tr><td><img class='mine' src='data:,'></td></tr>\n")
    expect(watching.locator("#said")).to_contain_text("saved")
    watching.locator("#lint-open").click()
    found = watching.locator(".finding", has_text=re.compile("html, line")).filter(has_text="mine").first
    expect(found).to_contain_text("classic/story.html.j2")
    where = found.get_by_role("button")
    line = re.search(r"line (\d+)", where.text_content()).group(1)
    where.click()
    expect(watching.locator(f"#html-{line}")).to_be_focused()
    expect(watching.locator(f"#html-{line}")).to_contain_text("mine")
    expect(watching.locator(f"#html-{line}")).to_have_class(re.compile("marked"))
    watching.go_back()
    expect(watching.locator("#panel-lint")).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_an_obstacle_that_axe_finds(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
        assert violations(page) == [], view
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_without_moving_sideways(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)
    fold = page.locator("#rail-toggle")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#newsletter")).to_be_hidden()
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
    assert violations(page) == []
    page.keyboard.press("n")
    expect(page.locator("#newsletter")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    fold.click()
    expect(page.locator("#newsletter")).to_be_hidden()


def test_whatever_is_pressed_is_44_pixels_high(page: Page) -> None:
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
        small = page.locator("button, select, input:not([type=radio], [type=checkbox]), label:has(input), summary")
        heights = small.evaluate_all(
            "all => all.filter(each => each.checkVisibility())"
            ".map(each => [each.outerHTML.slice(0, 60), each.getBoundingClientRect().height])"
            ".filter(([, height]) => height < 44)"
        )
        assert heights == [], view


def test_keys_are_left_alone_while_one_types_and_help_names_them(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("d2?n")
    expect(page.locator("#reader")).to_have_value("d2?n")
    expect(page.locator("#help")).to_be_hidden()
    page.locator("#tab-letter").focus()
    page.keyboard.press("Control+d")
    assert "scheme" not in asked(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("earlier, later slot")
    page.keyboard.press("2")
    expect(page.locator("#panel-letter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("#help-open").click()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#help-open")).to_be_focused()


def test_it_says_when_the_server_has_gone(browser: Browser, made: House) -> None:
    context = browser.new_context()
    opened = context.new_page()
    with previewed(made) as address:
        opened.goto(address)
        ready(opened)
    expect(opened.locator("#said")).to_contain_text("does not answer")
    opened.keyboard.press("ArrowRight")
    expect(opened.locator("#trouble")).to_contain_text("Is `digest preview` still running?")
    context.close()


def test_without_scripts_the_form_and_the_letter_are_there(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(url)
    expect(plain.frame_locator("iframe").get_by_text("Ferrets learn to swim").first).to_be_attached()
    plain.locator("#reader").fill("bo@example.org")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("dl.pairs").last).to_contain_text("bo@example.org")
    expect(plain.locator("#tabs")).to_be_hidden()
    plain.locator("#at").fill("soon")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator(".plain .trouble")).to_contain_text("soon")
    context.close()
