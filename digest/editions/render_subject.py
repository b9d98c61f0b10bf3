"""What a letter is called in an inbox: by the operator's words, short enough for a phone, and never twice the same."""

import re
from collections.abc import Collection, Mapping, Sequence

from digest.editions.render_plain import one_line, shorten, width
from digest.model import SubjectField

#: Columns. Phones show forty to sixty of a subject, desktops about seventy.
SUBJECT = 60
#: Room that a headline is given at least, whatever else a subject says.
_HEADLINE = 24
_FIELD = re.compile(r"\{([^{}]*)\}")


def subject_of(
    template: str, headlines: Sequence[str], values: Mapping[SubjectField, str], taken: Collection[str], number: str
) -> str:
    """`template` with its fields filled in, in `SUBJECT` columns, and not among `taken`.

    `values` are the fields but the headlines, and `number` says which edition it is, as in "No. 42"; it is added where
    the subject is taken. Headlines are cut where there is no room; without any, the newsletter and the day stand there.
    """
    subject = _filled(template, headlines, values, SUBJECT)
    if subject not in taken:
        return subject
    addition = f" ({number})"
    return _filled(template, headlines, values, SUBJECT - width(addition)) + addition


def _filled(template: str, headlines: Sequence[str], values: Mapping[SubjectField, str], columns: int) -> str:
    if not headlines and _speaks_of_headlines(template):
        template = f"{{{SubjectField.NEWSLETTER}}}, {{{SubjectField.DATE}}}"
    fixed = _FIELD.sub(lambda field: values.get(SubjectField(field[1]), ""), template)
    room = max(_HEADLINE, columns - width(fixed))
    told = {SubjectField.LEAD: headlines[:1], SubjectField.HEADLINES: headlines}
    words = {name: _fitting(several, room) for name, several in told.items()}
    return shorten(one_line(_FIELD.sub(lambda field: {**values, **words}[SubjectField(field[1])], template)), columns)


def _speaks_of_headlines(template: str) -> bool:
    return bool({SubjectField.LEAD, SubjectField.HEADLINES} & set(_FIELD.findall(template)))


def _fitting(headlines: Sequence[str], columns: int) -> str:
    """The first headline, cut at a word if it is long, and the second if it fits beside it."""
    first, second, *_ = (*headlines, "", "")
    both = f"{first}; {second}"
    return both if second and width(both) <= columns else shorten(first, columns)
