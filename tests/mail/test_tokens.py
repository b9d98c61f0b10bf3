"""Tokens: what is signed is read, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TokenError, UsageError
from digest.mail.tokens import Purpose, Signer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
#: Links that grow old.
TIMED = (Purpose.CONFIRM, Purpose.OWN, Purpose.MOVE)
SIGNER = Signer(["a secret of some length"])

numbers = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3)
lasting = st.sampled_from([Purpose.LEAVE, Purpose.CHOOSE])


@given(lasting, numbers)
def test_what_is_signed_is_read(purpose: Purpose, held: list[int]) -> None:
    assert SIGNER.read(purpose, SIGNER.sign(purpose, *held)) == tuple(held)


@given(lasting, numbers, st.data())
def test_every_flipped_bit_is_refused(purpose: Purpose, held: list[int], data: st.DataObject) -> None:
    token = SIGNER.sign(purpose, *held)
    place, bit = data.draw(st.integers(0, len(token) - 1)), data.draw(st.integers(0, 6))
    changed = token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
    with pytest.raises(TokenError):
        SIGNER.read(purpose, changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: token[:-3] + "!" + token[-3:],
        lambda token: "0" + token,
        lambda token: token.replace(".", ""),
        lambda token: token.partition(".")[0],
        lambda token: token + "é",
        lambda token: token + "\udcff",
        lambda token: "1." + token,
    ],
)
def test_what_is_not_as_it_was_written_is_refused(change) -> None:
    with pytest.raises(TokenError):
        SIGNER.read(Purpose.LEAVE, change(SIGNER.sign(Purpose.LEAVE, 17)))


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenError):
        SIGNER.read(Purpose.LEAVE, text)


def test_a_token_is_for_one_purpose() -> None:
    tokens = {purpose: SIGNER.sign(purpose, 17, now=_time(purpose)) for purpose in Purpose}
    for made_for, token in tokens.items():
        for purpose in set(Purpose) - {made_for}:
            with pytest.raises(TokenError):
                SIGNER.read(purpose, token, now=_time(purpose), max_age=_age(purpose))


def test_a_token_to_confirm_grows_old() -> None:
    token = SIGNER.sign(Purpose.CONFIRM, 17, now=NOW)
    assert SIGNER.read(Purpose.CONFIRM, token, now=NOW + WEEK, max_age=WEEK) == (17,)
    with pytest.raises(TokenError, match="too old"):
        SIGNER.read(Purpose.CONFIRM, token, now=NOW + WEEK + timedelta(seconds=1), max_age=WEEK)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_time_is_given_for_what_grows_old_and_for_nothing_else(purpose: Purpose) -> None:
    wrong = None if purpose in TIMED else NOW
    with pytest.raises(ValueError, match=purpose.value):
        SIGNER.sign(purpose, 17, now=wrong)
    with pytest.raises(ValueError, match=purpose.value):
        SIGNER.read(purpose, "17.x", now=wrong, max_age=wrong and WEEK)


@pytest.mark.parametrize("held", [(), (-1,), (1, -1)])
def test_only_numbers_from_zero_are_signed(held: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="token"):
        SIGNER.sign(Purpose.LEAVE, *held)


def test_an_old_secret_is_read_and_the_new_one_signs() -> None:
    old, both, new = Signer(["old"]), Signer(["new", "old"]), Signer(["new"])
    assert both.read(Purpose.LEAVE, old.sign(Purpose.LEAVE, 17)) == (17,)
    assert new.read(Purpose.LEAVE, both.sign(Purpose.LEAVE, 17)) == (17,)
    with pytest.raises(TokenError):
        old.read(Purpose.LEAVE, both.sign(Purpose.LEAVE, 17))


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["good", ""]])
def test_an_empty_secret_is_refused_with_the_way_to_mend_it(secrets: list[str]) -> None:
    with pytest.raises(UsageError, match="token_urlsafe"):
        Signer(secrets)


def test_a_token_is_short_and_needs_no_escaping() -> None:
    token = SIGNER.sign(Purpose.CONFIRM, 9_999_999_999, now=NOW)
    assert len(token) <= 60
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def _time(purpose: Purpose) -> datetime | None:
    return NOW if purpose in TIMED else None


def _age(purpose: Purpose) -> timedelta | None:
    return WEEK if purpose in TIMED else None
