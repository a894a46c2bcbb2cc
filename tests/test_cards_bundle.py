"""Bundles: the card is computed again from the zip alone, a changed byte anywhere is named, blanked texts keep their counts."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.card_material import results
from tests.command_line import call
from tests.figure_frames import MODEL, scores
from workbench import cards
from workbench.cards.bundle import FILES, MANIFEST, ROWS, zipped
from workbench.cards.redaction import BLANK, kinds_of, redacted
from workbench.errors import CardError
from workbench.results import Results
from workbench.results.scored_rows import MEASURED, LoadedRows
from workbench.schema import SCORES
from workbench.text import add_scores, get_normaliser

KEY = bytes(range(32))
SAID = "call Doctor Smith at nine, Smith is on 0171 please"
WRITTEN = {
    0: "call Doctor Smith at nine, Smith is on 0171 please",
    1: "call doctor Smyth at wine, Smith is on please",
    2: "call",
}


def spoken() -> Results:
    """Results whose counts are those of their texts, as a run leaves them."""
    frame = scores({"a": [[1, 2], [3, 4], [5, 6]], "b": [[1, 1], [2, 3], [4, 4]]}, ["clean", "white_noise@2"])
    counted = [name for name in ("hits", "substitutions", "deletions", "insertions", "errors", "ref_words", "hyp_words",
                                 "char_errors", "ref_chars", "reference", "hypothesis", "normaliser_id") if name in frame]  # fmt: skip
    texts = [WRITTEN[(row + len(name)) % 3] for row, name in enumerate(frame["condition_id"])]
    frame = add_scores(
        frame.drop(columns=counted).assign(reference_raw=SAID, hypothesis_raw=texts), get_normaliser("basic")
    )
    made = results(scored=SCORES.validate(frame), conditions=["clean", "white_noise@2"])
    rows = made.scores.assign(facts="{}")
    normaliser = get_normaliser("basic")
    return replace(made, rows_of_run=LoadedRows(made.scores, rows[MEASURED]), normaliser_id=normaliser.id)


def bundle(**options: object) -> cards.Bundle:
    return cards.make_bundle(spoken(), minimum_speakers=1, **options)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def whole() -> cards.Bundle:
    return bundle()


@pytest.mark.long
def test_every_value_is_computed_again_with_an_empty_store(whole: cards.Bundle, tmp_path: Path) -> None:
    result = cards.verify_bundle(written(tmp_path / "audit.zip", whole.content))
    assert result.differences == () and result.holds
    assert result.n_values > 300
    assert f"seal sha256:{whole.seal}" in result.notes
    shown = call("verify", tmp_path / "audit.zip")
    assert shown.exit_code == 0 and "values are what the transcripts of run" in shown.stdout
    usual = cards.build_card(spoken(), minimum_speakers=1)
    assert [row.model_dump() for row in usual.rates] == [row.model_dump() for row in whole.card.rates]
    assert usual.reproduction.run_hash == whole.card.reproduction.run_hash


def test_the_same_run_gives_the_same_bytes(whole: cards.Bundle) -> None:
    assert bundle().content == whole.content


@pytest.mark.long
def test_a_changed_byte_anywhere_is_named(whole: cards.Bundle, tmp_path: Path) -> None:
    """One byte in the middle of every file, of every header between them, and of the directory at the end."""
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        entries = archive.infolist()
        places = {
            entry.filename: entry.header_offset + 30 + len(entry.filename) + entry.file_size // 2 for entry in entries
        }
        headers = [entry.header_offset + 12 for entry in entries]
        directory = archive.start_dir + 16
    for name, place in places.items():
        differences = changed_at(whole.content, place, tmp_path)
        assert any(item.place == name for item in differences), name
    for place in [*headers, directory]:
        assert any(item.place == "the zip itself" for item in changed_at(whole.content, place, tmp_path))
    longer = cards.verify_bundle(written(tmp_path / "l.zip", whole.content + b"\0"))
    assert [item.place for item in longer.differences] == ["the zip itself"]


def changed_at(content: bytes, place: int, folder: Path) -> tuple[cards.Difference, ...]:
    path = written(folder / "c.zip", content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    return cards.verify_bundle(path).differences


def rewritten(whole: cards.Bundle, change: object) -> bytes:
    """A bundle whose rows were changed by somebody who wrote every hash anew."""
    import hashlib

    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        files = {name: archive.read(name) for name in (MANIFEST, *FILES)}
    frame = pd.read_parquet(io.BytesIO(files[ROWS]))
    change(frame)  # type: ignore[operator]
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    files[ROWS] = sink.getvalue()
    manifest = json.loads(files[MANIFEST])
    manifest["files"][ROWS] = hashlib.sha256(files[ROWS]).hexdigest()
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    return zipped(files)


def test_a_forger_who_writes_every_hash_anew_is_found_by_the_numbers(whole: cards.Bundle, tmp_path: Path) -> None:
    def fewer_errors(frame: pd.DataFrame) -> None:
        at = frame.index[frame["errors"] > 0][0]
        frame.loc[at, ["errors", "substitutions", "deletions", "insertions"]] = 0

    result = cards.verify_bundle(written(tmp_path / "f.zip", rewritten(whole, fewer_errors)))
    places = " ".join(item.place for item in result.differences)
    assert f"{ROWS}[" in places and ".errors" in places and "rates[" in places


def test_blanked_texts_keep_their_counts_and_hold_neither_names_nor_numbers(
    whole: cards.Bundle, tmp_path: Path
) -> None:
    made = bundle(redact=("names", "numbers"))
    result = cards.verify_bundle(written(tmp_path / "r.zip", made.content))
    assert result.holds
    assert any("blanked words" in note for note in result.notes)
    assert [row.model_dump() for row in made.card.rates] == [row.model_dump() for row in whole.card.rates]
    assert [row.model_dump() for row in made.card.gaps] == [row.model_dump() for row in whole.card.gaps]
    assert not set(made.card.choices.evidence) & {"band", "events", "words", "keywords"}
    with zipfile.ZipFile(tmp_path / "r.zip") as archive:
        frame = pd.read_parquet(io.BytesIO(archive.read(ROWS)))
        held = b"".join(archive.read(name) for name in archive.namelist() if name != ROWS)
    texts = " ".join(
        frame[["reference_raw", "hypothesis_raw", "reference", "hypothesis"]].fillna("").to_numpy().ravel()
    )
    for word in ("Smith", "smith", "Doctor", "doctor", "Smyth", "0171", "nine"):
        assert word not in texts, word
    assert b"Smith" not in held and b"Smyth" not in held
    assert "call" in texts and BLANK in texts


@pytest.mark.long
def test_pseudonyms_change_no_figure_and_lead_nowhere_without_the_key(whole: cards.Bundle, tmp_path: Path) -> None:
    made = bundle(key=KEY)
    assert cards.verify_bundle(written(tmp_path / "p.zip", made.content)).holds
    assert made.card.gaps == whole.card.gaps and made.card.rates == whole.card.rates
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
        speakers = set(pd.read_parquet(io.BytesIO(archive.read(ROWS)))["speaker_id"])
    names = set(spoken().scores["speaker_id"])
    assert len(speakers) == len(names) and not speakers & names
    assert not any(name.encode() in held for name in names)
    assert bundle(key=KEY).content == made.content
    assert bundle(key=bytes(32)).content != made.content


def test_what_is_no_bundle_is_refused_with_every_fault(tmp_path: Path, whole: cards.Bundle) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../evil", b"0" * 10_000_000)
    with pytest.raises(CardError, match=r"no manifest.json.*'../evil' does not belong there.*is compressed"):
        cards.verify_bundle(written(tmp_path / "e.zip", sink.getvalue()))
    with pytest.raises(CardError, match="cannot be read"):
        cards.verify_bundle(written(tmp_path / "t.zip", whole.content[:-100]))


def test_redaction_of_names_needs_capital_letters_and_kinds_are_known() -> None:
    frame = spoken().scores
    with pytest.raises(CardError, match="do not tell small from capital"):
        redacted(frame.assign(reference_raw=frame["reference_raw"].str.lower()), ("names",))
    everything, changed = redacted(frame, ("all",))
    assert changed.all() and set(everything["reference_raw"]) == {BLANK}
    assert kinds_of(["numbers,names"]) == ("names", "numbers")
    with pytest.raises(CardError, match="did you mean 'names'"):
        kinds_of(["name"])
    assert MODEL in set(frame["model_id"])


@pytest.mark.long
def test_the_command_writes_zip_and_key(tmp_path: Path) -> None:
    from tests.demo_run import demo_run
    from workbench.store import open_store

    run_id = demo_run(open_store(), ("clean", "white_noise@2")).run_id
    out = tmp_path / "audit.zip"
    made = call("bundle", run_id, "--out", out, "--redact", "numbers", "--pseudonyms")
    assert made.exit_code == 0, made.output
    assert (tmp_path / "audit.zip.key").stat().st_mode & 0o777 == 0o600
    assert "seal sha256:" in made.stdout
    shown = call("verify", out, "--store", f"sqlite:///{tmp_path}/empty.sqlite")
    assert shown.exit_code == 0, shown.output
    assert not (tmp_path / "empty.sqlite").exists()
    again = call(
        "bundle", run_id, "--out", tmp_path / "b.zip", "--redact", "numbers", "--key", tmp_path / "audit.zip.key"
    )
    assert again.exit_code == 0 and (tmp_path / "b.zip").read_bytes() == out.read_bytes()
