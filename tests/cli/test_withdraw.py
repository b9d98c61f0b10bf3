"""`digest editions withdraw` says whom it concerns before it does anything, and refuses what makes no sense."""

import pytest


@pytest.fixture
def sent(office):
    """Edition 1, which two readers have got, one has not, and which tells two articles."""
    office.configure()
    office.stock()
    office.mail.refusals["ben@x.example"] = "450 4.2.0 later"
    office.join("ada@x.example", "ben@x.example", "cyd@x.example")
    office.digest("send", "daily")
    return office


def test_a_dry_run_says_how_many_it_concerns_and_changes_nothing(sent):
    arguments = ("editions", "withdraw", "1", "--article", "1")
    said = "1 reader still to get the edition without it, 2 readers to be told in their next letter"
    assert said in sent.digest(*arguments, "--dry-run").output
    assert said in sent.digest(*arguments, "--dry-run").output
    assert f"withdrawn: {said}" in sent.digest(*arguments, "--yes").output
    assert "is withdrawn from edition 1 already" in sent.digest(*arguments, code=2).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1", "--article", "77"), "there is no article 77"),
        (("9", "--article", "1"), "there is no edition"),
        (("1", "--article", "1", "--text", "x" * 501), "more than 500 characters"),
        (("1", "--article", "1", "--text", "a\u202eb"), "U+202E"),
    ],
)
def test_what_makes_no_sense_is_refused(sent, arguments, said):
    assert said in sent.digest("editions", "withdraw", *arguments, code=2).output
