"""The operators' desk in a real browser, on a telephone and on a large screen, in the light and in the dark."""

import re
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

DIGEST = [sys.executable, "-c", "from digest.cli import main; main()"]
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PAGES = ("/desk", "/desk/feeds", "/desk/editions/1", "/desk/why?article=1", "/desk/why?article=nothing+like+it")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Where the pages of a demonstration are that goes on until the tests are over."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen([*DIGEST, "demo", "--output", str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"pages\D*(http://127\.0\.0\.1:\d+)", line, re.IGNORECASE):
                yield found.group(1)
                break
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_of_the_desk_has_an_obstacle_or_is_too_wide(browser, pages, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    troubles = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    for address in PAGES:
        page.goto(pages + address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{address} is {wide} px wide at {width}"
    assert troubles == [], "the policy lets everything run that is on the pages"
    page.close()
