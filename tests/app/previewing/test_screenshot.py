"""A picture of a letter by the Chromium of this machine."""

import struct

import pytest

from digest.app.previewing import screenshot
from digest.app.previewing.screenshot import NoBrowser, NoPicture, browser, picture


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def test_all_of_a_letter_is_in_the_picture_whatever_its_height(chromium: str, monkeypatch) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    html = "<!DOCTYPE html><html><body style='margin:0'><div style='height:2345px'>x</div></body></html>"
    assert size(await picture(html, 375)) == (375, 2345)


async def test_scripts_of_a_letter_do_not_run(chromium: str, monkeypatch) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    script = "<script>document.body.innerHTML = '<div style=height:4000px></div>'</script>"
    html = f"<!DOCTYPE html><html><body style='margin:0'><div style='height:900px'>x</div>{script}</body></html>"
    assert size(await picture(html, 600)) == (600, 900)


async def test_a_program_that_is_no_browser_makes_no_picture(monkeypatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/bin/true")
    with pytest.raises(NoPicture, match="/bin/true made no picture"):
        await picture("<p>x</p>", 600)


async def test_a_browser_that_does_not_answer_is_stopped(monkeypatch, tmp_path) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    monkeypatch.setattr(screenshot, "_PATIENCE_S", 1.0)
    with pytest.raises(NoPicture):
        await picture("<p>x</p>", 600)
    number = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(number, 0)


def test_without_a_browser_it_says_what_is_missing(tmp_path) -> None:
    with pytest.raises(NoBrowser, match=r"\$CHROMIUM"):
        browser({"PATH": str(tmp_path)})
    with pytest.raises(NoBrowser):
        browser({"PATH": "/usr/bin:/bin", "CHROMIUM": str(tmp_path / "nothing")})


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_it_is_found_by_its_usual_names(tmp_path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert browser({"PATH": str(tmp_path)}) == str(program)
