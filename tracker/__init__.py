"""The ledger: models, rules and the staff's pages."""

import tomllib
from pathlib import Path

#: Stated in pyproject.toml alone; CHANGELOG.md says what each version brought.
__version__: str = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["version"]
