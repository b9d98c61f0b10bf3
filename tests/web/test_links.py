"""All public pages alike: what opening them changes, what they let a browser do, and what a wrong link says."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from digest.app.house import House
from digest.mail.tokens import Purpose
from digest.store import letters
from digest.web import public

KINDS = ("leave", "choose", "confirm")
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "COPY", "LOCK")


@pytest.fixture
def tokens(house: House, subscribed: Callable[..., int], clock: Callable[..., object]) -> dict[str, str]:
    """A good token of each kind."""
    signer, number = house.signer(), subscribed()
    return {
        "leave": signer.sign(Purpose.LEAVE, number),
        "choose": signer.sign(Purpose.CHOOSE, number),
        "confirm": signer.sign(Purpose.CONFIRM, subscribed("bo@reader.example", active=False), now=house.clock()),
    }


def addresses(tokens: dict[str, str]) -> list[str]:
    known = [f"/{kind}/{token}" for kind, token in tokens.items()]
    return [*known, f"{known[0]}/undo", "/", "/subscribe/daily", "/read/c0ffee00", "/read/c0ffee00/all", "/healthz"]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_but_a_post_changes_anything(
    client: TestClient, tokens: dict[str, str], dump: Callable[[], list[str]], method: str
) -> None:
    before = dump()
    for address in [*addresses(tokens), "/nothing"]:
        assert client.request(method, address).status_code in {200, 404, 405}
    assert dump() == before


def test_every_answer_is_locked_down_and_sets_no_cookie(client: TestClient, tokens: dict[str, str]) -> None:
    for method in ("GET", "POST", "PUT"):
        for address in [*addresses(tokens), "/nothing", "/leave/forged"]:
            headers = client.request(method, address).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; base-uri 'none'"), address
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            is_form = address == "/subscribe/daily" and method != "PUT"
            assert ("script-src 'self'" if is_form else "") in headers["content-security-policy"]
            assert is_form or "script" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in headers


def test_search_engines_find_the_front_page_and_the_forms_alone(client: TestClient, tokens: dict[str, str]) -> None:
    listed = [address for address in addresses(tokens) if "x-robots-tag" not in client.get(address).headers]
    assert listed == ["/", "/subscribe/daily"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_link_says_the_same_whatever_is_wrong_with_it(
    client: TestClient, house: House, tokens: dict[str, str], dump: Callable[[], list[str]], method: str
) -> None:
    before = dump()
    nobody = {
        "leave": house.signer().sign(Purpose.LEAVE, 4711),
        "choose": house.signer().sign(Purpose.CHOOSE, 4711),
        "confirm": house.signer().sign(Purpose.CONFIRM, 4711, now=house.clock()),
    }
    said = set()
    for kind in KINDS:
        good = tokens[kind]
        flipped = good[:-1] + ("A" if good[-1] != "A" else "B")
        foreign = [tokens[other] for other in KINDS if other != kind]
        for token in [good[:-1], flipped, good + "A", "x", "1.2.3", "é", *foreign, nobody[kind]]:
            answer = client.request(method, f"/{kind}/{token}")
            said.add((answer.status_code, answer.text))
    assert [status for status, _ in said] == [404]
    assert dump() == before


def test_an_unknown_address_and_a_wrong_method_get_a_page_like_the_others(client: TestClient) -> None:
    for method, address, status in (("GET", "/nothing", 404), ("GET", "/subscribe/none", 404), ("PUT", "/", 405)):
        answer = client.request(method, address)
        assert answer.status_code == status
        assert "My Views on News" in answer.text


def test_a_fault_of_ours_shows_nothing_of_how_we_are_made(house: House, subscribed: Callable[..., int]) -> None:
    token = house.signer().sign(Purpose.LEAVE, subscribed())
    app = public.application(house)
    with house.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE subscriptions RENAME TO gone")
    answer = TestClient(app, raise_server_exceptions=False).get(f"/leave/{token}")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "Traceback" not in answer.text
    assert "subscriptions" not in answer.text
    assert "content-security-policy" in answer.headers


def test_the_front_page_leads_to_every_newsletter(client: TestClient) -> None:
    page = client.get("/").text
    for name in ("daily", "weekly"):
        assert f'href="/subscribe/{name}"' in page
        assert client.get(f"/subscribe/{name}").status_code == 200


def test_the_style_of_a_page_is_allowed_by_its_hash(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "style-src 'sha256-" in policy
    assert "unsafe-inline" not in policy


def test_we_are_well_while_the_store_answers(house: House) -> None:
    client = TestClient(public.application(house), base_url="http://127.0.0.1:8080")
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    with house.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE counters RENAME TO gone")
    assert client.get("/healthz").status_code == 503


def test_no_letter_is_at_an_address_that_is_none(client: TestClient, house: House) -> None:
    for nonce in ("c0ffee00", "%2e%2e%2f", "c0ffee00%00", "C0FFEE00", "'--", "a" * 5_000):
        assert client.get(f"/read/{nonce}").status_code == 404
    assert house.database.call(letters.by_nonce, "c0ffee00") is None
