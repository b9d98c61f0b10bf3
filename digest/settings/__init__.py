"""YAML -> frozen settings, or everything that is wrong with it; the only importer of pydantic and the YAML library.

Start at `loading` for the way from file to settings, at `schema` for the keys, at `nouns` for what the rest of the
house is given. Importing this costs a quarter of a second: commands do so when they run.
"""

from digest.settings.loading import load
from digest.settings.schema import Settings

__all__ = ["Settings", "load"]
