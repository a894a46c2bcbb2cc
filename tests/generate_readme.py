"""Write the generated part of the README: ``python -m tests.generate_readme``."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.schema import TABLES

README = Path(__file__).resolve().parent.parent / "README.md"
PART = re.compile(r"(<!-- generated: tables -->\n).*?(<!-- end of generated part -->)", re.DOTALL)


def tables() -> str:
    """Return the description of every table, as Markdown."""
    return "\n".join(f"### {table.name}\n\n{table.meaning}\n\n{table.to_markdown()}\n" for table in TABLES)


def generated(text: str) -> str:
    """Return the README's text with its generated part made anew."""
    return PART.sub(lambda match: f"{match[1]}\n{tables()}\n{match[2]}", text)


if __name__ == "__main__":
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
