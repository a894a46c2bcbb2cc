"""What a project owes its users beside code: the files are there, agree with each other and with what is installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import files, packages_distributions, version
from pathlib import Path

import pytest

from workbench.version import __version__

ROOT = Path(__file__).resolve().parent.parent
LICENCES = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_version_is_one() -> None:
    assert re.search(rf"^version: {re.escape(__version__)}$", (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE)
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", CHANGELOG, flags=re.MULTILINE)
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"]


def test_the_changelog_has_each_kind_of_change_once_per_version() -> None:
    versions = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]
    assert versions[0].startswith("[Unreleased]")
    for section in versions:
        kinds = re.findall(r"^### (.*)$", section, flags=re.MULTILINE)
        assert len(kinds) == len(set(kinds)), section.splitlines()[0]
        assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize(
    "name",
    ["SECURITY.md", "CODE_OF_CONDUCT.md", "CITATION.cff", "LICENSE", ".pre-commit-config.yaml", ".github/PULL_REQUEST_TEMPLATE.md",
     ".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/wish.yml"],
)  # fmt: skip
def test_the_file_is_there_and_says_something(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8")) > 300


def test_every_wheel_with_compiled_libraries_of_others_is_on_the_page_of_licences() -> None:
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w-]", r)[0].lower() for r in optional["dependencies"]} | {
        re.split(r"[^\w-]", r)[0].lower() for extra in optional["optional-dependencies"].values() for r in extra
    }
    carriers = set()
    for names in packages_distributions().values():
        for name in names:
            if any(path.parts[0].endswith(".libs") for path in files(name) or ()):
                carriers.add(name.lower())
    assert "av" in carriers
    for name in carriers & (declared | {"psycopg-binary", "ctranslate2", "pyzmq"}):
        assert f"`{name}`" in LICENCES, name


def test_the_ffmpeg_of_the_wheel_has_the_gpl_parts_that_the_page_names() -> None:
    carried = {path.name for path in files("av") or () if path.parts[0] == "av.libs"}
    for library in ("libx264", "libx265"):
        assert any(name.startswith(library) for name in carried) and library in LICENCES


@pytest.mark.long
def test_the_bill_of_materials_names_every_package_with_its_version(tmp_path: Path) -> None:
    recipe = re.search(r"^sbom:.*\n\t(.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe
    words = [word.replace("$(BIN)", str(Path(sys.executable).parent)) for word in recipe[1].split()]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    components = {component["name"].lower(): component for component in bill["components"]}
    for distribution in ("numpy", "av", "num2words", "streamlit"):
        assert components[distribution]["version"] == version(distribution)
    assert components["num2words"]["licenses"]
