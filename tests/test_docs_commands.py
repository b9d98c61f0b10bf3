"""What the documentation says to type works: each command parses, the harmless ones run; each YAML block is right."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from digest import settings
from digest.cli import main
from digest.mail import dkim_keys
from digest.settings import Settings
from tests.documents import PAGES, ROOT, Block, Typed, blocks, fenced_commands, inline_commands

#: Commands that are run where they stand in a block, in a folder of their own; with what they must have to be harmless.
#: The others reach out to feeds, mail servers or a browser, do not end by themselves, or are about one edition.
HARMLESS: Mapping[str, frozenset[str]] = {
    "check": frozenset(),
    "completion": frozenset(),
    "db backup": frozenset(),
    "db prune": frozenset({"--dry-run", "--yes"}),
    "db upgrade": frozenset(),
    "dkim": frozenset(),
    "editions list": frozenset(),
    "editions next": frozenset(),
    "editions note": frozenset(),
    "editions plan": frozenset(),
    "feeds export": frozenset(),
    "feeds import": frozenset(),
    "feeds list": frozenset(),
    "init": frozenset(),
    "lint": frozenset({"--sample"}),
    "preview": frozenset({"--format", "--output", "--explain"}),
    "resume": frozenset(),
    "send": frozenset({"--dry-run"}),
    "status": frozenset(),
    "subscribers add": frozenset(),
    "subscribers export": frozenset(),
    "subscribers forget": frozenset({"--yes"}),
    "subscribers import file": frozenset(),
    "subscribers import list": frozenset(),
    "subscribers list": frozenset(),
    "subscribers remove": frozenset(),
    "subscribers show": frozenset(),
    "suppressions add": frozenset(),
    "suppressions export": frozenset(),
    "suppressions import": frozenset(),
    "suppressions list": frozenset(),
    "suppressions remove": frozenset(),
    "templates copy": frozenset(),
    "templates list": frozenset(),
}
#: `--online` and `--links` ask others; without `--confirmed` a mail is sent.
REACHING_OUT = frozenset({"--online", "--links", "--alerts"})
PLACEHOLDER = re.compile(r"[A-Z][A-Z_.]*")
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
#: Files that commands are given: by name the first lines of what each service exports, else by what they end in.
FILES = {
    "subscribed_members_export.csv": "Email Address,CONFIRM_TIME,LEID\nada@reader.example,2026-01-02 03:04:05,7\n",
    "unsubscribed_members_export.csv": "Email Address,UNSUB_TIME,LEID\nbo@reader.example,2026-01-02 03:04:05,8\n",
    "cleaned_members_export.csv": "Email Address,CLEAN_TIME,LEID\ncy@reader.example,2026-01-02 03:04:05,9\n",
    "listmonk.csv": "uuid,email,name,attributes,status,created_at,updated_at\nu,di@reader.example,Di,{},enabled,,\n",
    "substack.csv": "Email,Subscription type,Email disabled,Created at\ned@reader.example,free,false,\n",
    "ghost.csv": "id,email,name,subscribed_to_emails,created_at,deleted_at\n1,flo@reader.example,Flo,true,,\n",
    "buttondown.csv": "email,creation_date,type,ip_address\ngus@reader.example,2026-01-02,regular,\n",
    "feedletter.csv": "address,name,agreed_at\nhal@reader.example,Hal,2026-01-02 03:04:05\n",
    "members.csv": "E-mail,Full name\nivy@reader.example,Ivy\n",
    ".csv": "address\nada@reader.example\nbo@reader.example\n",
    ".opml": '<opml version="2.0"><body><outline type="rss" text="Wire" xmlUrl="https://wire.example/rss"/></body></opml>',
    ".txt": "ada@reader.example\n",
}

fenced = [command for page in PAGES for command in fenced_commands(page)]
inline = [command for page in PAGES for command in inline_commands(page)]
yaml_blocks = [block for page in PAGES for block in blocks(page) if block.info.startswith("yaml")]


def resolve(words: tuple[str, ...]) -> tuple[str, click.Command, list[str]]:
    """The command that is meant, its name, and what is left for it."""
    command: click.Command = main
    context = click.Context(main, info_name="digest")
    names, rest = list[str](), list(words)
    while isinstance(command, click.Group) and rest:
        if rest[0].startswith("-"):
            parser = command.make_parser(context)
            parser.allow_interspersed_args = False
            _, rest, _ = parser.parse_args(rest)
        if not rest:
            break
        # Its own way, because `subscribers import FILE` is short for something longer.
        command.parse_args(context, rest)
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        assert name is not None
        assert command is not None
        names.append(name)
        context = click.Context(command, info_name=name, parent=context)
    return " ".join(names), command, rest


def parse(typed: Typed) -> str:
    """The name of the command; raises click's own error where its words do not fit it."""
    name, command, rest = resolve(typed.words)
    context = click.Context(command, info_name=name)
    values, left, _ = command.make_parser(context).parse_args(list(rest))
    if isinstance(command, click.Group):
        return name
    if left:
        raise click.UsageError(f"too much: {' '.join(left)}")
    for parameter in command.params:
        given = [one for one in _flat(values.get(parameter.name)) if not PLACEHOLDER.fullmatch(one)]
        if not isinstance(parameter.type, click.Path | click.File):
            for value in given:
                parameter.type.convert(value, parameter, context)
    return name


def _flat(value: Any) -> list[str]:
    """The words that the parser found for a parameter."""
    if isinstance(value, str):
        return [value]
    return [word for one in value for word in _flat(one)] if isinstance(value, list | tuple) else []


def missing(typed: Typed) -> list[str]:
    """What the command requires and `typed` does not name."""
    _, command, rest = resolve(typed.words)
    if isinstance(command, click.Group) or "--help" in rest:
        return []
    values, _, _ = command.make_parser(click.Context(command)).parse_args(list(rest))
    return [it.human_readable_name for it in command.params if it.required and not _flat(values.get(it.name))]


@pytest.mark.parametrize("typed", fenced, ids=str)
def test_a_command_of_a_block_exists_with_its_options_and_all_that_it_requires(typed: Typed) -> None:
    try:
        parse(typed)
        absent = missing(typed)
    except click.UsageError as error:
        pytest.fail(f"{typed}\n{error.format_message()}", pytrace=False)
    assert not absent, f"{typed}: lacks {absent}"


@pytest.mark.parametrize("typed", inline, ids=str)
def test_a_command_within_a_sentence_exists_with_its_options(typed: Typed) -> None:
    try:
        parse(typed)
    except click.UsageError as error:
        pytest.fail(f"{typed}\n{error.format_message()}", pytrace=False)


@pytest.mark.parametrize("page", [page for page in PAGES if any(fenced_commands(page))], ids=lambda page: page.name)
def test_the_harmless_commands_of_a_page_run_in_their_order(page: Path, scratch: "Scratch") -> None:
    scratch.configure(page)
    for typed in fenced_commands(page):
        if scratch.is_harmless(typed):
            scratch.run(typed)


class Scratch:
    """A home with an installation in it, as the page describes it or like the example."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        patch.setenv("HOME", str(home))
        patch.delenv("DIGEST_CONFIG", raising=False)
        patch.chdir(home)
        for name in variables():
            patch.setenv(name, "1234567890abcdef1234567890abcdef")

    def configure(self, page: Path) -> None:
        whole = [block.text for block in blocks(page) if is_ours(block) and is_whole(read(block))]
        write_configuration(self.home / "config", whole[0] if whole else example())
        self._digest("db", "upgrade")
        newsletter = next(iter(settings.load(self.home / "config/digest.yaml", os.environ).newsletters))
        readers = {
            word for typed in fenced_commands(page) if "add" not in typed.words for word in typed.words if "@" in word
        }
        addresses = sorted(word for word in readers if ADDRESS.fullmatch(word))
        if addresses:
            self._digest("subscribers", "add", *addresses, "--newsletter", newsletter, "--confirmed")

    def is_harmless(self, typed: Typed) -> bool:
        name = parse(typed)
        needs = HARMLESS.get(name)
        words = set(typed.words)
        if needs is None or (needs and not needs & words) or words & REACHING_OUT or "postgres" in typed.page.stem:
            return False
        if name == "subscribers add" and "--confirmed" not in words:
            return False
        return not any(word.startswith("/") or PLACEHOLDER.fullmatch(word) for word in typed.words)

    def run(self, typed: Typed) -> None:
        for word in typed.words:
            content = FILES.get(word, FILES.get(Path(word).suffix))
            if content and "import" in typed.words and not Path(word).exists():
                Path(word).write_text(content, encoding="utf-8")
        words = [str(self.home / word[2:]) if word.startswith("~/") else word for word in typed.words]
        self._digest(*words, said=str(typed))

    def _digest(self, *words: str, said: str = "") -> None:
        result = CliRunner().invoke(main, list(words), input="y\n")
        assert result.exit_code == 0, f"{said or words}: {result.exit_code}\n{result.output}\n{result.exception!r}"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    with pytest.MonkeyPatch.context() as patch:
        yield Scratch(tmp_path, patch)


def read(block: Block) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(block.text)


def is_ours(block: Block) -> bool:
    """Whether it is of a configuration: another file's block says in its first line whose it is."""
    return block.info.startswith("yaml") and ("title=" not in block.info or "digest.yaml" in block.info)


def is_whole(document: Mapping[str, Any]) -> bool:
    return {"site", "mail", "feeds", "newsletters"} <= set(document)


def variables() -> set[str]:
    texts = [block.text for block in yaml_blocks] + [example()]
    return {name for text in texts for name in re.findall(r"\$\{(\w+)", text) if name != "file"}


def example() -> str:
    return (ROOT / "config/digest.example.yaml").read_text(encoding="utf-8")


def write_configuration(folder: Path, text: str) -> Path:
    """The configuration, with the files that its `${file:...}` name, on a database beside it."""
    folder.mkdir(exist_ok=True)
    text = re.sub(r"^database: .*", "database: sqlite:///digest.db", text, flags=re.MULTILINE)
    text = re.sub(r"\$\{file:/[^}]*/", "${file:", text)
    for name in re.findall(r"\$\{file:([^}]+)\}", text):
        (folder / name).write_text(dkim_keys.generate(ed25519="ed25519" in name).pem, encoding="ascii")
    for name in re.findall(r"^templates_dir: (\S+)", text, flags=re.MULTILINE):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "digest.yaml").write_text(text, encoding="utf-8")
    return folder / "digest.yaml"


def merged(base: Any, over: Any) -> Any:
    """`over` put into `base`, lists behind lists; a schedule replaces one, since `at` and `cron` exclude each other."""
    if isinstance(base, list) and isinstance(over, list):
        return base + over
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    inner = {key: over[key] if key == "schedule" else merged(base.get(key), over[key]) for key in over}
    return {**base, **inner}


@pytest.mark.parametrize("block", [it for it in yaml_blocks if is_ours(it)], ids=lambda block: block.place)
def test_a_block_of_yaml_is_a_configuration_or_a_part_of_one(block: Block, scratch: Scratch) -> None:
    document = read(block)
    unknown = set(document) - set(Settings.model_fields)
    assert not unknown, f"{block.place}: {sorted(unknown)} are no keys of a configuration; name the file with title="
    text = block.text
    if not is_whole(document):
        whole = merged(YAML(typ="safe", pure=True).load(example()), document)
        path = scratch.home / "merged.yaml"
        YAML().dump(whole, path)
        text = path.read_text(encoding="utf-8")
    settings.load(write_configuration(scratch.home / "config", text), os.environ)
