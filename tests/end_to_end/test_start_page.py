"""`docs/start.md` from its first `digest init` to the letter in the folder, typed as it stands there."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.documents import ROOT, Typed, blocks, fenced_commands

PAGE = ROOT / "docs/start.md"
#: What a test cannot look at, or what does not end by itself -> the same without that; None: left out.
OTHERWISE = {"preview daily": "preview daily --format text", "run": None}


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def configuration(httpserver: HTTPServer, port: int) -> str:
    """The page's own, with feeds and a mail server that are here."""
    (text,) = (block.text for block in blocks(PAGE) if block.info.startswith("yaml"))
    for name, address in (
        ("a", "https://www.theguardian.com/world/rss"),
        ("b", "https://feeds.arstechnica.com/arstechnica/index"),
    ):
        date = format_datetime(datetime.now(UTC))
        item = (
            f"<item><title>News of {name}</title><link>https://{name}.example/1</link><pubDate>{date}</pubDate></item>"
        )
        document = f'<rss version="2.0"><channel><title>Wire {name}</title>{item}</channel></rss>'
        httpserver.expect_request(f"/{name}").respond_with_data(document, content_type="application/rss+xml")
        assert address in text
        text = text.replace(address, httpserver.url_for(f"/{name}"))
    assert "port: 2525" in text
    return text.replace("port: 2525", f"port: {port}") + "\ncollect: {allow_private_networks: true}\n"


@pytest.fixture
def catcher(tmp_path: Path, port: int) -> Iterator[Path]:
    """The page's mail server, in the page's folder; gone at the end."""
    (line,) = (it for block in blocks(PAGE) for it in block.text.splitlines() if "aiosmtpd" in it)
    words = line.replace("127.0.0.1:2525", f"127.0.0.1:{port}").split()
    assert words[0] == "python"
    folder = tmp_path / "news"
    folder.mkdir()
    # Its handler for Maildir is one that the library itself calls deprecated in newer versions of Python.
    server = subprocess.Popen([sys.executable, "-W", "ignore", *words[1:]], cwd=folder)
    while server.poll() is None and not _listens(port):
        pass
    yield folder / words[-1]
    server.terminate()
    server.wait()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def _type(typed: Typed, folder: Path) -> str:
    words = " ".join(typed.words).replace("~/", f"{folder.parent}/")
    words = OTHERWISE.get(words, words)
    if words is None:
        return ""
    command = [sys.executable, "-c", "from digest.cli import main; main()", *words.split()]
    environment = {**os.environ, "HOME": str(folder.parent)}
    environment.pop("DIGEST_CONFIG", None)
    ran = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, input="y\n", env=environment)
    assert ran.returncode == 0, f"{typed}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def test_whoever_types_the_page_has_a_letter_in_the_folder(configuration: str, catcher: Path) -> None:
    folder, said = catcher.parent, dict[str, str]()
    for typed in fenced_commands(PAGE):
        said[" ".join(typed.words)] = _type(typed, folder)
        if typed.words[0] == "init":
            (folder / "config/digest.yaml").write_text(configuration, encoding="utf-8")
    (letter,) = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in (catcher / "new").iterdir())
    assert letter["To"] == "me@example.org"
    text = letter.get_body(("plain",))
    assert text is not None
    assert "News of a" in text.get_content()
    assert "done: 1 sent" in said["status"]
    assert "News of b" in said["preview daily"]
