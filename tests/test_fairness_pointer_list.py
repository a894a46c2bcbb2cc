"""Routing by group: accepted updates never cost everybody or an earlier group an error, and only what is beyond chance is accepted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.card_material import build, results
from tests.command_line import call
from tests.figure_frames import row
from tests.figure_text import plain, screen_text, svg_text
from tests.paired_scores import counted
from workbench.adaptive.confirmation import spent
from workbench.cards import ledger
from workbench.cards.team_features import team_features
from workbench.errors import CardError, ScoringError
from workbench.fairness.comparison.pointer_list import Predicate, Routing, Sealed
from workbench.fairness.comparison.pointer_list import tested as judged
from workbench.figures import team_feature_map
from workbench.schema import SCORES

TIME = "2026-11-01T00:00:00+00:00"
GROUPS = [
    "accent=x",
    "accent=y",
    "gender=f",
    "gender=m & accent=x",
    "white_noise@1",
    "white_noise@1 & accent=y",
    "duration_s>=3",
    "duration_s<=4 & gender=f",
]


def scores(errors: dict[str, np.ndarray], people: pd.DataFrame, *, words: int = 100) -> pd.DataFrame:
    """One utterance of every speaker under each of two conditions, for every model: errors of shape (speakers, 2)."""
    rows = []
    for model, table in errors.items():
        for place, person in enumerate(people.itertuples()):
            for column, condition in enumerate(("clean", "white_noise@1")):
                rows.append(
                    {
                        "utterance_id": f"c/{person.speaker_id}", "condition_id": condition, "speaker_id": person.speaker_id,
                        "accent": person.accent, "gender": person.gender, "duration_s": float(person.duration_s),
                        "errors": int(table[place, column]), "model": model,
                    }
                )  # fmt: skip
    frame = pd.DataFrame(rows)
    return counted(frame, words).assign(model_id=frame["model"]).drop(columns="model")


def crowd(n: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "speaker_id": [f"s{place}" for place in range(n)], "accent": rng.permutation(np.resize(["x", "y"], n)),
            "gender": rng.choice(["f", "m"], n), "duration_s": rng.integers(1, 7, n),
        }
    )  # fmt: skip


# -- the list


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from("fgh")), min_size=1, max_size=8)
)
def test_updates_never_raise_the_errors_of_everybody_or_of_an_earlier_group(
    seed: int, asked: list[tuple[str, str]]
) -> None:
    rng = np.random.default_rng(seed)
    people = crowd(14, rng).assign(gender=np.resize(["f", "m"], 14))
    sealed = Sealed.of(scores({name: rng.integers(0, 60, (14, 2)) for name in "fgh"}, people), ["accent", "gender"])
    routing = Routing.begin(sealed, "f")
    for text, model in asked:
        group = Predicate.parse(text)
        mask = group.mask(sealed.rows, sealed.attributes)
        if sealed.errors[model][mask].sum() >= routing.errors[mask].sum():
            continue  # no certificate of suboptimality
        before = {
            item: int(routing.errors[item.mask(sealed.rows, sealed.attributes)].sum()) for item in routing.accepted
        }
        new = routing.updated(group, model)
        assert new.errors.sum() < routing.errors.sum()
        assert new.errors[mask].sum() <= sealed.errors[model][mask].sum()
        for item, errors in before.items():
            assert new.errors[item.mask(sealed.rows, sealed.attributes)].sum() <= errors
        routing = new
    # Another definition: the engine of every row by the list alone, and that engine's errors.
    engines = routing.decisions.engines(sealed.rows, sealed.attributes)
    assert [int(sealed.errors[name][place]) for place, name in enumerate(engines)] == routing.errors.tolist()


def test_a_repair_sends_a_group_back_to_the_list_that_served_it_best() -> None:
    people = pd.DataFrame(
        {
            "speaker_id": list("abcd"),
            "accent": ["x", "x", "y", "y"],
            "gender": ["f", "m", "f", "m"],
            "duration_s": [1, 1, 1, 1],
        }
    )
    rates = {"f": [50, 50, 50, 50], "g": [10, 20, 90, 90], "h": [40, 90, 5, 90]}
    sealed = Sealed.of(
        scores({name: np.array([row, row]).T for name, row in rates.items()}, people), ["accent", "gender"]
    )
    first = Routing.begin(sealed, "f").updated(Predicate.parse("accent=x"), "g")
    assert first.errors.reshape(4, 2)[:, 0].tolist() == [10, 20, 50, 50]
    second = first.updated(Predicate.parse("gender=f"), "h")
    assert [node.to for node in second.decisions.nodes] == ["g", "h", 1], "a had 10 errors with g and has 40 with h"
    assert second.errors.reshape(4, 2)[:, 0].tolist() == [10, 20, 5, 50]
    assert second.rate == pytest.approx(85 / 400)


# -- predicates


def test_a_predicate_is_what_it_says_in_any_order(rng: np.random.Generator) -> None:
    rows = scores({"f": np.zeros((6, 2)), "g": np.zeros((6, 2))}, crowd(6, rng))
    sealed = Sealed.of(rows, ["accent", "gender"])
    one, other = (
        Predicate.parse(text)
        for text in (
            "white_noise@1 & accent=x & duration_s>=2",
            "duration_s >= 2 & accent = x & white_noise@1 & white_noise@1",
        )
    )
    assert one == other and one.features == ("accent", "condition", "duration_s")
    frame = sealed.rows
    expected = (frame["condition_id"] == "white_noise@1") & (frame["accent"] == "x") & (frame["duration_s"] >= 2)
    assert one.mask(frame, sealed.attributes).tolist() == expected.tolist()
    pulse = "equip_pulse?frequency_hz=900&rate_hz=2"
    assert str(Predicate.parse(f"accent=x & {pulse}")) == f"accent=x & {pulse}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot read"),
        ("accent is x", "cannot read 'accent is x'"),
        ("duration_s>=long", "with a number"),
        ("accent>=3", "attributes take ="),
        ("__import__('os').system('true')", "no condition"),
        ("speaker_id=s1", "no attribute 'speaker_id'"),
        ("errors=0", "no attribute 'errors'"),
        ("accent=z", "no accent 'z'"),
        ("white_noise@9", "no condition 'white_noise@9'"),
    ],
)
def test_groups_that_cannot_be_are_refused(rng: np.random.Generator, text: str, words: str) -> None:
    sealed = Sealed.of(scores({"f": np.zeros((6, 2)), "g": np.zeros((6, 2))}, crowd(6, rng)), ["accent", "gender"])
    with pytest.raises(ScoringError) as error:
        Predicate.parse(text).mask(sealed.rows, sealed.attributes)
    assert words in str(error.value)


# -- the test and the ledger


@pytest.mark.long
def test_an_engine_that_is_no_better_is_accepted_in_at_most_five_of_a_hundred() -> None:
    rng, n, alarms = np.random.default_rng(3), 400, 0
    for _ in range(n):
        people = crowd(16, rng)
        own = rng.gamma(4.0, 5.0, (16, 1))
        errors = {name: rng.poisson(own * rng.gamma(10.0, 0.1, (16, 1)), (16, 2)).clip(0, 99) for name in "fg"}
        sealed = Sealed.of(scores(errors, people), ["accent"])
        alarms += judged(Routing.begin(sealed, "f"), Predicate.parse("accent=x"), "g").p_value <= 0.05
    assert alarms / n <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / n)


def two_models(rng: np.random.Generator) -> pd.DataFrame:
    """``new`` makes 20 errors fewer for accent x, 3 for everybody else within chance, and 30 more in noise."""
    people = crowd(20, rng)
    own = rng.integers(25, 35, (20, 1)) + np.array([[0, 10]])
    better = np.where(people["accent"].to_numpy()[:, None] == "x", own - 20, own + rng.integers(-6, 7, (20, 2)))
    tables = {"old": own, "new": better + np.array([[0, 8]])}
    rows = [
        row(f"c/{person.speaker_id}", condition, model, person.speaker_id, int(tables[model][place, column]), 100)
        | {"accent": person.accent, "gender": person.gender, "duration_s": float(person.duration_s)}
        for model in tables
        for place, person in enumerate(people.itertuples())
        for column, condition in enumerate(("clean", "white_noise@1"))
    ]
    return SCORES.validate(pd.DataFrame(rows))


def test_updates_are_judged_in_the_order_of_the_ledger_and_spend_less_and_less(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    made = results({}, ["clean", "white_noise@1"], ["old", "new"], scored=two_models(rng))
    path = tmp_path / "ledger.jsonl"
    texts = [
        "accent=x: use new",
        "accent=y: use new",
        "accent=x & clean: use new",
        "duration_s>=6 & gender=f & accent=x: use new",
        "accent=q: use new",
    ]
    for number, text in enumerate(texts):
        ledger.append(path, [ledger.claim_entry(text, by=f"Team {'AB'[number % 2]}", time=TIME)])
    rows = ledger.judgements(ledger.entries(path), made, model="old", time=TIME)
    assert [told["verdict"] for told in rows[:3]] == ["ACCEPTED", "REJECTED", "REJECTED"]
    assert [told["alpha"] for told in rows[:3]] == [pytest.approx(spent(use)) for use in (1, 2, 3)]
    assert rows[2]["value"] == 0 and "may be chance" in rows[2]["reason"], "the group has this engine already"
    assert {told["verdict"] for told in rows[3:]} == {"NOT ENOUGH INFORMATION"}
    assert "no accent 'q'" in rows[4]["reason"]
    first = rows[0]
    x = made.scores[made.scores["accent"] == "x"].groupby("model_id")[["errors", "ref_words"]].sum()
    rate = x["errors"] / x["ref_words"]
    assert first["value"] == pytest.approx(rate["new"] - rate["old"])
    assert first["rate_after"] < first["rate_before"] and first["repairs"] == 0

    ledger.append(path, rows[:1])
    later = ledger.judgements(ledger.entries(path), made, model="old", time=TIME)
    same = ("claim", "verdict", "value", "alpha", "rate_before")
    assert [[told.get(name) for name in same] for told in later] == [
        [told.get(name) for name in same] for told in rows[1:]
    ]
    ledger.append(path, later)
    assert ledger.judgements(ledger.entries(path), made, model="old", time=TIME) == []
    assert ledger.check_ledger(path).faults == ()

    features = team_features(ledger.entries(path)).set_index(["team", "feature"])
    assert features.loc[("Team A", "accent")].tolist() == [3, 3, 1]
    assert features.loc[("Team B", "duration_s")].tolist() == [1, 1, 0]
    picture = team_feature_map(features.reset_index())
    for text in (picture.alt, screen_text(picture), svg_text(picture.svg())):
        assert "Team A" in plain(text) and "duration_s" in plain(text) and "1 hold" in plain(text)
    shown = call("ledger", "teams", path, "--figure", tmp_path / "teams.svg")
    assert shown.exit_code == 0 and "Team B" in shown.output and (tmp_path / "teams.svg").stat().st_size > 1000


def test_who_has_seen_the_speakers_tests_nothing_and_a_single_model_routes_nobody(rng: np.random.Generator) -> None:
    made = results({}, ["clean", "white_noise@1"], ["old", "new"], scored=two_models(rng))
    card = build(made).model_dump(mode="json")
    claim = {"n": 1, **ledger.claim_entry("accent=x: use new", by="Team A", time=TIME, seen=card)}
    (told,) = ledger.judgements([claim], made, model="old", time=TIME)
    assert told["verdict"] == "NOT ENOUGH INFORMATION" and "seen these speakers" in told["reason"]
    json.dumps(told)
    alone = results({}, ["clean", "white_noise@1"], ["old"], scored=made.scores[made.scores["model_id"] == "old"])
    with pytest.raises(CardError, match="an update needs a second engine"):
        ledger.judgements([claim], alone, model="old", time=TIME)
    for text in ("accent=x: use ", ": use new", "accent is x: use new"):
        with pytest.raises(CardError):
            ledger.claim_entry(text, by="Team A", time=TIME)
