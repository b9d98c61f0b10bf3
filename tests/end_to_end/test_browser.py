"""What a reader sees, in a real browser: the demonstration's mails at the widths of phone and desktop, its pages."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import sync_playwright

DIGEST = [sys.executable, "-c", "from digest.cli import main; main()"]
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
def browser(chromium):
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def mails(tmp_path):
    subprocess.run([*DIGEST, "demo", "--once", "--output", str(tmp_path)], check=True, capture_output=True, timeout=60)
    return sorted(tmp_path.glob("*.html"))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mail_fits_every_width_and_its_links_can_be_touched(browser, mails, scheme):
    for width in (320, 360, 700):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        for mail in mails:
            page.goto(mail.as_uri())
            wide, ground = page.evaluate(
                "[document.documentElement.scrollWidth, getComputedStyle(document.querySelector('h1')).color]"
            )
            assert wide <= width, f"{mail.name} is {wide} px wide at {width}"
            bright = sum(int(part) for part in re.findall(r"\d+", ground)[:3]) > 3 * 128
            assert bright == (scheme == "dark"), f"the headline is {ground} in {scheme}"
            small = page.evaluate(
                "[...document.querySelectorAll('a')].filter(a => /leave|choose/.test(a.href))"
                ".map(a => a.getBoundingClientRect().height)"
            )
            assert small
            assert min(small) >= 44
        page.close()


@pytest.fixture
def demo(tmp_path):
    """The demonstration, open until the test ends; gives the address of its inbox."""
    process = subprocess.Popen([*DIGEST, "demo", "--output", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+\S*", line):
                yield found.group(0)
                break
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.mark.browser
def test_a_reader_leaves_from_the_mail_with_two_clicks_and_opening_the_page_changes_nothing(browser, demo):
    context = browser.new_context()
    inbox = context.new_page()
    inbox.goto(demo)
    inbox.get_by_role("link", name=re.compile("Freight|ice core")).first.click()
    letter = inbox.frame_locator("iframe").first
    with context.expect_page() as opened:
        letter.get_by_role("link", name="Unsubscribe").last.click()
    page = opened.value
    page.wait_for_load_state()
    assert page.get_by_role("button").count() >= 1, "a page that asks, with a button"
    page.reload()
    page.get_by_role("button").first.click()
    page.wait_for_load_state()
    assert page.get_by_role("heading", name="You have left").count() == 1
    context.close()
