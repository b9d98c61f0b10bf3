"""The subject of a letter: news, in one line that an inbox can show."""

import pytest

from digest.editions.render_letter import subject_of


@pytest.mark.parametrize(
    ("titles", "subject"),
    [
        ([], ""),
        (["Ferries return"], "Ferries return"),
        (["Ferries return", "A moon hums", "Bees"], "Ferries return; A moon hums"),
        (
            ["Night ferries return to the northern strait", "A moon of Saturn hums a tune"],
            "Night ferries return to the northern strait",
        ),
        (
            ["The repairable kettle that nobody expected to sell is sold out until spring"],
            "The repairable kettle that nobody expected to sell is sold out…",
        ),
        (["渡し船が夜の北の海峡に帰る" * 3], "渡し船が夜の北の海峡に帰る渡し船が夜の北の海峡に帰る渡し船が夜の…"),
    ],
)
def test_the_subject_is_the_first_headline_and_the_second_if_it_fits(titles: list[str], subject: str) -> None:
    assert subject_of(titles) == subject
