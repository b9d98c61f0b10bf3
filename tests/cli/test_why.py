"""`digest why` at a terminal, and as JSON."""

import json


def test_the_chain_ends_in_one_sentence(office):
    office.stock()
    office.join("ada@reader.example")
    office.digest("send", "daily", "--yes")
    said = office.digest("why", "Rome", "ada@reader.example").stdout
    assert said.startswith("article 1: Rain in Rome\n")
    assert "world (feed wire)" in said
    assert "delivery sent" in said
    assert said.splitlines()[-1].startswith("daily: yes, told to ada@reader.example in the edition of ")


def test_json_has_a_verdict_for_each_edition_and_each_newsletter(office):
    office.stock()
    office.join("ada@reader.example")
    coming = json.loads(office.digest("why", "1", "ada@reader.example", "--json").stdout)["readings"][0]
    assert (coming["verdict"], coming["foreseen"], coming["steps"]) == ("told", True, [])
    office.digest("send", "daily", "--yes")
    was = json.loads(office.digest("why", "1", "ada@reader.example", "--json").stdout)["readings"][0]
    assert (was["verdict"], was["foreseen"], was["steps"][0]["delivery"]["code"]) == ("told", False, 250)
    of_all = json.loads(office.digest("why", "1", "--json").stdout)["editions"][0]
    assert of_all["letters"] == [{"edition": 1, "verdict": "told", "letters": 1, "readers": 1, "sent": 1}]


def test_what_does_not_exist_is_wrong_usage(office):
    office.stock()
    office.join("ada@reader.example")
    assert "2 articles" in office.digest("why", "in", code=2).stderr
    assert "there is no article 77" in office.digest("why", "77", code=2).stderr
    assert "nobody@reader.example" in office.digest("why", "1", "nobody@reader.example", code=2).stderr
    assert "weekly" in office.digest("why", "1", "--newsletter", "weekly", code=2).stderr
