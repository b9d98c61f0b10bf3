"""Programs that open all there is, and people who type what they should not: nothing changes, nothing gets through."""

from email import message_from_bytes, policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.routing import Route
from starlette.testclient import TestClient

from digest import publish
from digest.mail.tokens import Purpose
from digest.store import schema
from digest.web import public

#: What goes on for as long as one listens.
ENDLESS = {"/desk/events"}
TIMED = {Purpose.CONFIRM, Purpose.OWN, Purpose.MOVE}


def everything(house):
    """All rows of all tables."""
    tables = schema.metadata.sorted_tables
    return house.database.call(lambda c: {table.name: c.execute(select(table)).all() for table in tables})


@pytest.fixture
def visited(house, clock, subscribed, at_once):
    """The house with an edition, readers in every state, and the addresses of all pages that may be opened."""
    active, asked = subscribed(), subscribed("bob@reader.example", active=False)
    press = house.press()
    import asyncio

    asyncio.run(publish.publish_now(press, house.newsletter("daily"), clock()))
    nonce = house.database.call(lambda c: c.scalar(select(schema.letters.c.nonce)))
    signer, now = house.signer(), clock()
    tokens = [
        signer.sign(purpose, number, now=now) if purpose in TIMED else signer.sign(purpose, number)
        for purpose in Purpose
        for number in (active, asked)
    ]
    app = public.application(house)
    paths = []
    for route in app.routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()) or route.path in ENDLESS:
            continue
        path = route.path.replace("{newsletter}", "daily").replace("{nonce}", nonce).replace("{edition:int}", "1")
        path = path.replace("{number}", "1")
        paths.extend(path.replace("{token}", token) for token in (tokens if "{token}" in path else [""]))
    return app, paths


def test_opening_every_page_with_every_link_changes_nothing(house, postbox, visited):
    app, paths = visited
    before, statuses = everything(house), set()
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        for path in paths:
            for method in ("HEAD", "GET", "OPTIONS"):
                answer = client.request(method, path, headers={"User-Agent": "scanner"}, follow_redirects=False)
                statuses.add(answer.status_code)
                assert answer.status_code < 500 or path.startswith(("/readyz", "/healthz")), (method, path)
    assert 200 in statuses
    assert everything(house) == before
    assert postbox.got == []
    assert len(paths) > 60


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 10_000),
    names=st.lists(st.sampled_from(["q", "page", "m", "List-Unsubscribe", "category", "lang", "x"]), max_size=3),
    words=st.text(max_size=30),
)
def test_no_question_makes_a_get_change_anything_or_fail(house, visited, which, names, words):
    app, paths = visited
    before = everything(house)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        path = paths[which % len(paths)]
        words = words.encode("utf-8", "replace").decode()
        answer = client.get(path, params=[(name, words) for name in names], follow_redirects=False)
    assert answer.status_code < 500 or path.startswith(("/readyz", "/healthz"))
    assert everything(house) == before


MARK = "zqx"
PAYLOADS = {
    "header": f"ada@reader.example\r\nBcc: {MARK}@evil.example",
    "bare line feed": f"ada@reader.example\nX-{MARK}: 1",
    "template": f"{{{{ 7*7 }}}}{{% raw %}}{MARK}",
    "script": f"<script>{MARK}()</script>",
    "attribute": f'" onfocus="{MARK}()',
    "address": f"javascript:{MARK}()",
    "null": f"a\x00{MARK}",
    "direction": f"\u202e{MARK}",
    "path": f"../../../../etc/passwd{MARK}",
    "long": MARK * 5_000,
    "formula": f"=HYPERLINK({MARK})",
}
FORMS = {
    "/subscribe/daily": ("address", "categories", "frequency", "timezone", "hour", "moment", "sure", "proof"),
    "/choose/{choose}": ("categories", "frequency", "timezone", "hour", "language", "paused_until", "format", "own"),
    "/leave/{leave}/reason": ("reason",),
    "/yours/{own}/address": ("address",),
    "/api/subscribe/daily": ("address", "categories", "frequency", "timezone", "hour", "challenge", "proof"),
}


@pytest.mark.parametrize("kind", sorted(PAYLOADS))
@pytest.mark.parametrize("form", sorted(FORMS))
def test_nothing_that_is_typed_gets_out_of_its_place(house, clock, postbox, subscribed, form, kind):
    own, payload = subscribed(), PAYLOADS[kind]
    signer = house.signer()
    path = form.format(
        choose=signer.sign(Purpose.CHOOSE, own),
        leave=signer.sign(Purpose.LEAVE, own),
        own=signer.sign(Purpose.OWN, own, now=clock()),
    )
    with TestClient(public.application(house), raise_server_exceptions=False) as client:
        if "reason" in form:
            client.post(path.removesuffix("/reason"))
        for name in FORMS[form]:
            fields = {"address": "eve@reader.example"} | {name: payload}
            answer = client.post(path, json=fields) if form.startswith("/api") else client.post(path, data=fields)
            assert answer.status_code < 500, (name, answer.text[:300])
            assert f"<script>{MARK}" not in answer.text
            assert f'" onfocus="{MARK}' not in answer.text
            assert f'href="javascript:{MARK}' not in answer.text
            assert "root:" not in answer.text
            assert not any(MARK in value for value in answer.headers.values())
    for recipient, raw in postbox.got:
        mail = message_from_bytes(raw, policy=policy.default)
        assert f"{MARK}@evil.example" not in recipient
        assert mail["Bcc"] is None
        assert mail[f"X-{MARK}"] is None
        assert "49" not in str(mail["Subject"])
