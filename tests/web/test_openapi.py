"""What programs are told of the service is so, whatever they send: examples made from docs/openapi.yaml."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from digest.web import public

DESCRIPTION = Path(__file__).parents[2] / "docs/openapi.yaml"
#: What is only asked for cannot be asked for wrongly.
ASKED = [
    ("POST /api/subscribe/{newsletter}", GenerationMode.POSITIVE),
    ("POST /api/subscribe/{newsletter}", GenerationMode.NEGATIVE),
    ("GET /healthz", GenerationMode.POSITIVE),
    ("GET /readyz", GenerationMode.POSITIVE),
]


def described(app):
    """The operations by their labels, against `app`."""
    schema = schemathesis.openapi.from_path(DESCRIPTION)
    schema.app = app
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def test_all_that_is_described_is_tried():
    assert set(described(None)) == {label for label, _ in ASKED}


@pytest.mark.parametrize(("label", "mode"), ASKED, ids=lambda value: str(getattr(value, "value", value)))
def test_every_answer_is_one_that_is_described(house, label, mode):
    operation = described(public.application(house))[label]

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(st.data())
    def asked(data):
        case = data.draw(operation.as_strategy(generation_mode=mode))
        # An address of the right type may still be none: refused with 422, as is described.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    asked()
