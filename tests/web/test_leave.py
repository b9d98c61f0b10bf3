"""Leaving: one POST of whatever shape is enough, and nothing but a POST does it (RFC 8058)."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from digest.app.house import House
from digest.mail.tokens import Purpose
from digest.model import SubscriptionState
from digest.store.subscribers import Reader

MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.fixture
def subscription(subscribed: Callable[..., int]) -> int:
    return subscribed()


@pytest.fixture
def url(house: House, subscription: int) -> str:
    return f"/leave/{house.signer().sign(Purpose.LEAVE, subscription)}"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}),
        (MULTIPART, {"Content-Type": "multipart/form-data; boundary=x"}),
        (MULTIPART, {"Content-Type": "multipart/form-data"}),
        (b"", {}),
        (b"", {"Content-Type": "text/plain; charset=klingon"}),
        (b"\xff\x00=&%zz" * 1_700, {"Content-Type": "application/octet-stream"}),
        (b"List-Unsubscribe=One-Click", {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_one_post_of_any_shape_leaves_at_once(
    client: TestClient,
    url: str,
    reader: Callable[[int], Reader],
    subscription: int,
    body: bytes,
    headers: dict[str, str],
) -> None:
    for _again in range(2):
        answer = client.post(url, content=body, headers=headers)
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert reader(subscription).subscription.state is SubscriptionState.LEFT


def test_a_body_beyond_all_reason_is_not_read(
    client: TestClient, url: str, reader: Callable[[int], Reader], subscription: int
) -> None:
    assert client.post(url, content=b"x" * 65_537).status_code == 413
    assert reader(subscription).subscription.state is SubscriptionState.ACTIVE


def test_the_page_asks_with_one_button_and_a_masked_address(client: TestClient, url: str) -> None:
    page = client.get(url).text
    assert "a•••@reader.example" in page
    assert "ada@" not in page
    assert page.count("<button") == 1
    assert f'<form method="post" action="{url}">' in page


def test_who_has_left_may_take_it_back(
    client: TestClient, url: str, reader: Callable[[int], Reader], subscription: int
) -> None:
    left = client.post(url).text
    assert f'action="{url}/undo"' in left
    assert f'action="{url}/undo"' in client.get(url).text
    assert client.post(f"{url}/undo").status_code == 200
    assert reader(subscription).subscription.state is SubscriptionState.ACTIVE


def test_another_site_cannot_take_it_back(
    client: TestClient, url: str, reader: Callable[[int], Reader], subscription: int
) -> None:
    client.post(url)
    assert client.post(f"{url}/undo", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert reader(subscription).subscription.state is SubscriptionState.LEFT


def test_a_slash_more_is_no_redirect(client: TestClient, url: str) -> None:
    assert client.post(f"{url}/").status_code == 404
