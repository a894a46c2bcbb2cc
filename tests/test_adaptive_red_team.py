"""Red team: spaces are read or refused in words, proposals learn, every trial stays, and only other speakers confirm."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from bench.red_team import false_confirmations, trials_to_find
from tests.command_line import call
from tests.figure_text import plain, screen_text, svg_text
from tests.paired_scores import paired_scores
from tests.search_corpus import Listener, make, study
from workbench.adaptive.ledger import Ledger
from workbench.adaptive.proposals import Point, propose
from workbench.adaptive.red_team import Request, carry_out, read, red_team
from workbench.adaptive.search_space import techniques
from workbench.adaptive.trials import Objective, Trial, best, trial_table
from workbench.conditions import Condition, parse_condition, presets
from workbench.errors import ConditionError, StudyError
from workbench.figures import confirmation_plot
from workbench.results import load
from workbench.store import Store, open_store

PULSE = "equip_pulse?frequency_hz=200..6000/log&rate_hz=0.5..8"
GROUPS = {"A": 14, "B": 16, "C": 3}


def bump(group: str, condition: Condition) -> float:
    """Fails group A near 900 Hz, and everybody a little under any noise."""
    if condition.condition_id == "clean":
        return 0.1
    octaves = math.log2(float(condition.parameters.get("frequency_hz", 200.0)) / 900.0)
    return 0.2 + (0.6 * math.exp(-0.5 * (octaves / 0.8) ** 2) if group == "A" else 0.0)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("crowd"), GROUPS, per_speaker=2)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


# -- the space


def test_a_search_is_what_it_says_at_every_point() -> None:
    pulse, chain, both = techniques([PULSE, "room@1..4>babble@2"])
    assert [item.key.rpartition(".")[2] for item in pulse.dimensions] == ["frequency_hz", "rate_hz"]
    low = pulse.condition({item.key: item.at(0.0) for item in pulse.dimensions})
    high = pulse.condition({item.key: item.at(1.0) for item in pulse.dimensions})
    middle = pulse.condition({item.key: item.at(0.5) for item in pulse.dimensions})
    assert (low.parameters["frequency_hz"], high.parameters["frequency_hz"]) == (200, 6000)
    assert middle.parameters["frequency_hz"] == pytest.approx(math.sqrt(200 * 6000), rel=0.01)
    assert [chain.condition({chain.dimensions[0].key: level}).condition_id for level in (1, 4)] == [
        "room@1>babble@2",
        "room@4>babble@2",
    ]
    assert {chain.dimensions[0].at(share) for share in np.linspace(0, 0.999, 50)} == {1, 2, 3, 4}
    assert both.name == "room>babble>equip_pulse" or both.name == "equip_pulse>room>babble"
    assert set(both.dimensions) == set(pulse.dimensions + chain.dimensions), "learned of once, for both"
    assert len(techniques([PULSE, "room@1..4"], combine=False)) == 2
    assert len(techniques(["room@1..4>babble@2", "room@1..3>opus@2"])) == 2, "no chain of more than three parts"


@pytest.mark.parametrize(
    ("searches", "words"),
    [
        (["room@2"], "a single point"),
        (["rom@1..4"], "there is no condition 'rom'"),
        (["white_noise?snr_db=5..5"], "is no range"),
        (["white_noise?snr_db=20..200"], "outside -30 to 60 dB"),
        (["equip_pulse?frequency_hz=-5..900/log"], "log scale from -5"),
        (["white_noise?volume=1..2"], "no parameter 'volume'"),
        (["room@1..4", "room@1..4"], "twice"),
        (["room@1..4>babble@1>opus@1>clipping@1"], "a chain of 4 parts"),
        ([], "nothing to search over"),
        (["rom@1..4", "room@2"], "a single point"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(searches: list[str], words: str) -> None:
    with pytest.raises(ConditionError) as error:
        techniques(searches)
    assert words in str(error.value)


# -- proposals


def test_a_proposal_depends_on_the_trials_before_it_and_the_seed_alone() -> None:
    space = techniques([PULSE, "room@1..4"])
    tried: list[Point] = []
    for number in range(8):
        tried.append(propose(space, tried, [0.1 * n for n in range(number)], start=4, seed=3))
    again = [propose(space, tried[:n], [0.1 * k for k in range(n)], start=4, seed=3) for n in range(8)]
    assert again == tried
    assert [point.origin for point in tried] == ["start"] * 4 + ["proposed"] * 4
    assert {point.technique for point in tried[:4]} == {"equip_pulse", "room"}
    assert propose(space, tried[:5], [0.0] * 5, start=4, seed=4) != tried[5]


@pytest.mark.long
def test_a_planted_bump_is_found_with_fewer_trials_than_at_random() -> None:
    """50 seeds: ``python -m bench.red_team bump``."""
    seeds = range(9)
    proposed, drawn = (
        np.median([trials_to_find(seed, at_random=at_random) for seed in seeds]) for at_random in (False, True)
    )
    assert proposed < drawn


@pytest.mark.long
def test_where_nothing_differs_few_searches_are_confirmed_and_a_harm_is() -> None:
    """300 searches: ``python -m bench.red_team null``."""
    n = 24
    assert false_confirmations(n, permutations=199) <= 0.05 * n + 2 * math.sqrt(n * 0.05 * 0.95)
    assert false_confirmations(4, bump=0.5, speakers=24, permutations=199) >= 3


def test_a_condition_under_which_nobody_is_understood_is_worth_less_than_its_gap(rng: np.random.Generator) -> None:
    """Under ``noise@2`` the rest has 75 % of its words wrong: its larger gap change loses the 15 points above 60 %."""
    rates = {"A": (0.05, 0.45, 0.99), "B": (0.05, 0.25, 0.75)}
    errors = {group: [[int(x) for x in rng.binomial(400, some)] for _ in range(10)] for group, some in rates.items()}
    conditions = ("clean", "noise@1", "noise@2")
    scores, objective = paired_scores(errors, conditions, words=400), Objective("accent", ("A",))
    fields = {name: objective.worst(scores, name) for name in conditions[1:]}
    moderate, saturated = (
        Trial(number, "noise", "start", {}, name, **fields[name]) for number, name in enumerate(conditions[1:])
    )
    assert saturated.ci_low > moderate.ci_low > 0
    better = scores[(scores["condition_id"] == "noise@2") & (scores["accent"] == "B")]
    rate = better["errors"].sum() / better["ref_words"].sum()
    assert saturated.lower_rate == pytest.approx(rate)
    assert saturated.score == pytest.approx(saturated.ci_low - (rate - 0.6))
    assert moderate.score == moderate.ci_low
    assert best([saturated, moderate], 2) == [moderate, saturated]
    table = trial_table([saturated, moderate])
    assert table["score"].tolist() == [saturated.score, moderate.score]
    old = {name: value for name, value in moderate.to_fields().items() if name != "lower_rate"}
    assert Trial.from_fields(old).score == moderate.ci_low, "a ledger from before"


# -- the whole


def test_a_red_team_searches_one_half_confirms_on_the_other_and_can_be_taken_up(manifest: Path, store: Store) -> None:
    asked = study(manifest, split=None)
    options = {"attribute": "accent", "budget": 9, "top": 2, "store": store}
    listener = Listener(manifest, bump)

    class KilledError(Exception):
        pass

    def kill(trial: Trial) -> None:
        if trial.number == 3:
            raise KilledError

    with pytest.raises(KilledError):
        red_team(asked, [PULSE], engine_loader=listener.loader, on_trial=kill, **options)
    spent = len(listener.heard)
    result = red_team(asked, [PULSE], engine_loader=listener.loader, **options)
    assert len(result.trials) == 9 and spent < len(listener.heard)
    assert len(set(listener.heard)) == len(listener.heard), "nothing is heard twice"
    best_two = result.confirmations["condition_id"].tolist()
    explored = {listener.speakers[name] for name, condition in listener.heard if condition not in [*best_two, "clean"]}
    everybody = {listener.speakers[name] for name, condition in listener.heard if condition == best_two[0]}
    confirming = everybody - explored
    assert len(explored) == sum(side.explore for side in result.sides)
    assert len(confirming) == sum(side.confirm for side in result.sides)
    for row in result.trials.itertuples():
        heard = set(load(row.run_id, store=store).scores["speaker_id"])
        assert heard == explored
    rows = result.confirmations
    assert set(load(rows["run_id"][0], store=store).scores["speaker_id"]) == confirming
    assert rows["verdict"].tolist() == ["CONFIRMED", "CONFIRMED"] and set(rows["group"]) == {"A"}
    frequency = parse_condition(best_two[0]).parameters["frequency_hz"]
    assert abs(math.log2(float(frequency) / 900.0)) < 1.0
    assert (rows["p_adjusted"] >= rows["p_value"]).all()
    assert result.presets[0] == f"preset:redteam-{result.red_team_id}-1"
    assert presets.load(result.presets[0].removeprefix("preset:")).condition.condition_id == best_two[0]
    assert any("too few speakers to be searched for: C" in note for note in result.notes)

    elsewhere = open_store(f"sqlite:///{manifest.parent / 'other.sqlite'}")
    whole = carry_out(
        Request(asked, "accent", (PULSE,), budget=9, top=2, seed=1), store=elsewhere, engine_loader=listener.loader
    )
    assert whole.trials["condition_id"].tolist() == result.trials["condition_id"].tolist(), "a kill changes no trial"
    kept = read(result.red_team_id)
    assert kept.trials.drop(columns="run_id").equals(result.trials.drop(columns="run_id"))
    assert kept.confirmations["verdict"].tolist() == rows["verdict"].tolist()

    picture = confirmation_plot(rows)
    for text in (picture.alt, screen_text(picture), svg_text(picture.svg())):
        assert "on other speakers" in plain(text) and "confirmed" in plain(text)


def test_what_cannot_be_searched_is_refused_before_anything_is_heard(manifest: Path, store: Store) -> None:
    listener = Listener(manifest, bump)
    for changed, words in (
        ({"group": "C"}, "'C' has 3 speakers"),
        ({"group": "Z"}, "no group 'Z' in 'accent'"),
        ({"attribute": "gender"}, "attribute 'gender' is in no manifest"),
        ({"budget": 2, "top": 3}, "a budget of 2 trials has no best 3"),
        ({"engine": "whisper:tiny.en"}, "engine 'whisper:tiny.en' is not in the study"),
        ({"reference": "C"}, "'C' has 3 speakers"),
    ):
        with pytest.raises(StudyError) as error:
            options = {"attribute": "accent", "budget": 9, "store": store, "engine_loader": listener.loader, **changed}
            red_team(study(manifest, split=None), [PULSE], **options)
        assert words in str(error.value)
    assert listener.heard == []


def test_a_ledger_takes_off_half_a_line(workbench_home: Path) -> None:
    ledger = Ledger("x-1")
    ledger.begin({"budget": 2}, [])
    trial = Trial(0, "room", "start", {"k": 2}, "room@2", "A", 0.1, 0.05, 0.15, 6, 7, "run")
    ledger.add(trial)
    failed = Trial(1, "room", "start", {"k": 9}, reason="outside")
    ledger.add(failed)
    with (ledger.path / "ledger.jsonl").open("a") as file:
        file.write('{"number": 2, "techn')
    assert [one.to_fields() for one in ledger.trials()] == [trial.to_fields(), failed.to_fields()]
    assert best(ledger.trials(), 3) == [trial]


def test_the_command_says_what_it_cannot_do(manifest: Path) -> None:
    path = manifest.parent / "crowd.study.toml"
    path.write_text(study(manifest, split=None).to_toml())
    result = call("redteam", path, "--by", "accent", "--search", "room@2", "--json")
    assert result.exit_code == 2 and "a single point" in result.output
    assert json.loads(json.dumps(Request(study(manifest), "accent", (PULSE,)).to_fields()))["searches"] == [PULSE]
