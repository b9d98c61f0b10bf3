"""`python -m digest.settings` writes the JSON Schema and the reference anew, after a change of the schema."""

from digest import resources
from digest.settings.reference import json_schema, with_tables

SCHEMA = resources.CONFIG / "digest.schema.json"
REFERENCE = resources.CONFIG.parent / "docs" / "configuration.md"


def main() -> None:
    SCHEMA.write_text(json_schema(), encoding="utf-8")
    REFERENCE.write_text(with_tables(REFERENCE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
