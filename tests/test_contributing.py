"""The recipes of CONTRIBUTING.md, executed as they are written, on a scratch copy of the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest

from tests.command_line import call
from tests.corpus import make
from tests.document_walk import walk

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """Return the code block ``name``, without the indentation of the list that it stands in."""
    fenced = rf"^   (?P<fence>````?)(?:python|text|markdown) {name}\n(?P<text>.*?)^   (?P=fence)$"
    (match,) = re.finditer(fenced, TEXT, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^   ", "", match["text"], flags=re.MULTILINE)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "workbench", tmp_path / "workbench", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(scratch: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=scratch,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(scratch), "WORKBENCH_HOME": str(scratch / "home"), "HOME": str(scratch)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def insert(path: Path, before: str, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, line + before), encoding="utf-8")


def test_a_condition_is_one_file_and_one_line(scratch: Path) -> None:
    (scratch / "workbench" / "conditions" / "hush.py").write_text(block("condition"))
    insert(scratch / "workbench" / "conditions" / "catalogue.py", '    "places.Ward",\n', '    "hush.Hush",\n')
    code = """
import numpy as np
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade
loud = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)
quiet = degrade(Waveform(loud, 16_000), CATALOGUE["hush@2"], slot=1, seed=1).wave.samples
print(20 * np.log10(quiet.std() / loud.std()))
"""
    assert float(run(scratch, code)) == pytest.approx(-6.0, abs=0.01)


def test_a_statistic_is_one_file_and_one_line(scratch: Path) -> None:
    fairness = scratch / "workbench" / "fairness"
    (fairness / "group_rates" / "talkers.py").write_text(block("statistic"))
    insert(fairness / "catalogue.py", ")  # fmt: skip\nSTATISTICS", "    " + block("catalogue"))
    insert(
        fairness / "catalogue.py", "\nNeeds = ", "from workbench.fairness.group_rates.talkers import TALKERS, talkers\n"
    )
    code = """
import pandas as pd
from workbench.fairness.catalogue import STATISTICS
tallies = pd.DataFrame({"accent": ["a", "b", "b"], "ref_words": [10, 20, 10]})
print(STATISTICS["talkers"].function(tallies, attribute="accent").to_dict("list"))
"""
    assert run(scratch, code).strip() == "{'group': ['a', 'b'], 'share': [0.25, 0.75]}"


ENGINE = '''"""An engine that writes nothing."""

from workbench.engines.protocol import Engine, Readiness
from workbench.engines.scripted import ScriptedEngine
from workbench.engines.spec import Spec

DESCRIPTION = "writes nothing"
SPEC_EXAMPLE = "mute"


def load(spec: Spec) -> Engine:
    return ScriptedEngine(lambda wave: "", model_id="mute")


def readiness() -> Readiness:
    return Readiness(True, "needs nothing")
'''

NORMALISER = '''"""Shout: capital letters only."""

from workbench.text.steps import step

STEPS = (step("capitals", 1, "small letters become capital ones", lambda text: " ".join(text.upper().split())),)
'''

CORPUS = '''"""Line by line: a file, its speaker and its text.

Layout::

    corpus/
        lines.txt     <file> <speaker> <text>
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, tree_of
from workbench.corpora.description import AttributeInfo


def _recognise(folder: Path) -> bool:
    return (folder / "lines.txt").is_file()


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    rows = [line.split(" ", 2) for line in (folder / "lines.txt").read_text().splitlines()]
    frame = pd.DataFrame(rows, columns=["path", "speaker_id", "reference"], dtype="str").assign(accent="north")
    yield Rows(frame, ["lines.txt"] * len(frame), np.arange(1, len(frame) + 1), ())


ADAPTER = Adapter(
    name="by_line", title="Line by line", tree=tree_of(__doc__), licence="CC0", source="made up", citation="none",
    attributes={"accent": AttributeInfo(note="made up")}, recognise=_recognise, read=_read,
)
'''


def test_an_engine_a_normaliser_and_a_corpus_adapter_are_one_file_and_one_line_each(scratch: Path) -> None:
    package = scratch / "workbench"
    (package / "engines" / "mute.py").write_text(ENGINE)
    insert(package / "engines" / "registry.py", '    "imported": "workbench', '    "mute": "workbench.engines.mute",\n')
    (package / "text" / "shout.py").write_text(NORMALISER)
    normalise = package / "text" / "normalise.py"
    insert(
        normalise, '            CachedNormaliser("basic"', '            CachedNormaliser("shout", 1, shout.STEPS),\n'
    )
    insert(normalise, "from workbench.text.steps import", "from workbench.text import shout\n")
    (package / "corpora" / "adapters" / "by_line.py").write_text(CORPUS)
    insert(package / "corpora" / "adapters" / "__init__.py", '    "common_voice",\n', '    "by_line",\n')
    make(scratch, per_speaker=1)
    (scratch / "audio" / "lines.txt").write_text("n1-0.wav ann one two\n")
    code = """
from workbench.corpora import load_corpus, prepare
from workbench.engines import load_engine
from workbench.text import get_normaliser
from workbench.audio import decode
print(load_engine("mute").transcribe([decode("audio/n1-0.wav")])[0].text == "", get_normaliser("shout")("a  b"))
prepared = prepare("By Line", "audio", out="out")
print(load_corpus(prepared.manifest).utterances[["speaker_id", "reference", "accent"]].values.tolist())
"""
    assert run(scratch, code).splitlines() == ["True A B", "[['ann', 'one two', 'north']]"]


def test_a_figure_is_one_file_and_its_name(scratch: Path) -> None:
    figures = scratch / "workbench" / "figures"
    (figures / "talker_shares.py").write_text(block("figure"))
    insert(
        figures / "__init__.py",
        "from workbench.figures.team_feature_map import",
        "from workbench.figures.talker_shares import talker_shares\n",
    )
    insert(figures / "__init__.py", '    "team_feature_map",\n', '    "talker_shares",\n')
    insert(
        scratch / "workbench" / "__init__.pyi",
        "from .figures import team_feature_map as",
        "from .figures import talker_shares as talker_shares\n",
    )
    code = """
import pandas as pd
import workbench
picture = workbench.talker_shares(pd.DataFrame({"group": ["north", "south"], "share": [0.25, 0.75]}))
print(picture.alt)
print([list(trace.x) for trace in picture.screen().data if trace.x is not None and len(trace.x) == 2])
print(picture.svg() == picture.svg(), picture.svg().lstrip()[:5])
"""
    alt, points, paper = run(scratch, code).splitlines()
    assert alt.replace("\N{NO-BREAK SPACE}", " ") == "Points. Share of the words by group. north: 25 %; south: 75 %."
    assert "[25.0, 75.0]" in points
    assert paper == "True <?xml"


def test_a_view_of_findings_is_one_file_and_two_lines(scratch: Path) -> None:
    for name in ("__init__.py", "pages.py", "corpus.py"):
        (scratch / "tests").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tests" / name, scratch / "tests" / name)
    shutil.copy(ROOT / "app.py", scratch / "app.py")
    folder = scratch / "workbench" / "pages" / "findings"
    (folder / "measures.py").write_text(block("view"))
    insert(folder / "findings.py", "    models,\n", "    measures,\n")
    insert(folder / "findings.py", '    "All tables": ', "    " + block("views"))
    code = """
from pathlib import Path
from tests.pages import findings, finished
Path("made").mkdir()
finished(Path("made"))
at = findings(view="Measures")
table = at.dataframe[0].value
print(at.segmented_control(key="view_view").value, len(at.error), sorted(set(table["Accent"])), {"wer", "cer"} <= set(table["Metric"]))
"""
    assert run(scratch, code).splitlines()[-1] == "Measures 0 ['north', 'south', 'west'] True"


@pytest.mark.long
def test_a_notebook_is_one_file_that_is_executed(scratch: Path) -> None:
    (scratch / "tests").mkdir()
    for name in ("__init__.py", "notebook_outputs.py"):
        shutil.copy(ROOT / "tests" / name, scratch / "tests" / name)
    shutil.copytree(ROOT / "data_manifests", scratch / "data_manifests")
    (scratch / "notebooks").mkdir()
    run(scratch, block("notebook"))
    run(
        scratch,
        "import sys; from tests.notebook_outputs import main; sys.argv[1:] = ['--write', '10']; sys.exit(main())",
    )
    (path,) = (scratch / "notebooks").glob("*.ipynb")
    (output,) = nbformat.read(path, as_version=4).cells[-1].outputs
    assert "utterance_id" in output.data["text/html"]


def test_a_page_of_the_documentation_is_one_file_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, site = tmp_path / "normalise.md", tmp_path / "mkdocs.yml"
    page.write_text(block("page"))
    shutil.copy(ROOT / "mkdocs.yml", site)
    insert(site, "      - Work in notebooks:", "      " + block("navigation"))
    assert re.findall(r":\s(how-to/normalise\.md)$", site.read_text(), flags=re.MULTILINE) == ["how-to/normalise.md"]
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")

    def called(words: Sequence[str]) -> tuple[int, str]:
        result = call(*words)
        return result.exit_code, result.output

    assert walk(page, called) == 2
