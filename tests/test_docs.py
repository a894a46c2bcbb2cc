"""Documents that cannot drift: tables, commands, studies and Python examples of README and docs are checked or run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import typer

from tests.api_page import page
from tests.generate_readme import API_PAGE, PAGES, PARTS, README, TABLES_PAGE, generated, tables
from tests.test_architecture import LAYERS
from workbench.__main__ import app
from workbench.conditions import CATALOGUE
from workbench.extras import EXTRAS
from workbench.study import Study

ROOT = README.parent
START = README.read_text(encoding="utf-8")
TEXTS = {
    README.name: START,
    **{path.relative_to(ROOT / "docs").as_posix(): path.read_text(encoding="utf-8") for path in PAGES},
}
TEXT = "\n".join(TEXTS.values())
BLOCKS = re.findall(r"^ *```(\w*)\n(.*?)^ *```", TEXT, flags=re.MULTILINE | re.DOTALL)
CODE = [block for language, block in BLOCKS if language in ("", "sh")]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_the_generated_parts_are_those_of_the_code() -> None:
    for name, text in TEXTS.items():
        assert generated(text) == text, f"{name}: run: make readme"


def test_the_readme_is_short() -> None:
    assert len(START.splitlines()) <= 150


def test_the_extras_are_described_alike_in_the_readme_and_where_installing_is_explained() -> None:
    rows = re.findall(r"^\| (`.*`) \| (.+) \|$", START.split("| extra |")[1].split("\n\n")[0], flags=re.MULTILINE)
    named = {name for names, brings in rows for name in re.findall(r"`(\w+)`", f"{names} {brings}")}
    assert named >= {*EXTRAS, "all"}
    for names, brings in rows:
        assert f"| {names} | {brings} |" in TEXTS["how-to/install.md"]


def test_the_tables_are_those_of_the_schema() -> None:
    assert TABLES_PAGE.read_text(encoding="utf-8") == tables(), "run: make readme"


def test_the_page_of_public_names_is_that_of_the_code() -> None:
    assert API_PAGE.read_text(encoding="utf-8") == page(), "run: make readme"


def test_the_first_lines_are_the_two_commands() -> None:
    lines = [line for line in START.splitlines() if line.startswith("make ")]
    assert [line.split("#")[0].strip() for line in lines[:2]] == ["make app", "make test"]
    assert START.splitlines().index(lines[0]) <= 4


def test_every_command_is_documented_and_has_help() -> None:
    for command in COMMANDS:
        assert re.search(rf"\bworkbench {command}\b", TEXT)
        assert COMMANDS[command].help


def test_every_command_of_the_documents_is_one_that_its_parser_takes() -> None:
    lines = re.findall(r"^ *(workbench [a-z][^\n]*)", "\n".join(CODE), flags=re.MULTILINE)
    assert len(lines) > 60
    for line in lines:
        _, name, *arguments = shlex.split(line.partition(" > ")[0], comments=True)
        assert name in COMMANDS, line
        COMMANDS[name].make_context(name, list(arguments))


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = set(re.findall(r"`make ([a-z -]+)`", TEXT))
    assert {word for words in named for word in words.split()} <= set(targets)


def test_the_study_of_the_documents_is_a_study(tmp_path: Path) -> None:
    block = next(b for b in re.findall(r"```toml\n(.*?)```", TEXTS["studies.md"], flags=re.DOTALL) if "engines" in b)
    (tmp_path / "study.toml").write_text(block)
    assert len(Study.from_toml(tmp_path / "study.toml").conditions) == 4


def test_the_layers_of_the_readme_are_those_that_are_checked() -> None:
    part = TEXTS["architecture.md"].split("## How it is built")[1].split("\n## ")[0]
    told = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)?(?:, `(\w+)`)?", part, flags=re.MULTILINE)
    names = [name for pair in told for name in pair if name]
    assert names == [name for name in LAYERS if not name.startswith("_t")]


def test_every_condition_family_is_named() -> None:
    for identifier in {condition.id for condition in CATALOGUE.values()}:
        assert f"`{identifier}`" in TEXT


def test_pictures_and_notebooks_that_are_named_exist() -> None:
    for path in re.findall(r"`(notebooks/[^`]+)`", TEXT):
        assert (ROOT / path).is_file(), path


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for name, text in TEXTS.items():
        folder = ROOT if name == README.name else (ROOT / "docs" / name).parent
        for path in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            assert (folder / path).exists(), f"{name}: {path}"


def test_no_generated_part_is_left_empty() -> None:
    assert "\n## SCORES\n" in TABLES_PAGE.read_text(encoding="utf-8")
    for name, written in PARTS.items():
        assert len(written().strip()) > 500 and written().strip() in TEXT, name
