"""A corpus written for another tool and read back by its adapter is the same corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from tests.command_line import call
from tests.manifest_files import maker, sounds
from workbench.errors import ManifestError

TEXTS = ("one  two", "null", '"quoted", {a / b}', "NaN", "émoji 😀 שלום", "tab\there")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    rows = [f'b{i},a.wav,"{text.replace(chr(34), chr(34) * 2)}",s{i % 3},{i * 0.3 + 0.1:.1f},{i * 0.3 + 0.4:.1f},{"north" if i % 3 == 1 else ""}' for i, text in enumerate(TEXTS)]  # fmt: skip
    return maker(sounds(tmp_path / "corpus"))(
        "utterance_id,path,reference,speaker_id,start_s,end_s,accent\n"
        + "\n".join(rows)
        + "\nA1,b.wav,whole,s9,,,south\n"
    )


@pytest.mark.parametrize("form", ["kaldi", "nemo"])
def test_a_round_trip_loses_nothing(manifest: Path, tmp_path: Path, form: str) -> None:
    before = wb.load_corpus(manifest).utterances
    done = call("export-manifest", manifest, "--as", form, "--out", manifest.parent / "data")
    assert done.exit_code == 0 and "7 utterances" in done.stdout
    options = {"kaldi": {"data": "data"}, "nemo": {}}[form]
    root = manifest.parent
    if form == "nemo":
        (root / "data" / "manifest.json").rename(root / "manifest.json")
    prepared = wb.prepare(form, root, out=tmp_path / "out", corpus_id="m", options=options)
    assert prepared.problems == ()
    after = wb.load_corpus(prepared.manifest).utterances
    same = ["utterance_id", "reference", "speaker_id", "accent", "start_s", "end_s", "duration_s"]
    found, wanted = (table.sort_values("utterance_id").reset_index(drop=True)[same] for table in (after, before))
    times = ["start_s", "end_s", "duration_s"]
    assert found.drop(columns=times).equals(wanted.drop(columns=times))
    for name in times:
        assert found[name].tolist() == pytest.approx(wanted[name].tolist(), abs=1e-5, nan_ok=True)


def test_kaldi_files_are_sorted_as_kaldi_demands(manifest: Path, tmp_path: Path) -> None:
    for path in wb.export_manifest(wb.load_corpus(manifest), tmp_path / "data", form="kaldi"):
        keys = [line.split()[0].encode() for line in path.read_text().splitlines()]
        assert keys == sorted(keys) and keys, path.name
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "segments", "spk2accent", "text", "utt2spk", "wav.scp",
    ]  # fmt: skip


def test_what_a_form_cannot_hold_is_named_and_nothing_is_written(manifest: Path, tmp_path: Path) -> None:
    manifest.write_text(manifest.read_text().replace("b0,", "b 0,").replace('"null"', '"two\nlines"'))
    corpus = wb.load_corpus(manifest)
    with pytest.raises(ManifestError) as error:
        wb.export_manifest(corpus, tmp_path / "data", form="kaldi")
    assert "2 values" in str(error.value) and "'m/b 0'" in str(error.value) and "two\\nlines" in str(error.value)
    assert not (tmp_path / "data").exists()
    with pytest.raises(ManifestError, match="there is no form 'kaldy'; did you mean 'kaldi'"):
        wb.export_manifest(corpus, tmp_path / "data", form="kaldy")
    wb.export_manifest(corpus, tmp_path / "data", form="nemo")
    with pytest.raises(ManifestError, match="is there already"):
        wb.export_manifest(corpus, tmp_path / "data", form="nemo")
