"""The lowest versions that pyproject.toml allows to be installed and tested with, as constraints for pip."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
    found = re.fullmatch(r"([\w-]+)(\[[\w,-]+\])?(>=|~=)([\d.]+)(,.*)?", requirement)
    if found is None:
        sys.exit(f"{requirement}: states no lowest version")
    sys.stdout.write(f"{found[1]}{'==' if found[3] == '>=' else '~='}{found[4]}\n")
