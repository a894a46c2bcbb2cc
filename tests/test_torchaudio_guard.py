"""torchaudio is imported in one place, which works with and without its compiled extension."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from workbench.audio import torchaudio_loader

PACKAGE = Path(torchaudio_loader.__file__).parent


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_audio_and_conditions_does_not_import_torch() -> None:
    seen = _python(
        "import sys, workbench.audio, workbench.conditions\n"
        "print([name for name in ('torch', 'torchaudio', 'audiomentations', 'av') if name in sys.modules])"
    )
    assert seen == "[]"


def test_a_resample_to_the_same_rate_does_not_import_torch() -> None:
    seen = _python(
        "import sys, numpy as np\n"
        "from workbench.audio import resample\n"
        "resample(np.zeros(10), orig_sr=16000, target_sr=16000)\n"
        "print('torch' in sys.modules)"
    )
    assert seen == "False"


def test_a_plain_import_after_the_guard_finds_the_same_module() -> None:
    same = _python(
        "from workbench.audio.torchaudio_loader import load_torchaudio\n"
        "guarded = load_torchaudio()\n"
        "import torchaudio, torchaudio.functional, torchaudio.transforms\n"
        "print(torchaudio is guarded and load_torchaudio() is guarded)"
    )
    assert same == "True"


def test_a_library_that_cannot_be_loaded_is_declared_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("torchaudio")
    asked: list[str] = []

    def first_fails(name: str) -> ModuleType:
        asked.append(name)
        if len(asked) == 1:
            raise OSError("libcudart.so.13: cannot open shared object file")
        return module

    kept = {name: found for name, found in sys.modules.items() if name.split(".")[0] == "torchaudio"}
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(importlib, "import_module", first_fails)
    try:
        assert torchaudio_loader.load_torchaudio() is module
        stub = sys.modules["torchaudio._extension"]
        assert stub._IS_TORCHAUDIO_EXT_AVAILABLE is False  # type: ignore[attr-defined]
        assert stub._load_lib("_torchaudio") is False  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="forced_align needs torchaudio's compiled extension"):
            stub.fail_if_no_align(_forced_align)()  # type: ignore[attr-defined]
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules.update(kept)
    assert asked == ["torchaudio", "torchaudio"]


def _forced_align() -> None: ...


_forced_align.__name__ = "forced_align"


def test_a_working_torchaudio_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("torchaudio")
    monkeypatch.setattr(importlib, "import_module", lambda name: module)
    before = sys.modules.get("torchaudio._extension")
    assert torchaudio_loader.load_torchaudio() is module
    assert sys.modules.get("torchaudio._extension") is before


def test_only_the_guard_imports_torchaudio() -> None:
    guilty = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "torchaudio" for name in names):
                guilty.append(path.name)
    assert guilty == []
