"""The preview in the browser: any reader, any time, looked at from all sides, for this machine alone."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from digest import publish
from digest.app.house import House, furnished, open_house
from digest.model import ArticleDraft, Format
from digest.settings import load
from digest.store import articles
from digest.store.articles import Arrival
from digest.web import preview
from digest.web.preview import question, routes

TOKEN = "0123456789abcdef"
ADA = "ada@reader.example"
AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OWN = {"Origin": "http://127.0.0.1:8025"}


@pytest.fixture
def local(house: House) -> TestClient:
    return TestClient(preview.application(house, "daily", TOKEN), base_url="http://127.0.0.1:8025")


@pytest.fixture
def state(local: TestClient) -> Callable[..., Any]:
    """What the page's script is answered."""

    def ask(**query: Any) -> Any:
        answer = local.get(f"/{TOKEN}/state", params=query)
        assert answer.status_code == 200
        return answer.json()

    return ask


def test_the_page_shows_a_letter_without_scripts(local: TestClient, subscribed: Callable[..., int]) -> None:
    subscribed()
    page = local.get(f"/{TOKEN}/", params={"reader": ADA})
    assert page.status_code == 200
    for words in ("Mon 23 Nov 2026, 07:00 (07:00 UTC)", "List-Unsubscribe-Post", "What wire says, 0 &amp; more", ADA):
        assert words in page.text
    frame = re.findall(r'<iframe[^>]* src="([^"]+)"', page.text)[0].replace("&amp;", "&")
    assert ADA in local.get(f"/{TOKEN}/{frame}").text


def test_the_page_may_load_and_reach_nothing_but_itself(local: TestClient) -> None:
    rules = local.get(f"/{TOKEN}/").headers["content-security-policy"].split("; ")
    assert {rule for rule in rules if "'self'" in rule} == {
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
    }
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(rules)


@pytest.mark.parametrize(("name", "kind"), [("preview.css", "text/css"), ("preview.js", "text/javascript")])
def test_the_files_of_the_page_are_served(local: TestClient, house: House, name: str, kind: str) -> None:
    own = house.path.parent / "templates" / "pages"
    own.mkdir(parents=True)
    (own / name).write_text("/* mine */", encoding="utf-8")
    text = house.path.read_text(encoding="utf-8")
    house.path.write_text(f"{text}\ntemplates_dir: templates\n", encoding="utf-8")
    with open_house(house.path, environ={}, clock=house.clock, read_only=True) as same:
        client = TestClient(preview.application(same, "daily", TOKEN), base_url="http://127.0.0.1")
        answer = client.get(f"/{TOKEN}/{name}")
    assert (answer.status_code, answer.text) == (200, "/* mine */")
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("name", ["style.css", "preview.html.j2", "..%2Fpreview.css", "preview.png", "%2E%2E/x.css"])
def test_no_other_files_are(local: TestClient, name: str) -> None:
    assert local.get(f"/{TOKEN}/{name}").status_code == 404


def test_a_letter_is_told_as_facts(state, subscribed) -> None:
    subscribed()
    found = state(reader=ADA)
    letter = found["letter"]
    assert found["problem"] is None
    assert found["when"] == "Mon 23 Nov 2026, 07:00 (07:00 UTC)"
    assert (found["reader"], found["readers"], found["readers_total"], found["frozen"]) == (ADA, [ADA], 1, False)
    assert letter["recipient"] == ADA
    assert letter["envelope"] == {"from": "digest@news.example", "to": ADA}
    assert letter["sender"] == "My Views <digest@news.example>"
    assert (letter["language"], letter["direction"]) == ("en", "ltr")
    assert (letter["stories"], letter["linked"], letter["carried"]) == (5, 2, 0)
    assert letter["preheader"]
    assert letter["preheader"] == letter["preheader"].strip()
    assert {"name": "List-Unsubscribe-Post", "value": "List-Unsubscribe=One-Click"} in letter["headers"]
    assert letter["raw"].startswith("From: My Views <digest@news.example>\r\n")
    first = next(link for link in letter["links"] if link["url"] == "https://wire.example/0")
    assert "What wire says, 0 & more" in first["text"]
    assert first["in_text"]
    assert first["count"] >= 1
    assert letter["images"] >= 1


def test_the_sizes_of_the_sections_are_all_of_the_letter(state) -> None:
    size = state()["letter"]["size"]
    titles = [section["title"] for section in size["sections"]]
    assert titles[0] == "Opening"
    assert titles[-1] == "Footer"
    assert {"World", "Science"} <= set(titles)
    assert sum(section["bytes"] for section in size["sections"]) == size["html"]
    assert 0 < size["style"] < size["html"] < size["message"]
    assert size["html"] < size["budget"] < size["limit"] == 102_400


def test_why_each_story_is_there_and_each_other_article_is_not(state, subscribed) -> None:
    subscribed()
    why = state(reader=ADA)["why"]
    first = why["told"][0]
    assert (first["section"], first["place"], first["source"]) == ("World", 1, "Wire")
    assert first["score"].startswith("5.6 = freshness 5.6 (published 10 h ago)")
    assert {other["verdict"] for other in why["others"]} == {"linked"}


def test_the_lint_says_where(state) -> None:
    lint = state()["letter"]["lint"]
    assert lint["supported"] + lint["partial"] + lint["unsupported"] == pytest.approx(100, abs=0.3)
    for finding in lint["findings"]:
        assert finding["severity"] in {"error", "warning", "note"}
        assert finding["rule"]
        assert finding["mend"]
        assert finding["count"] >= 1
    assert not [finding for finding in lint["findings"] if finding["severity"] == "error"]


def test_a_letter_can_be_kept_as_files(local: TestClient, state) -> None:
    letter = state()["letter"]
    files = {kind: local.get(f"/{TOKEN}/letters/{letter['key']}/letter.{kind}") for kind in ("html", "txt", "eml")}
    assert files["html"].text == letter["html"]
    assert files["txt"].text == letter["text"]
    assert message_from_bytes(files["eml"].content, policy=policy.default)["To"] == "reader@example.org"
    for kind, answer in files.items():
        assert answer.headers["content-disposition"] == f'attachment; filename="letter.{kind}"'
        assert "sandbox" in answer.headers["content-security-policy"]


def test_a_frame_may_do_nothing_but_open_links_beside_it(local: TestClient, state) -> None:
    key = state()["letter"]["key"]
    shown = local.get(f"/{TOKEN}/letters/{key}/frame")
    rules = shown.headers["content-security-policy"].split("; ")
    assert {
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src https: data:",
        "frame-ancestors 'self'",
    } <= set(rules)
    assert '<base target="_blank">' in shown.text
    bare = local.get(f"/{TOKEN}/letters/{key}/frame", params={"images": "off"})
    assert "img-src 'none'" in bare.headers["content-security-policy"].split("; ")


def test_a_frame_shows_the_scheme_that_is_asked_for(local: TestClient, state) -> None:
    key = state()["letter"]["key"]
    shown = {
        scheme: local.get(f"/{TOKEN}/letters/{key}/frame", params={"scheme": scheme}).text
        for scheme in ("light", "dark", "forced", "inverted", "sideways")
    }
    assert shown["sideways"] == shown["light"]
    assert len(set(shown.values())) == 4
    for html in shown.values():
        assert "prefers-color-scheme" not in html


def test_nobody_in_particular_gets_a_letter_too(state) -> None:
    assert state()["letter"]["recipient"] == "reader@example.org"
    # The other newsletter is of one topic that has news.
    assert "What lab says" in state(newsletter="weekly", at="2026-11-23 09:00")["letter"]["subject"]


def test_a_made_up_reader_has_the_choices_that_are_asked_for(state) -> None:
    found = state(categories=["science"], language="de", zone="America/New_York")
    assert found["made_up"] == {"categories": ["science"], "language": "de", "zone": "America/New_York"}
    assert found["when"] == "Mon 23 Nov 2026, 07:00 (12:00 UTC)"
    assert found["letter"]["language"] == "de"
    assert {told["section"] for told in found["why"]["told"]} == {"Science"}
    assert {"tag": "de", "name": "German"} in found["languages"]
    assert "Asia/Tokyo" in found["zones"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"at": "soon"}, "is no date and time"),
        ({"at": "9999-99-99"}, "is no date and time"),
        ({"reader": "nobody@reader.example"}, "there is no reader of daily"),
        ({"at": "2026-11-27 07:00"}, "nothing new in these topics"),
        ({"categories": ["cooking"]}, "there is no category of daily 'cooking'"),
        ({"language": "a|b"}, "is no language"),
        ({"zone": "Mars/Base"}, "there is no time zone 'Mars/Base'"),
        ({"zone": "../../etc/passwd"}, "there is no time zone"),
        ({"zone": "Europe"}, "there is no time zone"),
    ],
)
def test_where_there_is_no_letter_it_says_why(local: TestClient, state, asked: dict[str, str], words: str) -> None:
    found = state(**asked)
    assert found["letter"] is None
    assert words in found["problem"]["words"]
    page = local.get(f"/{TOKEN}/", params=asked)
    assert page.status_code == 200
    assert "/frame" not in page.text


def test_an_unknown_newsletter_is_not_found(local: TestClient) -> None:
    for path in ("", "state"):
        assert local.get(f"/{TOKEN}/{path}", params={"newsletter": "hourly"}).status_code == 404


def test_now_is_a_slot_of_its_own(state, clock) -> None:
    clock.now = AT - timedelta(minutes=17)
    found = state(at="now")
    assert (found["at"], found["when"]) == ("now", "Mon 23 Nov 2026, 06:43 (06:43 UTC)")
    assert found["letter"]


async def test_the_slots_are_the_editions_that_were_and_those_to_come(state, house, subscribed, clock) -> None:
    subscribed()
    daily = house.newsletter("daily")
    clock.now = AT
    await publish.settle_due(house.press(), daily, AT)
    clock.now = AT + timedelta(hours=3, microseconds=123456)
    await publish.publish_now(house.press(), daily, clock())
    slots = state()["slots"]
    past = [slot for slot in slots if slot["kind"] == "past"]
    assert [(slot["value"], slot["number"]) for slot in past] == [
        ("2026-11-23T10:00:00.123456", 2),
        ("2026-11-23T07:00", 1),
    ]
    assert [slot["kind"] for slot in slots[2:]] == ["next", *["coming"] * 9]
    assert slots[2]["value"] == "2026-11-24T07:00"
    found = state(at=past[0]["value"])
    assert found["frozen"]
    assert found["verdict"] == (
        "5 stories in No. 2 for 1 reader; this letter is one of 1, for 1 of them, and the one that most got"
    )


async def test_a_past_edition_is_the_very_letter_that_was_sent(state, house, subscribed, clock) -> None:
    subscribed()
    before = state(reader=ADA)["letter"]
    clock.now = AT
    await publish.settle_due(house.press(), house.newsletter("daily"), AT)
    clock.now = AT + timedelta(days=2)
    after = state(reader=ADA, at="2026-11-23T07:00")
    assert after["frozen"]
    assert after["letter"]["subject"] == before["subject"]
    again = state(reader=ADA, at="2026-11-23T07:00")["letter"]
    assert again | {"key": ""} == after["letter"] | {"key": ""}


async def test_a_made_up_reader_of_a_past_edition_sees_the_letter_for_those_choices(
    state, house, subscribed, clock
) -> None:
    for name in ("bo", "cy"):
        subscribed(f"{name}@reader.example")
    subscribed(ADA, categories=("science",))
    clock.now = AT
    await publish.settle_due(house.press(), house.newsletter("daily"), AT)
    at = "2026-11-23T07:00"
    most, chosen, none = state(at=at), state(at=at, categories=["science"]), state(at=at, categories=["sport"])
    assert "What wire says" in most["letter"]["subject"]
    assert "What wire says" not in chosen["letter"]["text"]
    assert chosen["verdict"].endswith("for 1 of them, and the one that most got of those for these choices")
    assert none["letter"]["subject"] == most["letter"]["subject"]
    assert none["verdict"].endswith("for 2 of them, and the one that most got")


async def test_what_is_new_against_the_last_edition(state, house, subscribed, clock) -> None:
    subscribed()
    assert state(reader=ADA)["changes"] is None
    clock.now = AT
    await publish.settle_due(house.press(), house.newsletter("daily"), AT)
    draft = ArticleDraft(keys=("n",), title="Ferries are back", url="https://wire.example/n", published_at=AT)
    with house.database.begin() as connection:
        articles.record(connection, "wire", "Wire", [Arrival(draft=draft)], AT)
    clock.now = AT + timedelta(hours=1)
    # Until the letter is known to have arrived, a reader's next one begins after it all the same.
    changes = state(reader=ADA)["changes"] or state()["changes"]
    assert changes["edition"] == "No. 1, Mon 23 Nov 2026, 07:00"
    assert "Ferries are back" in changes["added"]
    assert changes["subject"]["then"] != changes["subject"]["now"]
    assert set(changes["added"]).isdisjoint(changes["dropped"])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8025", 200),
        ("localhost:8025", 200),
        ("[::1]:8025", 200),
        ("news.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_only_this_machine_may_ask(local: TestClient, host: str, status: int) -> None:
    for path in ("", "state"):
        assert local.get(f"/{TOKEN}/{path}", headers={"Host": host}).status_code == status


def test_only_who_knows_the_address_may_ask(local: TestClient) -> None:
    for path in ("/", "/0123456789abcdee/", f"/{TOKEN}", f"/{TOKEN}/letters/unknown/letter.html", "/state"):
        answer = local.get(path, follow_redirects=False)
        assert answer.status_code in {404, 307}
        assert "<iframe" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (OWN, 200),
        (OWN | {"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "https://127.0.0.1:8025"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_only_the_page_itself_may_send(local, state, postbox, headers: dict[str, str], status: int) -> None:
    url = f"/{TOKEN}/letters/{state()['letter']['key']}/send"
    answer = local.post(url, data={"address": "me@office.example"}, headers=headers)
    assert answer.status_code == status
    assert len(postbox.got) == (status == 200)


def test_a_letter_is_sent_as_a_trial_and_the_store_knows_nothing_of_it(local, state, subscribed, postbox, dump) -> None:
    subscribed()
    letter = state(reader=ADA)["letter"]
    before = dump()
    answer = local.post(f"/{TOKEN}/letters/{letter['key']}/send", data={"address": "me@office.example"}, headers=OWN)
    assert answer.json() == {"ok": True, "detail": "sent to me@office.example"}
    ((recipient, content),) = postbox.got
    message = message_from_bytes(content, policy=policy.default)
    assert (recipient, message["X-Digest-Test"]) == ("me@office.example", "yes")
    assert message["Subject"] == f"[Test] {letter['subject']}"
    assert ADA not in content.decode()
    assert dump() == before


@pytest.mark.parametrize(
    ("address", "reply", "words"),
    [
        ("me@office.example", "550 5.1.1 no such user", "no such user"),
        ("nobody", "250 OK", "nobody"),
        ("", "250 OK", ""),
        ("a@b.example\r\nBcc: c@d.example", "250 OK", ""),
    ],
)
def test_what_cannot_be_sent_says_why(local, state, postbox, address: str, reply: str, words: str) -> None:
    postbox.reply = reply
    url = f"/{TOKEN}/letters/{state()['letter']['key']}/send"
    answer = local.post(url, data={"address": address}, headers=OWN)
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert words in answer.json()["detail"]


def test_a_get_sends_nothing(local, state, postbox) -> None:
    assert local.get(f"/{TOKEN}/letters/{state()['letter']['key']}/send").status_code == 405
    assert postbox.got == []


def test_a_database_that_cannot_be_written_is_enough(house: House, clock) -> None:
    with open_house(house.path, environ={}, clock=clock, read_only=True) as same:
        client = TestClient(preview.application(same, "daily", TOKEN), base_url="http://127.0.0.1")
        assert client.get(f"/{TOKEN}/state").json()["letter"]


def test_old_letters_are_let_go(local: TestClient, state, monkeypatch) -> None:
    monkeypatch.setattr(routes, "_KEPT", 2)
    keys = [state()["letter"]["key"] for _ in range(3)]
    answers = [local.get(f"/{TOKEN}/letters/{key}/letter.txt").status_code for key in (keys[0], keys[1], keys[-1])]
    assert answers == [404, 200, 200]


def own_templates(house: House, clock: Any, **files: str) -> TestClient:
    """The preview of a house with these templates of the operator's; a name is written look__file__kind."""
    for name, text in files.items():
        file = house.path.parent / "templates" / Path(name.replace("__", "/", 1).replace("__", ".") + ".j2")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    text = house.path.read_text(encoding="utf-8")
    house.path.write_text(f"{text}\ntemplates_dir: templates\n", encoding="utf-8")
    mine = furnished(house.path, load(house.path, {}), house.database, clock)
    return TestClient(preview.application(mine, "daily", TOKEN), base_url="http://127.0.0.1:8025")


def test_a_broken_template_is_shown_at_its_line(house: House, clock) -> None:
    client = own_templates(house, clock, classic__story__html="<tr>\n<td>\n{{ story.tite }}\n</td></tr>\n")
    problem = client.get(f"/{TOKEN}/state").json()["problem"]
    assert (problem["kind"], problem["template"], problem["line"]) == ("template", "classic/story.html.j2", 3)
    assert "tite" in problem["words"]
    assert problem["source"] == [
        {"line": 1, "text": "<tr>", "is_here": False},
        {"line": 2, "text": "<td>", "is_here": False},
        {"line": 3, "text": "{{ story.tite }}", "is_here": True},
        {"line": 4, "text": "</td></tr>", "is_here": False},
    ]
    assert "classic/story.html.j2" in client.get(f"/{TOKEN}/").text


def test_a_look_that_breaks_what_is_filled_in_says_so(house: House, clock) -> None:
    broken = "<html><head></head><body>{{ body }}{{ leave_url[:-3] }}</body></html>"
    client = own_templates(house, clock, classic__letter__html=broken)
    problem = client.get(f"/{TOKEN}/state").json()["problem"]
    assert "a blank did not survive whole" in problem["words"]


def test_a_broken_page_says_where(house: House, clock) -> None:
    client = own_templates(house, clock, pages__preview__html="{{ nothing_like_it }}")
    page = client.get(f"/{TOKEN}/")
    assert page.status_code == 500
    assert "pages/preview.html.j2:1" in page.text


def test_the_page_is_the_operators_to_replace(house: House, clock) -> None:
    client = own_templates(house, clock, pages__preview__html="{{ site.name }}: {{ state.letter.subject }}")
    assert client.get(f"/{TOKEN}/").text.startswith("My Views on News: What ")


def test_a_letter_that_holds_a_page_of_ours_stays_text(local: TestClient, state) -> None:
    """What feeds say reaches the page as data alone."""
    answer = local.get(f"/{TOKEN}/state")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.text)["letter"]["html"].startswith("<!DOCTYPE html>")


def test_links_are_asked_only_by_the_page_and_only_when_it_says_so(local, state, postbox) -> None:
    key = state()["letter"]["key"]
    assert local.get(f"/{TOKEN}/letters/{key}/links").status_code == 405
    assert local.post(f"/{TOKEN}/letters/{key}/links", headers={"Origin": "http://evil.example"}).status_code == 403
    answer = local.post(f"/{TOKEN}/letters/{key}/links", headers=OWN)
    links = {link["url"]: link for link in answer.json()["links"]}
    # Names of RFC 2606 lead nowhere.
    assert links["https://wire.example/0"]["status"] == "broken"
    assert not [url for url in links if "/leave/" in url or "/choose/" in url]


def test_a_picture_of_the_letter_as_wide_as_asked_for(local, state, chromium: str, monkeypatch) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    key = state()["letter"]["key"]
    answer = local.get(f"/{TOKEN}/letters/{key}/letter.png", params={"width": "375", "scheme": "dark"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert int.from_bytes(answer.content[16:20], "big") == 375
    assert int.from_bytes(answer.content[20:24], "big") > 800


def test_without_a_browser_there_is_no_picture_and_it_says_why(local, state, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nothing"))
    answer = local.get(f"/{TOKEN}/letters/{state()['letter']['key']}/letter.png", params={"width": "x"})
    assert answer.status_code == 501
    assert "Chromium" in answer.text


def test_the_slots_of_a_reader_are_those_of_their_own_clock(state, subscribed) -> None:
    subscribed(timezone="Asia/Tokyo")
    slots = state(reader=ADA)["slots"]
    # By the newsletter's clock, which is London's.
    assert slots[0] == {
        "value": "2026-11-23T22:00",
        "words": "Mon 23 Nov 2026, 22:00",
        "kind": "next",
        "number": 0,
        "sent": 0,
    }
    assert state(reader=ADA, at=slots[0]["value"])["when"] == "Tue 24 Nov 2026, 07:00 (22:00 UTC)"


def test_the_verdict_counts_readers_and_letters(state, subscribed) -> None:
    assert state()["verdict"] == "5 stories; nobody is subscribed for this slot yet"
    subscribed("bo@reader.example")
    assert state()["verdict"] == "5 stories at a slot of 1 reader; all get this letter"
    subscribed(ADA, categories=("science",))
    assert state(reader=ADA)["verdict"] == "2 stories at a slot of 2 readers; this letter is one of 2 at most"


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-10-25T01:30", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T01:30:00+00:00"),
        ("2026-03-29T01:30", "2026-03-29T01:30:00+00:00"),
        ("2026-11-24 07:00", "2026-11-24T07:00:00+00:00"),
        ("2026-11-24T07:00Z", "2026-11-24T07:00:00+00:00"),
    ],
)
def test_moments_are_by_the_newsletters_clock(text: str, wall: str) -> None:
    found = question.moment(text, ZoneInfo("Europe/London"))
    assert found.isoformat() == wall


@given(st.integers(1_500_000_000, 2_000_000_000), st.integers(0, 999_999), st.sampled_from(["Asia/Tehran", "UTC"]))
def test_what_is_written_is_read_back(second: int, micro: int, name: str) -> None:
    for zone in (ZoneInfo("Europe/London"), ZoneInfo(name)):
        at = datetime.fromtimestamp(second, UTC).replace(microsecond=micro)
        assert question.moment(question.written(at.astimezone(zone)), zone) == at


def test_a_reader_of_plain_text_is_shown_and_sent_that_alone(local, state, subscribed, postbox) -> None:
    subscribed(format=Format.TEXT)
    letter = state(reader=ADA)["letter"]
    assert letter["html"] == ""
    assert "What wire says, 0 & more" in letter["text"]
    assert letter["links"] == []
    frame = local.get(f"/{TOKEN}/letters/{letter['key']}/frame")
    assert frame.status_code == 200
    assert "What wire says" not in frame.text
    local.post(f"/{TOKEN}/letters/{letter['key']}/send", data={"address": "me@office.example"}, headers=OWN)
    ((_, content),) = postbox.got
    assert message_from_bytes(content, policy=policy.default).get_content_type() == "text/plain"
