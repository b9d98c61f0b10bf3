"""`digest dkim`: a key to sign with, and what has to be written where."""

from pathlib import Path

import click

from digest.cli import doors
from digest.cli.base import Command, config_path
from digest.errors import DigestError, UsageError


class InTheWay(DigestError):
    """The file that we would write exists."""


@click.command(cls=Command)
@click.option("--selector", default="digest", show_default=True, help="The name of the key in the DNS.")
@click.option("--ed25519", is_flag=True, help="A short, fast key, beside one of RSA: not every receiver knows it.")
@click.option(
    "--out",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the key is written; default: dkim-SELECTOR.pem beside the configuration.",
)
def dkim(selector: str, file: Path | None, *, ed25519: bool) -> None:
    """Make a key that signs letters, for a relay that does not.

    Shows the DNS record of its public half and what to add to the configuration, which it leaves as it is. A file that
    exists is never overwritten.
    """
    # cryptography and the settings take their time, which --help does not need.
    from digest.app.domain_keys import sender_domain
    from digest.mail import dkim_keys, headers

    sender = sender_domain(doors.settings())
    try:
        selector = headers.address(f"x@{selector}.{sender}").partition("@")[2].removesuffix(f".{sender}")
    except ValueError as error:
        raise UsageError(f"not a selector: {selector!r}: letters, digits and hyphens make one, as s2026") from error
    domain = f"{selector}._domainkey.{sender}"
    folder = config_path().parent
    target = file or folder / f"dkim-{selector}.pem"
    key = dkim_keys.generate(ed25519=ed25519)
    _write(target, key.pem)
    click.echo(f"wrote {target}: keep it to yourself, and out of version control\n")
    click.echo(f"Add to the zone of your domain:\n\n{dkim_keys.zone_line(domain, key.record())}\n")
    click.echo(f"Add to the configuration, once `dig TXT {domain}` shows it:\n\n{_yaml(selector, target, folder)}")
    click.echo("\nThen: digest check --online")


def _write(target: Path, pem: str) -> None:
    """Raises InTheWay where `target` exists."""
    try:
        # Nobody else's business from the first byte on.
        target.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise InTheWay(f"nothing was written, because it exists already: {target}") from error
    target.write_text(pem, encoding="ascii")


def _yaml(selector: str, target: Path, folder: Path) -> str:
    """A relative path starts at the configuration."""
    same = target.parent.resolve() == folder.resolve()
    place = target.name if same else target.resolve()
    return f'mail:\n  dkim:\n    - selector: {selector}\n      key: "${{file:{place}}}"'
