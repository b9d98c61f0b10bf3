"""The files that letters, pages and notices are made from: the operator's first, ours for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from jinja2 import BaseLoader, Template
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Name
from jinja2.nodes import Template as Syntax

from digest.editions.render_sheet import Style, check_sheet, style_of
from digest.editions.render_templates import environment, failures_named
from digest.errors import TemplateError

#: The look that stands in for the files a look of the operator's does not have.
CLASSIC = "classic"
_STYLE = "style.css"


class Files:
    """Templates by name, each from the first of `folders` that has it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._environment = environment([*folders])

    def names(self) -> tuple[str, ...]:
        """The names of all templates there are."""
        return tuple(self._environment.list_templates(extensions=["j2"]))

    def rendered(self, name: str, variables: Mapping[str, object]) -> str:
        with failures_named(name):
            template: Template = self._environment.get_template(name)
            return template.render(variables)

    def check(self, name: str, variables: Mapping[str, object]) -> None:
        """Raise TemplateError unless `name` is well formed and uses none but `variables`."""
        with failures_named(name):
            source, path, _ = self._loaded(name)
            self._environment.compile(source, name, path)
            syntax = self._environment.parse(source, name, path)
        if not variables:
            return
        unknown = find_undeclared_variables(syntax) - set(self._environment.globals) - set(variables)
        for node in _uses(syntax, unknown):
            raise TemplateError(
                name, node.lineno, f"there is no variable {node.name!r} here; templates/README.md lists all"
            )

    def look(self, name: str, variables: Mapping[str, str] | None = None) -> "Look":
        """The look `name`, with these variables of its style sheet; raises TemplateError where there is none."""
        if not any((folder / name).is_dir() for folder in self._folders):
            raise TemplateError(name, 0, "there is no such folder of templates")
        return Look(self, name, variables or {})

    def has(self, name: str) -> bool:
        return any((folder / name).is_file() for folder in self._folders)

    def sheet(self, name: str) -> str:
        with failures_named(name):
            return self._loaded(name)[0]

    def _loaded(self, name: str) -> tuple[str, str | None, object]:
        return cast("BaseLoader", self._environment.loader).get_source(self._environment, name)


@dataclass(frozen=True)
class Look:
    """A folder of templates for letters, with the classic files for those that it lacks."""

    files: Files
    name: str
    #: Of the style sheet, as the configuration sets them.
    variables: Mapping[str, str] = field(default_factory=dict)

    def path(self, file: str) -> str:
        """The name of `file` in this look, or in the classic look where this has none of its own."""
        own = f"{self.name}/{file}"
        return own if self.files.has(own) else f"{CLASSIC}/{file}"

    def names(self) -> tuple[str, ...]:
        """The names of all that its letters are made from."""
        folders = {f"{self.name}/", f"{CLASSIC}/"}
        files = {
            name.removeprefix(folder) for folder in folders for name in self.files.names() if name.startswith(folder)
        }
        return tuple(self.path(file) for file in sorted({*files, _STYLE}))

    @cached_property
    def style(self) -> Style:
        name = self.path(_STYLE)
        return style_of(name, self.files.sheet(name), self.variables)

    def check_style(self) -> None:
        name = self.path(_STYLE)
        check_sheet(name, self.files.sheet(name))


def _uses(syntax: Syntax, names: set[str]) -> list[Name]:
    """Where `names` are used, the first use first."""
    return sorted((node for node in syntax.find_all(Name) if node.name in names), key=lambda node: node.lineno)
