"""Make the demo corpus: two requests on a ward, each in eight synthetic voices of six English accents.

Run it with the project's own Python from the project's folder::

    .venv/bin/python -m data_manifests.make_demo              # writes demo.csv, demo.toml and demo/ beside this file
    .venv/bin/python -m data_manifests.make_demo --out DIR

It needs the program espeak-ng (the committed files: 1.51), a package of Debian. With this version the files come out byte
for byte as committed.

An accent is espeak-ng's own rule set for it: the phonemes that it writes and how it sounds them. A speaker is one of eight
timbres (espeak-ng's voice variants) with a pitch and a speed of its own; the timbres are the same in every accent, so that
accents differ in nothing else.

Every sound is cut to its speech, set to -26 dBov (RMS), given 0.1 s before and after, and laid on a fixed noise floor
of standard deviation 30/32768 (-61 dBov) from a generator seeded with the utterance's name: a recogniser made for
recorded speech stumbles over the digital silence of a synthesiser. Samples are rounded to 12 bits, whose noise lies 16 dB
below that floor: the FLAC files take half the space.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from workbench.corpora import AttributeInfo, ManifestDescription, write_manifest

SAMPLE_RATE = 16_000
SPEECH_DBOV = -26.0
NOISE_FLOOR = 30 / 32_768
STEP = 2**-11
MARGIN_S = 0.1

PROMPTS = {
    "drip": "please check the drip beside the window and call the night nurse",
    "door": "turn the light off and close the door then call the doctor because the pain is worse",
}

ACCENTS = {
    "American English": "en-us",
    "Caribbean English": "en-029",
    "Lancashire English": "en-gb-x-gbclan",
    "Received Pronunciation": "en-gb-x-rp",
    "Scottish English": "en-gb-scotland",
    "West Midlands English": "en-gb-x-gbcwmd",
}
"""The six accents by the names that people give them, and espeak-ng's names of its rules for them."""


@dataclass(frozen=True)
class Timbre:
    """One of the eight timbres: espeak-ng's variant, pitch (0 to 99) and speed (words per minute)."""

    variant: str
    pitch: int
    speed: int


TIMBRES = {
    "A": Timbre("", 45, 170),
    "B": Timbre("m1", 40, 175),
    "C": Timbre("m3", 35, 165),
    "D": Timbre("m7", 50, 180),
    "E": Timbre("m8", 45, 165),
    "F": Timbre("f2", 55, 175),
    "G": Timbre("f3", 60, 165),
    "H": Timbre("f4", 50, 170),
}


@dataclass(frozen=True)
class Voice:
    """A speaker of the corpus: an accent and the letter of a timbre."""

    accent: str
    letter: str

    @property
    def speaker_id(self) -> str:
        """The accent's name in small letters, and the timbre: ``scottish-english-c``."""
        return f"{self.accent} {self.letter}".lower().replace(" ", "-")


def voices() -> list[Voice]:
    """Return the 48 voices in the order of the manifest."""
    return [Voice(accent, letter) for accent in ACCENTS for letter in TIMBRES]


def manifest() -> pd.DataFrame:
    """Return the manifest: one row per voice and prompt."""
    rows = [
        {
            "utterance_id": f"{voice.speaker_id}-{prompt}",
            "path": f"demo/{voice.speaker_id}/{prompt}.flac",
            "reference": text,
            "speaker_id": voice.speaker_id,
            "prompt_id": prompt,
            "accent": voice.accent,
            "timbre": f"timbre {voice.letter}",
        }
        for voice in voices()
        for prompt, text in PROMPTS.items()
    ]
    return pd.DataFrame(rows)


def description() -> ManifestDescription:
    """Return what ``demo.toml`` says."""
    return ManifestDescription(
        title="Demo (synthetic voices)",
        licence="CC0-1.0",
        source="made by data_manifests/make_demo.py with espeak-ng 1.51",
        language="en",
        synthetic_voices=True,
        speaker_note=(
            "No person spoke this. A speaker is a voice of the synthesiser espeak-ng; the eight voices of an accent differ in "
            "timbre, pitch and speed only, far less than people do. Gaps show how the workbench works, not how people fare."
        ),
        attributes={
            "accent": AttributeInfo(
                obtained="annotated",
                per="speaker",
                note="a synthesiser's rules for an accent, not people who speak it: espeak-ng's "
                + ", ".join(f"{rules} ({accent})" for accent, rules in ACCENTS.items()),
            ),
            "timbre": AttributeInfo(
                obtained="annotated",
                per="speaker",
                note="a voice variant of espeak-ng with its pitch and speed, the same eight in every accent; no statement about a person",
            ),
        },
    )


def synthesise(voice: Voice, text: str) -> NDArray[np.float64]:
    """Return ``text`` spoken by ``voice``: mono, 16 kHz, as the synthesiser made it."""
    timbre = TIMBRES[voice.letter]
    name = ACCENTS[voice.accent] + (f"+{timbre.variant}" if timbre.variant else "")
    command = ["espeak-ng", "-v", name, "-p", str(timbre.pitch), "-s", str(timbre.speed), "-z", "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(spoken))
    common = np.gcd(rate, SAMPLE_RATE)
    return np.asarray(resample_poly(samples, SAMPLE_RATE // common, rate // common), dtype=np.float64)


def finish(speech: NDArray[np.float64], utterance_id: str) -> NDArray[np.float64]:
    """Return ``speech`` cut, levelled, with margins and the noise floor, in steps of 12 bits."""
    loud = np.flatnonzero(np.abs(speech) > 0.01 * np.abs(speech).max())
    speech = speech[loud[0] : loud[-1] + 1]
    speech = speech * 10 ** (SPEECH_DBOV / 20) / np.sqrt(np.mean(speech**2))
    padded = np.pad(speech, round(MARGIN_S * SAMPLE_RATE))
    seed = int.from_bytes(hashlib.blake2b(utterance_id.encode(), digest_size=8).digest(), "big")
    sound = padded + NOISE_FLOOR * np.random.default_rng(seed).standard_normal(len(padded))
    return np.asarray(np.round(sound / STEP) * STEP)


def write_audio(voice: Voice, prompt: str, path: Path) -> str:
    """Write one utterance as 16-bit FLAC; return a digest of the speech as the synthesiser made it."""
    speech = synthesise(voice, PROMPTS[prompt])
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = finish(speech, f"{voice.speaker_id}-{prompt}")
    soundfile.write(path, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)
    return hashlib.sha256(speech.tobytes()).hexdigest()


def make(out: Path) -> None:
    """Write the whole corpus into ``out``; refuse if two voices sound exactly alike."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed; on Debian: apt-get install espeak-ng")
    heard: dict[str, str] = {}
    for voice in voices():
        for prompt in PROMPTS:
            digest = write_audio(voice, prompt, out / "demo" / voice.speaker_id / f"{prompt}.flac")
            if digest in heard:
                raise SystemExit(f"{voice.speaker_id} sounds exactly like {heard[digest]}: a variant had no effect")
            heard[digest] = voice.speaker_id
    write_manifest(manifest(), out / "demo.csv", description())
    size = sum(file.stat().st_size for file in (out / "demo").rglob("*.flac"))
    print(f"{len(heard)} utterances of {len(voices())} voices, {size / 1e6:.2f} MB, in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the demo corpus of synthetic voices.")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder to write into")
    make(parser.parse_args().out)
