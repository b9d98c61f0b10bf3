"""A folder with a configuration in it, and ways to load it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from digest.errors import ConfigurationError, Problem
from digest.settings import Settings, load

BASE = {
    "site": '{url: "https://news.example"}',
    "mail": "{from: digest@news.example, smtp: {host: mail.example}}",
    "categories": "{world: {match: {tags: [World]}}, tech: {}}",
    "feeds": '[{name: one, url: "https://one.example/rss", category: world}]',
    "newsletters": "{daily: {}}",
}


class Folder:
    """Writes files and loads `digest.yaml`; a key given by name replaces that of a small, right configuration."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.main = path / "digest.yaml"

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, environ: Mapping[str, str] | None = None, **keys: str) -> Settings:
        given = {**BASE, **keys}
        return self.load_text("".join(f"{key}: {value}\n" for key, value in given.items()), environ)

    def load_text(self, text: str, environ: Mapping[str, str] | None = None) -> Settings:
        return load(self.write("digest.yaml", text), environ or {})

    def problems(self, environ: Mapping[str, str] | None = None, **keys: str) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            self.load(environ, **keys)
        return caught.value.problems

    def problems_of_text(self, text: str, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            self.load_text(text, environ)
        return caught.value.problems

    def said(self, environ: Mapping[str, str] | None = None, **keys: str) -> list[str]:
        """Each problem as ``key: message (hint)``, without its place."""
        return [
            str(problem).partition(" ")[2] if problem.file else str(problem)
            for problem in self.problems(environ, **keys)
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
