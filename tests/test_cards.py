"""The service card: PDF, JSON and CSV say the same, claim no more than was measured, and set names literally."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pypdf
import pytest

from tests.card_material import build, plain, read, results, squeezed
from tests.figure_frames import MODEL, Errors, scores
from workbench import cards
from workbench.cards import Card
from workbench.cards.figures import further, pictures
from workbench.cards.limits import limits as limits_of
from workbench.cards.view import view
from workbench.cards.word_tables import BREAK, soft
from workbench.cards.writer import LONGEST_ALT, TALLEST_PT
from workbench.errors import CardError
from workbench.fairness import gaps, rates
from workbench.figures import Picture, percent, percent_interval, points, points_interval
from workbench.figures.wording import number
from workbench.results import Results
from workbench.results.scored_rows import LoadedRows

NASTY: Errors = {
    '#set text(red); #panic("x")': [[5], [6]],
    "$x^2$ *bold* _it_": [[6], [7]],
    '\\back `raw` <b>tag</b> & "q"': [[7], [8]],
    "= heading\n// comment /* block */": [[7], [9]],
    "@ref <label> ~ [content] {code}": [[3], [9]],
    "עברית / العربية": [[8], [9]],
    "unbreakable" * 12: [[9], [12]],
    "a very long group name that goes on and on until nobody wants to read any more of it": [[2], [4]],
}


@pytest.fixture(scope="module")
def card() -> Card:
    return build(results(), intended_use="Digits spoken by nurses, beside #pumps and *alarms*.")


@pytest.fixture(scope="module")
def files(card: Card, tmp_path_factory: pytest.TempPathFactory) -> cards.CardFiles:
    return cards.write_card(card, tmp_path_factory.mktemp("card") / "new" / "folder")


@pytest.fixture(scope="module")
def reader(files: cards.CardFiles) -> pypdf.PdfReader:
    return pypdf.PdfReader(files.pdf)


@pytest.fixture(scope="module")
def text(files: cards.CardFiles) -> str:
    return read(files.pdf.read_bytes())


# -- one object, three forms


def test_the_json_turns_back_into_an_equal_card(card: Card, files: cards.CardFiles) -> None:
    assert Card.model_validate_json(files.json.read_text(encoding="utf-8")) == card


def test_the_pdf_prints_every_number_of_the_json(files: cards.CardFiles, text: str) -> None:
    said = json.loads(files.json.read_text(encoding="utf-8"))
    gaps_of = {(row["condition_id"], row["group"]): row for row in said["gaps"]}
    for row in said["rates"]:
        ends = row["ci_low"], row["ci_high"]
        if row["attribute"]:
            gap = gaps_of[row["condition_id"], row["group"]]
            between = gap["ci_low"], gap["ci_high"]
            places = 0 if None in between or (between[1] - between[0]) / 2 >= 0.01 else 1
            interval = plain(points_interval(*between)).removesuffix(" points")
            line = (
                f"{row['group']} {row['n_speakers']} {row['ref_words']:,} {percent(row['rate'], *ends)} "
                f"{percent_interval(*ends)} {number(gap['difference'], places, sign=True)} {interval}"
            )
        else:
            line = f"{percent(row['rate'], *ends)} ({percent_interval(*ends)})"
        assert plain(line) in text
    for row in said["gaps"]:
        assert row["verdict"] in text
    for group in said["groups"]:
        assert f"{group['group']} {group['n_speakers']} {group['n_utterances']} {group['ref_words']:,}" in text


def test_the_csv_files_hold_the_same_numbers_as_the_fairness_functions(files: cards.CardFiles) -> None:
    frame = results().scores
    written = pd.read_csv(files.rates_csv, keep_default_na=False, na_values=[""])
    for by, rows in written.groupby("attribute", dropna=False):
        wanted = rates(frame, [str(by)] if by == by else [])
        keys = ["model_id", "condition_id"]
        wanted = wanted.rename(columns={str(by): "group"}) if by == by else wanted.assign(group="everyone")
        merged = rows.merge(wanted, on=[*keys, "group"], suffixes=("", "_wanted"), validate="one_to_one")
        assert len(merged) == len(rows) == len(wanted)
        for name in ("rate", "ci_low", "ci_high", "errors", "ref_words", "n_speakers"):
            pd.testing.assert_series_equal(
                merged[name].astype(float), merged[f"{name}_wanted"].astype(float), check_names=False, rtol=1e-12
            )
    written = pd.read_csv(files.gaps_csv)
    wanted = gaps(frame, "accent", margin=0.03).set_index(["condition_id", "group"])
    for row in written.itertuples():
        assert row.difference == pytest.approx(wanted.loc[(row.condition_id, row.group), "difference"], abs=1e-12)
        assert row.verdict == wanted.loc[(row.condition_id, row.group), "verdict"]


def test_a_missing_interval_is_null_and_empty_never_zero(files: cards.CardFiles) -> None:
    said = json.loads(files.json.read_text(encoding="utf-8"))
    alone = [row for row in said["rates"] if row["group"] == "Wales"]
    assert alone
    assert all(row["ci_low"] is None and row["ci_high"] is None and row["evidence"] == "1 speaker" for row in alone)
    written = pd.read_csv(files.rates_csv)
    assert written.loc[written["group"] == "Wales", "ci_low"].isna().all()


def test_the_same_card_gives_the_same_bytes(card: Card, files: cards.CardFiles, tmp_path: Path) -> None:
    again = cards.write_card(Card.model_validate_json(card.model_dump_json()), tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]


def test_every_figure_is_drawn_once_for_all_forms_of_a_card(
    card: Card, files: cards.CardFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, times = [path.read_bytes() for path in files], Counter[str]()
    draws = Picture.svg

    def counted(picture: Picture, *, titled: bool = True) -> str:
        times[picture.title] += 1
        return draws(picture, titled=titled)

    monkeypatch.setattr(Picture, "svg", counted)
    drawn = cards.draw(card)
    written = cards.write_card(drawn, tmp_path)
    assert cards.draw(drawn) is drawn
    assert len(cards.pages(drawn)) == len(pypdf.PdfReader(files.pdf).pages)
    assert set(times.values()) == {1}
    assert len(times) == wanted[1].count(b"<figure")
    assert [path.read_bytes() for path in written] == wanted


# -- the PDF as a document


def test_the_pdf_is_a4_tagged_with_its_fonts_inside_and_under_two_megabytes(
    files: cards.CardFiles, reader: pypdf.PdfReader
) -> None:
    assert files.pdf.stat().st_size < 2_000_000
    for page in reader.pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((595.28, 841.89), abs=0.01)
        fonts = page["/Resources"]["/Font"]
        assert fonts
        for font in fonts.values():
            for inner in font.get_object()["/DescendantFonts"]:
                descriptor = inner.get_object()["/FontDescriptor"].get_object()
                assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    described = root["/Metadata"].get_object().get_data().decode("utf-8")
    assert re.search(r"pdfaid:part>3<", described)
    assert re.search(r"pdfaid:conformance>A<", described)
    assert re.search(r"pdfuaid:part>1<", described)


def test_figures_are_vectors_with_text_alternatives(card: Card, reader: pypdf.PdfReader) -> None:
    assert not any(page.images for page in reader.pages)
    alternatives = [plain(alt) for alt in _alternatives(reader.trailer["/Root"]["/StructTreeRoot"])]
    pictures = [alt for alt in alternatives if alt.startswith(("Heat map.", "Points with intervals."))]
    assert len(set(pictures)) == 1, "page 1 has the board as a table; the web page has the other figures"
    for row in card.gaps:
        if row.difference is not None and row.ci_low is not None:
            assert any(plain(points(row.difference, row.ci_low, row.ci_high)) in alt for alt in pictures)


def _alternatives(element: Any) -> list[str]:
    element = element.get_object()
    found = [str(element["/Alt"])] if "/Alt" in element else []
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        inner = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(inner, dict) and inner.get("/Type") != "/MCR":
            found += _alternatives(inner)
    return found


def test_the_metadata_name_the_study_the_run_and_its_date(reader: pypdf.PdfReader) -> None:
    metadata = reader.metadata
    assert metadata is not None
    assert metadata.title == "Service card: digits in the ward"
    assert "run 20261120-ward-1f2e3d4c" in str(metadata.get("/Keywords"))
    assert str(metadata.get("/CreationDate")).startswith("D:20261120")


def test_every_page_is_numbered(reader: pypdf.PdfReader) -> None:
    n = len(reader.pages)
    for i, page in enumerate(reader.pages, 1):
        assert f"Page {i} of {n}" in plain(page.extract_text())


# -- what it says


def test_the_card_states_who_what_how_and_where_from(card: Card, text: str) -> None:
    for wanted in (
        "Digits spoken by nurses, beside #pumps and *alarms*.",
        "Ward digits",
        "CC-BY-4.0",
        "recorded for this test",
        "self-reported: asked in a form",
        "12 speakers, 24 utterances",
        "white noise, 10 dB",
        "10.0 dB",
        "basic-1",
        "3 points, fixed in the study",
        "Seed 7",
        "linearised",
        "pocketsphinx 5.1.1",
        "beam = 1e-48",
        "20261120-ward-1f2e3d4c",
        "No decoding failed and no reference was empty.",
    ):
        assert wanted in text
    tight = squeezed(text)
    for digest in (*(model.digest for model in card.models), "f1" * 32, card.reproduction.study_digest):
        assert digest in tight
    assert card.reproduction.study_digest == hashlib.sha256(card.reproduction.study_json.encode()).hexdigest()


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_voices_are_named_if_and_only_if_the_corpus_has_them(synthetic: bool) -> None:
    made = build(results(synthetic=synthetic))
    assert made.synthetic_voices is synthetic
    shown = read(cards.pdf(made)).lower()
    assert ("synthetic voices" in shown) is synthetic
    assert ("synthetic" in made.model_dump_json().replace('"synthetic_voices":false', "").lower()) is synthetic
    if synthetic:
        pages = pypdf.PdfReader(io.BytesIO(cards.pdf(made))).pages
        assert all("synthetic voices" in plain(page.extract_text()).lower() for page in pages)


def test_one_speaker_is_called_one_speaker(text: str, card: Card) -> None:
    assert "1 speaker" in text
    assert any(limit.startswith("1 speaker only: Wales (accent)") for limit in map(plain, card.limits))


def limits(made: Results) -> str:
    return plain(" ".join(build(made).limits))


def test_limits_come_from_the_facts_of_the_run() -> None:
    usual = limits(results())
    # England has six speakers and 600 words
    assert "Fewer than 5 speakers or 500 words: Scotland (accent) and not stated (accent)." in usual
    assert "England (accent)" not in usual
    assert "2 speakers did not state accent" in usual
    assert "under one normaliser (basic-1)" in usual
    made = build(results())
    assert any(one.endswith("of the catalogue, listed in card.json.") for one in made.limits)
    assert any("room" in name.lower() for name in made.conditions_not_tested)
    assert not any("white noise" in name.lower() for name in made.conditions_not_tested)
    assert "was not finished" not in usual
    assert "failed" not in usual


def test_an_unfinished_run_dropped_rows_and_unknown_origins_are_limits() -> None:
    made = results(n_dropped=3, attributes={}, licence="not stated")
    made = replace(made, run=replace(made.run, state="cancelled", done=10, total=96, finished_at=""))
    told = limits(made)
    assert "The run was not finished (state: cancelled, 10 of 96 done)" in told
    assert "3 rows of Ward digits had problems and were left out" in told
    assert "Ward digits does not state how accent was obtained" in told
    assert "Ward digits states no licence" in told
    assert build(made).run.date == "2026-11-20T10:00:01+00:00"


def test_inconclusive_is_not_sold_as_equal() -> None:
    made = build(results({"a": [[5], [6], [9], [5]], "b": [[7], [4], [8], [6]]}))
    n = sum(row.verdict == "INCONCLUSIVE" for row in made.gaps)
    assert n
    assert f"{n} of {len(made.gaps)} comparisons are INCONCLUSIVE" in plain(" ".join(made.limits))
    assert "fair" not in plain(" ".join(made.limits)).lower().replace("fairness", "")


def test_a_gap_that_may_be_chance_among_many_groups_is_called_so() -> None:
    made = build(results())
    gaps_shown = [row for row in made.gaps if row.verdict == "GAP"]
    chance = [row for row in gaps_shown if row.doubt == "may be chance among so many comparisons"]
    told = plain(" ".join(made.limits))
    assert (f"{len(chance)} of {len(gaps_shown)} GAP verdicts may be chance" in told) is bool(chance)
    many = {"verdict": "GAP", "p_familywise": 0.2, "n_speakers": 9, "n_speakers_reference": 9}
    rows = tuple(row.model_copy(update=many) for row in made.gaps)
    every = " ".join(limits_of(made.model_copy(update={"gaps": rows})))
    assert f"{len(rows)} of {len(rows)} GAP verdicts may be chance" in plain(every)


def test_a_verdict_over_few_speakers_is_called_tentative_wherever_it_is_counted_or_printed() -> None:
    made = build(
        results({"a": [[5], [6], [7], [6], [5]], "b": [[25], [24], [26]], "c": [[6], [5], [7], [6], [6]]}, ["clean"])
    )
    rows = {row.group: row for row in made.gaps}
    assert {name: (row.verdict, bool(row.doubt)) for name, row in rows.items()} == {
        "a": ("INCONCLUSIVE", False),
        "b": ("GAP", True),
        "c": ("INCONCLUSIVE", False),
    }
    told = plain(" ".join(made.limits))
    assert "Tentative, with fewer than 5 speakers on one side: 1 of 1 GAP or EQUIVALENT verdict." in told
    shown = read(cards.pdf(made))
    assert "GAP, tentative" in shown
    assert "1 GAP (shown beyond chance; 0 firm)" in shown
    assert "◇ GAP: tentative, over fewer than 5 speakers" in shown


def test_options_within_options_are_printed_one_by_one() -> None:
    made = results()
    model = replace(
        made.models[0], options={"decoding": {"beam": 1e-48, "cmn": "none"}, "grammar": "#JSGF " + "x " * 3000}
    )
    card = build(replace(made, models=(model,)))
    assert card.models[0].options["decoding.beam"] == "1e-48"
    shown = read(cards.pdf(card))
    assert "decoding.beam = 1e-48; decoding.cmn = none; grammar = #JSGF" in shown
    assert "(all of it in card.json)" in shown


def test_failures_and_empty_references_are_counted_by_group() -> None:
    frame = scores({"a": [[5, None], [6, 7]], "b": [[8, 9], [7, 7]]}, ["clean", "white_noise@2"])
    silent = (frame["utterance_id"] == "c/b-0-0").to_numpy()
    frame.loc[silent, ["hits", "substitutions", "deletions", "ref_words"]] = 0
    frame.loc[silent, ["insertions", "errors", "hyp_words"]] = 3
    made = build(results(scored=frame))
    shown = read(cards.pdf(made))
    assert "a 8 2 25 % 0 0" in shown
    assert "b 8 0 0 % 2 6" in shown
    assert "2 decodings of 16 failed" in shown
    assert "2 utterances (counted once per model and condition) had an empty reference" in shown


def test_a_model_that_heard_fewer_conditions_says_which_it_did_not() -> None:
    frame = scores(models=(MODEL, "imported:vendor.csv#00aa11bb"))
    frame = frame[(frame["model_id"] == MODEL) | (frame["condition_id"] == "clean")]
    made = build(results(models=(MODEL, "imported:vendor.csv#00aa11bb"), scored=frame))
    told = plain(" ".join(made.limits))
    assert "imported vendor.csv was not tested in white noise, 10 dB and babble, 3 dB" in told
    assert "not tested" in read(cards.pdf(made))


# -- names and sizes


def test_names_are_set_literally() -> None:
    made = build(results(NASTY, ["clean", "white_noise@2"], name="#panic() $a$ *b* \\ // c"), intended_use="#a\n\n= b")
    tight = squeezed(read(cards.pdf(made)))
    for name in NASTY:
        if "עברית" not in name:
            assert squeezed(name) in tight
    assert squeezed("#panic() $a$ *b* \\ // c") in tight
    assert Card.model_validate_json(made.model_dump_json()) == made


def test_scripts_that_no_font_here_holds_still_make_a_card() -> None:
    made = build(results({"中文 हिन्दी 日本": [[5], [6]], "עברית / العربية 😀": [[7], [9]]}, ["clean"]))
    assert len(pypdf.PdfReader(io.BytesIO(cards.pdf(made))).pages) >= 2


@pytest.mark.parametrize(
    "errors",
    [{"only": [[5]]}, {"only": [[5], [6], [9]]}, {"a": [[5]], "b": [[9]]}, {"a": [[None]], "b": [[4], [5]]}],
    ids=["one speaker", "one group", "no interval at all", "a group without words"],
)
def test_poor_material_makes_a_card_that_says_so(errors: Errors) -> None:
    made = build(results(errors, ["clean"]))
    shown = read(cards.pdf(made))
    if len(errors) == 1:
        assert "No gap: there are not two groups with scored words to compare." in shown
        assert "Word error rate gap" not in shown
    assert not any(row.verdict == "GAP" for row in made.gaps if row.ci_low is None)


@pytest.mark.long
def test_a_large_card_stays_under_two_megabytes_and_says_what_it_leaves_out() -> None:
    many: Errors = {f"group {i:02}": [[5 + i % 7], [7 + i % 5]] for i in range(25)}
    ten = ["clean", *(f"{name}@{level}" for name in ("white_noise", "babble", "room") for level in (1, 2, 3))]
    for models in (2, 3):
        made = build(results(many, ten, [f"model-{i}#{i:08}" for i in range(models)]))
        assert len(cards.pdf(made)) < 2_000_000
        note = view(made)["results"][0]["attributes"][0]["note"]
        assert ("too many to print" in note) is (len(made.rates) + len(made.gaps) > 1500)
    assert note == "250 rates and 250 gaps are too many to print: rates.csv and gaps.csv hold them."


TEN = ["clean", *(f"{name}@{level}" for name in ("white_noise", "babble", "room") for level in (1, 2, 3))]


def test_a_figure_whose_words_are_longer_than_a_pdf_can_hold_says_where_they_go_on() -> None:
    """PDF/A allows a string of 32,767 bytes; the words of 100 rates of groups with long names are longer."""
    many: Errors = {f"{i:02} {'of a long name ' * 25}": [[5 + i % 7], [7 + i % 5]] for i in range(10)}
    made = build(results(many, TEN))
    assert max(len(one.alt) for one in pictures(made, MODEL, "accent").values()) > 2 * LONGEST_ALT
    structure = pypdf.PdfReader(io.BytesIO(cards.pdf(made))).trailer["/Root"]["/StructTreeRoot"]
    cut = [alt for alt in _alternatives(structure) if "card.html has all of it" in alt]
    assert cut and all(len(alt) < LONGEST_ALT + 100 for alt in cut)


def test_a_card_of_many_rates_draws_few_figures_and_says_so() -> None:
    for groups in (5, 26):
        made = build(results({f"g{i:02}": [[5 + i % 7], [7 + i % 5]] for i in range(groups)}, TEN), evidence=["kinds"])
        assert len(further(made, MODEL, "accent")) == (groups == 5)
        assert any("only heat maps and intervals are drawn" in line for line in made.limits) is (groups == 26)


def test_figures_of_several_points_in_a_row_show_the_conditions_that_a_page_holds() -> None:
    groups: Errors = {f"g{i:02}": [[5 + i % 7], [7 + i % 5]] for i in range(20)}
    made = build(
        results(groups, ["clean", *(f"white_noise@{level}" for level in (1, 2, 3, 4)), "babble@1"]), evidence=["kinds"]
    )
    (kinds,) = further(made, MODEL, "accent").values()
    assert kinds.title.endswith("; 3 of 6 conditions, card.json has all")
    assert kinds.table["condition_id"].iloc[0] == "clean"
    height = float(re.search(r'height="([0-9.]+)pt"', kinds.svg(titled=False)).group(1))  # type: ignore[union-attr]
    assert height < TALLEST_PT
    assert len({row.condition_id for row in made.kinds}) == 6


def test_long_words_get_places_to_break_and_short_ones_none() -> None:
    assert soft("West Midlands") == "West Midlands"
    assert soft("a" * 30).replace(BREAK, "") == "a" * 30
    assert max(len(piece) for piece in soft("pocketsphinx?grammar=digits.gram#1f2e3d4c").split(BREAK)) <= 14


# -- choices and mistakes


def test_a_reference_group_is_named_in_method_and_tables() -> None:
    made = build(results(), reference_group="England")
    assert {row.reference_group for row in made.gaps} == {"England"}
    shown = read(cards.pdf(made))
    assert "Rate of a group minus rate of England" in shown
    assert "word error rate by accent, and gap to England in percentage points" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attributes": ["acent"]}, "the scores have no attribute 'acent'; did you mean 'accent'?"),
        ({"reference_group": "Englnd"}, "no attribute has a group 'Englnd'; did you mean 'England'?"),
    ],
)
def test_a_wrong_choice_is_an_error_with_the_nearest_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as error:
        build(results(), **options)
    assert message in str(error.value)


def test_without_scores_there_is_no_card() -> None:
    made = results()
    with pytest.raises(CardError, match="no scores"):
        build(replace(made, rows_of_run=LoadedRows(made.scores.head(0))))


def test_a_folder_that_cannot_be_written_is_an_error_with_its_place(card: Card, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("here already")
    with pytest.raises(CardError) as error:
        cards.write_card(card, taken)
    assert str(taken) in str(error.value)


def test_without_attributes_the_card_reports_everyone() -> None:
    made = build(results(), attributes=[])
    assert made.gaps == ()
    assert {row.group for row in made.rates} == {"everyone"}
    assert "No attribute was compared." in read(cards.pdf(made))


@pytest.mark.long
def test_a_card_with_every_part_draws_each_of_them_and_stays_small() -> None:
    conditions = ["clean", *(f"white_noise@{level}" for level in (1, 2, 3))]
    frame = scores(conditions=conditions)
    severity = frame["condition_id"].str.partition("@")[2].replace("", "0").astype("Int64")
    frame = frame.assign(
        severity=severity, level=severity.astype("float64"), family=frame["condition_id"].str.partition("@")[0]
    )
    made = build(results(conditions=conditions, scored=frame), evidence=None, examples=[("c/Wales-0-0", "clean")])
    shown = cards.pdf(made)
    assert len(shown) < 2_000_000
    text, page = read(shown), plain(cards.html(made))
    for title in (
        "What conditions do to the word error rate, by accent.",
        "Change of the gap to the rest under each condition, by accent.",
        "Word error rate by accent as conditions get harder.",
        "Word error rates of the speakers themselves, by accent.",
        "Words replaced, missed and invented, by accent.",
        "Gap to the rest under each normaliser, by accent.",
        "Transcripts that the analyst chose to print.",
    ):
        assert title in page
    assert "Change of the gap to the rest under each condition, by accent." in text
    for answer in made.dimensions:
        assert plain(answer.dimension) in text
        assert answer.assessed is (answer.text != "Not assessed.")
    assert {row.dimension for row in made.dimensions if not row.assessed} == {"Controllability"}


def test_the_pdf_carries_the_hashes_and_the_json(card: Card, files: cards.CardFiles, reader: pypdf.PdfReader) -> None:
    said = str((reader.metadata or {}).get("/Keywords"))
    assert f"run sha256:{card.reproduction.run_hash}" in said
    assert f"card sha256:{card.content_hash}" in said
    assert reader.attachments["card.json"] == [files.json.read_bytes()]
