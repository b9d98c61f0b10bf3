"""Makes what is sent and shown, letters, pages and notices, from templates that an operator may replace one by one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from jinja2 import BaseLoader, Template
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Name
from jinja2.nodes import Template as Syntax
from markupsafe import Markup

from digest.editions.render_contract import Clause, examples_for, read_contract
from digest.editions.render_inline import inline
from digest.editions.render_letter import Manuscript, letter_variables
from digest.editions.render_plain import one_line
from digest.editions.render_templates import environment, failures_named
from digest.editions.render_words import Language
from digest.errors import TemplateError
from digest.model import Letter, Site
from digest.resources import TEMPLATES

__all__ = ["Manuscript", "Notice", "Renderer"]

#: The look that stands in for the files a look of the operator's does not have.
_CLASSIC = "classic"
_LETTER = ("letter.html.j2", "letter.txt.j2")
_KEPT = "/* KEPT"
_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that is no letter, such as the request to confirm."""

    #: One line.
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet in the two parts that a mail needs it in."""

    #: Copied into style attributes and then taken out.
    inlined: Markup
    #: Sent as it stands: what no attribute can say, such as dark mode.
    kept: Markup


class Renderer:
    """Renders by the templates of `operator_templates`, if given, and by those that ship with Digest for the rest.

    Every method raises TemplateError with the template's name and line where one is missing or wrong.
    """

    def __init__(self, operator_templates: Path | None = None) -> None:
        self._folders = [*([operator_templates] if operator_templates else []), TEMPLATES]
        self._environment = environment(self._folders)

    def letter(self, manuscript: Manuscript, nonce: str) -> Letter:
        """The letter of `manuscript`; its blanks and its public address are made of `nonce` (hexadecimal)."""
        look = manuscript.newsletter.template
        variables = letter_variables(manuscript, nonce)
        html, text = (self._of_look(look, name) for name in _LETTER)
        return Letter(
            nonce=nonce,
            subject=str(variables["subject"]),
            html=inline(self._rendered(html, {**variables, "style": self._style(look)})),
            text=_tidy(self._rendered(text, variables)),
            language=manuscript.view.language,
            articles=manuscript.arrangement.articles,
        )

    def page(self, name: str, variables: Mapping[str, object]) -> str:
        """The page `name` as HTML; `variables` are those of `templates/README.md`, `site` among them."""
        return self._rendered(f"pages/{name}.html.j2", {**_of_site(variables.get("site")), **variables})

    def notice(self, name: str, site: Site, variables: Mapping[str, object]) -> Notice:
        """The notice `name`; its text template begins with the line ``Subject: ...``."""
        known = {**_of_site(site), "site": site, **variables}
        text = _tidy(self._rendered(f"notices/{name}.txt.j2", known))
        first, _, body = text.partition("\n")
        if not first.startswith(_SUBJECT):
            raise TemplateError(f"notices/{name}.txt.j2", 1, f"the first line must begin with {_SUBJECT!r}")
        subject = one_line(first.removeprefix(_SUBJECT))
        styled = {**known, "subject": subject, "style": self._style(_CLASSIC)}
        html = inline(self._rendered(f"notices/{name}.html.j2", styled))
        return Notice(subject=subject, html=html, text=body.lstrip("\n"))

    def templates(self) -> tuple[str, ...]:
        """The names of all templates there are, the operator's and ours."""
        return tuple(self._environment.list_templates(extensions=["j2"]))

    def check(self, template: str) -> None:
        """Raise TemplateError unless `template` can be rendered: a file of `templates()`, or a look such as `classic`.

        It must be well formed, use only variables of the contract, and render with the contract's examples.
        """
        names = [template] if template.endswith(".j2") else [self._of_look(template, name) for name in _LETTER]
        for name in names:
            self._check_file(name, template if template not in names else name.partition("/")[0])

    def _check_file(self, name: str, look: str) -> None:
        with failures_named(name):
            source, path, _ = self._loaded(name)
            self._environment.compile(source, name, path)
            syntax = self._environment.parse(source, name, path)
        examples = examples_for(name, self._contract)
        if not examples:
            return
        unknown = find_undeclared_variables(syntax) - set(self._environment.globals) - set(examples)
        for node in _uses(syntax, unknown):
            raise TemplateError(
                name, node.lineno, f"there is no variable {node.name!r} here; templates/README.md lists all"
            )
        self._rendered(name, {**examples, "style": self._style(look)})

    @cached_property
    def _contract(self) -> tuple[Clause, ...]:
        return read_contract(TEMPLATES / "README.md")

    def _loaded(self, name: str) -> tuple[str, str | None, object]:
        return cast("BaseLoader", self._environment.loader).get_source(self._environment, name)

    def _rendered(self, name: str, variables: Mapping[str, object]) -> str:
        with failures_named(name):
            template: Template = self._environment.get_template(name)
            return template.render(variables)

    def _of_look(self, look: str, file: str) -> str:
        """The name of `file` in `look`, or in the classic look where that has none of its own."""
        if not any((folder / look).is_dir() for folder in self._folders):
            raise TemplateError(look, 0, "there is no such folder of templates")
        has_own = any((folder / look / file).is_file() for folder in self._folders)
        return f"{look if has_own else _CLASSIC}/{file}"

    def _style(self, look: str) -> Style:
        name = self._of_look(look, "style.css")
        with failures_named(name):
            inlined, mark, kept = self._loaded(name)[0].partition(_KEPT)
        return Style(inlined=Markup(inlined), kept=Markup(_compact(mark + kept)))  # noqa: S704 the operator's own CSS


def _uses(syntax: Syntax, names: set[str]) -> list[Name]:
    """Where `names` are used, the first use first."""
    return sorted((node for node in syntax.find_all(Name) if node.name in names), key=lambda node: node.lineno)


def _of_site(site: object) -> dict[str, object]:
    """The language of a page or a notice: the site's."""
    language = Language.of(site.language if isinstance(site, Site) else "")
    return {"language": language.tag, "direction": language.direction}


def _compact(css: str) -> str:
    """`css` without comments, which make Gmail drop a whole sheet, and without needless space."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    tight = re.sub(r"\s*([{},;>])\s*|:\s+", lambda match: match[1] or ":", re.sub(r"\s+", " ", bare))
    return tight.strip().replace(";}", "}").replace("}", "}\n").strip()


def _tidy(text: str) -> str:
    """`text` with no space at the end of a line, at most one empty line in a row, and one line end at the end."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
