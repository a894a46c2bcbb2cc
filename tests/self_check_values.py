"""Write what ``workbench doctor --check`` expects: ``python -m tests.self_check_values``, after a change of the demo or of a condition."""

from __future__ import annotations

import json

from workbench.cli.self_check import EXPECTED, expectations


def text() -> str:
    """Return the expected values as JSON, one sound a line."""
    values = expectations()
    sounds = ",\n".join(f"  {json.dumps(name)}: {json.dumps(found)}" for name, found in values.pop("sounds").items())
    return json.dumps(values, indent=1)[:-2] + f',\n "sounds": {{\n{sounds}\n }}\n}}\n'


if __name__ == "__main__":
    EXPECTED.write_text(text(), encoding="utf-8")
