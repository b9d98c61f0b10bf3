"""`digest init`: the files that a new installation begins with. Overwrites nothing."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from digest import resources
from digest.cli.base import Command
from digest.errors import DigestError

_ENV = """\
# Variables for digest.yaml; those of the environment go before these. Keep this file to yourself.

# Signs the links in letters. Whoever changes it, keeps the old one in site.old_secrets, so that links still work.
DIGEST_SECRET={secret}
# The password of mail.smtp.username.
SMTP_PASSWORD=change-me
"""
_IGNORED = ("/data/", "/config/.env", "/config/*.pem")
#: What stands in the example -> what a folder of its own has in its place: the database beside config, not in it.
_DATABASE = ("database: sqlite:///data/digest.db", "database: sqlite:///../data/digest.db")
_TEMPLATES = ("#templates_dir: templates", "templates_dir: ../templates")


class InTheWay(DigestError):
    """A file that we would write exists."""


@click.command(cls=Command)
@click.argument("directory", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--templates", is_flag=True, help="Also copy the templates, to be changed.")
def init(directory: Path, *, templates: bool) -> None:
    """Write a configuration, a secret and, on request, the templates.

    What is in DIR already is left as it is: where one of the files exists, nothing is written.
    """
    files = _files(with_templates=templates)
    wanted = [directory / name for name in files] + ([directory / "templates"] if templates else [])
    there = [str(path) for path in wanted if path.exists()]
    if there:
        raise InTheWay(f"nothing was written, because it exists already: {', '.join(there)}")
    for name, content in files.items():
        _write(directory / name, content)
    if templates:
        shutil.copytree(resources.TEMPLATES, directory / "templates")
    ignored = _ignore(directory / ".gitignore")
    for path in wanted:
        click.echo(f"wrote {path}")
    if not ignored:
        click.echo(f"{directory / '.gitignore'} exists: see that it has {' and '.join(_IGNORED)}")
    _say_what_is_next(directory)


def _files(*, with_templates: bool) -> Mapping[str, str]:
    example = (resources.CONFIG / "digest.example.yaml").read_text(encoding="utf-8").replace(*_DATABASE)
    return {
        "config/digest.yaml": example.replace(*_TEMPLATES) if with_templates else example,
        "config/digest.schema.json": (resources.CONFIG / "digest.schema.json").read_text(encoding="utf-8"),
        "config/.env": _ENV.format(secret=secrets.token_urlsafe(32)),
    }


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # What stands in it is nobody else's business from the first byte on.
    path.touch(mode=0o600 if path.name == ".env" else 0o644)
    path.write_text(content, encoding="utf-8")


def _ignore(path: Path) -> bool:
    if path.exists():
        return False
    path.write_text("\n".join(_IGNORED) + "\n", encoding="utf-8")
    return True


def _say_what_is_next(directory: Path) -> None:
    config = directory / "config" / "digest.yaml"
    option = "" if directory == Path() else f" --config {config}"
    click.echo(
        f"""
Next:
  1. Fill in {config}: site.url, mail.from, mail.smtp, your feeds and newsletters; the password in
     {config.parent / ".env"}.
  2. digest check{option}
  3. digest collect{option}
  4. digest subscribers add you@example.org --newsletter daily --confirmed{option}
  5. digest preview daily{option}
  6. digest run{option}"""
    )
