"""Matched difficulty: the search finds what a known curve says, spends no call twice, and admits what it cannot reach."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.corpus import make
from workbench.__main__ import app
from workbench.adaptive.matched_difficulty import Match, Step, match
from workbench.audio import Waveform
from workbench.conditions import parse_condition
from workbench.engines import Engine, ScriptedEngine
from workbench.errors import ConditionError, StudyError, WorkbenchError
from workbench.fairness import rates
from workbench.results import load
from workbench.runner import run
from workbench.store import Store, open_store
from workbench.study import Study

N = 30
WORDS = 9  # of every three utterances in a row


class Listener(ScriptedEngine):
    """Gets the words of an utterance wrong according to a known curve of the condition's level; counts its calls."""

    def __init__(self, wrong: Callable[[str, float], bool], references: dict[str, str]) -> None:
        super().__init__(self._hear, model_id="listener")
        self.wrong, self.references = wrong, references
        self.asked: list[tuple[str, str]] = []

    def _hear(self, wave: Waveform) -> str:
        self.asked.append((wave.utterance_id, wave.condition_id))
        level = parse_condition(wave.condition_id).level
        return "" if self.wrong(wave.utterance_id, level) else self.references[wave.utterance_id]

    def loader(self, spec: str, *, base: Path, language: str) -> Engine:
        return self


def threshold_db(utterance_id: str) -> float:
    """Where an utterance of the curve below becomes unintelligible: 10 values from 1 to 19 dB, by its number."""
    return 1.0 + 2.0 * (int(Path(utterance_id).stem.partition("-")[2]) // 3)


def smooth(utterance_id: str, snr_db: float) -> bool:
    return snr_db < threshold_db(utterance_id)


def true_rate(snr_db: float) -> float:
    """Share of the thresholds above ``snr_db``: every threshold has the same nine words."""
    return sum(1.0 + 2.0 * k > snr_db for k in range(10)) / 10


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("tones")
    make(folder, per_speaker=N)
    fields = {"name": "tones", "corpus": ["tones.csv"], "engines": ["listener"], "conditions": ["clean"]}
    return Study.create({**fields, "normaliser": "basic", "attributes": ["accent"]}, base=folder)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def listener(study: Study, wrong: Callable[[str, float], bool] = smooth) -> Listener:
    from workbench.corpora import load_corpus

    utterances = load_corpus(study.manifests[0]).utterances
    return Listener(wrong, dict(zip(utterances["utterance_id"], utterances["reference"], strict=True)))


def found(study: Study, store: Store, listening: Listener, **given: Any) -> Match:
    wanted = {"by": "accent", "group": "west", "wer": 0.3, "tolerance": 0.01, **given}  # west: one speaker, quick
    condition, parameter = wanted.pop("condition", "white_noise"), wanted.pop("parameter", "snr_db")
    return match(study, condition, parameter, store=store, engine_loader=listening.loader, **wanted)


@pytest.mark.parametrize(
    "wer", [pytest.param(0.1, marks=pytest.mark.long), 0.3, pytest.param(0.8, marks=pytest.mark.long)]
)
def test_the_value_is_the_one_that_the_curve_says(study: Study, store: Store, wer: float) -> None:
    result = found(study, store, listener(study), wer=wer)
    assert result.reached
    assert true_rate(result.value) == pytest.approx(wer) == pytest.approx(result.wer)
    assert (result.unit, result.by, result.group, result.model_id) == ("dB", "accent", "west", "listener")
    assert result.condition_id == f"white_noise?snr_db={result.value:g}"
    assert parse_condition(result.condition_id).condition_id == result.condition_id
    assert len(result.steps) <= 12
    assert [step.wer for step in result.steps] == [true_rate(step.value) for step in result.steps]


@pytest.mark.long
def test_every_step_shows_its_rate_interval_and_bracket(study: Study, store: Store) -> None:
    seen: list[Step] = []
    result = found(study, store, listener(study), group="north", on_step=seen.append)
    assert tuple(seen) == result.steps
    assert [step.value for step in seen[:2]] == [-30.0, 60.0]
    assert all(math.isnan(step.bracket_low) for step in seen[:2])
    bracket = (-30.0, 60.0)
    for step in seen[2:]:
        assert step.value == pytest.approx(sum(bracket) / 2, rel=1e-3)
        assert bracket[0] <= step.bracket_low < step.bracket_high <= bracket[1]
        assert step.value in (step.bracket_low, step.bracket_high)
        bracket = (step.bracket_low, step.bracket_high)
        assert true_rate(bracket[0]) >= 0.3 >= true_rate(bracket[1])
    last = seen[-1]
    assert (last.n_speakers, last.ref_words, last.n_failed) == (3, 3 * N * WORDS // 3, 0)
    row = rates(load(last.run_id, store=store).scores, ["accent"]).iloc[0]
    assert (last.wer, last.ci_low, last.ci_high) == pytest.approx((row["rate"], row["ci_low"], row["ci_high"]))


@pytest.mark.long
def test_nothing_is_transcribed_twice_and_only_the_group_is(study: Study, store: Store) -> None:
    engine = listener(study)
    first = found(study, store, engine)
    assert len(engine.asked) == len(set(engine.asked)) == N * len(first.steps)
    spent = len(engine.asked)
    again = found(study, store, engine)
    assert [step.value for step in again.steps] == [step.value for step in first.steps]
    assert len(engine.asked) == spent, "nor by another search"
    pasted = study.model_copy(update={"conditions": (parse_condition(first.condition_id),)})
    record = run(pasted, store=store, engine_loader=engine.loader)
    assert record.reused == N, "the group's transcripts are those of the search"
    rows = rates(load(record.run_id, store=store).scores, ["accent"]).set_index("accent")
    assert rows.loc["west", "rate"] == pytest.approx(first.wer)


def test_a_rate_out_of_reach_says_what_the_ends_give(study: Study, store: Store) -> None:
    out = found(study, store, listener(study), wer=0.9, low=12.0, high=20.0)
    assert not out.reached
    assert out.reason == "90.0% is out of reach: the ends of the range, 12 and 20 dB, give 40.0% and 0.0%"
    assert out.value == 12.0


def test_an_end_that_fits_is_taken(study: Study, store: Store) -> None:
    result = found(study, store, listener(study), low=14.0, high=40.0)
    assert result.reached
    assert result.value == 14.0
    assert "an end of the range" in result.reason


@pytest.mark.long
def test_a_jump_over_the_rate_ends_when_no_value_is_left(study: Study, store: Store) -> None:
    result = found(study, store, listener(study, lambda _, snr_db: snr_db < 7.77), max_steps=40)
    assert not result.reached
    assert "no value with 4 digits is left between 7.769 and 7.77 dB" in result.reason
    few = found(study, store, listener(study, lambda _, snr_db: snr_db < 7.77), max_steps=5)
    assert few.reason == "5 steps are done"
    assert len(few.steps) == 5


@pytest.mark.long
def test_a_rate_that_turns_is_found_all_the_same_and_said(study: Study, store: Store) -> None:
    def turns(utterance_id: str, snr_db: float) -> bool:
        return smooth(utterance_id, {10.0: 18.0, 20.0: 2.0, 15.0: 0.0}.get(snr_db, 10.0))

    result = found(study, store, listener(study, turns), low=10.0, high=20.0, wer=0.5)
    values = {step.value: step.wer for step in result.steps}
    assert sorted(values.values()) != [values[value] for value in sorted(values)]
    assert any("neither rises nor falls throughout with snr_db" in note for note in result.notes)
    steady = found(study, store, listener(study))
    assert not any("neither rises nor falls" in note for note in steady.notes)


@pytest.mark.long
def test_the_result_says_on_whom_it_rests_and_that_it_was_tuned_on_them(study: Study, store: Store) -> None:
    several, one = (found(study, store, listener(study), group=group) for group in ("north", "west"))
    assert "rests on 3 speakers and 270 words of accent = north (95 % interval" in several.notes[0]
    assert "tuned on these very speakers" in several.notes[1]
    assert "rests on 1 speaker and 90 words of accent = west (no interval)" in one.notes[0]


@pytest.mark.long
def test_whole_numbers_stay_whole(study: Study, store: Store) -> None:
    engine = listener(study, lambda _, passes: passes > 6)
    result = found(study, store, engine, condition="g711", parameter="passes")
    assert not result.reached
    assert [step.value for step in result.steps] == [1, 16, 8, 4, 6, 7]
    assert "is left between 6 and 7 passes" in result.reason


@pytest.mark.long
def test_other_parameters_keep_the_values_they_are_written_with(study: Study, store: Store) -> None:
    result = found(
        study, store, listener(study), condition="equip_pulse?frequency_hz=440&duty=0.25", parameter="snr_db"
    )
    condition = parse_condition(result.condition_id)
    assert condition.parameters == {**condition.parameters, "frequency_hz": 440.0, "duty": 0.25}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"group": "nort"}, "did you mean 'north'"),
        ({"by": "acent"}, "did you mean 'accent'"),
        ({"parameter": "snr"}, "did you mean 'snr_db'"),
        ({"condition": "wite_noise"}, "did you mean 'white_noise'"),
        ({"condition": "clean"}, "clean has no parameter 'snr_db' that is a number"),
        ({"wer": 30}, "an error rate of 30 cannot be aimed at"),
        ({"wer": math.nan}, "an error rate of nan cannot be aimed at"),
        ({"tolerance": 0}, "a tolerance of 0"),
        ({"low": 10.0, "high": 5.0}, "from 10 to 5 dB is no range"),
        ({"high": 99.0}, "snr_db = 99 dB is outside -30 to 60 dB"),
        ({"engine": "other"}, "engine 'other' is not in the study"),
        ({"max_steps": 1}, "both ends need one each"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(
    study: Study, store: Store, given: dict[str, Any], message: str
) -> None:
    engine = listener(study)
    with pytest.raises(WorkbenchError, match=message) as caught:
        found(study, store, engine, **given)
    assert isinstance(caught.value, StudyError | ConditionError)
    assert not engine.asked


@pytest.mark.long
def test_with_several_engines_one_is_named(study: Study, store: Store) -> None:
    two = study.model_copy(update={"engines": ("listener", "other")})
    with pytest.raises(StudyError, match="the study has 2 engines; name one with --engine: listener, other"):
        found(two, store, listener(study))
    assert found(two, store, listener(study), engine="listener").reached


@pytest.mark.long
def test_a_filter_of_the_study_holds_too(study: Study, store: Store) -> None:
    fewer = study.model_copy(update={"filter": {"speaker_id": ("n1", "s1")}})
    assert found(fewer, store, listener(study), group="north").steps[0].n_speakers == 1
    with pytest.raises(StudyError, match="the study's filter leaves no accent = 'north'"):
        found(study.model_copy(update={"filter": {"accent": ("south",)}}), store, listener(study), group="north")


def test_transcripts_made_elsewhere_cannot_be_matched(study: Study, store: Store) -> None:
    deaf = ScriptedEngine({}, conditions=["clean"])
    with pytest.raises(StudyError, match="answers only for conditions that it has transcripts of"):
        match(
            study, "white_noise", "snr_db", by="accent", group="north", wer=0.3, store=store,
            engine_loader=lambda spec, *, base, language: deaf,
        )  # fmt: skip


@pytest.mark.long
@pytest.mark.engine
def test_pocketsphinx_reaches_the_rate_on_the_demo_corpus(tmp_path: Path) -> None:
    demo = Path(__file__).resolve().parent.parent / "data_manifests" / "demo.study.toml"
    arguments = ["match", str(demo), "--condition", "white_noise", "--parameter", "snr_db", "--by", "accent"]
    arguments += ["--group", "American English", "--wer", "0.4", "--tolerance", "0.03", "--low", "-10", "--high", "40"]
    engine = "pocketsphinx?grammar=demo.gram"
    arguments[2:2] = ["--engine", engine]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["reached"]
    study = Study.from_toml(demo).model_copy(
        update={"conditions": (parse_condition(result["condition_id"]),), "engines": (engine,)}
    )
    record = run(study.model_copy(update={"filter": {"accent": ("American English",)}}), store=open_store())
    scores: pd.DataFrame = load(record.run_id).scores
    assert scores["errors"].sum() / scores["ref_words"].sum() == pytest.approx(result["wer"])
    assert result["wer"] == pytest.approx(0.4, abs=0.03)
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0
    assert again.stdout.strip().endswith(result["condition_id"])
    assert "tuned on these very speakers" in again.stderr
    missed = CliRunner().invoke(app, [*arguments[:-4], "--low", "39", "--high", "40"])
    assert missed.exit_code == 1
    assert "out of reach" in missed.stderr
