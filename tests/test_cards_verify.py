"""``verify``: what a card says is computed again from the stored transcripts; whatever was changed is found and named."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest
import soundfile
import sqlalchemy as sa
from pydantic import ValidationError

from tests.command_line import call
from workbench import cards
from workbench.cards import Card
from workbench.cards.hashes import content_hash
from workbench.corpora import load_corpus
from workbench.errors import CardError
from workbench.results import load
from workbench.runner import run
from workbench.store import Store, checksums, open_store
from workbench.study import Study

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
STUDY = {
    "name": "said",
    "corpus": ["said.csv"],
    "attributes": ["accent"],
    "engines": ["imported:written.csv"],
    "conditions": ["clean"],
    "normaliser": "basic",
    "margin": 0.02,
    "claims": ["accent: accuracy >= 70 %", "everyone: accuracy >= 99 % in clean"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of transcripts made elsewhere, in a store of its own, with its card in all forms."""
    made = tmp_path_factory.mktemp("verify")
    soundfile.write(made / "a.wav", np.full(1600, 0.01, dtype=np.float32), 16_000)
    names = [(group, speaker, at) for group in ("north", "south", "west") for speaker in range(6) for at in range(2)]
    said = [
        {
            "path": "a.wav",
            "utterance_id": f"{g}{s}-{n}",
            "reference": " ".join(WORDS),
            "speaker_id": f"{g}{s}",
            "accent": g,
        }
        for g, s, n in names
    ]
    pd.DataFrame(said).to_csv(made / "said.csv", index=False)
    (made / "said.toml").write_text(
        'title = "Said"\nlicence = "made for the tests"\nsource = "tests"\nlanguage = "en"\n'
        '[attributes.accent]\nobtained = "annotated"\n'
    )
    ids = load_corpus(made / "said.csv").utterances["utterance_id"]
    missed = [(s + n) % 3 + 2 * (g == "south") for g, s, n in names]
    texts = [" ".join(WORDS[count:]) for count in missed]
    pd.DataFrame({"utterance_id": ids, "hypothesis": texts}).to_csv(made / "written.csv", index=False)
    store = open_store(url(made))
    record = run(Study.create(STUDY, base=made), store=store)
    cards.write_card(cards.build_card(load(record.run_id, store=store), intended_use="A test."), made)
    return made


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


@pytest.fixture(scope="module")
def store(folder: Path) -> Store:
    return open_store(url(folder))


def told(folder: Path) -> Any:
    return json.loads((folder / "card.json").read_text(encoding="utf-8"))


def rewritten(said: Any, path: Path, *, forged: bool = False) -> Path:
    """Write changed JSON; ``forged``: with the hash that fits the change."""
    if forged:
        said["content_hash"] = content_hash(Card.model_validate(said))
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def test_a_card_as_it_was_written_holds(folder: Path, store: Store) -> None:
    found = cards.verify_card(folder / "card.json", store=store)
    assert found.holds
    assert found.n_values > 400
    assert found.run_hash == told(folder)["reproduction"]["run_hash"]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in _leaves(one, (*path, name))]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in _leaves(one, (*path, at))]
    return [path]


def _put(said: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> None:
    for step in path[:-1]:
        said = said[step]
    said[path[-1]] = change(said[path[-1]])


def _other(value: Any) -> Any:
    """The same kind of value with one digit or letter changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.001
    return 0.5 if value is None else f"{value}x"


PARTS = (
    "rates",
    "gaps",
    "claims",
    "floors",
    "speakers",
    "kinds",
    "band",
    "events",
    "groups",
    "corpora",
    "limits",
    "method",
)


@pytest.mark.parametrize("part", [*PARTS, "conditions", "privacy", "dimensions", "run", "reproduction"])
def test_a_change_in_any_part_is_found_and_named(part: str, folder: Path) -> None:
    """Every leaf of the part is changed by itself; compared with the card that holds, exactly that place is named."""
    wanted = told(folder)
    leaves = _leaves(wanted[part])
    assert leaves
    for leaf in leaves:
        said = told_copy(wanted)
        _put(said[part], leaf, _other)
        found = cards.compare(said, wanted)
        assert len(found) == 1, (part, leaf)
        assert found[0].place.startswith(part)
        assert content_hash_differs(said)


def told_copy(said: Any) -> Any:
    return json.loads(json.dumps(said))


def content_hash_differs(said: Any) -> bool:
    try:
        return content_hash(Card.model_validate(said)) != said["content_hash"]
    except ValidationError:
        return True


def test_a_changed_digit_is_found_however_small_and_the_place_is_named(
    folder: Path, store: Store, tmp_path: Path
) -> None:
    said = told(folder)
    row = next(row for row in said["rates"] if row["group"] == "south")
    row["rate"] = float(np.nextafter(row["rate"], 1))
    assert [
        one.place for one in cards.verify_card(rewritten(said, tmp_path / "last.json"), store=store).differences
    ] == ["content_hash"]
    row["rate"] += 0.001
    found = cards.verify_card(rewritten(said, tmp_path / "digit.json"), store=store)
    places = {one.place: one for one in found.differences}
    name = f"rates[{row['model_id']}, clean, accent, south].rate"
    assert set(places) == {"content_hash", name}
    assert float(places[name].printed) == row["rate"]
    assert float(places[name].recomputed) == pytest.approx(row["rate"] - 0.001)


def test_a_forged_hash_does_not_help(folder: Path, store: Store, tmp_path: Path) -> None:
    said = told(folder)
    said["claims"][0]["verdict"] = "SUPPORTED" if said["claims"][0]["verdict"] != "SUPPORTED" else "REFUTED"
    found = cards.verify_card(rewritten(said, tmp_path / "forged.json", forged=True), store=store)
    assert [one.place.rpartition(".")[2] for one in found.differences] == ["verdict"]


def test_a_card_with_a_margin_of_its_own_holds_and_cannot_pass_it_off_as_the_study_s(
    folder: Path, store: Store, tmp_path: Path
) -> None:
    run_id, utterance = told(folder)["run"]["run_id"], "said/north0-1"
    call(
        "card",
        run_id,
        "--out",
        str(tmp_path),
        "--margin",
        "0.4",
        "--example",
        f"{utterance} in clean",
        "--part",
        "none",
        "--store",
        url(folder),
    )
    assert cards.verify_card(tmp_path / "card.json", store=store).holds
    said = told(tmp_path)
    assert said["method"]["margin"] == 0.4
    assert said["choices"]["examples"] == [[utterance, "clean"]]
    said["choices"]["margin"] = None
    found = cards.verify_card(rewritten(said, tmp_path / "passed_off.json", forged=True), store=store).differences
    assert {"method.margin", "limits"} <= {one.place.partition("[")[0] for one in found}


def test_a_row_left_out_is_found(folder: Path, store: Store, tmp_path: Path) -> None:
    said = told(folder)
    del said["gaps"][-1]
    found = cards.verify_card(rewritten(said, tmp_path / "short.json", forged=True), store=store)
    assert found.differences[0] == ("gaps: rows", "2", "3")


@pytest.mark.long
def test_other_transcripts_under_the_same_run_are_found(folder: Path, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(folder / "store.db")) as whole,
        closing(sqlite3.connect(tmp_path / "store.db")) as other,
    ):
        whole.backup(other)
        other.execute("UPDATE transcripts SET hypothesis_raw = 'one' WHERE rowid = 1")
        other.commit()
    forger = sa.create_engine(url(tmp_path))
    with forger.begin() as connection:
        checksums.seal_transcripts(connection)  # else the store itself says that the row was changed
    forger.dispose()
    found = cards.verify_card(folder / "card.json", store=open_store(url(tmp_path)))
    places = {one.place for one in found.differences}
    assert "reproduction.run_hash" in places
    assert any(place.startswith("rates[") for place in places)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_a_pdf_and_a_page_are_verified_by_what_they_carry_and_by_what_they_print(
    kind: str, folder: Path, store: Store
) -> None:
    assert cards.verify_card(folder / f"card.{kind}", store=store).holds


def test_a_digit_changed_in_the_page_alone_is_found(folder: Path, store: Store, tmp_path: Path) -> None:
    page = (folder / "card.html").read_text(encoding="utf-8")
    changed = re.sub("<td>(SUPPORTED|REFUTED|NOT ENOUGH INFORMATION)</td>", "<td>EQUAL</td>", page, count=1)
    assert changed != page
    (tmp_path / "card.html").write_text(changed, encoding="utf-8")
    found = cards.verify_card(tmp_path / "card.html", store=store)
    assert not found.holds
    assert all(re.fullmatch(r"line \d+", one.place) for one in found.differences)


def test_a_pdf_that_prints_another_card_than_it_carries_is_found(folder: Path, store: Store, tmp_path: Path) -> None:
    card = Card.model_validate(told(folder))
    rows = tuple(row.model_copy(update={"verdict": "EQUIVALENT"}) for row in card.gaps)
    other = pypdf.PdfWriter(clone_from=io.BytesIO(cards.pdf(card.model_copy(update={"gaps": rows}))))
    other._root_object["/Names"]["/EmbeddedFiles"]["/Names"].clear()
    other.add_attachment("card.json", (folder / "card.json").read_bytes())
    other.write(tmp_path / "card.pdf")
    found = cards.verify_card(tmp_path / "card.pdf", store=store)
    assert any(one.place.startswith("page ") and "EQUIVALENT" in one.printed for one in found.differences)


def test_a_pdf_without_a_card_is_said(tmp_path: Path) -> None:
    empty = pypdf.PdfWriter()
    empty.add_blank_page(100, 100)
    empty.write(tmp_path / "x.pdf")
    with pytest.raises(CardError, match="no card is attached"):
        cards.verify_card(tmp_path / "x.pdf", store=open_store(url(tmp_path)))
    (tmp_path / "y.pdf").write_bytes(b"%PDF-1.7 nonsense")
    with pytest.raises(CardError):
        cards.verify_card(tmp_path / "y.pdf", store=open_store(url(tmp_path)))


def test_a_store_without_the_run_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CardError) as error:
        cards.verify_card(folder / "card.json", store=open_store(url(tmp_path)))
    assert "is not in this store" in str(error.value)
    assert "--store" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "no JSON"),
        (b"{}", "not a card of this version"),
        (b"hello", "neither a card's JSON nor its PDF or HTML"),
        (b"", "neither a card's JSON"),
        (b"[1, 2]", "neither a card's JSON"),
    ],
)
def test_what_is_no_card_is_said(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(CardError, match=re.escape(message)):
        cards.verify_card(tmp_path / "x.json", store=open_store(url(tmp_path)))


def test_the_command_exits_1_on_a_difference_and_2_without_the_run(folder: Path, tmp_path: Path) -> None:
    store_url = ("--store", url(folder))
    fine = call("verify", folder / "card.json", *store_url)
    assert (fine.exit_code, "values are what the transcripts of run said" in fine.output) == (0, True)
    said = told(folder)
    said["floors"][0]["floor"] = 0.99
    changed = call("verify", rewritten(said, tmp_path / "card.json"), *store_url)
    assert changed.exit_code == 1
    assert ".floor: the card says 0.99, computed again: 0." in changed.output
    assert call("verify", folder / "card.json", "--store", url(tmp_path)).exit_code == 2
