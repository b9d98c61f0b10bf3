"""How well bounces are read: `python -m bench.bounces FOLDER [--half even|odd]`, with an expected.json in FOLDER.

Each file of it has a list of what is to be found: recipient, permanent (the address is dead), and reason; "feedback" is
a complaint, and "vacation" and "delivered" are no bounces.
"""

import argparse
import json
from hashlib import sha256
from pathlib import Path

from digest.mail.returns import Kind, read

_NO_BOUNCE = {"vacation", "delivered"}


def main() -> None:
    """Prints the figures, and with --show what was read wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    expected = json.loads((given.folder / "expected.json").read_text())
    figures = dict.fromkeys(("messages", "right", "judged", "agreed", "dead", "hit", "false", "complaints", "seen"), 0)
    odd = 0
    for name in sorted(expected):
        half = "odd" if int(sha256(name.encode()).hexdigest(), 16) % 2 else "even"
        if given.half in ("all", half):
            odd += _tried(given.folder / name, expected[name], figures, show=given.show)
    for path in sorted(given.folder.glob("not-a-bounce-*")):
        odd += any(each.kind in (Kind.BOUNCE, Kind.COMPLAINT) for each in read(path.read_bytes()))
    told = figures["hit"] + figures["false"]
    for said, part, whole in (
        ("recipient right", "right", figures["messages"]),
        ("permanent or temporary right", "agreed", figures["judged"]),
        ("suppression: precision", "hit", told),
        ("suppression: recall", "hit", figures["dead"]),
        ("complaints seen", "seen", figures["complaints"]),
    ):
        print(f"{said}: {figures[part]} of {whole}, {figures[part] / max(whole, 1):.1%}")
    print(f"taken for a bounce and none: {odd}")


def _tried(path: Path, expected: list[dict[str, object]], figures: dict[str, int], *, show: bool) -> int:
    """Counts; gives 1 where a bounce was seen in what is none."""
    notices = read(path.read_bytes())
    bounces = {each.recipient.lower(): each for each in notices if each.kind in (Kind.BOUNCE, Kind.DELAY)}
    if expected and expected[0]["reason"] == "feedback":
        figures["complaints"] += 1
        figures["seen"] += any(each.kind is Kind.COMPLAINT for each in notices)
        return 0
    if not expected or expected[0]["reason"] in _NO_BOUNCE:
        if show and bounces:
            print(f"{path.name}: is none, found {list(bounces)}")
        return int(bool(bounces))
    wanted = {str(each["recipient"]).lower(): bool(each["permanent"]) for each in expected}
    figures["messages"] += 1
    right = set(wanted) <= set(bounces)
    figures["right"] += right
    if show and not right:
        print(f"{path.name}: wanted {sorted(wanted)}, found {[(n.kind.value, n.recipient) for n in notices]}")
    for who, dead in wanted.items():
        found = bounces.get(who)
        if found is None and len(bounces) == 1 == len(wanted):
            found = next(iter(bounces.values()))
        figures["dead"] += dead
        if found is None:
            continue
        figures["judged"] += 1
        figures["agreed"] += found.permanent == dead
        figures["hit"] += found.permanent and dead
        figures["false"] += found.permanent and not dead
        if show and found.permanent != dead:
            print(f"{path.name}: {who} is {'dead' if dead else 'not dead'}: {found.code} {found.reason[:230]}")
    return 0


if __name__ == "__main__":
    main()
