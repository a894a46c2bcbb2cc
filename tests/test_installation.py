"""The package as people install it: what its extras bring, what is said where a part is missing, what is in the way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import speech_fairness_workbench as launcher
import workbench
from workbench import extras, version
from workbench.cli import doctor
from workbench.files import demo_folder

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
OF_MODULE = {"PIL": "pillow", "sklearn": "scikit-learn", "whisper": "openai-whisper", "IPython": "ipykernel"}
"""Distributions that are named otherwise than the module that they bring."""
BROUGHT_BY = {
    "ctranslate2": "faster-whisper",
    "tokenizers": "faster-whisper",
    "huggingface-hub": "faster-whisper",
    "botocore": "boto3",
}
"""Modules that come with a distribution which depends on theirs."""


def distributions(extra: str) -> set[str]:
    """The distributions that an extra brings, with those of the extras that it names."""
    names: set[str] = set()
    for requirement in map(Requirement, OPTIONAL[extra]):
        if requirement.name == launcher.DISTRIBUTION:
            names |= set().union(*map(distributions, requirement.extras))
        else:
            names.add(requirement.name.lower())
    return names


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_an_extra_brings_the_modules_for_which_it_is_named(extra: str) -> None:
    for module in extras.EXTRAS[extra]:
        name = OF_MODULE.get(module, module.replace("_", "-")).lower()
        assert BROUGHT_BY.get(name, name) in distributions(extra), module


def test_all_brings_every_extra_and_the_app_brings_what_its_pages_use() -> None:
    assert distributions("all") == set().union(*map(distributions, OPTIONAL))
    assert distributions("app") >= distributions("audio") | distributions("card")
    assert not any("torch" in distributions(extra) for extra in ("audio", "app", "fast", "card", "vendors"))


def test_the_pins_of_the_requirements_lie_in_the_ranges_of_the_package() -> None:
    ranges: dict[str, SpecifierSet] = {}
    for requirement in map(Requirement, [*PROJECT["dependencies"], *(r for rs in OPTIONAL.values() for r in rs)]):
        ranges[requirement.name.lower().replace("_", "-")] = requirement.specifier
    pins = re.findall(
        r"^([\w-]+)(?:\[\w+\])?==([\w.]+)",
        "\n".join(
            (ROOT / name).read_text()
            for name in ("requirements.txt", "requirements-optional.txt", "requirements-whisper.txt")
        ),
        flags=re.MULTILINE,
    )
    assert len(pins) > 40
    for name, pinned in pins:
        assert ranges[name.lower().replace("_", "-")].contains(pinned), (
            f"{name}=={pinned} is not in the range of pyproject.toml"
        )


def test_the_lock_has_the_pins_of_the_requirements_each_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)((?:[^\n]*\\\n    --hash=sha256:[0-9a-f]{64})+)?",
        lock,
        flags=re.MULTILINE,
    )
    assert len(entries) > 150 and all("--hash=sha256:" in hashes or "\\" in hashes for _, _, hashes in entries)
    locked = {(name.lower().replace("_", "-"), pinned) for name, pinned, _ in entries}
    for file in (
        "requirements.txt",
        "requirements-optional.txt",
        "requirements-whisper.txt",
        "requirements-notebook.txt",
    ):
        for name, pinned in re.findall(
            r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", (ROOT / file).read_text(), flags=re.MULTILINE
        ):
            assert (name.lower().replace("_", "-"), pinned) in locked, f"{name}=={pinned}: run make lock"
    assert "://" not in lock, "an index of one machine"


def test_everything_that_the_package_imports_is_declared() -> None:
    declared = {Requirement(r).name.lower() for r in PROJECT["dependencies"]} | distributions("all")
    known = packages_distributions()
    missing = set()
    for path in (ROOT / "workbench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for root in (
                {module.partition(".")[0] for module in modules} - {"workbench", "__future__"} - sys.stdlib_module_names
            ):
                names = {name.lower().replace("_", "-") for name in known.get(root, [root])} | {
                    BROUGHT_BY.get(root.replace("_", "-"), root)
                }
                if not names & declared:
                    missing.add(root)
    assert missing <= {
        "urllib3",
        "click",
        "pydantic_core",
        "starlette",
    }  # of requests, typer, pydantic and streamlit, which are declared


def without(*modules: str) -> str:
    """Lines of Python after which these modules cannot be found, whether they are installed or not."""
    return (
        "import sys, importlib.abc\n"
        f"gone = {set(modules)!r}\n"
        "class Gone(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in gone:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Gone())\n"
    )


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_score_imports_neither_torch_nor_streamlit_nor_any_package_of_an_extra(tmp_path: Path) -> None:
    rows = [f"u{n},one two three,one two {'four' if n % 3 else 'three'},s{n % 8},{'ab'[n % 2]}" for n in range(48)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["utterance_id,reference,hypothesis,speaker,accent", *rows]))
    optional = {module for modules in extras.EXTRAS.values() for module in modules} - {"whisper"}
    program = (
        "import sys\nfrom workbench.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', sorted({optional!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = run(program, "score", str(table), "--by", "accent", "--speaker", "speaker")
    assert "INCONCLUSIVE" in done.stdout or "GAP" in done.stdout, done.stderr
    loaded = ast.literal_eval(done.stderr.split("loaded:")[1].strip())
    assert set(loaded) <= {"pyarrow"}  # pandas looks for it by itself where it is installed


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [("sqlalchemy", ["status"], "audio"), ("typst", ["demo", "--help"], ""), ("matplotlib", ["card", "--help"], "")],
)
def test_a_command_without_its_package_names_the_extra_and_help_needs_none(
    module: str, command: list[str], extra: str
) -> None:
    done = run(without(module) + "from workbench.__main__ import main\nmain()", *command)
    assert "Traceback" not in done.stderr
    if extra:
        assert done.returncode == 2
        assert f"the package {module} is not installed; {extras.install_command(extra)}" in " ".join(
            done.stderr.split()
        )
    else:
        assert done.returncode == 0


def test_a_figure_without_matplotlib_names_the_extra_in_python_too() -> None:
    done = run("import sys\nsys.modules['typst'] = None\nimport workbench\nworkbench.rate_heatmap")
    assert "MissingPackageError: the package typst is not installed; " + extras.install_command("card") in done.stderr


def test_an_unknown_module_is_no_missing_extra() -> None:
    assert extras.missing(ModuleNotFoundError("No module named 'nobody'", name="nobody")) is None
    with pytest.raises(ModuleNotFoundError, match="nobodys_package"):
        __import__("nobodys_package")


def test_another_package_of_the_name_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "__init__.py").write_text("name = 'a bench for wood'\n")
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import speech_fairness_workbench as s; s.main()"
    done = run(program)
    assert done.returncode == 2
    assert "another package named workbench is in the way of speech-fairness-workbench" in done.stderr
    assert str(tmp_path / "workbench" / "__init__.py") in done.stderr
    assert "python -m venv" in done.stderr
    (tmp_path / "workbench" / "__init__.py").write_text("raise RuntimeError('no wood')\n")
    assert "cannot be imported (RuntimeError: no wood)" in run(program).stderr
    assert launcher.obstacle() == ""
    assert version.DISTRIBUTION == launcher.DISTRIBUTION == PROJECT["name"]


def test_doctor_names_what_is_installed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._package() == str(ROOT / "workbench")
    old = tmp_path / "speech_fairness_workbench-0.0.9.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: speech-fairness-workbench\nVersion: 0.0.9\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RuntimeError, match=r"this is version .*, and 0\.0\.9 is installed too; pip uninstall"):
        doctor._package()


def test_the_demo_can_be_copied_and_is_then_a_study_of_its_own(tmp_path: Path) -> None:
    program = "from workbench.__main__ import main\nmain()"
    copy = tmp_path / "mine"
    done = run(program, "demo", "--copy", str(copy))
    assert done.stdout.strip() == str(copy / "demo.study.toml"), done.stderr
    study = workbench.Study.from_toml(copy / "demo.study.toml")
    assert study.base == copy
    assert len(workbench.load_corpus(copy / "demo.csv").utterances) >= 50
    assert not list(copy.rglob("*.py"))
    again = run(program, "demo", "--copy", str(copy))
    assert again.returncode == 2
    assert "there is something already; name a new or an empty folder" in " ".join(again.stderr.split())
    assert demo_folder() == ROOT / "data_manifests"


def test_the_settings_of_the_app_are_the_same_installed_and_in_a_checkout() -> None:
    installed = ROOT / "workbench" / "pages" / "entry" / ".streamlit" / "config.toml"
    assert installed.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()
