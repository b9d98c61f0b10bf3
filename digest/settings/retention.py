"""For how long text is kept."""

from typing import Annotated

from pydantic import Field

from digest.settings import kinds
from digest.settings.group import Group
from digest.settings.kinds import Between, Follows


class RetentionSettings(Group):
    """Text that is taken away in time, every night; what is known and who got what stays, so nothing becomes new."""

    articles: Annotated[Annotated[kinds.Duration, Between("30d", "3650d")] | None, Follows("kept")] = Field(
        default=None, description="The text of articles that arrived longer ago; none that may still be told."
    )
    letters: Annotated[Annotated[kinds.Duration, Between("30d", "3650d")] | None, Follows("kept")] = Field(
        default=None, description="The text of letters that are older; their pages are empty from then on."
    )
