"""The operator's colours on the pages: worn, and read whatever they are."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from digest.editions.colours import contrast, parse
from digest.web import public
from digest.web.dress import dress
from tests.web.conftest import CONFIG

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
NAMES = st.sampled_from(["page", "card", "text", "ink", "mute", "accent", "rule", "tint", "dark-card", "dark-accent"])
#: A colour is written with two digits a part, which moves it by less than this.
ROUNDED = 0.06


def schemes(css):
    """The variables of each :root rule."""
    return [dict(re.findall(r"--([\w-]+): (#\w{6});", rule)) for rule in re.findall(r":root \{([^}]*)\}", css)]


@given(st.dictionaries(NAMES, COLOURS, min_size=1))
def test_whatever_the_colours_all_words_can_be_read(look):
    for found in schemes(dress(look)):
        shown = {name: parse(value) for name, value in found.items()}
        for words, grounds in {
            "text": ("page", "card"),
            "mute": ("page", "card"),
            "link": ("page", "card"),
            "ink": ("card",),
            "on-button": ("button",),
        }.items():
            for ground in grounds:
                assert contrast(shown[words], shown[ground]) >= 4.5 - ROUNDED, (words, ground, found)
        assert contrast(shown["button"], shown["card"]) >= 3 - ROUNDED


def test_colours_that_can_be_read_are_worn_as_they_are():
    (light, dark) = schemes(dress({"accent": "#00539f", "page": "#f0f4f8", "card": "#ffffff"}))
    assert light["link"] == light["button"] == "#00539f"
    assert (light["page"], light["card"]) == ("#f0f4f8", "#ffffff")
    assert dark["link"] != "#00539f", "too dark for a dark card"


def test_nothing_is_worn_where_nothing_is_said():
    assert dress({}) == ""


def test_fonts_and_corners_are_worn_too():
    css = dress({"font-body": "Verdana, sans-serif", "radius": "0px"})
    assert "body { font-family: Verdana, sans-serif; }" in css
    assert "border-radius: 0px;" in css


@pytest.mark.parametrize("path", ["/", "/subscribe/daily", "/nowhere"])
def test_pages_wear_the_look_and_their_policy_lets_them(house, postbox, path):
    house.path.write_text(CONFIG.format(port=postbox.port) + 'look: {colours: {accent: "#00539f"}}\n')
    from digest.app.house import open_house

    with open_house(house.path, environ={}) as opened, TestClient(public.application(opened)) as client:
        answer = client.get(path)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert "--link: #00539f;" in style
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
