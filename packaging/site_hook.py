"""Brings pages that stand elsewhere in the checkout into the site, and leads the links between them right.

In the checkout every link leads to a file, as it should for whoever reads there; the site has some of these files under
other names. A link to anything that is not in the site becomes the words alone.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
#: Path in the checkout -> page of the site.
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "templates/README.md": "templates-readme.md",
    "bench/README.md": "bench.md",
    "config/digest.example.yaml": "digest.example.yaml",
    "LICENSE": "LICENSE.txt",
}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, page in ELSEWHERE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    names = {site: path for path, site in ELSEWHERE.items()}
    source = names.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    parts = _CODE.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _led(link, source, page.file.src_uri), part) for part in parts[::2]]
    return "".join(parts)


def _led(link: re.Match[str], source: str, page: str) -> str:
    """The link as the site has it; `source` is where its page stands in the checkout."""
    mark, words, target, anchor = link[1], link[2], link[3], link[4] or ""
    if not target or ":" in target:
        return link[0]
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if (ROOT / meant).is_dir():
        meant += "/README.md"
    if not (ROOT / meant).is_file():
        # mkdocs will say so.
        return link[0]
    if not meant.startswith("docs/") and meant not in ELSEWHERE:
        return words
    place = ELSEWHERE.get(meant) or meant.removeprefix("docs/")
    return f"{mark}[{words}]({posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor})"
