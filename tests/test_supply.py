"""What the program is made of may be part of it, and nothing known to be vulnerable passes."""

import importlib.util
import json
from types import ModuleType

import pytest

from tests.documents import ROOT


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    # By its path: `packaging` is a library's name as well.
    spec = importlib.util.spec_from_file_location("supply", ROOT / "packaging/supply.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("expression", ["MIT", "MIT OR GPL-3.0-only", "Apache-2.0 AND MIT", "LGPL-3.0-only"])
def test_a_licence_that_goes_with_ours_is_allowed(supply: ModuleType, expression: str) -> None:
    assert supply.allowed(expression)


@pytest.mark.parametrize(
    "expression",
    ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "MIT AND (MIT OR GPL-3.0-only)", "unknown"],
)
def test_a_licence_that_does_not_or_that_nobody_knows_is_refused(supply: ModuleType, expression: str) -> None:
    assert not supply.allowed(expression)
    assert supply.refused([("wire", "1.0", expression)]) == [f"wire 1.0: {expression}"]


def test_a_package_without_an_expression_is_known_by_its_classifier(supply: ModuleType) -> None:
    assert supply.licence({"License": "see LICENSE"}, ["License :: OSI Approved :: MIT License"]) == "MIT"
    assert supply.licence({}, ["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"]) == "unknown"


def test_every_package_of_ours_has_a_licence_that_is_allowed(supply: ModuleType) -> None:
    found = list(supply.licences())
    assert len(found) > 50
    assert supply.refused(found) == []


def test_the_bill_of_materials_names_every_package_with_version_hashes_and_licence(supply: ModuleType) -> None:
    found = list(supply.licences())
    bill = supply.materials(found)
    assert bill["bomFormat"] == "CycloneDX"
    assert {(each["name"], each["version"]) for each in bill["components"]} == {each[:2] for each in found}
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])
    (click,) = (each for each in bill["components"] if each["name"] == "click")
    assert click["licenses"] == [{"expression": "BSD-3-Clause"}]


def test_a_known_vulnerability_is_named_with_the_version_that_mends_it(supply: ModuleType) -> None:
    vulnerable = {"name": "wire", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    well = {"name": "click", "version": "8.3", "vulns": []}
    known, asked = supply.verdict(json.dumps({"dependencies": [vulnerable, well]}))
    assert known == ["wire 1.0: PYSEC-1, mended in 1.1"]
    assert asked == "vulnerabilities: 1 known; 2 of 2 packages asked for"


def test_an_advisory_service_that_does_not_answer_is_no_vulnerability_and_is_said(supply: ModuleType) -> None:
    assert supply.verdict("") == ([], "vulnerabilities: nobody could be asked")
    silent = {"name": "wire", "skip_reason": "not found"}
    known, asked = supply.verdict(json.dumps({"dependencies": [silent]}))
    assert known == []
    assert asked.endswith("0 of 1 packages asked for")
