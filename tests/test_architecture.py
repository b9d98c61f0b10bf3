"""The rules of the house that a machine can keep: who imports whom, one door for each library, one clock, small parts.

The layers stand in `.importlinter`; the rest reads the syntax trees, so an import inside a function counts as well.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Library -> the modules that may import it, as patterns.
DOORS: Mapping[str, tuple[str, ...]] = {
    "feedparser": ("digest.feeds.parsing.handler",),
    "pydantic": ("digest.settings", "digest.settings.*"),
    "ruamel": ("digest.settings", "digest.settings.*"),
    "dotenv": ("digest.settings", "digest.settings.*"),
    "jinja2": ("digest.editions.render*",),
    "premailer": ("digest.editions.render*",),
    "aiosmtplib": ("digest.mail.smtp",),
    "aiosmtpd": ("digest.app.listening", "digest.cli.demo.*"),
    "sqlalchemy": ("digest.store", "digest.store.*"),
    "alembic": ("digest.store", "digest.store.*"),
    "apscheduler": ("digest.scheduler",),
    "procrastinate": ("digest.dispatch", "digest.dispatch.*"),
    "aiohttp": ("digest.feeds.wire.fetch", "digest.feeds.wire.guard"),
    "itsdangerous": ("digest.mail.tokens",),
    "cryptography": ("digest.mail.dkim*", "digest.web.proofs"),
    "dns": ("digest.cli.dns",),
    "dkim": ("digest.cli.doctoring.arrived",),
    "prometheus_client": ("digest.app.metrics",),
    "structlog": ("digest.cli.logs",),
    "eld": ("digest.feeds.text.language",),
    "holidays": ("digest.editions.quiet",),
    "nh3": ("digest.feeds.text.plain",),
    "rapidfuzz": ("digest.feeds.identity", "digest.editions.stories"),
    "re2": ("digest.editions.patterns",),
    "sentencex": ("digest.feeds.text.sentences",),
    "lxml": ("digest.editions.lint.*", "digest.editions.schemes"),
    "sse_starlette": ("digest.web.preview.*", "digest.web.desk.routes"),
    "tinycss2": ("digest.editions.colours", "digest.editions.lint.*", "digest.editions.schemes"),
    "watchfiles": ("digest.app.previewing.watching",),
    "trafilatura": ("digest.feeds.pages.full_text",),
}

#: What these do follows from their arguments alone.
PURE = (
    "digest.model",
    "digest.model.*",
    "digest.errors",
    *(f"digest.feeds.{name}" for name in ("reading", "identity", "images", "links", "manners", "flood")),
    *(f"digest.feeds.{name}.*" for name in ("parsing", "text", "pages")),
    *(f"digest.feeds.wire.{name}" for name in ("headers", "unpack", "course", "fetched")),
    *(
        f"digest.editions.{name}"
        for name in ("slots", "quiet", "patterns", "matching", "select", "rank", "arrange", "judge", "lanes")
    ),
    *(f"digest.editions.{name}" for name in ("stories", "story_words", "board", "colours", "schemes")),
    *(
        f"digest.editions.lint.{name}"
        for name in (
            "finding",
            "styles",
            "places",
            "proof",
            "features",
            "fallbacks",
            "losses",
            "notes",
            "merge",
            "score",
        )
    ),
    "digest.editions.lint.rules.*",
    "digest.mail.returns.*",
    *(
        f"digest.mail.{name}"
        for name in (
            "headers",
            "compose",
            "encode",
            "splice",
            "flowed",
            "outcome",
            "wording",
            "tokens",
            "dkim",
            "dkim_keys",
            "sender",
        )
    ),
    *(f"digest.mail.{name}" for name in ("replies", "pace", "tide", "destinations")),
    "digest.store.folding",
)

#: The network, the disk, a database, other threads and processes, the event loop.
IMPURE = (
    *("aiohttp", "aiosmtpd", "aiosmtplib", "ftplib", "http.client", "http.server", "imaplib", "requests", "smtplib"),
    *("socket", "socketserver", "ssl", "starlette", "urllib.request", "uvicorn"),
    *("fileinput", "glob", "mmap", "shelve", "shutil", "tempfile"),
    *("alembic", "procrastinate", "psycopg", "sqlalchemy", "sqlite3"),
    *("anyio", "apscheduler", "asyncio", "concurrent", "multiprocessing", "subprocess", "threading"),
)
DISK_CALLS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "mkdir", "unlink", "touch"})

MODULE_LINES = 300
FUNCTION_LINES = 50
BROAD_EXCEPTS = 5
#: Module -> why it may be longer.
LONG_MODULES: Mapping[str, str] = {}
MIGRATIONS = "digest.store.migrations.versions.*"


@cache
def modules() -> Mapping[str, ast.Module]:
    """Every module of the program by its dotted name."""
    return {_dotted(path): ast.parse(path.read_text(encoding="utf-8"), path) for path in _files("digest")}


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> frozenset[str]:
    """Dotted names of all that is imported anywhere in `tree`; of `from a import b` both `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _within(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


def _reached(start: str) -> frozenset[str]:
    """`start` and every module of ours that it imports, directly or not."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in modules() and name not in seen:
            seen.add(name)
            waiting.extend(imports(modules()[name]))
    return frozenset(seen)


def _places(name: str, nodes: Iterator[ast.AST]) -> list[str]:
    return [f"{name}:{getattr(node, 'lineno', 0)}" for node in nodes]


def clock_reads(tree: ast.AST) -> Iterator[ast.AST]:
    """Where the time of day is read: `datetime.now` and its kin, `date.today`, `time.time`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if (owner in {"datetime", "date"} and node.attr in {"now", "utcnow", "today"}) or (
                owner == "time" and node.attr in {"time", "time_ns"}
            ):
                yield node
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node for alias in node.names if alias.name in {"time", "time_ns"})


def calls(tree: ast.AST, names: frozenset[str]) -> Iterator[ast.AST]:
    """Calls of a function or a method with one of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            yield node


def broad_excepts(tree: ast.AST) -> Iterator[ast.AST]:
    """Handlers that catch everything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "BaseException"
            if {"Exception", "BaseException"} & {name.strip(" ()") for name in caught.split(",")}:
                yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_imports_go_downwards_only() -> None:
    # In a process of its own: it configures logging, and so switches off every logger that there is.
    lint = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("library", sorted(DOORS))
def test_each_library_has_one_door(library: str) -> None:
    importers = {name for name, tree in modules().items() if any(_within(each, library) for each in imports(tree))}
    assert {name for name in importers if not _matches(name, DOORS[library])} == set()


def test_pure_modules_touch_neither_network_nor_disk_nor_database_nor_event_loop() -> None:
    pure = [name for name in modules() if _matches(name, PURE)]
    offences = [
        f"{name} imports {library}, by way of {via}"
        for name in pure
        for via in sorted(_reached(name))
        for library in IMPURE
        if any(_within(each, library) for each in imports(modules()[via]))
    ]
    assert offences == []


def test_pure_modules_open_no_files() -> None:
    pure = {name: tree for name, tree in modules().items() if _matches(name, PURE)}
    names = DISK_CALLS | {"open"}
    assert [place for name, tree in pure.items() for place in _places(name, calls(tree, names))] == []


def test_every_module_says_its_job() -> None:
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_modules_stay_short() -> None:
    lengths = {_dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _files("digest")}
    long = {name: lines for name, lines in lengths.items() if lines > MODULE_LINES and name not in LONG_MODULES}
    assert {name: lines for name, lines in long.items() if not _matches(name, (MIGRATIONS,))} == {}
    assert set(LONG_MODULES) <= {name for name, lines in lengths.items() if lines > MODULE_LINES}, "no longer needed"


def test_functions_stay_short() -> None:
    long = [
        f"{name}.{node.name}: {body_lines(node)} lines"
        for name, tree in modules().items()
        if not _matches(name, (MIGRATIONS,))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > FUNCTION_LINES
    ]
    assert long == []


def test_there_is_one_clock() -> None:
    below = {name: tree for name, tree in modules().items() if not _within(name, "digest.app")}
    assert [place for name, tree in below.items() for place in _places(name, clock_reads(tree))] == []


def test_only_the_command_line_prints() -> None:
    others = {name: tree for name, tree in modules().items() if not _within(name, "digest.cli")}
    prints = {name: calls(tree, frozenset({"print"})) for name, tree in others.items()}
    assert [place for name, found in prints.items() for place in _places(name, found)] == []


def test_few_places_catch_everything() -> None:
    places = [place for name, tree in modules().items() for place in _places(name, broad_excepts(tree))]
    assert len(places) <= BROAD_EXCEPTS, places


def test_tests_run_the_real_thing() -> None:
    mocked = [
        str(path.relative_to(ROOT))
        for path in _files("tests")
        if any(_within(name, "unittest.mock") for name in imports(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    assert mocked == []


@pytest.mark.parametrize(
    ("check", "source", "found"),
    [
        (clock_reads, "import datetime\ndatetime.datetime.now()", 1),
        (clock_reads, "from datetime import date, datetime\ndatetime.utcnow(), date.today()", 2),
        (clock_reads, "import time\ntime.time()", 1),
        (clock_reads, "from time import time", 1),
        (clock_reads, "import time\ntime.monotonic()\nfrom datetime import time\ntime(7, 0)", 0),
        (broad_excepts, "try: ...\nexcept Exception: ...", 1),
        (broad_excepts, "try: ...\nexcept (ValueError, BaseException): ...", 1),
        (broad_excepts, "try: ...\nexcept: ...", 1),
        (broad_excepts, "try: ...\nexcept ValueError: ...", 0),
        (lambda tree: calls(tree, DISK_CALLS), "from pathlib import Path\nPath('x').read_text()", 1),
    ],
)
def test_the_checks_see_what_they_look_for(check, source: str, found: int) -> None:  # type: ignore[no-untyped-def]
    assert len(list(check(ast.parse(source)))) == found


def test_an_import_inside_a_function_counts() -> None:
    source = "def f():\n    from a.b import c\n    import d.e"
    assert imports(ast.parse(source)) == {"a.b", "a.b.c", "d.e"}


def test_the_lines_of_a_function_leave_out_its_docstring() -> None:
    function = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 2
