"""`digest demo --config FILE`: the operator's feeds and newsletters, and nothing else of theirs is touched."""

import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import Result
from pytest_httpserver import HTTPServer

from digest.app.house import utc_now

Demo = Callable[..., Result]

CONFIG = """
site: {{name: The Herald of Nowhere, url: "https://herald.example", secret: "{secret}"}}
database: sqlite:///data/real.db
mail: {{from: herald@herald.example, smtp: {{host: 127.0.0.1, port: {port}, security: none}}}}
collect: {{allow_private_networks: true, spacing: 0s}}
categories: {{home: {{}}, abroad: {{}}}}
feeds:
  - {{name: home, url: "{url}", category: home}}
newsletters:
  noon: {{title: The Noon Letter}}
  night: {{title: The Night Letter}}
"""
SECRET = "the real secret, which nobody knows"


@pytest.fixture
def relay() -> Iterator[socket.socket]:
    """The operator's mail server: listens, and is asked whether anybody came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def config(tmp_path: Path, relay: socket.socket, httpserver: HTTPServer) -> Path:
    path = tmp_path / "own" / "digest.yaml"
    path.parent.mkdir()
    port = relay.getsockname()[1]
    path.write_text(CONFIG.format(secret=SECRET, port=port, url=httpserver.url_for("/rss")))
    return path


@pytest.fixture
def serve(httpserver: HTTPServer) -> Callable[[datetime], None]:
    """Puts a feed with one article of that date where the configuration says."""

    def put(published: datetime) -> None:
        item = f"<item><title>A bridge opens</title><link>https://a.example/1</link><pubDate>{format_datetime(published)}</pubDate></item>"
        body = f'<rss version="2.0"><channel><title>Home</title>{item}</channel></rss>'
        httpserver.expect_request("/rss").respond_with_data(body, content_type="application/rss+xml")

    return put


def test_their_newsletters_are_made_of_their_feeds(
    demo: Demo, config: Path, serve: Callable[[datetime], None], tmp_path: Path
) -> None:
    serve(utc_now() - timedelta(hours=1))
    result = demo("--once", "--output", str(tmp_path / "out"), "--config", str(config))
    assert result.exit_code == 0, result.output
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (tmp_path / "out").glob("*.eml")]
    assert {str(mail["Subject"]) for mail in mails} == {"A bridge opens"}
    assert {str(mail["From"]) for mail in mails} == {"herald@herald.example"}
    # Two newsletters to two readers; the third wants what no feed brought.
    assert len(mails) == 4
    assert {mail["To"] for mail in mails} == {"alma@readers.example", "bruno@readers.example"}


def test_neither_their_database_nor_their_relay_nor_their_links_are_used(
    demo: Demo, config: Path, serve: Callable[[datetime], None], relay: socket.socket, tmp_path: Path
) -> None:
    serve(utc_now() - timedelta(hours=1))
    result = demo("--once", "--output", str(tmp_path / "out"), "--config", str(config))
    assert result.exit_code == 0, result.output
    assert [path.name for path in config.parent.iterdir()] == ["digest.yaml"]
    with pytest.raises(BlockingIOError):
        relay.accept()
    sent = "".join(path.read_text() for path in (tmp_path / "out").glob("*.txt"))
    assert "herald.example/" not in sent
    assert "/leave/" in sent


def test_it_may_be_named_before_the_command_but_the_environment_does_not_count(
    demo: Demo, config: Path, serve: Callable[[datetime], None], tmp_path: Path
) -> None:
    serve(utc_now() - timedelta(hours=1))
    named = demo("--once", "--output", str(tmp_path / "named"), before=("--config", str(config)))
    assert "The Noon Letter" in named.stdout
    unnamed = demo("--once", "--output", str(tmp_path / "unnamed"), DIGEST_CONFIG=str(config))
    assert "The Morning Boat" in unnamed.stdout


def test_without_an_article_it_fails_and_says_why(demo: Demo, config: Path, tmp_path: Path) -> None:
    result = demo("--once", "--output", str(tmp_path / "out"), "--config", str(config))
    assert result.exit_code == 1
    assert "no article could be collected" in result.stderr
    assert "home\t0\t0\t" in result.stdout
    assert not (tmp_path / "out").exists()


def test_where_all_is_old_it_says_what_to_change(
    demo: Demo, config: Path, serve: Callable[[datetime], None], tmp_path: Path
) -> None:
    serve(utc_now() - timedelta(days=30))
    result = demo("--once", "--output", str(tmp_path / "out"), "--config", str(config))
    assert result.exit_code == 1
    assert "collect.backfill" in result.stderr


def test_a_wrong_configuration_is_wrong_usage(demo: Demo, tmp_path: Path) -> None:
    path = tmp_path / "digest.yaml"
    path.write_text("site: {url: nowhere}\n")
    result = demo("--once", "--config", str(path))
    assert result.exit_code == 2
    assert "site.url" in result.stderr
