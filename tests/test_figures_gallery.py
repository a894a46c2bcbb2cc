"""The gallery: sounds and pictures of the conditions, and a page that says what was set and what was measured."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image
from typer.testing import CliRunner

from tests.synthetic_speech import RATE, speech_like, tone, write_corpus
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, CorpusPool, degrade, parse_condition
from workbench.conditions.noise import WhiteNoise
from workbench.errors import AudioError, ConditionError, GalleryError
from workbench.figures import fact_name, fact_value
from workbench.figures.gallery import Clip, choose, clip_of, write
from workbench.figures.gallery.builder import file_stem, in_words
from workbench.figures.spectrogram import HIGHEST_DB, LOWEST_DB, MOST_COLUMNS, figure, raster, spectrogram

CLIP = Clip(Waveform(speech_like(2.0), RATE, "toy/ada_0", "ada"), "a made-up voice", synthetic=True)


class Page(HTMLParser):
    """What a browser would fetch and what a screen reader would say."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


# -- spectrograms


def test_a_tone_stands_at_its_frequency_and_at_its_level() -> None:
    drawn = spectrogram(Waveform(tone(3000.0, 1.0, level=0.1), RATE))
    middle = drawn.levels_db[:, 10:-10]
    frequency = np.linspace(0.0, drawn.highest_hz, len(middle))[middle.mean(axis=1).argmax()]
    assert (frequency, drawn.highest_hz, drawn.duration_s) == (3000.0, 8000.0, 1.0)
    assert middle.max(axis=0) == pytest.approx(-20.0, abs=0.01)


def test_a_click_stands_at_its_time_however_long_the_sound_is() -> None:
    for seconds in (1.0, 30.0, 0.02):
        samples = np.zeros(round(seconds * RATE), dtype=np.float32)
        samples[len(samples) // 4] = 1.0
        levels = spectrogram(Waveform(samples, RATE)).levels_db
        assert levels.shape[1] <= MOST_COLUMNS
        loud = np.flatnonzero(levels.max(axis=0) > levels.max() - 1.0)
        assert (loud.mean() + 0.5) / levels.shape[1] * seconds == pytest.approx(seconds / 4, abs=0.004 + seconds / 500)


def test_the_colours_are_the_same_in_every_picture_and_high_frequencies_are_on_top() -> None:
    loud, quiet = (
        np.asarray(Image.open(BytesIO(raster(spectrogram(Waveform(tone(6000.0, 1.0, level=level), RATE))))))
        for level in (1.0, 10.0 ** (LOWEST_DB / 20.0))
    )
    assert quiet.max() <= 1
    assert loud.max() == 63  # HIGHEST_DB and more
    assert loud[:, 50].argmax() == pytest.approx(0.25 * len(loud), abs=3)
    half = Waveform(tone(6000.0, 1.0, level=10.0 ** ((LOWEST_DB + HIGHEST_DB) / 40.0)), RATE)
    assert np.asarray(Image.open(BytesIO(raster(spectrogram(half)))))[:, 50].max() == pytest.approx(31.5, abs=1)


def test_the_figure_for_print_is_the_same_each_time() -> None:
    first, second = (figure(CLIP.wave, title="clean & <noise> $x$") for _ in range(2))
    assert first == second
    assert Image.open(BytesIO(first)).size == (660, 405)


def test_a_picture_is_described_by_what_changed() -> None:
    clean = spectrogram(CLIP.wave)
    said = in_words(spectrogram(degrade(CLIP.wave, parse_condition("g711@1"), slot=0, seed=1).wave), clean)
    low, middle, high = (float(value) for value in re.findall(r"([+-]\d+) dB", said))
    assert abs(low) <= 1
    assert abs(middle) <= 1
    assert high < -20


# -- the page


def test_the_page_holds_every_condition_with_sound_picture_and_facts(tmp_path: Path) -> None:
    conditions = choose(["white_noise", "room@3", "babble@1", "equip_pulse?frequency_hz=1234"])
    steps: list[tuple[int, int]] = []
    pool = CorpusPool(write_corpus(tmp_path, {name: [speech_like(1.0, seed=k)] for k, name in enumerate("abcdef")}))
    index = write(tmp_path / "g", CLIP, conditions, pool=pool, on_progress=lambda *at: steps.append(at))
    page = Page(index)
    assert steps == [(k, 7) for k in range(8)]
    assert "synthetic" in page.text
    for condition in conditions:
        degraded = degrade(CLIP.wave, condition, slot=0, seed=1, pool=pool)
        stem = file_stem(condition.condition_id)
        heard, rate = soundfile.read(index.parent / "sounds" / f"{stem}.flac")
        assert rate == RATE
        np.testing.assert_allclose(heard, degraded.wave.samples, atol=1.0 / 32767)
        assert condition.hears in page.text
        assert fact_value("peak", degraded.facts["peak"]) in page.text
        assert next(one for one in page.all("img") if one["src"] == f"pictures/{stem}.png")["alt"].startswith(
            f"Spectrogram of {condition.condition_id}: 2.0 s, 0 to 8 kHz; average level against clean: "
        )
    for tag in ("img", "audio"):
        assert all((index.parent / one["src"]).is_file() for one in page.all(tag))
    assert len(page.all("audio")) == 7 + 4  # the clean recording beside each of four conditions
    assert all(one["aria-label"] for one in page.all("audio"))


def test_the_page_needs_no_network_and_fits_light_and_dark(tmp_path: Path) -> None:
    page = Page(write(tmp_path, CLIP, choose(["g711"])))
    assert not re.search(r"https?://|@import|<script|url\(", page.text)
    assert "prefers-color-scheme: dark" in page.text
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert link["href"].removeprefix("#") in ids


def test_equal_arguments_make_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, CLIP, choose(["rain@2"]))
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 5
    assert all((tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes() for one in files)


def test_what_cannot_be_made_stands_in_the_page_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WhiteNoise, "unavailable", classmethod(lambda cls: "no <hiss> here; buy a radio"))
    page = Page(write(tmp_path, CLIP, choose(["white_noise", "babble@2", "g711@1"])))
    assert "Not available.</strong> white_noise: no &lt;hiss&gt; here; buy a radio" in page.text
    assert "voices of a corpus" in page.text
    assert "Not to be heard here, for the reasons below: babble, white_noise." in page.text
    assert len(page.all("audio")) == 2


def test_file_names_differ_for_different_conditions() -> None:
    ids = [
        *CATALOGUE,
        "room?rt60_s=0.5",
        "room?rt60_s=0.50001",
        "room@2>g711@1",
        "room-2-g711-1",
        "user_noise@2?folder=%2F",
    ]
    assert len({file_stem(one).lower() for one in ids}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_.-]+", file_stem(one)) for one in ids)


def test_the_names_of_conditions_are_read_as_everywhere() -> None:
    assert [one.condition_id for one in choose(["room"])] == [f"room@{k}" for k in (1, 2, 3, 4)]
    assert len(choose([])) == len(CATALOGUE) - 1
    assert len(choose(["room@2", "room"])) == 4
    with pytest.raises(ConditionError, match="did you mean 'room'"):
        choose(["rooom"])


def test_the_clip_is_a_voice_of_the_demo_corpus_unless_another_is_named(tmp_path: Path) -> None:
    clip, pool = clip_of()
    assert clip.synthetic
    assert clip.wave.speaker_id in pool.speakers
    assert 6.0 <= clip.wave.duration_s < 9.0  # recordings are joined until they last 6 s; one lasts 3 s at most
    soundfile.write(tmp_path / "own.wav", speech_like(1.0), RATE)
    own, _ = clip_of(file=tmp_path / "own.wav")
    assert (own.title, own.synthetic) == ("own.wav", False)
    np.testing.assert_allclose(own.wave.samples, speech_like(1.0), atol=1e-4)
    soundfile.write(tmp_path / "long.wav", np.zeros(61 * 8000), 8000)
    with pytest.raises(GalleryError, match="the clip is 61 s long"):
        clip_of(file=tmp_path / "long.wav")
    with pytest.raises(AudioError, match="no such audio file"):
        clip_of(file=tmp_path / "none.wav")


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GalleryError, match="cannot be written"):
        write(tmp_path / "file", CLIP, choose(["g711@1"]))


def test_the_command_writes_the_page_and_says_where(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["conditions", "--gallery", str(tmp_path / "g"), "--only", "hum@2", "--only", "mask"]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(tmp_path / "g" / "index.html")
    assert len(list((tmp_path / "g" / "sounds").glob("*.flac"))) == 6
    wrong = CliRunner().invoke(app, ["conditions", "--gallery", str(tmp_path / "g"), "--only", "hmu"])
    assert wrong.exit_code == 2
    assert "did you mean 'hum'" in wrong.stderr
    assert CliRunner().invoke(app, ["conditions", "--only", "hum"]).exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("achieved_snr_db", -3.04, "−3.0 dB"),
        ("lost_percent", 4.999, "5.0 %"),
        ("bandwidth_hz", 7841.667, "7842 Hz"),
        ("rt60_s", 0.5027, "0.503 s"),
        ("peak", 0.4, "0.4 of full scale"),
        ("active_level_db", -26.0, "−26.0 dBov"),
        ("gain_db", -0.01, "0.0 dB"),
        ("drops", 177.0, "177"),
    ],
)
def test_facts_are_said_with_their_units(name: str, value: float, said: str) -> None:
    assert fact_value(name, value) == said
    assert not fact_name(name).endswith((" db", " hz", " percent"))
