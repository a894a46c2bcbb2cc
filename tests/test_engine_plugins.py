"""Engines of other packages: found by entry point, and a broken one costs nobody else anything."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from workbench.engines import ADAPTERS, availability, load_engine
from workbench.errors import EngineError

PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
PARROT = next(text for kind, text in BLOCKS if kind == "python" and "class Parrot" in text)
TEST = next(text for kind, text in BLOCKS if kind == "python" and "check_engine" in text)
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package with an entry point where Python finds it, for the length of a test."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def put(name: str, text: str | None, *, engine: str, package: str = "") -> None:
        if text is not None:
            (site / f"{name}.py").write_text(text, encoding="utf-8")
        info = site / f"{package or name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package or name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[workbench.engines]\n{engine} = {name}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()

    return put


def test_the_engine_of_the_page_is_found_loaded_and_keeps_the_contract(install: Install) -> None:
    install("parrot_asr", PARROT, engine="parrot")
    assert 'parrot = "parrot_asr"' in PAGE
    row = availability().set_index("engine").loc["parrot"]
    assert row["ready"]
    assert (row["reason"], row["spec_example"]) == ("needs a word", "parrot:hello")
    assert row["description"] == "Says one word. (from the package parrot_asr)"
    scope: dict[str, Callable[[], None]] = {}
    exec(TEST, scope)
    scope["test_contract"]()
    with pytest.raises(EngineError, match="no word is given; write 'parrot:WORD'"):
        load_engine("parrot")
    with pytest.raises(EngineError, match="did you mean 'parrot'"):
        load_engine("parot:hello")


BROKEN: dict[str, tuple[str | None, str, str]] = {
    "does not import": ("import no_such_package_anywhere\n", "ModuleNotFoundError: No module named 'no_such", "cannot be loaded"),
    "is not there": (None, "ModuleNotFoundError", "cannot be loaded"),
    "does not parse": ("def load(:\n", "SyntaxError", "cannot be loaded"),
    "breaks on import": ("raise RuntimeError('first line\\nsecond')\n", "RuntimeError: first line", "cannot be loaded"),
    "leaves on import": ("import sys\nsys.exit(3)\n", "SystemExit: 3", "cannot be loaded: SystemExit: 3"),
    "has no functions": ("x = 1\n", "bad_asr has no function load and no readiness", "has no function load"),
    "breaks when asked": (
        "def readiness(): 1 / 0\ndef load(spec): 1 / 0\n", "it is broken: ZeroDivisionError", "cannot be loaded: ZeroDivision"
    ),
    "answers something else": (
        "def readiness(): return True\ndef load(spec): return 3\n", "returns bool, not Readiness", "is no engine: it has no engine,"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_listed_with_its_error_and_costs_no_other(name: str, install: Install) -> None:
    text, listed, loaded = BROKEN[name]
    install("bad_asr", text, engine="bad")
    install("parrot_asr", PARROT, engine="parrot")
    frame = availability().set_index("engine")
    assert list(frame.index) == [*ADAPTERS, "bad", "parrot"]
    assert not frame.loc["bad", "ready"]
    assert listed in frame.loc["bad", "reason"]
    assert frame.loc["bad", "install"]
    assert frame.loc["parrot", "ready"]
    with pytest.raises(EngineError) as caught:
        load_engine("bad:x")
    assert loaded in str(caught.value)
    assert load_engine("parrot:hello").model_id.startswith("parrot:hello#")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("batch_size = 'many'", "batch_size is 'many', not a whole number from 1"),
        ("price = 0.006", "price is 0.006, neither None nor a workbench.engines.remote.Price"),
        ("warning = None", "warning is not a text"),
        ("options = property(lambda self: 1 / 0, lambda self, value: None)", "ZeroDivisionError: division by zero"),
        ("digest = property(lambda self: 'abc', lambda self, value: None)", "digest is 'abc', not a SHA-256 in hex"),
    ],
)
def test_an_engine_that_describes_itself_badly_is_refused_before_the_start(
    changed: str, said: str, install: Install
) -> None:
    name, _, value = changed.partition(" = ")
    install("parrot_asr", f"{PARROT.replace('frozen=True', '')}\n\nParrot.{name} = {value}\n", engine="parrot")
    with pytest.raises(EngineError) as caught:
        load_engine("parrot:hello")
    assert f"is no engine: {said}" in str(caught.value)
    assert "report it to whoever makes the package parrot_asr" in str(caught.value)


def test_nobody_takes_the_name_of_another(install: Install) -> None:
    install("parrot_asr", PARROT, engine="pocketsphinx", package="aaa")
    install("parrot_bsr", PARROT, engine="parrot", package="bbb")
    install("parrot_csr", PARROT, engine="parrot", package="ccc")
    rows = availability().iloc[len(ADAPTERS) :]
    assert rows["ready"].tolist() == [True, False, False]
    assert rows["reason"].tolist()[1:] == [
        "its name is taken by the package bbb",
        "its name is taken by an engine of the workbench",
    ]
    assert type(load_engine("parrot:x")).__module__ == "parrot_bsr"
    with pytest.raises(EngineError, match="takes nothing behind a colon"):
        load_engine("pocketsphinx:x")


def test_the_page_names_every_engine_and_every_option_of_the_remote_ones() -> None:
    from workbench.engines import amazon, assemblyai, azure, deepgram, google, openai_api

    for name in ADAPTERS:
        assert f"| `{name}` |" in PAGE, name
    http_part, amazon_part = (
        PAGE.split(f"## Options of `{name}`")[1].split("\n## ")[0] for name in ("openai-api", "amazon-transcribe")
    )
    assert [name for name in openai_api._OPTIONS if f"`{name}`" not in http_part] == []
    hosted_part = PAGE.split("## Options of `deepgram`")[1].split("\n## ")[0]
    for module in (deepgram, assemblyai, azure, google):
        assert [name for name in module._OPTIONS if f"`{name}`" not in hosted_part] == []
    known = http_part + amazon_part
    assert [name for name in amazon._OPTIONS if f"`{name}`" not in known] == []


def test_a_package_is_imported_only_when_it_is_looked_at(install: Install, tmp_path: Path) -> None:
    install("loud_asr", "print('imported')\n" + PARROT, engine="loud")
    code = "import sys; sys.path.insert(0, sys.argv[1]); from workbench.engines import load_engine; print('quiet')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["quiet"]
