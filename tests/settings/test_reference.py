"""The example, the JSON Schema and the reference say what the schema says."""

import json
import re

import jsonschema
import pytest
from ruamel.yaml import YAML

from digest import resources
from digest.settings import load, nouns
from digest.settings.__main__ import REFERENCE, SCHEMA
from digest.settings.group import keys
from digest.settings.reference import json_schema, with_tables
from digest.settings.schema import Settings

EXAMPLE = resources.CONFIG / "digest.example.yaml"
ENVIRON = {"DIGEST_SECRET": "a-secret", "SMTP_PASSWORD": "a-password", "DKIM_KEY": "a-key"}
AGAIN = "is not fresh: run python -m digest.settings"


def example(*, with_switched_off=False):
    text = EXAMPLE.read_text()
    if with_switched_off:
        text = re.sub(r"(?m)^( *)#(?=(?:- )?\w+:)", r"\1", text)
    return YAML(typ="safe", pure=True).load(text)


def validator():
    schema = json.loads(json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def paths(value, above=""):
    """Every key in `value`, with lists and named things written as the reference writes them."""
    if isinstance(value, list):
        for item in value:
            yield from paths(item, f"{above}[]")
    elif isinstance(value, dict):
        for key, below in value.items():
            path = f"{above}.{key}" if above else key
            if above in {"categories", "newsletters", "mail.domains"}:
                path = f"{above}.<name>"
            yield path
            yield from paths(below, path)


def test_the_json_schema_is_fresh():
    assert SCHEMA.read_text() == json_schema(), f"{SCHEMA} {AGAIN}"


def test_the_reference_is_fresh():
    assert REFERENCE.read_text() == with_tables(REFERENCE.read_text()), f"{REFERENCE} {AGAIN}"


def test_every_key_has_a_description():
    assert [key.path for key in keys(Settings) if not key.field.description] == []


def test_the_example_holds_every_key():
    shown = set(paths(example(with_switched_off=True)))

    assert {key.path for key in keys(Settings)} - shown == set()


def test_the_example_loads_and_names_its_schema():
    settings = load(EXAMPLE, ENVIRON)

    assert EXAMPLE.read_text().startswith("# yaml-language-server: $schema=./digest.schema.json\n")
    assert len(nouns.newsletters(settings)) == 2
    assert settings.mail.smtp.password.get_secret_value() == "a-password"


def test_the_example_is_right_by_the_json_schema():
    validator().validate(example())
    validator().validate(example(with_switched_off=True))


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({"collect": {"every": "30m"}}, True),
        ({"collect": {"every": "${EVERY}"}}, True),
        ({"collect": {"every": "soon"}}, False),
        ({"collect": {"concurrency": "${N}"}}, True),
        ({"collect": {"concurrency": "many"}}, False),
        ({"collect": {"concurency": 1}}, False),
        ({"newsletters": {"Daily": {}}}, False),
        ({"newsletters": {"daily": {"schedule": {"at": "7:00", "days": ["mon", "wed-fri"]}}}}, True),
        ({"newsletters": {"daily": {"schedule": {"days": "mon,someday"}}}}, False),
        ({"log": {"level": "loud"}}, False),
        ({"site": {}}, False),
    ],
)
def test_editors_mark_what_is_wrong(change, right):
    assert validator().is_valid({**example(), **change}) is right
