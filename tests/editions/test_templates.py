"""The templates that ship: all of them keep to the contract in templates/README.md, and it to the program."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from digest.editions.render import Renderer
from digest.editions.render_contract import examples_for, read_contract
from digest.editions.render_letter import Coverage, ShownSection, ShownStory
from digest.editions.render_picture import Picture
from digest.errors import TemplateError
from digest.model import Site
from digest.resources import TEMPLATES

SITE = Site(name="My Views on News", url="https://news.example", tagline="Impartial", postal_address="1 High St")
README = (TEMPLATES / "README.md").read_text(encoding="utf-8")
CONTRACT = read_contract(TEMPLATES / "README.md")
TEMPLATE_NAMES = Renderer().templates()
PAGES = [name.removeprefix("pages/").removesuffix(".html.j2") for name in TEMPLATE_NAMES if name.startswith("pages/")]


@pytest.mark.parametrize("name", [*TEMPLATE_NAMES, "classic"])
def test_every_template_keeps_to_the_contract(name: str) -> None:
    Renderer().check(name)


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_every_template_is_in_the_contract(name: str) -> None:
    assert examples_for(name, CONTRACT)


@pytest.mark.parametrize("name", ["pages/leave.html.j2", "classic/letter.txt.j2", "classic/letter.html.j2"])
def test_a_variable_that_the_contract_does_not_list_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    own = tmp_path / name
    own.parent.mkdir()
    own.write_text("{{ site.name }}\n{% if site.url %}\n{{ surprise }}{% endif %}", encoding="utf-8")
    with pytest.raises(TemplateError, match="surprise") as caught:
        Renderer(tmp_path).check(name)
    assert (caught.value.template, caught.value.line) == (name, 3)


def test_the_contract_lists_every_field_of_what_the_templates_get() -> None:
    for kind, name in ((ShownSection, "Section"), (ShownStory, "Story"), (Coverage, "Coverage"), (Picture, "Picture")):
        table = README.partition(f"\n| {name} | Type |")[2].partition("\n\n")[0]
        assert set(re.findall(r"^\| `\.(\w+)`", table, re.MULTILINE)) == {field.name for field in fields(kind)}


@pytest.mark.parametrize("name", sorted({*PAGES} - {"preview"}))
def test_a_page_is_whole_plain_and_needs_nothing_from_elsewhere(name: str) -> None:
    html = Renderer().page(name, {**examples_for(f"pages/{name}.html.j2", CONTRACT), "site": SITE})
    assert html.lstrip().startswith("<!DOCTYPE html>")
    assert '<html lang="en" dir="ltr">' in html
    assert html.count("<style>") == 1
    assert "style=" not in html
    # A script of ours, from a file: what is written into a page may not run.
    assert html.count("<script") == len(re.findall(r'<script src="/(?:desk/desk|subscribe)\.js" defer></script>', html))
    assert not re.search(r"<link (?!rel=.(?:canonical|alternate))|@import|url\(", html)
    assert name == "base" or html.count("<h1>") == 1


@pytest.mark.parametrize("name", ["leave", "confirm"])
def test_a_page_that_changes_something_posts_it_by_one_button(name: str) -> None:
    html = Renderer().page(name, {**examples_for(f"pages/{name}.html.j2", CONTRACT), "site": SITE})
    assert re.findall(r"<form[^>]*>", html) == [f'<form method="post" action="/{name}/t0k3n">']
    assert html.count("<button") == 1


def test_the_form_of_choices_shows_what_is_chosen() -> None:
    html = Renderer().page("choose", {**examples_for("pages/choose.html.j2", CONTRACT), "site": SITE})
    assert re.findall(r'value="(\w+)" checked', html) == ["world", "html"]
    assert re.findall(r"<option[^>]* selected>([^<]+)", html) == ["Every letter", "Europe/London", "07:00", "English"]
    for field in re.findall(r'<label class="label" for="(\w+)"', html):
        assert f'id="{field}"' in html


def test_a_page_escapes_what_readers_typed() -> None:
    known = examples_for("pages/asked.html.j2", CONTRACT)
    html = Renderer().page("asked", {**known, "site": SITE, "address": '"<script>"@x.example'})
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


LOOKS = sorted(path.parent.name for path in TEMPLATES.glob("*/style.css") if path.parent.name != "pages")


def _sheet(look: str) -> str:
    return (TEMPLATES / look / "style.css").read_text(encoding="utf-8")


def _variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("prefix", ["", "dark-"])
def test_every_colour_of_a_letter_is_readable_on_what_it_stands_on(look: str, prefix: str) -> None:
    colours = _variables(_sheet(look))
    for role in ("text", "ink", "mute", "accent"):
        for ground in ("card", "page", "tint"):
            assert _contrast(colours[prefix + role], colours[prefix + ground]) >= 4.5, (role, ground)
    assert _contrast(colours["on-accent"], colours["accent"]) >= 4.5


@pytest.mark.parametrize("look", LOOKS)
def test_every_colour_of_a_letter_has_a_dark_one_by_either_way_that_programs_go(look: str) -> None:
    kept = _sheet(look).partition("/* KEPT")[2]
    dark, marked = kept.partition("prefers-color-scheme: dark")[2].split("\n}", 1)
    for name in ("page", "card", "text", "ink", "mute", "accent", "tint"):
        assert f"var(--dark-{name}) !important" in dark
        assert f"var(--dark-{name}) !important" in marked


@pytest.mark.parametrize("part", [1, 2])
def test_every_colour_of_a_page_is_readable_on_what_it_stands_on(part: int) -> None:
    blocks = (TEMPLATES / "pages/style.css").read_text(encoding="utf-8").split(":root {")
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[part]))
    for role in ("text", "ink", "mute", "link"):
        for ground in ("card", "page", "tint"):
            assert _contrast(colours[role], colours[ground]) >= 4.5, (role, ground)
    assert _contrast(colours["on-button"], colours["button"]) >= 4.5
    assert _contrast(colours["edge"], colours["field"]) >= 3


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_in_a_letter_is_smaller_than_14_pixels(look: str) -> None:
    sizes = re.findall(r"font(?:-size)?: (?:[a-z]+ )*(\d+)px", _sheet(look))
    assert sizes
    assert min(map(int, sizes)) >= 14


@pytest.mark.parametrize("look", LOOKS)
def test_arabic_letters_stay_joined_and_upright(look: str) -> None:
    assert not re.search(r"letter-spacing|italic|uppercase", _sheet(look))


@pytest.mark.parametrize("name", ["target", "jump", "way", "button"])
def test_a_link_that_stands_alone_is_44_pixels_high(name: str) -> None:
    css = _sheet("classic")
    body = re.search(rf"^\.{name} \{{(.*)\}}$", css, re.MULTILINE)
    line = re.search(r"^\.text \{ font: \d+px/(\d+)px", css, re.MULTILINE)
    assert body
    assert line
    padding = re.search(r"padding: (\d+)px", body[1])
    assert padding
    assert "inline-block" in body[1]
    assert 2 * int(padding[1]) + int(line[1]) >= 44
