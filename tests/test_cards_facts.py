"""The service card claims what was measured: who was tested, by which margin, with which digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests.card_material import build, plain, read, results
from tests.figure_frames import MODEL, Errors, scores
from workbench import cards
from workbench.cards.figures import pictures
from workbench.cards.view import view
from workbench.cards.word_tables import probability
from workbench.corpora import CorpusInfo
from workbench.errors import CardError
from workbench.fairness import gaps
from workbench.figures.wording import decimals, number
from workbench.results import Results
from workbench.results.scored_rows import LoadedRows

TWO: Errors = {"a": [[5, 6], [9, 4], [7, 5]], "b": [[15, 16], [14, 19], [17, 15]]}


def two_corpora() -> Results:
    """Two corpora in which the same ids name other people."""
    one = scores(TWO, ["clean", "white_noise@2"])
    frame = pd.concat(
        [one, one.assign(corpus_id="d", utterance_id="d" + one["utterance_id"].str.slice(1))], ignore_index=True
    )
    made = results(scored=frame)
    first = made.corpora[0].model_copy(update={"n_speakers": 6, "n_utterances": 12})
    other = first.model_copy(update={"corpus_id": "d", "title": "Other digits", "fingerprint": "f2" * 32})
    return replace(made, corpora=(first, other))


def test_equal_ids_in_two_corpora_are_two_people_everywhere_on_the_card() -> None:
    card = build(two_corpora())
    assert [one.n_speakers for one in card.groups] == [6, 6]
    assert {row.n_speakers for row in card.rates if row.attribute} == {6}
    assert {row.n_speakers for row in card.rates if not row.attribute} == {12}
    assert "measured on 12\u00a0speakers" in view(card)["summary"]


def filtered() -> Results:
    made = results(scored=scores({"a": TWO["a"]}, ["clean"]), n_speakers=6, n_utterances=12)
    study = made.study.model_copy(update={"filter": {"accent": ("a",)}})
    return replace(made, study=study, run=replace(made.run, study_json=study.to_json()))


def test_a_card_over_a_part_of_a_corpus_says_which_part_and_counts_only_that() -> None:
    card = build(filtered())
    assert card.method.filter == {"accent": ("a",)}
    shown = read(cards.pdf(card))
    assert "measured on 3 speakers." in shown
    assert "Tested 3 speakers, 6 utterances" in shown
    assert "Only accent: a." in shown
    assert "Of Ward digits, 3 of 6 speakers and 6 of 12 utterances were tested." in plain(" ".join(card.limits))


def test_a_card_over_all_of_a_corpus_says_so_and_nothing_more() -> None:
    card = build(two_corpora())
    assert not any("were tested" in limit for limit in card.limits)
    assert "Every usable utterance of the corpora." in str(view(card)["method"])
    assert "Tested" not in str(view(card)["corpora"])


def test_an_attribute_that_varies_within_speakers_has_rates_and_no_gaps_and_the_card_says_why() -> None:
    frame = scores(TWO, ["clean"])
    task = ["read" if name.endswith("0") else "free" for name in frame["utterance_id"]]
    made = results(scored=frame.assign(task=task))
    card = build(made, attributes=["accent", "task"])
    assert {row.attribute for row in card.gaps} == {"accent"}
    assert {row.group for row in card.rates if row.attribute == "task"} == {"read", "free"}
    shown = read(cards.pdf(card))
    assert "Speakers are in more than one group of task: its rates are given, gaps between its groups are not." in shown
    assert "No gap: speakers are in more than one group of task" in shown


def test_the_snr_is_that_of_the_models_that_listened() -> None:
    frame = scores(TWO, ["white_noise@2"], models=("imported:a.csv#00aa11bb", MODEL))
    frame.loc[frame["model_id"] != MODEL, "achieved_snr_db"] = None
    card = build(results(conditions=["white_noise@2"], models=("imported:a.csv#00aa11bb", MODEL), scored=frame))
    assert card.conditions[0].mean_achieved_snr_db == pytest.approx(10.02)


def test_the_words_of_a_group_are_those_of_its_texts_once_whatever_was_done_to_the_audio() -> None:
    for conditions in (["clean"], ["clean", "white_noise@2", "babble@3"]):
        card = build(results(scored=scores(TWO, conditions), conditions=conditions))
        assert [(one.n_utterances, one.ref_words, one.minutes) for one in card.groups] == [(6, 300, 0.3)] * 2


@pytest.mark.parametrize("margin", [0.02, 0.3])
def test_the_margin_of_the_study_decides_and_is_the_one_on_the_card(margin: float) -> None:
    four: Errors = {"a": [[5], [6], [7], [6]], "b": [[9], [8], [12], [10]]}
    made = results(scored=scores(four, ["clean"]))
    made = replace(made, study=made.study.model_copy(update={"margin": margin}))
    card = build(made)
    assert card.method.margin == margin
    assert {row.verdict for row in card.gaps} == {"GAP" if margin < 0.1 else "EQUIVALENT"}
    wanted = gaps(made.scores, "accent", margin=margin)
    assert [row.verdict for row in card.gaps] == wanted["verdict"].tolist()
    assert f"gaps below ±{margin * 100:g} points" in read(cards.pdf(card))


def test_a_margin_chosen_for_the_card_judges_it_and_the_card_says_that_it_came_after_the_run() -> None:
    four: Errors = {"a": [[5], [6], [7], [6]], "b": [[9], [8], [12], [10]]}
    made = results(scored=scores(four, ["clean"]))  # whose study fixed 3 points
    card = build(made, margin=0.305)
    assert (card.method.margin, card.method.margin_of_the_study, card.choices.margin) == (0.305, 0.03, 0.305)
    assert {row.verdict for row in card.gaps} == {"EQUIVALENT"}
    assert [(row.limit, row.source) for row in card.claims] == [(0.305, "card")]
    text = read(cards.pdf(card))
    assert "30.5 points, chosen for this card after the run; the study had fixed 3 points before it" in text
    assert "a margin that is chosen when the results can be known prove less" in text
    assert "Margin and claims of the study were fixed before the run" not in text
    assert build(made, margin=0.03) == build(made)
    assert card.reproduction == build(made).reproduction
    for wrong in (0.0, 1.0, 30.5, -0.02):
        with pytest.raises(CardError, match="is no margin"):
            build(made, margin=wrong)


def rows(card: cards.Card, which: str) -> dict[str, list[str]]:
    """The printed gaps by group, as their columns are named."""
    table: Any = view(card)["results"][0]["attributes"][0][which]
    return {
        row[0]: dict(zip(table["columns"][1:], row[1:], strict=True))
        for part in table["blocks"]
        for row in part["rows"]
    }


def test_every_column_of_the_gap_table_is_the_number_it_is_called() -> None:
    many: Errors = {"a": [[5], [6], [7], [6], [5]], "b": [[9], [8], [14], [10], [9]], "c": [[6], [7], [9], [5], [8]]}
    card = build(results(scored=scores(many, ["clean"])))
    printed = rows(card, "rates")
    for row in card.gaps:
        places = decimals(row.ci_low, row.ci_high)
        assert row.p_value is not None and row.p_familywise is not None and row.ratio is not None
        assert printed[row.group]["p (family)"] == probability(row.p_familywise)
        assert printed[row.group]["Gap"] == number(row.difference, places, sign=True)
        assert printed[row.group]["Ratio"] == f"{row.ratio:.2f}"
    assert any(probability(row.p_familywise) != probability(row.p_value) for row in card.gaps)


@pytest.mark.parametrize(
    ("p", "written"),
    [(None, "–"), (0.0004, "<0.001"), (0.001, "0.001"), (0.0049, "0.005"), (0.034, "0.03"), (1.0, "1.00")],
)
def test_a_p_value_is_written_with_the_digits_it_bears(p: float | None, written: str) -> None:
    assert probability(p) == written


def test_every_figure_on_the_card_carries_the_caveat() -> None:
    card = build(results(synthetic=True, scored=scores(TWO, ["clean"])))
    assert card.caveat.startswith("Synthetic voices:")
    drawn = list(pictures(card, MODEL, "accent").values())
    assert len(drawn) == 3
    assert all(one.alt.endswith(card.caveat) and one.caveat == card.caveat for one in drawn)
    assert read(cards.pdf(card)).count("these figures describe speech synthesisers, not people.") >= 2


@pytest.mark.parametrize(
    ("first", "second", "caveat", "counted"),
    [
        (False, False, "", "12 speakers."),
        (
            True,
            True,
            "Synthetic voices: these figures describe speech synthesisers, not people.",
            "12 synthetic voices.",
        ),
        (
            False,
            True,
            "Synthetic voices among them (d): these figures describe speech synthesisers and people together.",
            "12 voices, 6 of them synthetic voices.",
        ),
    ],
)
def test_people_and_synthesisers_in_one_run_are_called_that(
    first: bool, second: bool, caveat: str, counted: str
) -> None:
    made = two_corpora()
    kinds = (first, second)
    corpora = tuple(
        one.model_copy(update={"synthetic_voices": kind}) for one, kind in zip(made.corpora, kinds, strict=True)
    )
    made = replace(made, corpora=corpora)
    assert made.caveat == caveat
    assert made.synthetic is bool(caveat)
    card = build(made)
    assert card.caveat == caveat
    assert plain(view(card)["summary"]).endswith(f"measured on {counted}")
    assert ("synthetic" in read(cards.pdf(card)).lower()) is bool(caveat)
    mixed = "no figure here is about people alone" in " ".join(card.limits)
    assert mixed is (first != second)


def test_synthetic_voices_that_the_study_left_out_are_no_caveat() -> None:
    made = two_corpora()
    other = made.corpora[1].model_copy(update={"synthetic_voices": True})
    left_out = made.scores[made.scores["corpus_id"] == "c"]
    made = replace(made, corpora=(made.corpora[0], other), rows_of_run=LoadedRows(left_out))
    assert made.caveat == ""
    assert not build(made).synthetic_voices


def test_a_corpus_block_has_every_figure_of_its_description() -> None:
    card = build(two_corpora())
    info: CorpusInfo = two_corpora().corpora[1]
    block = card.corpora[1]
    assert (block.corpus_id, block.title, block.licence, block.fingerprint) == (
        info.corpus_id, info.title, info.licence, info.fingerprint,
    )  # fmt: skip
    assert (block.n_speakers_tested, block.n_utterances_tested) == (6, 12)
