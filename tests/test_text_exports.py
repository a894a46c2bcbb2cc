"""Exports and views: trn files go round, and a view says in words what it shows."""

from __future__ import annotations

import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.text import add_scores, align_words, get_normaliser
from workbench.text.alignment_view import align, as_html, as_text
from workbench.text.sclite import read_sgml, read_trn, write_sclite, write_sgml, write_trn


def scored(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "reference_raw", "hypothesis_raw"])
    return add_scores(frame.assign(model_id="m", condition_id="clean"), get_normaliser("basic"))


def test_trn_files_hold_the_normalised_texts_and_go_round(tmp_path):
    frame = scored(
        ("c/u-1", "spk-a", "Turn it off!", "turn of"), ("c/u-2", "spk-a", "um", ""), ("c/u-3", "b", "x", None)
    )
    ref, hyp = write_trn(frame, tmp_path / "trn")
    assert ref.read_text() == "turn it off (spk_a-c_u_1)\num (spk_a-c_u_2)\n"
    assert read_trn(hyp) == {"spk_a-c_u_1": "turn of", "spk_a-c_u_2": ""}


def test_an_alignment_is_written_as_sclite_writes_its_own(tmp_path):
    """The path of the format's description: letter, reference word, hypothesis word."""
    path = write_sgml(scored(("u", "a", "turn it off please", "turn off please now")), tmp_path / "a.sgml")
    assert path.read_text().splitlines() == [
        '<SYSTEM title="m clean" format="2.4">',
        '<SPEAKER id="a">',
        '<PATH id="(a-u)" word_cnt="5" sequence="0">',
        'C,"turn","turn":D,"it",:C,"off","off":C,"please","please":I,,"now"',
        "</PATH>",
        "</SPEAKER>",
        "</SYSTEM>",
    ]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=5))
def test_any_alignment_goes_round(rows):
    frame = pd.DataFrame(
        [(f"u{n}", speaker, said, heard) for n, (speaker, said, heard) in enumerate(rows)],
        columns=["utterance_id", "speaker_id", "reference_raw", "hypothesis_raw"],
    ).assign(model_id="m", condition_id="clean")
    frame = add_scores(frame, get_normaliser("basic"))
    with tempfile.TemporaryDirectory() as folder:
        found = read_sgml(write_sgml(frame, Path(folder) / "a.sgml"))
    assert found == {
        f"{row.speaker_id}-{row.utterance_id}": align_words(row.reference, row.hypothesis) for row in frame.itertuples()
    }


def test_sgml_that_is_none_is_refused_and_marks_inside_words_are_kept_apart(tmp_path):
    path = tmp_path / "a.sgml"
    path.write_text('<PATH id="(a-1)" word_cnt="1" sequence="0">\nX,what\n</PATH>\n')
    with pytest.raises(ScoringError, match="line 2: not an alignment"):
        read_sgml(path)
    frame = scored(("u", "a", "x", "x")).assign(reference='six"inch')
    assert read_sgml(write_sgml(frame, path))["a-u"][0].reference == "six''inch"


def test_every_system_and_condition_gets_a_folder_of_its_own(tmp_path):
    frame = scored(("1", "a", "x", "x"), ("2", "a", "x", "y")).assign(model_id=["m:1", "n"], condition_id="room@2")
    files = write_sclite(frame, tmp_path)
    assert {file.parent.name for file in files} == {"m_1__room_2", "n__room_2"}
    assert len(files) == 6
    assert all(file.is_file() for file in files)
    with pytest.raises(ScoringError, match="no row to write"):
        write_sclite(scored(("1", "a", "x", None)), tmp_path)


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


class Reader(HTMLParser):
    """What a screen reader says of a paragraph, and what is seen of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said, self.seen, self.open = "", "", [""]
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ("p", "del", "ins", "span")
        self.open.append("unseen" if "clip-path:inset(50%)" in (dict(attributes).get("style") or "") else tag)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.said += data
        self.seen += "" if self.open[-1] == "unseen" else data


def test_html_is_said_with_the_kind_of_each_error_and_shows_only_words():
    page = Reader(as_html(align_words("a <b> c e", "a d <i> e f")))
    assert page.said == "a said <b> written d said c written <i> e invented f"
    assert page.seen == "a <b> d c <i> e f"
    assert Reader(as_html(align_words("a b", "a"))).said == "a missing b"
    assert "aria-label" not in as_html(align_words("a b", "a c")), "deletions and insertions cannot be named"


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_markup_of_nothing(reference, hypothesis):
    words = align(get_normaliser("basic")(reference), get_normaliser("none")(hypothesis))
    kept = [word.reference or word.hypothesis for word in words if word.op != "substitution"]
    both = [side for word in words if word.op == "substitution" for side in (word.reference, word.hypothesis)]
    assert sorted(Reader(as_html(words)).seen.split()) == sorted(" ".join([*kept, *both]).split())


def test_an_alignment_shows_itself():
    words = align("turn the pump off", "turn a pump")
    assert words == align_words("turn the pump off", "turn a pump")
    assert str(words) == as_text(words)
    assert words._repr_html_() == as_html(words)
