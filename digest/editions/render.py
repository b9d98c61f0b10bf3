"""Makes what is sent and shown, letters, pages and notices, from templates that an operator may replace one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from digest.editions.render_contract import Clause, examples_for, read_contract
from digest.editions.render_files import CLASSIC, Files
from digest.editions.render_inline import inline
from digest.editions.render_letter import Brief, Ordinal, Unreached
from digest.editions.render_plain import one_line, tidy
from digest.editions.render_setting import Setting
from digest.editions.render_words import Language
from digest.errors import TemplateError
from digest.model import Site
from digest.resources import TEMPLATES

__all__ = ["Brief", "Notice", "Renderer", "Setting", "Unreached"]

_LETTER = tuple(f"{part}.{kind}.j2" for part in ("letter", "section", "story", "sponsored") for kind in ("html", "txt"))
_SPONSORED = "sponsored/"
_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that is no letter, such as the request to confirm."""

    #: One line.
    subject: str
    html: str
    text: str


class Renderer:
    """Renders by the templates of `operator_templates`, if given, and by those that ship with Digest for the rest.

    Every method raises TemplateError with the template's name and line where one is missing or wrong.
    """

    def __init__(self, operator_templates: Path | None = None) -> None:
        self._files = Files([*([operator_templates] if operator_templates else []), TEMPLATES])

    def edition(self, brief: Brief) -> Setting:
        """Makes the letters of one edition."""
        newsletter = brief.newsletter
        return Setting(brief, self._files.look(newsletter.template, dict(newsletter.appearance.variables)))

    def page(self, name: str, variables: Mapping[str, object]) -> str:
        """The page `name` as HTML; `variables` are those of `templates/README.md`, `site` among them."""
        return self._files.rendered(f"pages/{name}.html.j2", {**_of_site(variables.get("site")), **variables})

    def notice(self, name: str, site: Site, variables: Mapping[str, object]) -> Notice:
        """The notice `name`; its text template begins with the line ``Subject: ...``."""
        known = {**_of_site(site), "site": site, **variables}
        text = tidy(self._files.rendered(f"notices/{name}.txt.j2", known)) + "\n"
        first, _, body = text.partition("\n")
        if not first.startswith(_SUBJECT):
            raise TemplateError(f"notices/{name}.txt.j2", 1, f"the first line must begin with {_SUBJECT!r}")
        subject = one_line(first.removeprefix(_SUBJECT))
        styled = {**known, "subject": subject, "style": self._files.look(CLASSIC).style}
        html = inline(self._files.rendered(f"notices/{name}.html.j2", styled))
        return Notice(subject=subject, html=html, text=body.lstrip("\n"))

    def sources(self, look: str, sponsor: str = "") -> Mapping[str, str]:
        """What letters of `look`, with the block of `sponsor`, are made from, by name as in ``classic/style.css``."""
        block = [f"{_SPONSORED}{sponsor}.{kind}.j2" for kind in ("html", "txt")] if sponsor else []
        return {name: self._files.sheet(name) for name in [*self._files.look(look).names(), *block]}

    def script(self, name: str) -> str:
        """The script `name` of the pages, as it stands. Raises TemplateError."""
        return self._files.sheet(f"pages/{name}.js")

    def templates(self) -> tuple[str, ...]:
        """The names of all templates there are, the operator's and ours."""
        return self._files.names()

    def check(self, template: str) -> None:
        """Raise TemplateError unless `template` can be rendered.

        That is a file of `templates()`, a look such as `classic`, or a sponsored block such as `sponsored/example`. It
        must be well formed, use only variables of the contract, and render with the contract's examples.
        """
        if template.endswith(".j2"):
            self._check_file(template)
        elif template.startswith(_SPONSORED):
            for kind in ("html", "txt"):
                self._check_file(f"{template}.{kind}.j2")
        else:
            look = self._files.look(template)
            look.check_style()
            for file in _LETTER:
                self._check_file(look.path(file), template)

    def _check_file(self, name: str, look: str = "") -> None:
        examples = examples_for(name, self._contract)
        self._files.check(name, examples)
        if not examples:
            return
        if isinstance(story := examples.get("story"), dict):
            examples["story"] = {**story, "number": Ordinal(str(story["number"]))}
        folder = look or name.partition("/")[0]
        style = self._files.look(folder if look or name.endswith(_LETTER) else CLASSIC).style
        made = self._files.rendered(name, {**examples, "style": style})
        if "body" in examples and made.count(str(examples["body"])) != 1:
            raise TemplateError(name, 0, "{{ body }} must stand in it once, whole")

    @cached_property
    def _contract(self) -> tuple[Clause, ...]:
        return read_contract(TEMPLATES / "README.md")


def _of_site(site: object) -> dict[str, object]:
    """The language of a page or a notice: the site's."""
    language = Language.of(site.language if isinstance(site, Site) else "")
    return {"language": language.tag, "direction": language.direction}
