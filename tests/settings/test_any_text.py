"""Whatever stands in the files, loading gives settings or ConfigurationError."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.settings import load

YAMLISH = st.text(st.sampled_from(list(" \n-:[]{}#&*!|>'\"%@`?,.~$/\\\t<=aé\ud7ff0")), max_size=60)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just("${X}"))
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
KEYS = ["site", "mail", "smtp", "feeds", "categories", "newsletters", "schedule", "at", "days", "include", "database"]


def loads_or_says_why(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "digest.yaml")
        path.write_bytes(text.encode("utf-8", "replace"))
        try:
            load(path, {"X": "x"})
        except ConfigurationError as error:
            assert error.problems  # noqa: PT017  (both ways are right)


@given(st.one_of(st.text(), YAMLISH))
@example("!<tag:yaml.org,2002:int> x")
@example("%TAG ! tag:x,2000:\n---\n!a b")
@example("a: !!float x")
@example("{? : }")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text(text):
    loads_or_says_why(text)


@given(st.dictionaries(st.sampled_from(KEYS), SHAPES | st.dictionaries(st.sampled_from(KEYS), SHAPES)))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_shape(data):
    import json

    loads_or_says_why(json.dumps(data))


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_in_dot_env(raw):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".env").write_bytes(raw)
        path = Path(folder, "digest.yaml")
        path.write_text("site: {}")
        try:
            load(path, {})
        except ConfigurationError as error:
            assert error.problems  # noqa: PT017  (both ways are right)
