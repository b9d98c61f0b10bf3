"""Bodies that are packed more than once, by a server that says so or does not."""

import gzip
import random
import zlib
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.wire.unpack import Damaged, TooLarge, layers_left, unpacked

BODY = b"<rss/>" * 100
#: Without a time in it: what a test is called must not change.
packed_by_gzip = partial(gzip.compress, mtime=0)


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], []),
        (["gzip"], []),
        (["BR"], []),
        (["x-gzip"], ["gzip"]),
        (["gzip, deflate"], ["deflate", "gzip"]),
        (["gzip", "gzip"], ["gzip"]),
        (["gzip, identity"], ["gzip"]),
        (["utf-8"], []),
        (["none", ""], []),
    ],
)
def test_what_the_library_leaves_packed_is_known(lines, expected) -> None:
    assert layers_left(lines) == expected


@pytest.mark.parametrize("lines", [["compress"], ["gzip, br"], ["br", "zstd"], ["gzip," * 9], ["\udc80"], ["a\nb"]])
def test_what_cannot_be_unpacked_is_said(lines) -> None:
    with pytest.raises(Damaged, match="packed in a way that cannot be undone"):
        layers_left(lines)


@pytest.mark.parametrize(
    ("packed", "layers"),
    [
        (BODY, []),
        (b"", ["gzip"]),
        (packed_by_gzip(BODY), ["gzip"]),
        (zlib.compress(BODY), ["deflate"]),
        (raw_deflate(BODY), ["deflate"]),
        (zlib.compress(packed_by_gzip(BODY)), ["deflate", "gzip"]),
        (packed_by_gzip(BODY), []),
        (packed_by_gzip(packed_by_gzip(BODY)), ["gzip"]),
        (packed_by_gzip(BODY[:300]) + packed_by_gzip(BODY[300:]), ["gzip"]),
        (packed_by_gzip(BODY) + b"\0" * 100, ["gzip"]),
    ],
)
def test_layers_are_undone_named_or_not(packed: bytes, layers: list[str]) -> None:
    assert unpacked(packed, layers, 10_000) == (BODY if packed else b"")


def test_a_body_that_breaks_off_gives_what_there_is() -> None:
    body = random.Random(0).randbytes(10_000)
    got = unpacked(packed_by_gzip(body)[:5_000], ["gzip"], 100_000)
    assert len(got) > 4_000
    assert body.startswith(got)


@pytest.mark.parametrize("layers", [["gzip"], ["gzip", "gzip"], []])
def test_a_bomb_in_layers_is_given_up_at_the_limit(layers: list[str]) -> None:
    bomb = packed_by_gzip(packed_by_gzip(b"A" * 20_000_000))
    assert len(bomb) < 1_000
    with pytest.raises(TooLarge):
        unpacked(bomb, layers, 100_000)


@pytest.mark.parametrize("packed", [b"none", packed_by_gzip(b"") * 100, packed_by_gzip(BODY)[:-8] + b"x" * 8])
def test_a_damaged_body_is_said(packed: bytes) -> None:
    with pytest.raises(Damaged):
        unpacked(packed, ["gzip"], 100_000)


def test_a_body_that_is_packed_again_and_again_is_given_up() -> None:
    body = BODY
    for _ in range(9):
        body = packed_by_gzip(body)
    with pytest.raises(Damaged, match="too many layers"):
        unpacked(body, [], 100_000)


@given(st.binary(max_size=200), st.lists(st.sampled_from(["gzip", "deflate"]), max_size=3))
def test_any_bytes_are_unpacked_or_refused(body: bytes, layers: list[str]) -> None:
    for start in (b"", b"\x1f\x8b\x08"):
        with suppress(Damaged, TooLarge):
            assert len(unpacked(start + body, layers, 1_000)) <= 1_000
