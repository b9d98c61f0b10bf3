"""Where the files that ship with Digest are: templates, configuration, the sample of the demo. Reads none."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """The folder `name` inside an installed package, or beside the package in a checkout.

    The installed one is looked for first: in site-packages a folder `templates` may be somebody else's.
    """
    installed = _HERE / "_data" / name
    return installed if installed.is_dir() else _HERE.parent / name


TEMPLATES = _shipped("templates")
CONFIG = _shipped("config")
