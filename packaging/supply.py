"""What the program is made of: a bill of materials, the licences, and whether anything of it is known to be vulnerable.

    python packaging/supply.py FOLDER

writes FOLDER/sbom.json (CycloneDX) and FOLDER/licences.txt. Ends with 1 where a licence is not allowed or a
vulnerability is known; not where nobody could be asked, which is said.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
#: Seconds that the advisory service may take for all.
PATIENCE = 45

#: What may be a part of something under Apache-2.0. The LGPL and the MPL may, as libraries that anybody can replace.
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0"),
        *("PSF-2.0", "Unicode-3.0", "Unlicense", "Zlib"),
        *("LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-1.1", "MPL-2.0"),
    }
)
#: What packages say that do not know SPDX: their words, or a classifier's.
SAID = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    # dkimpy: the zlib licence, by its LICENSE file.
    "BSD-like": "Zlib",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;]+)", re.MULTILINE)


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met by what is allowed; of one with brackets only if all of it is."""
    if "(" in expression:
        return all(word in ALLOWED for word in re.findall(r"[\w.+-]+", expression) if word not in {"AND", "OR"})
    return any(all(part.strip() in ALLOWED for part in one.split(" AND ")) for one in expression.split(" OR "))


def licence(about: Mapping[str, Any], classifiers: list[str]) -> str:
    """An SPDX expression; where a package has none, what its classifiers say; else its own words."""
    if found := about.get("License-Expression"):
        return str(found)
    own = str(about.get("License") or "").strip().partition("\n")[0]
    named = [name.rpartition(" :: ")[2] for name in classifiers if name.startswith("License :: ")]
    known = [SAID[name] for name in named if name in SAID]
    return SAID.get(own) or (own if own in ALLOWED else "") or " OR ".join(known) or own or "unknown"


def licences() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of each pinned package; of one that is not for this machine, "not for this machine"."""
    for name, version in _PINNED.findall(LOCK.read_text(encoding="utf-8")):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            yield name, version, ABSENT
            continue
        yield name, version, licence(dict(about.items()), about.get_all("Classifier", []))


ABSENT = "not for this machine"


def refused(found: list[tuple[str, str, str]]) -> list[str]:
    return [f"{name} {version}: {said}" for name, version, said in found if said != ABSENT and not allowed(said)]


def materials(found: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The bill of materials of the lock, with licences."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", str(LOCK)]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--of", "JSON"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    bill: dict[str, Any] = json.loads(made.stdout)
    said = {name: words for name, _, words in found}
    for component in bill["components"]:
        component.pop("description", None)
        words = said.get(component["name"], ABSENT)
        if words != ABSENT:
            component["licenses"] = [{"expression": words} if allowed(words) else {"license": {"name": words}}]
    return bill


def audit() -> str:
    """What pip-audit says, JSON; empty where it could not say anything."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "-r", str(LOCK)]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    return ran.stdout


def verdict(said: str) -> tuple[list[str], str]:
    """Known vulnerabilities, and a line about how much could be asked for."""
    try:
        asked = json.loads(said)["dependencies"]
    except (ValueError, KeyError):
        return [], "vulnerabilities: nobody could be asked"
    known = [
        f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version'}"
        for each in asked
        for one in each.get("vulns", ())
    ]
    silent = sum("skip_reason" in each for each in asked)
    return known, f"vulnerabilities: {len(known)} known; {len(asked) - silent} of {len(asked)} packages asked for"


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    found = list(licences())
    lines = [f"{name} {version}: {said}\n" for name, version, said in found]
    (folder / "licences.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "sbom.json").write_text(json.dumps(materials(found), indent=2) + "\n", encoding="utf-8")
    known, asked = verdict(audit())
    print(f"wrote {folder / 'sbom.json'} and {folder / 'licences.txt'}: {len(found)} packages")
    print(asked)
    wrong = [
        *(f"licence is not allowed: {each}" for each in refused(found)),
        *(f"vulnerable: {each}" for each in known),
    ]
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
