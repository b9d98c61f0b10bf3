"""The wheel holds all that Digest needs beside its code, and no more."""

import hashlib
import os
import shutil
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
    return zipfile.Path(_build(ROOT, tmp_path_factory.mktemp("dist")))


def _build(checkout: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
    built = subprocess.run(command, cwd=checkout, env=environment, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


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


def test_a_wheel_from_another_folder_at_another_time_has_the_same_bytes(wheel: zipfile.Path, tmp_path: Path) -> None:
    checkout = tmp_path / "elsewhere" / "checkout"
    checkout.mkdir(parents=True)
    for name in ("digest", "templates", "config"):
        shutil.copytree(ROOT / name, checkout / name, copy_function=shutil.copyfile)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copyfile(ROOT / name, checkout / name)
    again = _build(checkout, tmp_path)
    assert wheel.root.filename is not None
    assert _sha256(again) == _sha256(Path(wheel.root.filename))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
