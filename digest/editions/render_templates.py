"""How templates run: in a sandbox, strictly, escaped by our own rule, and failing with file and line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, pass_context
from jinja2 import TemplateError as JinjaError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from digest.editions.render_plain import isolated, rule, wrap
from digest.editions.render_words import Language
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
    made.globals.update({"_": _gettext, "ngettext": _ngettext, "own": _own, "own_attributes": _own_attributes})
    made.filters.update({"wrap": wrap, "rule": rule, "isolated": isolated, "number": _number})
    return made


def _escaped(name: str | None) -> bool:
    """Everything but what is known to be text or CSS; jinja's own rule knows `.html` and misses `.html.j2`."""
    return name is None or not name.endswith((".txt.j2", ".css"))


def _language(context: Context) -> Language:
    """That of the letter or page; English in a template that was imported without its context."""
    tag = context.get("language")
    return Language.of(tag if isinstance(tag, str) else "")


@pass_context
def _gettext(context: Context, message: str, /, **values: object) -> str:
    language = _language(context).spoken
    return _filled(context, language, language.words.gettext(message), values)


@pass_context
def _ngettext(context: Context, one: str, many: str, n: int, /, **values: object) -> str:
    language = _language(context).spoken
    return _filled(context, language, language.words.ngettext(one, many, n), {"n": n, **values})


def _filled(context: Context, language: Language, message: str, values: Mapping[str, object]) -> str:
    """The words are ours and may hold markup; the values are not, and are escaped. Numbers are written as in them."""
    written = {name: language.number(value) if type(value) is int else value for name, value in values.items()}
    return (Markup(message) if context.eval_ctx.autoescape else message) % written  # noqa: S704


@pass_context
def _number(context: Context, number: int) -> str:
    """`number` as the language of the letter or page writes it."""
    return _language(context).number(number)


@pass_context
def _own(context: Context, words: str) -> str:
    """Words of ours, marked as English in HTML where they are not translated into the language around them."""
    attributes = _own_attributes(context)
    return Markup("<span{}>{}</span>").format(attributes, words) if attributes else words


@pass_context
def _own_attributes(context: Context) -> str:
    """` lang="en" dir="ltr"` for an element that holds words of ours only; empty where they are translated."""
    language = _language(context)
    spoken = language.spoken
    if spoken is language or not context.eval_ctx.autoescape:
        return ""
    return Markup(' lang="{}" dir="{}"').format(spoken.tag, spoken.direction)


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
