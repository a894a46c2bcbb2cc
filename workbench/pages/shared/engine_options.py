"""What the Models page asks for each engine: what it recognises, and its options with the values they usually have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WHISPER = ("tiny.en", "base.en", "small.en", "medium.en", "tiny", "base", "small", "medium", "large-v3", "turbo")


@dataclass(frozen=True, slots=True)
class Field:
    """An option of an engine. ``usual`` is what it has if nothing is said; one without it must be given if ``needed``."""

    name: str
    label: str
    help: str
    usual: str = ""
    among: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to use an engine: the ``start`` of its name in a study, what follows it, and the options."""

    label: str
    start: str
    target: Literal["", "file", "model", "text"] = ""
    kinds: str = ""
    """Endings of the files that are offered; those of a folder's model are found by its name."""
    help: str = ""
    fields: tuple[Field, ...] = ()
    asked: str = "Model"
    """What a target that is typed is called."""


_SHORT = "Seconds, from 15, or full (30). A shorter window is faster, and another model than the full one."
_DECODING = "library: timestamps, sampling where it is unsure, previous text - what the library does by itself. greedy: none of that."
_DEVICE = Field("device", "Runs on", "Auto: GPU (CUDA) if available, else CPU.", "as found", ("as found", "cpu", "cuda", "mps"))  # fmt: skip
_BATCH = Field(
    "batch_size", "Utterances at once", "More need more memory; the texts stay the same.", "16", low=1, high=1024
)
_WINDOW = Field("window", "Window", _SHORT, "full", ("full", "15", "20", "25"))
_WAY = Field("decoding", "Decoding", _DECODING, "greedy", ("greedy", "library"))
_PRICES = (
    Field("price_per_minute", "Price per minute", "What you pay; the estimate on the Run page uses it.", low=0, high=1e6),
    Field("currency", "Currency", "Of the price.", "USD"),
)  # fmt: skip
_SPHINX = (
    Field("pad_s", "Silence before and after (s)", "Words at the very edge are lost without it.", "0.2", low=0, high=10),
    Field("floor", "Noise under digital silence", "In 16-bit steps: absolute silence upsets the recogniser.", "10", low=0, high=3000),
)  # fmt: skip
_WHISPER = (
    Field("beam_size", "Beams", "1 is greedy; more are slower, and one utterance at a time.", "1", low=1, high=32),
    _WINDOW,
    _WAY,
    Field("timestamps", "Timestamps", "yes: decoded with them, as whisper does by default.", "no", ("no", "yes")),
    Field("fallback", "Sampling where it is unsure", "yes: whisper's temperatures, seeded by the audio.", "no", ("no", "yes")),
    Field("pad", "Filled with", "Padding to 30 s: zeros in the spectrogram, or silence.", "spectrogram", ("spectrogram", "audio")),
    _DEVICE,
    _BATCH,
)  # fmt: skip
_FASTER = (
    Field("compute_type", "Weights", "As found: int8 on a processor, float16 on CUDA.", "as found", ("as found", "int8", "int8_float32", "int8_float16", "float16", "float32", "bfloat16")),
    _WINDOW,
    _WAY,
    Field("vad", "Voice activity", "yes, with decoding=library: silence is cut out first.", "no", ("no", "yes")),
    Field("device", "Runs on", _DEVICE.help, "as found", ("as found", "cpu", "cuda")),
    _BATCH,
)  # fmt: skip
_SERVER = (
    Field("url", "Address of the server", "As a rule it ends in /v1. localhost is this machine.", needed=True),
    Field("key", "Variable that holds the key", "The name of an environment variable, never the key itself."),
    Field("language", "Language", "none: the model finds it out.", "corpus", ("corpus", "none")),
    Field("prompt", "Prompt", "Words that the model is told beforehand."),
    Field("answer", "Answer", "The last two ask for the numbers that confidence is computed from.", "json", ("json", "verbose_json", "logprobs")),
    Field("in_flight", "Requests at once", "As many as your plan allows.", "4", low=1, high=64),
    *_PRICES,
)  # fmt: skip
_AMAZON = (
    Field("bucket", "Bucket", "Your bucket, in the same region; files are deleted after use.", needed=True),
    Field("region", "Region", "Such as eu-west-1.", needed=True),
    Field("language", "Language", "Amazon's code, such as en-GB; needed unless the corpus names a region."),
    Field("in_flight", "Jobs at once", "As many as your account allows.", "8", low=1, high=100),
    *_PRICES,
)  # fmt: skip
_KEY = Field(
    "key", "Variable that holds the key", "The name of an environment variable, never the key itself.", needed=True
)
_LANGUAGE = Field("language", "Language", "Such as en-GB; needed unless the corpus names a region.")
_ADDRESS = Field("url", "Address", "Only for another region or a server of your own.")
_REQUESTS = (Field("in_flight", "Requests at once", "As many as your plan allows.", "4", low=1, high=64), *_PRICES)
_DEEPGRAM = (
    _KEY, _LANGUAGE, _ADDRESS,
    Field("keep", "May the service keep the audio", "no: the service is told not to train its models on it.", "no", ("no", "yes")),
    *_REQUESTS,
)  # fmt: skip
_AZURE = (Field("region", "Region", "Such as westeurope."), _KEY, _LANGUAGE, _ADDRESS, *_REQUESTS)
_NAMED = "Fetched from the internet on first use unless it is already on this machine."
_GRAMMAR = "JSGF: only what the grammar allows is recognised. Right for digits, commands, fixed phrases."
_KEYWORDS = "One keyword per line with its threshold, e.g. `help /1e-10/`; nothing else is written."
_TABLE = "A table with utterance_id and hypothesis (and condition_id if it holds more than clean audio), or what a recogniser or vendor writes: JSON, SRT, VTT, TextGrid, CTM ..., several files as a zip."
WRITTEN = Way("As in a study file", "", "text", help="docs/engines.md lists the options of each engine.")
WAYS: dict[str, tuple[Way, ...]] = {
    "pocketsphinx": (
        Way("Free speech", "pocketsphinx", fields=_SPHINX),
        Way("A grammar", "pocketsphinx?grammar=", "file", ".gram .jsgf", _GRAMMAR, _SPHINX),
        Way("Keywords", "pocketsphinx?keywords=", "file", ".txt .list", _KEYWORDS, _SPHINX),
    ),
    "whisper": (
        Way("Named model", "whisper:", "model", help=_NAMED, fields=_WHISPER),
        Way("Model file (.pt)", "whisper:", "file", ".pt", fields=_WHISPER),
    ),
    "faster-whisper": (
        Way("Named model", "faster-whisper:", "model", help=_NAMED, fields=_FASTER),
        Way("Model file (.pt)", "faster-whisper:", "file", ".pt", "Converted once into whisper's cache.", _FASTER),
        Way("Converted folder", "faster-whisper:", "text", help="The folder with model.bin.", fields=_FASTER, asked="Folder"),
    ),
    "transformers": (
        Way("Folder or name", "transformers:", "text", help="A folder, or ORGANISATION/NAME of the hub.", fields=(_DEVICE,)),
    ),
    "vosk": (Way("Model folder", "vosk:", "text", help="An unpacked model, e.g. models/vosk-model-small-en-us-0.15.", asked="Folder"),),
    "openai-api": (Way("A server", "openai-api:", "text", help="The model's name on the server.", fields=_SERVER),),
    "amazon-transcribe": (Way("Batch jobs", "amazon-transcribe", fields=_AMAZON),),
    "deepgram": (Way("A model", "deepgram:", "text", help="Such as nova-3.", fields=_DEEPGRAM),),
    "assemblyai": (Way("A model", "assemblyai:", "text", help="Such as universal.", fields=(_KEY, _LANGUAGE, _ADDRESS, *_REQUESTS)),),
    "azure-speech": (Way("Fast transcription", "azure-speech", fields=_AZURE),),
    "google-speech": (Way("A model", "google-speech:", "text", help="Such as latest_long; up to 60 s.", fields=(_KEY, _LANGUAGE, _ADDRESS, *_REQUESTS)),),
    "imported": (
        Way("Transcripts", "imported:", "file", ".csv .tsv .xlsx .jsonl .json .parquet .zip .srt .vtt .textgrid .ctm .stm .trn", _TABLE, (
            Field("quoting", "Quotation marks", "none: those in the text are part of it.", "minimal", ("minimal", "none")),
        )),
    ),
}  # fmt: skip
"""By engine; an engine that is not here (one of another package) is named as in a study file."""
AWAY = ("openai-api", "amazon-transcribe", "deepgram", "assemblyai", "azure-speech", "google-speech")
"""Engines that as a rule send the audio to somebody else's machine."""
