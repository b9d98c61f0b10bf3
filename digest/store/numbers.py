"""How a row keeps many numbers of articles: the first, then each one's distance from the one before."""

from collections.abc import Iterable
from itertools import accumulate, chain, pairwise


def packed(numbers: Iterable[int]) -> str:
    """`numbers`, ascending, as a row keeps them: ``1000 1 5`` for 1000, 1001 and 1006."""
    known = tuple(numbers)
    return " ".join(map(str, chain(known[:1], (after - before for before, after in pairwise(known)))))


def unpacked(text: str) -> tuple[int, ...]:
    """The numbers that `packed` has written."""
    return tuple(accumulate(map(int, text.split())))
