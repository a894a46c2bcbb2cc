"""pocketsphinx on real speech: what it hears depends on the utterance alone, and it is as good as was published."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jiwer
import numpy as np
import pytest

from tests.speech import DIGITS
from workbench.audio import Waveform, decode
from workbench.engines import Engine, EngineFailure, Transcript, load_engine
from workbench.engines.vocabulary import grammar_faults, read_keywords
from workbench.engines.word_times import times
from workbench.errors import EngineError
from workbench.text import get_normaliser

HEAD = "#JSGF V1.0;\ngrammar digits;\n"
ONE_DIGIT = f"{HEAD}public <digits> = {' | '.join(DIGITS)};\n"
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vocabulary")
    (path / "digits.gram").write_text(ONE_DIGIT)
    (path / "digits.txt").write_text("# digits\n\n" + "".join(f"{word} /1e-5/\n" for word in DIGITS))
    return path


@pytest.fixture(scope="module")
def digits(folder: Path) -> Engine:
    return load_engine("pocketsphinx?grammar=digits.gram", base=folder)


@pytest.fixture(scope="module")
def free() -> Engine:
    return load_engine("pocketsphinx")


def recording(shared: Path, digit: int, speaker: str, index: int) -> Waveform:
    path = shared / "corpora" / "fsdd-600" / "recordings" / f"{digit}_{speaker}_{index}.wav"
    wave = decode(path)
    return Waveform(wave.samples, wave.sample_rate, f"fsdd/{path.stem}", speaker)


def heard(engine: Engine, *waves: Waveform) -> list[tuple[str, float | None]]:
    """Text and confidence of each; times differ from run to run."""
    answers = engine.transcribe(waves)
    assert all(isinstance(answer, Transcript) for answer in answers), answers
    return [(answer.text, answer.confidence) for answer in answers if isinstance(answer, Transcript)]


def rates(rows: list[tuple[str, str, str]]) -> dict[str, float]:
    """Pooled word error rate per group of (group, reference, hypothesis), by jiwer and Whisper's normaliser."""
    normalise = get_normaliser("whisper_en")
    errors: dict[str, int] = defaultdict(int)
    words: dict[str, int] = defaultdict(int)
    for group, reference, hypothesis in rows:
        counted = jiwer.process_words(normalise(reference), normalise(hypothesis))
        errors[group] += counted.substitutions + counted.deletions + counted.insertions
        words[group] += counted.hits + counted.substitutions + counted.deletions
    return {group: errors[group] / words[group] for group in errors}


@pytest.mark.long
def test_digits_of_six_speakers_are_recognised_about_as_well_as_published(shared_dir: Path, digits: Engine) -> None:
    """../shared/corpora/README.md: USA .12 and .16, German .14 and .14, Greek .35, Belgian-French .55."""
    published = {"jackson": 0.12, "theo": 0.16, "lucas": 0.14, "yweweler": 0.14, "george": 0.35, "nicolas": 0.55}
    rows = []
    for path in sorted((shared_dir / "corpora" / "fsdd-600" / "recordings").glob("*.wav")):
        digit, speaker, _ = path.stem.split("_")
        ((text, _confidence),) = heard(digits, decode(path))
        rows.append((speaker, DIGITS[int(digit)], text))
    assert len(rows) == 600
    found = rates(rows)
    for speaker, rate in published.items():
        assert found[speaker] == pytest.approx(rate, abs=0.1), found
    native = max(found[name] for name in ("jackson", "theo", "lucas", "yweweler"))
    assert native < found["george"] < found["nicolas"]
    assert np.mean(list(found.values())) == pytest.approx(np.mean(list(published.values())), abs=0.06)


def test_a_faint_floor_mends_what_digital_silence_breaks(shared_dir: Path, folder: Path, digits: Engine) -> None:
    silent = load_engine("pocketsphinx?grammar=digits.gram&floor=0", base=folder)
    waves = [recording(shared_dir, digit, "jackson", index) for digit in range(10) for index in range(5)]
    references = [DIGITS[int(wave.utterance_id.split("/")[1][0])] for wave in waves]

    def wrong(engine: Engine) -> int:
        return sum(text != said for (text, _), said in zip(heard(engine, *waves), references, strict=True))

    assert wrong(digits) < wrong(silent) / 2


@pytest.mark.parametrize("spec", ["pocketsphinx?grammar=digits.gram", "pocketsphinx?keywords=digits.txt"])
def test_the_order_of_utterances_does_not_matter(spec: str, shared_dir: Path, folder: Path) -> None:
    waves = [
        recording(shared_dir, digit, speaker, 2) for digit in range(10) for speaker in ("theo", "nicolas", "george")
    ]
    engine = load_engine(spec, base=folder)
    forwards = heard(engine, *waves)
    assert heard(engine, *reversed(waves)) == forwards[::-1]
    assert [heard(engine, wave)[0] for wave in waves] == forwards
    fresh = load_engine(spec, base=folder)
    assert heard(fresh, waves[17]) == [forwards[17]]


@pytest.mark.long
def test_the_order_of_utterances_does_not_matter_with_the_language_model(shared_dir: Path, free: Engine) -> None:
    clips = sorted(
        (shared_dir / "corpora" / "common-voice-100" / "clips").iterdir(), key=lambda one: one.stat().st_size
    )
    waves = [decode(clip, end_s=1.5) for clip in clips[10:13]]
    forwards = heard(free, *waves)
    assert heard(free, *reversed(waves)) == forwards[::-1]
    assert heard(load_engine("pocketsphinx"), waves[2]) == [forwards[2]]
    assert len({text for text, _ in forwards}) == len(waves)


@pytest.mark.long
def test_read_sentences_of_three_accents_are_recognised_as_well_as_published(shared_dir: Path, free: Engine) -> None:
    """../shared/corpora/README.md: us .72 (48 clips), england .86 (19), indian 1.05 (17)."""
    found = rates(common_voice(shared_dir, free))
    for accent, rate in {"us": 0.72, "england": 0.86, "indian": 1.05}.items():
        assert found[accent] == pytest.approx(rate, abs=0.03), found


def common_voice(shared: Path, engine: Engine) -> list[tuple[str, str, str]]:
    """Accent, reference and hypothesis of all clips."""
    corpus = shared / "corpora" / "common-voice-100"
    with (corpus / "validated.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    waves = [decode(corpus / "clips" / row["path"]) for row in rows]
    return [(row["accent"], row["sentence"], heard(engine, wave)[0][0]) for row, wave in zip(rows, waves, strict=True)]


def test_other_sample_rates_are_heard_as_the_same_word(shared_dir: Path, digits: Engine) -> None:
    path = shared_dir / "corpora" / "fsdd-600" / "recordings" / "7_jackson_3.wav"
    raw = decode(path, sample_rate=None)
    assert raw.sample_rate == 8_000
    assert heard(digits, raw) == heard(digits, decode(path))
    assert heard(digits, raw)[0][0] == "seven"


def test_confidence_is_a_probability_and_falls_with_noise(shared_dir: Path, digits: Engine) -> None:
    waves = [recording(shared_dir, digit, "jackson", index) for digit in range(10) for index in range(2)]
    noise = np.random.default_rng(5).standard_normal(16_000 * 2).astype(np.float32)
    noisy = [replace(wave, samples=wave.samples + 0.05 * noise[: len(wave.samples)]) for wave in waves]
    quiet = [confidence for _, confidence in heard(digits, *waves)]
    loud = [confidence for _, confidence in heard(digits, *noisy)]
    assert all(value is None or 0.0 <= value <= 1.0 for value in quiet + loud)
    assert np.mean([value for value in quiet if value is not None]) > np.mean([v or 0.0 for v in loud]) + 0.05


def test_silence_is_nothing_recognised_and_no_samples_are_a_failure(digits: Engine) -> None:
    silence, tick, nothing = digits.transcribe(
        [Waveform(np.zeros(n, dtype=np.float32), 16_000, "c/1") for n in (32_000, 1, 0)]
    )
    assert isinstance(silence, Transcript)
    assert (silence.text, silence.confidence) == ("", None)
    assert isinstance(tick, Transcript)
    assert isinstance(nothing, EngineFailure)
    assert "no samples" in nothing.error


def test_a_broken_utterance_is_a_failure_and_the_next_one_is_heard(shared_dir: Path, digits: Engine) -> None:
    good = recording(shared_dir, 7, "jackson", 3)
    broken = replace(good, samples=np.full((3, 2), 0.1, dtype=np.float32))
    first, failed, again = digits.transcribe([good, broken, good])
    assert isinstance(failed, EngineFailure)
    assert isinstance(first, Transcript)
    assert isinstance(again, Transcript)
    assert (first.text, first.confidence) == (again.text, again.confidence) == ("seven", first.confidence)


def test_keywords_are_written_in_the_order_in_which_they_were_said(shared_dir: Path, folder: Path) -> None:
    engine = load_engine("pocketsphinx?keywords=digits.txt", base=folder)
    parts = [recording(shared_dir, digit, "theo", 1).samples for digit in (7, 3)]
    gap = np.zeros(4_800, dtype=np.float32)
    wave = Waveform(np.concatenate([piece for part in parts for piece in (part, gap)]), 16_000)
    ((text, confidence),) = heard(engine, wave)
    assert [word for word in text.split() if word in ("seven", "three")] == ["seven", "three"], text
    assert confidence is None


def test_a_looser_threshold_sets_off_more_keywords(shared_dir: Path, folder: Path) -> None:
    (folder / "bare.txt").write_text("\n".join(DIGITS))
    wave = recording(shared_dir, 3, "theo", 1)
    strict, loose = (
        len(heard(load_engine(f"pocketsphinx?keywords=bare.txt&threshold={value}", base=folder), wave)[0][0].split())
        for value in ("1e-5", "1e-30")
    )
    assert strict < loose


def test_nothing_is_written_to_the_terminal(shared_dir: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    heard(load_engine("pocketsphinx?grammar=digits.gram", base=folder), recording(shared_dir, 1, "theo", 0))
    (folder / "left.gram").write_text(f"{HEAD}public <d> = <d> <d> | one;")
    load_engine("pocketsphinx?keywords=digits.txt", base=folder)
    assert capfd.readouterr() == ("", "")


def test_every_decoding_option_is_in_the_options_and_in_the_digest(folder: Path, digits: Engine) -> None:
    assert digits.options["mode"] == "grammar"
    assert digits.options["grammar"] == ONE_DIGIT
    assert digits.options["decoding"]["cmn"] == "batch"
    assert digits.options["decoding"]["remove_noise"] is True  # what the acoustic model asks for, not the library
    assert digits.model_id == f"pocketsphinx?grammar=digits.gram#{digits.digest[:8]}"
    (folder / "more.gram").write_text(ONE_DIGIT.replace("nine;", "nine | oh;"))
    specs = ["?grammar=more.gram", "?keywords=digits.txt", "", "?pad_s=0.1", "?floor=0", "?grammar=digits.gram&floor=5"]
    engines = [digits, *(load_engine(f"pocketsphinx{spec}", base=folder) for spec in specs)]
    assert len({engine.digest for engine in engines}) == len(engines)


def test_other_weights_or_another_version_are_another_model(
    folder: Path, digits: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.engines import pocketsphinx

    with monkeypatch.context() as patch:
        patch.setattr(pocketsphinx, "version", lambda name: "0.0.0")
        assert load_engine("pocketsphinx?grammar=digits.gram", base=folder).digest != digits.digest
    files: list[str] = []
    monkeypatch.setattr(pocketsphinx, "file_digest", lambda path: files.append(path.name) or "0")
    other = load_engine("pocketsphinx?grammar=digits.gram", base=folder)
    assert other.digest != digits.digest
    assert other.model_id != digits.model_id
    assert {"mdef", "means", "variances", "cmudict-en-us.dict"} <= set(files)
    assert load_engine("pocketsphinx?grammar=digits.gram", base=folder).digest == other.digest


def test_confidence_is_the_geometric_mean_of_the_words_posteriors(digits: Engine) -> None:
    class Segment(NamedTuple):
        word: str
        prob: float
        start_frame: int = 0
        end_frame: int = 0

    class Decoder:
        def __getattr__(self, name: str) -> Callable[..., object]:
            return lambda *_, **__: None

        def hyp(self) -> SimpleNamespace:
            return SimpleNamespace(hypstr="one two", prob=0.2)

        def seg(self) -> list[Segment]:
            return [
                Segment("<s>", 0.5, 0, 29), Segment("one", 0.9, 30, 59), Segment("[NOISE]", 0.1, 60, 69), Segment("two", 0.4, 70, 99)
            ]  # fmt: skip

    wave = Waveform(np.full(1600, 0.1, dtype=np.float32), 16_000, "u", "s")
    (answer,) = replace(digits, decoder=Decoder()).transcribe([wave])
    assert isinstance(answer, Transcript)
    assert answer.confidence == pytest.approx(0.6)  # the square root of 0.9 * 0.4
    assert answer.extra["path_posterior"] == 0.2
    # 100 frames a second, after 0.2 s of silence that the decoder hears first
    assert np.allclose(times(answer.extra), [(0.1, 0.4), (0.5, 0.8)])


def test_an_option_at_its_usual_value_is_the_same_model(folder: Path, digits: Engine) -> None:
    same = load_engine("pocketsphinx?floor=10&grammar=digits.gram&pad_s=0.20", base=folder)
    assert (same.model_id, same.digest) == (digits.model_id, digits.digest)


def fault(folder: Path, text: str, kind: str = "grammar") -> str:
    (folder / "bad").write_text(text)
    with pytest.raises(EngineError) as caught:
        load_engine(f"pocketsphinx?{kind}=bad", base=folder)
    return str(caught.value)


def test_words_without_a_pronunciation_are_listed_all_at_once(folder: Path) -> None:
    error = fault(
        folder, f"{HEAD}public <d> = (zero | blorf)+ [snarkle] | <x>;\n<x> = ZERO {{tag words}} | /0.5/ gleep;"
    )
    assert "blorf, snarkle, ZERO, gleep" in error
    assert "tag" not in error
    assert "lower case, write zero" in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with '#JSGF V1.0;'"),
        ("#JSGF V1.0;\npublic <d> = one;", "has no line 'grammar NAME;'"),
        (f"{HEAD}<d> = one;", "has no public rule"),
        (f"{HEAD}public <a> = one; public <b> = two;", "2 public rules (<a>, <b>)"),
        (f"{HEAD}public <d> = one | <nope> | <nada>;", "rules that are not defined: <nope>, <nada>"),
        (f"{HEAD}import <other.x>;\npublic <d> = one;", "imports are not supported"),
        (f"{HEAD}public <d> = (one | two;", "( and ) do not match"),
        (f"{HEAD}public <d> = ;", "rule <d> is empty"),
        (f'{HEAD}public <d> = "one";', "quoted words are not supported"),
        (f"{HEAD}one two;", "cannot be understood: 'one two'"),
    ],
)
def test_a_grammar_that_would_be_misheard_is_refused(text: str, said: str, folder: Path) -> None:
    assert said in fault(folder, text)


def test_what_pocketsphinx_itself_rejects_is_an_error_too(folder: Path) -> None:
    assert "does not accept the grammar" in fault(folder, f"{HEAD}public <d> = one | | two;")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}// one; <two> = three\npublic <d> = /* x; */ one {{tag}} | /0.3/ two;",
        f"{HEAD}public <d> = [one] <digits.x>* <NULL>;\n<x> = it's | x-ray;",
        "#JSGF V1.0 UTF-8 en;\r\ngrammar d;\r\npublic <d> = one;\r\n",
    ],
)
def test_comments_tags_weights_and_qualified_names_are_no_faults(text: str, folder: Path) -> None:
    (folder / "good.gram").write_text(text)
    assert grammar_faults(text, lambda word: word in ("one", "two", "it's", "x-ray")) == []
    assert load_engine("pocketsphinx?grammar=good.gram", base=folder).options["grammar"] == text


def test_all_faults_of_a_keyword_list_come_at_once(folder: Path) -> None:
    error = fault(folder, "help\ncode blorf /1e-20/\none /much/\n/1e-5/\ntwo /0/\nhelp /1e-9/\nsnarkle\n", "keywords")
    assert error.startswith("bad: 5 problems")
    for part in (
        "line 3: threshold /much/", "line 4: '/1e-5/' is not a phrase", "line 5: threshold /0/",
        "line 6: 'help' is there already", "dictionary: blorf, snarkle",
    ):  # fmt: skip
        assert part in error
    assert "holds no keyword" in fault(folder, "# nothing\n\n", "keywords")


def test_keywords_have_their_own_threshold_or_the_usual_one() -> None:
    keywords, faults = read_keywords("code  blue /1e-20/\nhelp\n", threshold=1e-7, pronounced=lambda word: True)
    assert faults == []
    assert [(one.phrase, one.threshold) for one in keywords] == [("code blue", 1e-20), ("help", 1e-7)]


def test_a_grammar_that_is_not_utf8_is_an_error(folder: Path) -> None:
    (folder / "latin.gram").write_bytes(ONE_DIGIT.encode() + b"// caf\xe9\n")
    with pytest.raises(EngineError, match="is not UTF-8"):
        load_engine("pocketsphinx?grammar=latin.gram", base=folder)
