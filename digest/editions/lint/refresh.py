"""Makes the table of what mail clients support anew: ``python -m digest.editions.lint.refresh FILE``.

FILE is the data of caniemail: ``https://www.caniemail.com/api/data.json``, or ``package/data/caniemail.json`` of what
``npm pack caniemail`` fetches. Of the many versions of a client the last one that is listed counts; all of them go into
two figures, for the count of mailpit.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from digest.editions.lint.clients import CLIENTS_FILE

#: What tells nothing of a letter: how mail is sent, not what it holds.
_OTHER = "others"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m digest.editions.lint.refresh", description=__doc__)
    parser.add_argument("file", type=Path)
    data = json.loads(parser.parse_args().file.read_text(encoding="utf-8"))
    reduced = reduce(data)
    lines = (f"{json.dumps(slug)}:{_compact(feature)}" for slug, feature in reduced.pop("features").items())
    head = _compact(reduced)[:-1]
    CLIENTS_FILE.write_text(f'{head},"features":{{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    sys.stdout.write(f"{CLIENTS_FILE}: caniemail of {reduced['updated']}\n")


def reduce(data: Mapping[str, Any]) -> dict[str, Any]:
    """What `clients` reads, of the data that caniemail publishes."""
    features = [feature for feature in data["data"] if feature["category"] != _OTHER]
    clients = sorted({f"{family}.{platform}" for feature in features for family, platform, _ in _stats(feature)})
    return {
        "updated": str(data["last_update_date"])[:10],
        "families": data["nicenames"]["family"],
        "clients": clients,
        "features": {feature["slug"]: _feature(feature, clients) for feature in features},
    }


def _feature(feature: Mapping[str, Any], clients: list[str]) -> dict[str, Any]:
    last = {f"{family}.{platform}": list(versions.values())[-1] for family, platform, versions in _stats(feature)}
    every = [verdict for _, _, versions in _stats(feature) for verdict in versions.values()]
    verdicts = [last.get(client, "u").replace(" ", "") for client in clients]
    named = {number for verdict in verdicts for number in re.findall(r"#(\d+)", verdict)}
    notes = {number: _plain(text) for number, text in (feature["notes_by_num"] or {}).items() if number in named}
    reduced = {
        "title": feature["title"].strip(),
        "tested": feature["last_test_date"],
        "verdicts": " ".join(verdicts),
        "all": [every.count("y"), every.count("n"), len(every)],
    }
    return reduced | ({"notes": notes} if notes else {})


def _stats(feature: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    for family, platforms in feature["stats"].items():
        for platform, versions in platforms.items():
            if versions:
                yield family, platform, versions


def _plain(markdown: str) -> str:
    return " ".join(_LINK.sub(r"\1", markdown).split())


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
