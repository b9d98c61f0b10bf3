"""The wheel holds all that Digest needs beside its code, and no more."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from digest import __version__, resources

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel of this checkout, built as `make wheel` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.Path(path)


def _shipped(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if not any(part.startswith((".", "__pycache__")) for part in path.parts)}


@pytest.mark.parametrize("folder", [resources.TEMPLATES, resources.CONFIG], ids=lambda path: path.name)
def test_the_wheel_holds_what_ships_with_the_program(wheel: zipfile.Path, folder: Path) -> None:
    prefix = f"digest/_data/{folder.name}/"
    inside = {name.removeprefix(prefix) for name in wheel.root.namelist() if name.startswith(prefix)}
    assert _shipped(folder) <= inside
    assert inside


def test_the_wheel_holds_every_module(wheel: zipfile.Path) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "digest").rglob("*.py")}
    assert modules <= set(wheel.root.namelist())


def test_the_wheel_holds_nothing_of_the_workshop(wheel: zipfile.Path) -> None:
    tops = {name.split("/")[0] for name in wheel.root.namelist()}
    assert tops == {"digest", f"digest_newsletter-{__version__}.dist-info"}
    assert not [name for name in wheel.root.namelist() if name.endswith((".db", ".env", ".pyc"))]


def test_the_wheel_says_its_version_licence_and_command(wheel: zipfile.Path) -> None:
    about = wheel / f"digest_newsletter-{__version__}.dist-info"
    assert f"\nVersion: {__version__}\n" in (about / "METADATA").read_text()
    assert "\nLicense-Expression: Apache-2.0\n" in (about / "METADATA").read_text()
    assert "Apache License" in (about / "licenses" / "LICENSE").read_text()
    assert "digest = digest.cli:main" in (about / "entry_points.txt").read_text()
