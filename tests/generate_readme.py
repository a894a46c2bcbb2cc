"""Write the generated parts of the documents and the generated documents: ``python -m tests.generate_readme``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from tests.api_page import page
from workbench.__main__ import app
from workbench.cards import json_schema
from workbench.cli.examples import EXAMPLES
from workbench.conditions import KINDS, Place
from workbench.corpora.adapters import adapters
from workbench.fairness.catalogue import ASKED, STATISTICS
from workbench.fairness.inference.verdicts import rules_in_words
from workbench.schema import TABLES

README = Path(__file__).resolve().parent.parent / "README.md"
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end of generated part -->)", re.DOTALL)


def statistics() -> str:
    """Return one row per statistic of the catalogue: how it is asked for, and the table that it gives."""
    rows = ["| statistic | what it says | table | asks for | options |", "|---|---|---|---|---|"]
    for name, statistic in STATISTICS.items():
        table = f"[{statistic.table.name}](#{statistic.table.name.lower()})"
        asks, options = (", ".join(f"`{one}`" for one in names) for names in (statistic.asks, statistic.options))
        rows.append(f"| `{name}` | {statistic.title} | {table} | {asks} | {options} |")
    return "\n".join(rows) + "\n"


def tables() -> str:
    """Return the statistics of the catalogue and the description of every table, as a Markdown document."""
    parts = (f"## {table.name}\n\n{table.meaning}\n\n{table.to_markdown()}\n" for table in TABLES)
    names = " · ".join(f"[{table.name}](#{table.name.lower()})" for table in TABLES)
    asked = "\n".join(f"- `{name}`: {meaning}" for name, meaning in ASKED.items())
    return "\n".join(
        [
            "# The tables\n",
            "Every frame that a public call takes or returns, and every export.\n",
            "## Statistics of a run\n",
            "`results.table(NAME, ...)` in a notebook, `workbench table RUN NAME` on the command line, *All tables* in Findings.\n",
            statistics(),
            f"What a statistic asks for has a usual value, so that `results.table(NAME)` is enough:\n\n{asked}\n",
            f"## Verdicts\n\n{rules_in_words()}\n",
            f"{names}\n",
            *parts,
        ]
    )


def conditions() -> str:
    """Return one row per condition: its leading parameter at the four severities (of a place, its parts), and what a person would hear."""
    rows = ["| condition | leading parameter, mild to extreme | what a person would hear |", "|---|---|---|"]
    for name, kind in KINDS.items():
        if kind.superseded_by:
            continue
        if issubclass(kind, Place):
            rows.append(f"| `{name}` | {' > '.join(f'`{step.id}`' for step in kind().steps)} | {kind.hears} |")
            continue
        values = ", ".join(f"{level[kind.leading]:g}" for level in kind.levels)
        leading = f"`{kind.leading}` {values} {kind.units[kind.leading]}".strip() if values else ""
        rows.append(f"| `{name}` | {leading} | {kind.hears} |")
    return "\n".join(rows) + "\n"


def corpora() -> str:
    """Return one row per corpus that ``prepare`` reads: its name, licence, attributes and options."""
    rows = ["| `prepare` | corpus | licence | attributes | options |", "|---|---|---|---|---|"]
    for name, adapter in adapters().items():
        attributes = ", ".join(
            f"{column} ({info.obtained})" if info.obtained != "unknown" else column
            for column, info in adapter.attributes.items()
        )
        options = ", ".join(f"`{option}`" for option in adapter.options)
        versions = f" ({adapter.versions})" if adapter.versions else ""
        rows.append(
            f"| `{name}` | [{adapter.title}]({adapter.source}){versions} | {adapter.licence} | {attributes} | {options} |"
        )
    return "\n".join(rows) + "\n"


def calibration() -> str:
    """Return the first tables of docs/calibration.md, which ``make calibrate`` writes: coverage and false alarms."""
    path = README.parent / "docs" / "calibration.md"
    if not path.is_file():
        return "`make calibrate` measures all of it in simulated audits whose truth is known.\n"
    sections = path.read_text(encoding="utf-8").split("\n## ")
    chosen = [part for part in sections[1:] if part.startswith(("Coverage of the", "False alarms:"))]
    shown = "\n".join(f"#### {part.strip()}\n" for part in chosen)
    return f"{shown}\nFigures in %, ± one standard error of the simulation; all tables: [calibration.md](calibration.md).\n"


def commands() -> str:
    """Return a section per command: what it does, its examples, its arguments and options."""
    parts = []
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        examples = "\n".join(EXAMPLES[name])
        rows = [f"| {_spelled(one)} | {_cell(one)} |" for one in command.params if one.name != "help"]
        table = "\n".join(["", "| argument or option | meaning |", "|---|---|", *rows, ""]) if rows else ""
        parts.append(f"## {name}\n\n{command.help.strip()}\n\n```sh\n{examples}\n```\n{table}")
    return "\n".join(parts)


def _spelled(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or str(parameter.name).upper()}`"
    return ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])


def _cell(parameter: Any) -> str:
    meaning = (getattr(parameter, "help", "") or "").replace("|", "\\|").replace("\n", " ")
    default = parameter.default
    plain = isinstance(default, int | float | str) and not isinstance(default, bool) and default != ""
    return f"{meaning} Default: `{default}`." if plain else meaning


SCHEMA = README.parent / "docs" / "card.schema.json"
TABLES_PAGE = README.parent / "docs" / "tables.md"
API_PAGE = README.parent / "docs" / "api.md"
PARTS = {"conditions": conditions, "calibration": calibration, "corpora": corpora, "commands": commands}
PAGES = sorted(
    path
    for path in (README.parent / "docs").rglob("*.md")
    if path.name not in ("tables.md", "api.md", "calibration.md")
)
"""The documents that people write, of which some have generated parts."""


def generated(text: str) -> str:
    """Return a document's text with its generated parts made anew."""
    return PART.sub(lambda match: f"{match[1]}\n{PARTS[match[2]]()}\n{match[3]}", text)


if __name__ == "__main__":
    for document in (README, *PAGES):
        document.write_text(generated(document.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(json_schema(), encoding="utf-8")
    TABLES_PAGE.write_text(tables(), encoding="utf-8")
    API_PAGE.write_text(page(), encoding="utf-8")
