"""Exports and views: trn files go round, and a view says in words what it shows."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.text import add_scores, align_words, get_normaliser
from workbench.text.exporting import read_trn, write_trn
from workbench.text.view import as_html, as_text


def scored(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "reference_raw", "hypothesis_raw"])
    return add_scores(frame.assign(model_id="m", condition_id="clean"), get_normaliser("basic"))


def test_trn_files_hold_the_normalised_texts_and_go_round(tmp_path):
    frame = scored(
        ("c/u-1", "spk-a", "Turn it off!", "turn of"), ("c/u-2", "spk-a", "(um)", ""), ("c/u-3", "b", "x", None)
    )
    ref, hyp = write_trn(frame, tmp_path / "trn")
    assert ref.read_text() == "turn it off (spk_a-c_u_1)\num (spk_a-c_u_2)\n"
    assert read_trn(hyp) == {"spk_a-c_u_1": "turn of", "spk_a-c_u_2": ""}


def test_names_that_look_alike_are_kept_apart(tmp_path):
    _, hyp = write_trn(scored(("u/1", "a", "x", "x"), ("u 1", "a", "y", "y"), ("u?1", "a", "z", "z")), tmp_path)
    assert list(read_trn(hyp)) == ["a-u_1", "a-u_1.2", "a-u_1.3"]


def test_two_models_do_not_fit_one_file(tmp_path):
    frame = scored(("1", "a", "x", "x"), ("2", "a", "x", "x")).assign(model_id=["m", "n"])
    with pytest.raises(ScoringError, match="2 different model_id"):
        write_trn(frame, tmp_path)
    with pytest.raises(ScoringError, match="no row to write"):
        write_trn(scored(("1", "a", "x", None)), tmp_path)


def test_a_line_without_a_name_is_refused(tmp_path):
    path = tmp_path / "bad.trn"
    path.write_text("good (a-1)\nbad\n\nworse (a 1)\n")
    with pytest.raises(ScoringError, match=r"line 2: .*; line 4: "):
        read_trn(path)


def test_a_long_text_is_folded_and_loses_no_word():
    said = " ".join(f"word{n}" for n in range(40))
    shown = as_text(align_words(said, said.replace("word7", "x")), width=60)
    assert max(map(len, shown.splitlines())) <= 66
    refs = " ".join(line[5:] for line in shown.splitlines() if line.startswith("REF"))
    assert refs.split() == said.split()


def test_html_escapes_what_was_said_and_labels_each_error():
    shown = as_html(align_words("a <b> c", "a d <i>"))
    assert shown == (
        '<p>a <del aria-label="&lt;b&gt;, replaced by d">&lt;b&gt;</del> <ins aria-hidden="true">d</ins> '
        '<del aria-label="c, replaced by &lt;i&gt;">c</del> <ins aria-hidden="true">&lt;i&gt;</ins></p>'
    )
    assert 'aria-label="b, missing"' in as_html(align_words("a b", "a"))
    assert 'aria-label="b, invented"' in as_html(align_words("a", "a b"))
