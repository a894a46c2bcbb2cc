"""Manifests as they arrive: everything that is wrong with one, at once and by line, and its good rows usable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as wb
from tests.command_line import call
from tests.corpus import make as tones
from tests.manifest_files import maker, said, sounds
from workbench.corpora import case_twins, map_columns, remarks
from workbench.errors import ManifestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sounds(tmp_path / "corpus")


def test_everything_at_once(folder: Path, tmp_path: Path) -> None:
    """A mark, quotes, another separator, a missing folder, a link out, bad times: each by its line, the rest usable."""
    (tmp_path / "secret.wav").write_bytes((folder / "a.wav").read_bytes())
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    manifest = maker(folder)(
        "\ufeffpath\treference\tspeaker_id\tstart_s\tend_s\n"
        'a.wav\t"He said ""stop"", twice"\tS1\t\t\n'
        "a.wav;one;s1;;\n"
        "clips/x.wav\tone\ts1\t\t\n"
        "clips/y.wav\ttwo\ts1\t\t\n"
        "link.wav\tone\ts2\t\t\n"
        "b.wav\tone\ts2\t-1\t2\n"
        "b.wav\tone\ts2\t2\t1\n"
        "b.wav\tone\ts2\t1\t9\n"
        "../secret.wav\tone\ts3\t\t\n"
        "c.wav\tnull\ts1\t0.5\t1.5\n",
        name="m.tsv",
    )
    corpus = wb.check_manifest(manifest)
    assert corpus.utterances["reference"].tolist() == ['He said "stop", twice', "null"]
    assert [line.split(";")[0] for line in said(corpus)] == [
        "m.tsv: there is no folder 'clips' in the manifest's folder: 2 rows name a file in it",
        "m.tsv line 3: 1 field where the header has 5: 'a.wav",
        "m.tsv line 4: there is no file 'clips/x.wav'",
        "m.tsv line 5: there is no file 'clips/y.wav'",
        "m.tsv line 6: path 'link.wav' is a link that leaves the manifest's folder",
        "m.tsv line 7: start_s = '-1' is negative",
        "m.tsv line 8: the segment starts at 2 s and ends at 1 s",
        "m.tsv line 9: end_s = 9 is past the end of 'b.wav', which is 3.000 s long",
        "m.tsv line 10: path '../secret.wav' leaves the manifest's folder",
    ]
    assert corpus.info.n_dropped == 8


ROWS = ["path\treference\tspeaker_id", "a.wav\tcaf\u00e9\ts1", "b.wav\tplain\ts2", "c.wav\tna\u00efve\ts3"]


def test_of_a_windows_1252_manifest_the_good_rows_are_usable_and_the_others_say_how_they_read(folder: Path) -> None:
    manifest = maker(folder)("\n".join(ROWS).encode("cp1252"), name="m.tsv")
    corpus = wb.check_manifest(manifest)
    assert corpus.utterances["reference"].tolist() == ["plain"]
    assert corpus.info.n_dropped == 2
    remedy = 'save the file as UTF-8, or state encoding = "windows-1252" in m.toml if that is what was written'
    assert said(corpus) == [
        "m.tsv line 2: byte 10 of line 2 (0xe9) is not UTF-8; in windows-1252 the line is "
        f"'a.wav\\tcaf\u00e9\\ts1'; {remedy}",
        "m.tsv line 4: byte 9 of line 4 (0xef) is not UTF-8; in windows-1252 the line is "
        f"'c.wav\\tna\u00efve\\ts3'; {remedy}",
    ]
    with pytest.raises(ManifestError, match=r"2 problems, 1 of 3 rows are usable"):
        wb.load_corpus(manifest)
    manifest.with_suffix(".toml").write_text('encoding = "windows-1252"\n')
    corpus = wb.load_corpus(manifest)
    assert corpus.utterances["reference"].tolist() == ["caf\u00e9", "plain", "na\u00efve"]


def test_a_bad_byte_in_a_quoted_text_of_several_lines_costs_that_row_alone(folder: Path) -> None:
    written = b'path,reference,speaker_id\r\na.wav,"one\ncaf\xe9, two",s1\r\nb.wav,three,s2\r\nc.wav,fo\0ur,s3\r\n'
    corpus = wb.check_manifest(maker(folder)(written))
    assert corpus.utterances["reference"].tolist() == ["three"]
    assert [(problem.line, problem.what.split(";")[0]) for problem in corpus.problems] == [
        (2, "byte 4 of line 3 (0xe9) is not UTF-8"),
        (5, "line 5 holds a NUL character"),
    ]


def test_bytes_that_no_usual_encoding_has_are_only_named(folder: Path) -> None:
    good = '{"path": "a.wav", "reference": "one", "speaker_id": "s1"}'
    bad = good.encode().replace(b"one", b"\xe9\x81")
    corpus = wb.check_manifest(maker(folder)(b"\n".join([good.encode(), bad]), name="m.jsonl"))
    assert len(corpus.utterances) == 1
    assert said(corpus) == [
        'm.jsonl line 2: byte 33 of line 2 (0xe9) is not UTF-8; save the file as UTF-8, or state encoding = "..." in m.toml'
    ]


def test_an_encoding_that_is_wrong_or_none_says_so(folder: Path) -> None:
    manifest = maker(folder)("\n".join(ROWS).encode("cp1252"), name="m.tsv")
    manifest.with_suffix(".toml").write_text('encoding = "ascii"\n')
    first, _ = said(wb.check_manifest(manifest))
    assert first.endswith('(0xe9) is not ASCII; state encoding = "..." in m.toml, or save the file as UTF-8')
    for name in ("windoze", "rot13", "base64"):
        manifest.with_suffix(".toml").write_text(f'encoding = "{name}"\n')
        with pytest.raises(ManifestError, match=f"encoding = '{name}': there is no such encoding of text"):
            wb.check_manifest(manifest)


def test_a_manifest_that_is_written_again_is_utf_8_and_says_nothing_of_the_old_encoding(folder: Path) -> None:
    manifest = maker(folder)("\n".join(ROWS).encode("cp1252"), name="m.tsv")
    manifest.with_suffix(".toml").write_text('encoding = "windows-1252"\n')
    out = map_columns(manifest, {"path": "path", "reference": "reference", "speaker_id": "speaker_id"})
    assert "encoding" not in out.with_suffix(".toml").read_text()
    assert wb.load_corpus(out).utterances["reference"].tolist() == ["caf\u00e9", "plain", "na\u00efve"]


def test_speakers_that_differ_only_in_case_stay_two_and_are_said(folder: Path) -> None:
    manifest = maker(folder)("path,reference,speaker_id\na.wav,one,Anna\nb.wav,two,anna\nc.wav,three,ben\n")
    corpus = wb.load_corpus(manifest)
    assert corpus.info.n_speakers == 3
    found = json.loads(call("check", manifest, "--json").stdout)
    assert found["remarks"] == ["m: the speakers 'Anna' and 'anna' differ only in case; they count as different people"]
    more = corpus.utterances.assign(speaker_id=["\u00c9va", "\u00e9va", "\u00c9VA"])
    assert case_twins(more)[0].startswith("m: the speakers '\u00c9VA' and '\u00c9va' and '\u00e9va' differ")
    assert remarks(corpus.utterances.iloc[1:]) == []


def test_an_mp3_named_wav_is_read_as_what_it_is(folder: Path) -> None:
    import soundfile

    samples, rate = soundfile.read(folder / "a.wav")
    soundfile.write(folder / "b.mp3", samples, rate)
    (folder / "b.mp3").rename(folder / "b.wav")
    corpus = wb.check_manifest(maker(folder)("path,reference,speaker_id,start_s,end_s\nb.wav,one,s1,1,2\n"))
    assert corpus.problems == ()
    assert corpus.utterances["duration_s"].tolist() == [1.0]


def test_what_is_odd_stands_in_the_notes_of_a_run(tmp_path: Path) -> None:
    from workbench.store import open_store

    manifest = tones(tmp_path)
    manifest.write_text(manifest.read_text().replace("n2,north", "N1,north"))
    rows = [f"tones/{path}" for path in wb.load_corpus(manifest).utterances["utterance_id"].str.removeprefix("tones/")]
    (tmp_path / "t.csv").write_text("utterance_id,hypothesis\n" + "".join(f"{row},one\n" for row in rows))
    (tmp_path / "s.toml").write_text(
        'name = "s"\ncorpus = ["tones.csv"]\nattributes = ["accent"]\nengines = ["imported:t.csv"]\nconditions = ["clean"]\n'
    )
    record = wb.run(wb.Study.from_toml(tmp_path / "s.toml"), store=open_store())
    assert any("'N1' and 'n1' differ only in case" in note for note in record.notes)
