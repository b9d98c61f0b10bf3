"""`digest preview --explain`: why each story is there, and why each other article is not."""

import json

import pytest


@pytest.fixture
def stocked_office(office):
    office.configure(newsletters='{daily: {title: The Daily, schedule: {at: "07:00"}, exclude: {keywords: [Oslo]}}}')
    office.stock()
    office.join("ada@reader.example")
    return office


def test_each_story_has_its_score_and_each_other_article_its_reason(stocked_office):
    said = stocked_office.digest("preview", "daily", "--explain", "--as", "ada@reader.example").stdout
    assert "  1. Rain in Rome  [1] World Wire" in said
    assert "= freshness " in said
    assert "1 article excluded" in said
    assert 'excluded by the newsletter: word "Oslo"' in said
    assert max(map(len, said.splitlines())) <= 100


def test_a_frozen_slot_is_told_from_the_store(stocked_office):
    stocked_office.digest("send", "daily", "--yes")
    (edition,) = json.loads(stocked_office.digest("editions", "list", "--json").stdout)
    said = stocked_office.digest("preview", "daily", "--explain", "--at", edition["slot"]).stdout
    assert f"frozen as edition {edition['id']}" in said
    assert "  1. Rain in Rome  [1] World Wire" in said


def test_as_json_it_is_data(stocked_office):
    found = json.loads(stocked_office.digest("preview", "daily", "--explain", "--json").stdout)
    assert [each["articles"][0][1] for each in found["told"]] == ["Rain in Rome"]
    assert [(each["number"], each["verdict"]) for each in found["others"]] == [(2, "excluded")]
    assert found["told"][0]["score"]["parts"][0]["name"] == "freshness"


def test_options_of_the_explanation_without_it_are_wrong_usage(stocked_office):
    assert "--explain" in stocked_office.digest("preview", "daily", "--all", code=2).stderr


def test_after_the_letter_all_of_it_has_been_seen(stocked_office):
    stocked_office.digest("send", "daily", "--yes")
    said = stocked_office.digest("preview", "daily", "--explain", "--as", "ada@reader.example").stdout
    assert "No letter: nothing new" in said
    assert "2 articles arrived before the reader's mark" in said
