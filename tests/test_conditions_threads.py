"""Eight threads degrade at once, as sessions of the app do: nobody hears what another one drew, set or left behind."""

from __future__ import annotations

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import numpy as np
import pytest

from tests.synthetic_speech import RATE, speech_like, write_corpus
from workbench.audio import Waveform, samples_digest
from workbench.conditions import KINDS, CorpusPool, degrade, parse_condition
from workbench.conditions.chain import Composed

THREADS = 8
FOREIGN = ("audiomentations", "av", "subprocess", "scipy")
"""What others wrote, and may keep state that all threads share; scipy's functions keep none: with it alone is among the long tests."""


def uses(name: str) -> set[str]:
    """Which of these the module of a condition, or one it imports from the workbench, takes something from."""
    seen: set[str] = set()
    found: set[str] = set()
    queue = [KINDS[name].__module__]
    while queue:
        module = queue.pop()
        if module in seen or not module.startswith("workbench.conditions."):
            continue
        seen.add(module)
        text = (Path(__file__).parent.parent / Path(*module.split("."))).with_suffix(".py").read_text()
        words = [line.split()[1] for line in text.splitlines() if line.strip().startswith(("import ", "from "))]
        found |= {word.partition(".")[0] for word in words}
        queue += words
    return found & set(FOREIGN)


SINGLE = [
    name
    for name, kind in KINDS.items()
    if kind.catalogued and not (issubclass(kind, Composed) or kind.unavailable() or kind.needs_folder)
]
SHARING = [f"{name}@2" for name in SINGLE if name != "clean" and uses(name)]
CHAINS = [
    "handset_band@1>mask@2>handset_band@4>mask@4",
    "room@2>white_noise@2>white_noise@2>handset_band@2>opus@2>packet_loss@3",
    "amr_nb@4>opus@4>mp3_low@4>g726@4",
    "place:ward@2",
    "place:car@3",
]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    voices = {name: [speech_like(0.6, seed=10 * k + u) for u in range(3)] for k, name in enumerate(["ada", *"bcdefg"])}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), voices))


WAVES = [Waveform(speech_like(0.4 + 0.1 * k, seed=k), RATE, f"toy/{k}", "ada") for k in range(THREADS)]


def digest(name: str, k: int, pool: CorpusPool) -> str:
    return samples_digest(degrade(WAVES[k], parse_condition(name), slot=k, seed=1, pool=pool).wave)


def test_the_conditions_that_share_a_library_are_found() -> None:
    assert {"handset_band@2", "mask@2", "opus@2", "g711@2", "mp3_low@2"} <= set(SHARING)
    assert uses("handset_band") >= {"audiomentations"}
    assert uses("opus") >= {"av"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            pytest.param(name, marks=[] if uses(name.partition("@")[0]) - {"scipy"} else pytest.mark.long)
            for name in SHARING
        ),
        *CHAINS,
    ],
)
def test_eight_threads_at_once_hear_what_each_hears_alone(name: str, pool: CorpusPool) -> None:
    """All start at the same moment, each on other audio in another slot, while a ninth stirs the global generators."""
    alone = [digest(name, k, pool) for k in range(THREADS)]
    started, done = Barrier(THREADS), Event()

    def work(k: int) -> list[str]:
        started.wait(timeout=30)
        return [digest(name, k, pool) for _ in range(2)]

    def stir() -> None:
        while not done.is_set():
            random.seed(3)
            np.random.seed(3)  # noqa: NPY002
            np.random.standard_normal(50)  # noqa: NPY002

    stirring = Thread(target=stir)
    stirring.start()
    try:
        with ThreadPoolExecutor(THREADS) as threads:
            found = list(threads.map(work, range(THREADS)))
    finally:
        done.set()
        stirring.join()
    assert found == [[one, one] for one in alone]


def test_nothing_draws_from_the_global_generators(pool: CorpusPool) -> None:
    for name in [*(f"{one}@2" for one in SINGLE if one != "clean"), *CHAINS]:
        before = random.getstate(), np.random.get_state()  # noqa: NPY002
        digest(name, 0, pool)
        assert random.getstate() == before[0], name
        np.testing.assert_equal(np.random.get_state(), before[1])  # noqa: NPY002


@pytest.mark.long
def test_another_process_hears_the_same_chain() -> None:
    names = [name for name in CHAINS if not parse_condition(name).needs_speech_pool]
    code = (
        f"from tests.test_conditions_threads import digest\nfor name in {names[::-1]!r}: print(digest(name, 3, None))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [digest(name, 3, None) for name in names[::-1]]  # type: ignore[arg-type]
