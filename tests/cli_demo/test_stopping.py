"""`digest demo` until it is stopped: what is open meanwhile, and that nothing stays behind, whenever it is stopped."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Start = Callable[..., "subprocess.Popen[str]"]

CONFIG = """
site: {{url: "https://herald.example"}}
mail: {{from: herald@herald.example, smtp: {{host: mail.example}}}}
collect: {{allow_private_networks: true, spacing: 0s}}
feeds: [{{name: home, url: "{url}"}}]
newsletters: {{noon: {{}}}}
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`digest demo ARGUMENTS...` in a process group of its own, its temporary files in `tmp_path / "temporary"`."""
    started: list[subprocess.Popen[str]] = []
    (tmp_path / "temporary").mkdir()

    def begin(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", "-c", "from digest.cli import main; main()", "demo"]
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "DIGEST_CONFIG": ""},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def require_nothing_left(process: "subprocess.Popen[str]", folder: Path) -> None:
    """No file, and no process of its group."""
    assert list(folder.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def announced(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The addresses that it says are open, by what is there."""
    assert process.stdout is not None
    found: dict[str, str] = {}
    for line in process.stdout:
        if opened := re.fullmatch(r"\s+(.+): (http://\S+)\n", line):
            found[opened[1]] = opened[2]
        if len(found) == 2:
            return found
    raise AssertionError(f"it ended: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_inbox_and_pages_are_open_until_it_is_stopped(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start()
    urls = announced(process)
    inbox = page(urls["inbox"])
    assert [to for to in ("alma@", "bruno@", "chiyo@") if to not in inbox] == []
    letter = page(urls["inbox"] + "1/html")
    links = re.findall(r'href="(http://127[^"#]+)', letter)
    assert {link.split("/")[3] for link in links} >= {"leave", "choose", "read"}
    for link in set(links):
        assert link.startswith(urls["public pages"])
        assert "<html" in page(link)
    process.send_signal(number)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    require_nothing_left(process, tmp_path / "temporary")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_clears_away_and_says_so(
    start: Start, tmp_path: Path, httpserver: HTTPServer, number: signal.Signals
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        asked.set()
        answer.wait(30)
        return Response("too late")

    httpserver.expect_request("/rss").respond_with_handler(slow)
    config = tmp_path / "digest.yaml"
    config.write_text(CONFIG.format(url=httpserver.url_for("/rss")))
    process = start("--once", "--output", str(tmp_path / "out"), "--config", str(config))
    try:
        assert asked.wait(30)
        process.send_signal(number)
        output, complaints = process.communicate(timeout=30)
    finally:
        answer.set()
    assert (process.returncode, output, complaints) == (130, "", "")
    assert not (tmp_path / "out").exists()
    require_nothing_left(process, tmp_path / "temporary")


def test_a_port_that_is_taken_is_said(start: Start, tmp_path: Path, httpserver: HTTPServer) -> None:
    process = start("--port", str(httpserver.port))
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"cannot listen on 127.0.0.1:{httpserver.port}" in complaints
    assert "Traceback" not in complaints
    require_nothing_left(process, tmp_path / "temporary")
