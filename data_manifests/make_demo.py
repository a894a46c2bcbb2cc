"""Make the demo corpus: the same six sentences in synthetic voices of eight English accents and of flite.

Run it with the project's own Python from the project's folder::

    .venv/bin/python -m data_manifests.make_demo              # writes demo.csv, demo.toml and demo/ beside this file
    .venv/bin/python -m data_manifests.make_demo --out DIR

It needs the programs espeak-ng (the committed files: 1.51) and flite (2.2), both packages of Debian. With these
versions the files come out byte for byte as committed.

Every sound is cut to its speech, set to -26 dBov (RMS), given 0.1 s before and after, and laid on a fixed noise floor
of standard deviation 30/32768 (-61 dBov) from a generator seeded with the utterance's name: a recogniser made for
recorded speech stumbles over the digital silence of a synthesiser.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import subprocess
import tempfile
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
MARGIN_S = 0.1

PROMPTS = {
    "digits-1": "three eight zero",
    "digits-2": "four seven one nine",
    "digits-3": "two six five",
    "ward-1": "check the pump in bed four",
    "ward-2": "call the nurse",
    "ward-3": "stop pump eight",
}

ACCENTS = (
    "en-us",
    "en-us-nyc",
    "en-gb",
    "en-gb-x-rp",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
)
"""Accent voices of espeak-ng: General American, New York, British, Received Pronunciation, Scottish, Lancastrian,
West Midlands, Caribbean."""


@dataclass(frozen=True)
class Manner:
    """One of the four voices of an accent: espeak-ng's variant, pitch (0 to 99) and speed (words per minute)."""

    variant: str
    pitch: int
    speed: int


MANNERS = (Manner("", 45, 180), Manner("m3", 35, 175), Manner("f2", 55, 185), Manner("m7", 50, 190))

FLITE = {"kal16": "flite-us", "rms": "flite-us", "slt": "flite-us", "awb": "flite-scottish"}
"""Voices of flite, and the name of their accent: recordings of one person each, so groups of their own."""

FLITE_STRETCH = 0.85


@dataclass(frozen=True)
class Voice:
    """A speaker of the corpus."""

    speaker_id: str
    accent: str
    synthesiser: str
    voice_type: str
    manner: Manner | None = None


def voices() -> list[Voice]:
    """Return the 36 voices in the order of the manifest."""
    made = [
        Voice(f"{accent}-{manner.variant or 'plain'}", accent, "espeak-ng", manner.variant or "plain", manner)
        for accent in ACCENTS
        for manner in MANNERS
    ]
    return made + [Voice(f"flite-{name}", accent, "flite", name) for name, accent in FLITE.items()]


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
            "synthesiser": voice.synthesiser,
            "voice_type": voice.voice_type,
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
        source="made by data_manifests/make_demo.py with espeak-ng 1.51 and flite 2.2",
        language="en",
        synthetic_voices=True,
        speaker_note=(
            "No person spoke this. A speaker is a synthesiser's voice; the four voices of an accent differ in pitch, "
            "speed and timbre only, far less than people do. Gaps show how the workbench works, not how people fare."
        ),
        attributes={
            "accent": AttributeInfo(
                obtained="annotated",
                per="speaker",
                note="the synthesiser's own name of its accent; flite's voices, which have none, are groups of their own",
            ),
            "synthesiser": AttributeInfo(obtained="annotated", per="speaker", note="the program that made the sound"),
            "voice_type": AttributeInfo(
                obtained="annotated",
                per="speaker",
                note="espeak-ng's voice variant, or flite's voice; no statement about a person",
            ),
        },
    )


def synthesise(voice: Voice, text: str) -> NDArray[np.float64]:
    """Return ``text`` spoken by ``voice``: mono, 16 kHz, as the synthesiser made it."""
    if voice.manner is None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "speech.wav"
            stretch = f"duration_stretch={FLITE_STRETCH}"
            command = ["flite", "-voice", voice.voice_type, "--setf", stretch, "-t", text, "-o", str(file)]
            subprocess.run(command, check=True)
            samples, rate = soundfile.read(file)
    else:
        # espeak-ng 1.51 drops the variant after 'en-gb' without a word; its file's name 'en' takes one
        name = "en" if voice.accent == "en-gb" else voice.accent
        name += f"+{voice.manner.variant}" if voice.manner.variant else ""
        command = ["espeak-ng", "-v", name, "-p", str(voice.manner.pitch), "-s", str(voice.manner.speed), "-z"]
        spoken = subprocess.run([*command, "--stdout", text], check=True, capture_output=True).stdout
        samples, rate = soundfile.read(io.BytesIO(spoken))
    common = np.gcd(rate, SAMPLE_RATE)
    return np.asarray(resample_poly(samples, SAMPLE_RATE // common, rate // common), dtype=np.float64)


def finish(speech: NDArray[np.float64], utterance_id: str) -> NDArray[np.float64]:
    """Return ``speech`` cut, levelled, with margins and the noise floor."""
    loud = np.flatnonzero(np.abs(speech) > 0.01 * np.abs(speech).max())
    speech = speech[loud[0] : loud[-1] + 1]
    speech = speech * 10 ** (SPEECH_DBOV / 20) / np.sqrt(np.mean(speech**2))
    padded = np.pad(speech, round(MARGIN_S * SAMPLE_RATE))
    seed = int.from_bytes(hashlib.blake2b(utterance_id.encode(), digest_size=8).digest(), "big")
    return padded + NOISE_FLOOR * np.random.default_rng(seed).standard_normal(len(padded))


def write_audio(voice: Voice, prompt: str, path: Path) -> str:
    """Write one utterance as 16-bit FLAC; return a digest of the speech as the synthesiser made it."""
    speech = synthesise(voice, PROMPTS[prompt])
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = finish(speech, f"{voice.speaker_id}-{prompt}")
    soundfile.write(path, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)
    return hashlib.sha256(speech.tobytes()).hexdigest()


def make(out: Path) -> None:
    """Write the whole corpus into ``out``; refuse if two voices sound exactly alike."""
    for program in ("espeak-ng", "flite"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed; on Debian: apt-get install espeak-ng flite")
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
