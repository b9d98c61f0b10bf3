"""The documentation builds as a site whose links lead somewhere, and which asks nobody else for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT

_LOADS = re.compile(r"""<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^"'> ]+""")
_IMPORTS = re.compile(r"""(?:url\(|@import )["']?(?:https?:)?//[^"')]+""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it: a link that leads nowhere fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert {path.parent / "index.html" if path.stem == "README" else path for path in pages} <= built


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    found = {match for path in site.rglob("*.html") for match in _LOADS.findall(path.read_text(encoding="utf-8"))}
    found |= {match for path in site.rglob("*.css") for match in _IMPORTS.findall(path.read_text(encoding="utf-8"))}
    assert not {match for match in found if 'rel="canonical"' not in match}
