"""What goes wrong when the package is installed is provoked, and docs/how-to/install.md has what pip then says, with a remedy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import ROOT, require
from tests.fresh_install import built

pytestmark = pytest.mark.long
ROWS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/how-to/install.md").read_text(), flags=re.MULTILINE
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("built"), "--no-isolation")[1]


@pytest.fixture
def pip(tmp_path: Path) -> Iterator[list[str]]:
    yield [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--target", str(tmp_path / "target")]


def said(command: list[str], **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def remedies(message: str) -> str:
    """Return the rows of install.md whose first cell quotes a part of the message."""
    quoted = [(part, row) for row in ROWS for part in re.findall(r"`([^`]+)`", row[0])]
    found = ["|".join(row) for part, row in quoted if part in message]
    assert found, f"no row of install.md quotes what pip said:\n{message[-1500:]}"
    return "\n".join(found)


@pytest.mark.parametrize("other", ["3.10", "3.14"])
def test_another_python(wheel: Path, tmp_path: Path, other: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", other]
    message = said([*command, "--dest", str(tmp_path), str(wheel)])
    assert f"requires a different Python: {other}" in message
    assert other in remedies(message) and "python3.12 -m venv" in remedies(message)


def test_no_network_and_no_wheels(wheel: Path, pip: list[str], tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    message = said([*pip, "--no-index", "--find-links", str(tmp_path / "wheels"), str(wheel)], PIP_FIND_LINKS="")
    assert "index" in remedies(message)


def test_a_proxy_that_does_not_answer(pip: list[str]) -> None:
    unreachable = [
        "--proxy",
        "http://127.0.0.1:9",
        "--index-url",
        "http://127.0.0.2:9/simple",
        "--retries",
        "1",
        "--timeout",
        "2",
    ]
    message = said([*pip, *unreachable, "no-such-package-of-ours"], PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="")
    assert "--proxy" in remedies(message)


def test_a_full_disk(wheel: Path, pip: list[str], tmp_path: Path) -> None:
    require(
        sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare"),
        "a small disk is mounted by root on Linux",
    )
    (tmp_path / "target").mkdir()
    command = " ".join([*pip, "--no-deps", str(wheel)])
    mounted = f"mount -t tmpfs -o size=1m none {tmp_path / 'target'} && {command}"
    message = said(["unshare", "--mount", "sh", "-c", mounted])
    assert "TMPDIR" in remedies(message)


def test_no_compiler(pip: list[str], tmp_path: Path) -> None:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "python").symlink_to(sys.executable)
    command = [*pip, "--no-cache-dir", "--no-deps", "--no-binary", "meeteval", f"meeteval=={version('meeteval')}"]
    message = said(command, PATH=str(only))
    assert "compiler" in remedies(message)


def test_each_row_has_a_reason_and_a_remedy() -> None:
    assert len(ROWS) > 8
    assert all(all(cell.strip() for cell in cells) for cells in ROWS)
