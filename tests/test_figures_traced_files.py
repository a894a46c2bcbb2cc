"""A figure on its way out carries the hash of its run, its title and its text, in every format."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pypdf
import pytest
from PIL import Image

import workbench as wb
from tests.card_material import results
from workbench.cards.hashes import run_hash
from workbench.errors import ScoringError
from workbench.figures import Picture

HASH = "a" * 64


@pytest.fixture(scope="module")
def board() -> Picture:
    return wb.show(results())


def test_svg(board: Picture) -> None:
    root = ElementTree.fromstring(wb.exported(board, "svg", run_hash=HASH).decode("utf-8"))
    told = {one.tag.rpartition("}")[2]: one.text for one in root.iter() if one.text}
    assert told["identifier"] == f"run sha256:{HASH}"
    assert told["description"] == board.alt


def test_pdf(board: Picture) -> None:
    made = wb.exported(board, "pdf", run_hash=HASH)
    assert made == wb.exported(board, "pdf", run_hash=HASH)
    reader = pypdf.PdfReader(io.BytesIO(made))
    about = reader.metadata
    assert about is not None
    assert about.title == board.title
    assert str(about.get("/Keywords")) == f"run sha256:{HASH}"
    assert len(reader.pages) == 1
    assert "Scotland" in reader.pages[0].extract_text()


def test_png(board: Picture) -> None:
    with Image.open(io.BytesIO(wb.exported(board, "png", run_hash=HASH))) as image:
        image.load()
        assert image.info["Source"] == f"run sha256:{HASH}"
        assert image.info["Description"] == board.alt
        assert image.width > 1000


def test_another_kind_is_refused(board: Picture) -> None:
    with pytest.raises(ScoringError, match="a figure cannot be written as 'gif'"):
        wb.exported(board, "gif", run_hash=HASH)


def test_the_hash_of_a_run_follows_its_transcripts_and_not_its_normaliser() -> None:
    made = results()
    assert run_hash(made) == run_hash(results())
    scores = made.scores
    shuffled = results(scored=scores.sample(frac=1, random_state=1))
    assert run_hash(shuffled) == run_hash(made)
    other = scores.assign(hypothesis_raw=scores["hypothesis_raw"].mask(scores.index == 3, "two"))
    assert run_hash(results(scored=other)) != run_hash(made)
    assert run_hash(results(scored=scores.assign(normaliser_id="x-1", errors=0))) == run_hash(made)
