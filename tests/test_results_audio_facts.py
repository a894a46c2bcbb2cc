"""What is measured on every utterance under every condition, stored with the transcript, and found again."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from typer.testing import CliRunner

from tests.corpus import make
from tests.synthetic_speech import RATE, level_db, speech_like, write_corpus
from workbench import schema
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.cards import build_card
from workbench.conditions import CATALOGUE, CorpusPool, Original, degrade
from workbench.engines import ScriptedEngine, Transcript
from workbench.errors import ScoringError
from workbench.fairness import binned, rates
from workbench.results import audio_facts, loader
from workbench.runner import run
from workbench.store import Store, open_store
from workbench.study import Study

ALWAYS = {
    "active_level_db", "activity_factor", "heard_active_level_db", "heard_activity_factor", "peak", "full_scale_percent",
    "full_scale_run_samples", "rolloff_hz", "stoi",
}  # fmt: skip
SPEECH = Waveform(speech_like(1.5), RATE, "toy/ada_0", "ada")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    voices = {name: [speech_like(0.6, seed=10 * k + u) for u in range(3)] for k, name in enumerate("abcdefghijklmnopq")}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), voices))


@pytest.fixture
def done(tmp_path: Path, workbench_home: Path) -> tuple[loader.Results, Store]:
    """A finished run of two scripted models over three conditions."""
    make(tmp_path, per_speaker=2)
    fields = {"name": "facts", "corpus": ["tones.csv"], "engines": ["one", "two"]}
    study = Study.create({**fields, "conditions": ["clean", "white_noise@2", "packet_loss@4"]}, base=tmp_path)

    def load_scripted(spec: str, *, base: Path, language: str) -> ScriptedEngine:
        return ScriptedEngine(lambda wave: Transcript("one", 0.0, None, {"avg_logprob": -1.0}), model_id=spec)

    store = open_store()
    record = run(study, store=store, engine_loader=load_scripted)
    return loader.load(record.run_id, store=store), store


# -- under every condition


@pytest.mark.parametrize("kind", sorted({name.partition("@")[0] for name in CATALOGUE}))
def test_every_condition_is_measured_and_every_fact_explained(
    kind: str, pool: CorpusPool, subtests: pytest.Subtests
) -> None:
    for name in [kind] if kind in CATALOGUE else [f"{kind}@2", f"{kind}@4"]:
        with subtests.test(name):
            condition = CATALOGUE[name]
            if condition.missing:
                pytest.skip("; ".join(condition.missing))
            facts = degrade(SPEECH, condition, slot=0, seed=1, pool=pool).facts
            unexplained = {fact.rpartition(".")[2] for fact in facts} - set(schema.FACTS.column_names)
            assert not unexplained, "give each a line with its unit in workbench/schema/fact_tables.py"
            comparable = condition.keeps_length and condition.keeps_speech
            assert set(facts) >= (ALWAYS if comparable else ALWAYS - {"stoi"})
            assert comparable or not {"stoi", "si_sdr_db"} & set(facts)
            assert all(math.isfinite(value) for value in facts.values())


def test_before_and_heard_are_told_apart() -> None:
    pause = np.zeros(3 * RATE, dtype=np.float32)
    wave = Waveform(np.concatenate([speech_like(2.0), pause]), RATE)
    facts = degrade(wave, CATALOGUE["white_noise@4"], slot=0, seed=1).facts
    quiet = degrade(wave, CATALOGUE["low_level@1"], slot=0, seed=1).facts
    assert facts["activity_factor"] < 0.5 < 0.99 < facts["heard_activity_factor"]
    assert quiet["heard_active_level_db"] == pytest.approx(-36.0, abs=0.2)
    assert quiet["active_level_db"] == facts["active_level_db"] != pytest.approx(-36.0, abs=1.0)


def test_the_facts_of_the_catalogue_order_its_severities(pool: CorpusPool) -> None:
    for name, fact in (
        ("white_noise", "stoi"),
        ("babble", "si_sdr_db"),
        ("bandlimit_resample", "stoi"),
        ("room", "stoi"),
    ):
        found = [degrade(SPEECH, CATALOGUE[f"{name}@{k}"], slot=0, seed=1, pool=pool).facts[fact] for k in (1, 2, 3, 4)]
        assert found == sorted(found, reverse=True), name


def test_clean_audio_has_no_distortion_to_compare() -> None:
    facts = degrade(SPEECH, CATALOGUE["clean"], slot=0, seed=1).facts
    assert "si_sdr_db" not in facts
    assert facts["stoi"] == pytest.approx(1.0, abs=1e-4)
    assert facts["heard_active_level_db"] == facts["active_level_db"]
    assert facts["peak"] == pytest.approx(float(np.max(np.abs(SPEECH.samples))))


def test_the_original_is_worked_out_once_and_only_taken_for_its_own_audio() -> None:
    other = Waveform(0.1 * SPEECH.samples, RATE)
    right = degrade(SPEECH, CATALOGUE["room@2"], slot=0, seed=1)
    assert degrade(SPEECH, CATALOGUE["room@2"], slot=0, seed=1, original=Original(SPEECH)).facts == right.facts
    assert degrade(SPEECH, CATALOGUE["room@2"], slot=0, seed=1, original=Original(other)).facts == right.facts


@pytest.mark.parametrize("seconds", [0.0001, 0.02, 0.3])
def test_short_and_silent_audio_has_the_facts_it_can_have(seconds: float) -> None:
    short = Waveform(speech_like(seconds, pause_s=0.0), RATE)
    facts = degrade(short, CATALOGUE["clean"], slot=0, seed=1).facts
    assert "stoi" not in facts
    assert facts["heard_active_level_db"] == pytest.approx(level_db(short.samples), abs=1e-4 if seconds < 0.2 else 2.0)
    silent = degrade(Waveform(np.zeros(RATE, dtype=np.float32), RATE), CATALOGUE["clean"], slot=0, seed=1).facts
    assert silent == {
        "activity_factor": 0.0, "heard_activity_factor": 0.0, "peak": 0.0, "full_scale_percent": 0.0,
        "full_scale_run_samples": 0.0,
    }  # fmt: skip


# -- stored and found again


def test_facts_of_a_run_have_a_row_per_utterance_and_condition(done: tuple[loader.Results, Store]) -> None:
    loaded, _ = done
    facts = audio_facts.facts(loaded)
    assert len(facts) == len(loaded.scores) / 2 == 36
    assert list(facts.columns) == schema.FACTS.column_names
    row = facts[facts["condition_id"] == "white_noise@2"].iloc[0]
    degraded = loader.heard(loaded, row["utterance_id"], "white_noise@2", store=done[1])[1]
    assert {name: row[name] for name in degraded.facts} == pytest.approx(degraded.facts)
    assert row["achieved_snr_db"] == pytest.approx(10.0, abs=0.2)
    assert math.isnan(row["lost_percent"])
    assert facts.loc[facts["condition_id"] == "packet_loss@4", "lost_percent"].notna().all()
    both = facts.merge(loaded.scores, on=["utterance_id", "condition_id"], suffixes=("", "_scores"), how="right")
    assert (both["audio_digest"] == both["audio_digest_scores"]).all()


def test_facts_can_be_grouped_by_like_any_column(done: tuple[loader.Results, Store]) -> None:
    found, _ = done
    joined = audio_facts.with_facts(found, ["source_snr_db", "peak"])
    measured = audio_facts.facts(found).set_index(["utterance_id", "condition_id"])
    for row in joined.sample(8, random_state=1).itertuples():
        assert row.peak == measured.loc[(row.utterance_id, row.condition_id), "peak"]
    binned_by = binned(joined, "peak", [joined["peak"].median()])
    assert rates(binned_by, ["peak_bin"])["n_utterances"].sum() == joined["errors"].notna().sum()
    with pytest.raises(ScoringError, match=r"no fact 'source_snr'; did you mean 'source_snr_db'\?"):
        audio_facts.with_facts(found, ["source_snr"])


def test_what_an_engine_says_is_kept_apart_from_what_was_measured(done: tuple[loader.Results, Store]) -> None:
    loaded, store = done
    stored = json.loads(store.rows(loaded.run.run_id)["facts"].iloc[0])
    assert stored["engine_avg_logprob"] == -1.0
    assert not [name for name in audio_facts.facts(loaded) if "logprob" in name]


def test_the_summary_is_median_and_spread_of_what_was_measured(done: tuple[loader.Results, Store]) -> None:
    facts = audio_facts.facts(done[0])
    summary = audio_facts.fact_summary(facts).set_index(["condition_id", "fact"])
    assert list(dict.fromkeys(summary.index.get_level_values(0))) == ["clean", "white_noise@2", "packet_loss@4"]
    values = sorted(facts.loc[facts["condition_id"] == "white_noise@2", "si_sdr_db"])
    row = summary.loc[("white_noise@2", "si_sdr_db")]
    assert row["n_utterances"] == len(values) == 12
    assert row["median"] == pytest.approx((values[5] + values[6]) / 2)
    assert values[0] <= row["p05"] <= values[1] < values[-2] <= row["p95"] <= values[-1]
    assert ("clean", "si_sdr_db") not in summary.index


def test_audio_that_could_not_be_made_has_a_row_without_facts(tmp_path: Path, workbench_home: Path) -> None:
    make(tmp_path, per_speaker=1)
    pool_less = {"name": "few", "corpus": ["tones.csv"], "engines": ["one"], "conditions": ["clean", "white_noise@1"]}
    study = Study.create(pool_less, base=tmp_path)
    engine = ScriptedEngine(lambda wave: "one")
    store = open_store()
    silent = tmp_path / "audio" / "n1-0.wav"
    soundfile.write(silent, np.zeros(RATE), RATE)
    loaded = loader.load(run(study, store=store, engine_loader=lambda *a, **k: engine).run_id, store=store)
    facts = audio_facts.facts(loaded)
    row = facts[(facts["condition_id"] == "white_noise@1") & facts["utterance_id"].str.contains("n1-0")]
    assert len(row) == 1
    assert row.drop(columns=["utterance_id", "condition_id"]).isna().all(axis=None)


def test_further_facts_are_kept_and_empty_tables_have_their_columns() -> None:
    frame = pd.DataFrame({"utterance_id": ["a"], "condition_id": ["c"], "warp_percent": [2]})
    lacking = [name for name in schema.FACTS.column_names if name not in frame]
    valid = schema.FACTS.validate(frame.reindex(columns=[*frame.columns, *lacking]))
    assert valid["warp_percent"].dtype == "float64"
    assert schema.FACTS.empty(["warp_percent"])["warp_percent"].dtype == "float64"
    assert "further facts" in schema.FACTS.to_markdown()


# -- where people meet them


def test_facts_are_exported_as_csv_and_parquet(done: tuple[loader.Results, Store], tmp_path: Path) -> None:
    run_id = done[0].run.run_id
    for path in (tmp_path / "facts.csv", tmp_path / "facts.parquet"):
        told = CliRunner().invoke(app, ["export", run_id, "--facts", "--out", str(path)])
        assert (told.exit_code, told.stderr.split()[:2]) == (0, ["36", "rows"])
        read = pd.read_csv if path.suffix == ".csv" else pd.read_parquet
        frame = read(path)
        assert (
            {"utterance_id", "condition_id", "si_sdr_db", "lost_percent"}
            <= set(frame)
            <= set(schema.FACTS.column_names)
        )
        assert "horns" not in frame
    assert CliRunner().invoke(app, ["export", run_id, "--facts", "--out", str(tmp_path / "facts.doc")]).exit_code == 2


def test_degrade_prints_them_as_json(tmp_path: Path) -> None:
    make(tmp_path)
    given = [
        "degrade",
        str(tmp_path / "audio" / "n1-2.wav"),
        str(tmp_path / "a.wav"),
        "--condition",
        "g711@2",
        "--json",
    ]
    assert set(json.loads(CliRunner().invoke(app, given).stdout)) >= {*ALWAYS, "si_sdr_db", "bandwidth_hz"}


def test_the_card_says_what_was_measured_under_each_condition(done: tuple[loader.Results, Store]) -> None:
    card = build_card(done[0])
    noise = next(one for one in card.conditions if one.condition_id == "white_noise@2")
    assert noise.measured["achieved_snr_db"].median == pytest.approx(10.0, abs=0.2)
    assert noise.measured["si_sdr_db"].p05 <= noise.measured["si_sdr_db"].median <= noise.measured["si_sdr_db"].p95
    assert noise.measured["si_sdr_db"].n_utterances == 12
    assert type(card).model_validate_json(card.model_dump_json()) == card
