"""How templates run: in a sandbox, strictly, escaped by our own rule, and failing with file and line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, pass_eval_context
from jinja2 import TemplateError as JinjaError
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from digest.editions.render_plain import isolated, rule, wrap
from digest.editions.render_words import WORDS
from digest.errors import TemplateError

#: What a template of an operator can raise besides jinja's own: `{{ 1 / 0 }}`, a huge range, a recursive include.
_SLIPS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


def environment(folders: list[Path]) -> ImmutableSandboxedEnvironment:
    """An environment that looks for each file in `folders`, the first that has it."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=_escaped,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update({"_": _gettext, "ngettext": _ngettext})
    made.filters.update({"wrap": wrap, "rule": rule, "isolated": isolated})
    return made


def _escaped(name: str | None) -> bool:
    """Everything but what is known to be text or CSS; jinja's own rule knows `.html` and misses `.html.j2`."""
    return name is None or not name.endswith((".txt.j2", ".css"))


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: object) -> str:
    return _filled(context, WORDS.gettext(message), values)


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, n: int, /, **values: object) -> str:
    return _filled(context, WORDS.ngettext(one, many, n), {"n": n, **values})


def _filled(context: EvalContext, message: str, values: Mapping[str, object]) -> str:
    """The words are ours and may hold markup; the values are not, and are escaped."""
    return (Markup(message) if context.autoescape else message) % values  # noqa: S704


@contextmanager
def failures_named(name: str) -> Iterator[None]:
    """Raise what goes wrong with the template `name` inside as TemplateError."""
    try:
        yield
    except TemplateNotFound as error:
        raise TemplateError(str(error.name or name), 0, "there is no such template") from error
    except TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, error.message or "wrong syntax") from error
    except (JinjaError, *_SLIPS) as error:
        raise TemplateError(*_place(error, name), str(error) or type(error).__name__) from error


def _place(error: Exception, name: str) -> tuple[str, int]:
    """The template and the line that `error` was raised at: jinja puts them into the traceback as if they were code."""
    for frame in reversed(extract_tb(error.__traceback__)):
        if frame.filename.endswith((".j2", ".css")):
            path = Path(frame.filename)
            return f"{path.parent.name}/{path.name}", frame.lineno or 0
    return name, 0
