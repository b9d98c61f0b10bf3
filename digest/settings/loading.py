"""Reads a configuration: file, includes and variables -> settings, or every problem at once."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digest import resources
from digest.errors import ConfigurationError, Problem
from digest.settings import wording
from digest.settings.documents import Unreadable, read_document
from digest.settings.includes import include
from digest.settings.interpolation import Interpolator, variables
from digest.settings.resolving import Surroundings, template_names
from digest.settings.rules import broken_rules
from digest.settings.schema import Settings
from digest.settings.tree import Entry, Keys, Node, Scalar, entries_at, plain, text_at


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in the YAML file at `path`, with `environ` and the `.env` beside the file for its variables.

    Raises ConfigurationError with everything that is wrong, in the order of the files and lines.
    """
    found: list[Problem] = []
    settings: Settings | None = None
    root = _Reading(path, environ, found).root()
    if root is not None:
        settings, errors = _validated(root, path.parent.absolute())
        found += wording.problems(errors, root)
        found += broken_rules(root)
    if settings is None or found:
        raise ConfigurationError(_in_order(found))
    return settings


def _in_order(found: list[Problem]) -> list[Problem]:
    """By file and line, each once. A list that is too short because its items are wrong is no problem of its own."""
    files = [problem.file for problem in found]
    ordered = sorted(dict.fromkeys(found), key=lambda it: (files.index(it.file), it.line, it.column))
    places = Counter((it.file, it.line, it.column, it.key) for it in ordered)
    return [
        it
        for it in ordered
        if not it.message.startswith(wording.TOO_FEW) or places[it.file, it.line, it.column, it.key] == 1
    ]


class _Reading:
    """Reads the main file and what it includes into one tree, adding what is wrong to `problems`."""

    def __init__(self, path: Path, environ: Mapping[str, str], problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems
        self._known, wrong = variables(path.parent, environ)
        problems += wrong

    def root(self) -> Keys | None:
        if not self._path.exists():
            hint = "run `digest init` to make one, or name another with --config"
            self._problems.append(Problem("there is no such file", file=self._path, hint=hint))
            return None
        main = self._tree(self._path)
        if main is None:
            return None
        if not isinstance(main, Keys):
            self._problems.append(main.place.problem("must hold keys, as in 'site:'", "see config/digest.example.yaml"))
            return None
        return self._with_secret(include(main, self._tree, self._problems))

    def _tree(self, path: Path) -> Node | None:
        try:
            node, wrong = read_document(path)
        except Unreadable as unreadable:
            self._problems.append(unreadable.problem)
            return None
        interpolator = Interpolator(self._known)
        filled = interpolator.fill(node)
        self._problems += [*wrong, *interpolator.problems]
        return filled

    def _with_secret(self, root: Keys) -> Keys:
        """The default of site.secret is the variable that `digest init` sets."""
        site = root.entries.get("site")
        if site is None or not isinstance(site.node, Keys) or "secret" in site.node.entries:
            return root
        place = site.place.below(["secret"])
        secret = Scalar(place, self._known.get("DIGEST_SECRET", ""), "${DIGEST_SECRET:-}", expanded=True)
        filled = Keys(site.node.place, {**site.node.entries, "secret": Entry(place, secret)})
        return Keys(root.place, {**root.entries, "site": Entry(site.place, filled)})


def _validated(root: Keys, folder: Path) -> tuple[Settings | None, list[ErrorDetails]]:
    """The settings or what is wrong with them; the exception, which knows the values, ends here."""
    own = text_at(root, "templates_dir")
    folders = (folder / own, resources.TEMPLATES) if own and "\0" not in own else (resources.TEMPLATES,)
    surroundings = Surroundings(folder, tuple(entries_at(root, "categories")), template_names(folders))
    try:
        return Settings.model_validate(plain(root), context=surroundings), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)
