"""How a Whisper engine decoded, in words, from the options that are stored with its results."""

from __future__ import annotations

from collections.abc import Mapping

ENGINES = ("whisper", "faster-whisper")


def decoding_in_words(engine: str, options: Mapping[str, str]) -> str:
    """Return in a sentence or two how an engine decoded; empty for engines other than Whisper's.

    ``options`` are those of the model, each value as text.

    >>> decoding_in_words("whisper", {"window": "full", "temperature": "0.0"})
    'Greedy at temperature 0: the same audio always gives the same text. Up to 30 s without timestamps.'
    """
    if engine not in ENGINES:
        return ""
    if options.get("decoding") == "library":
        sentence = _library(options)
    elif options.get("temperature", "0.0").startswith("["):
        sentence = "Greedy first, and sampled at higher temperatures where a text repeats itself or is unlikely."
    else:
        beams = options.get("beam_size", "null")
        way = "Greedy" if beams in ("1", "null") else f"With {beams} beams"
        stamps = "With timestamps" if options.get("without_timestamps") == "never" else "Up to 30 s without timestamps"
        sentence = f"{way} at temperature 0: the same audio always gives the same text. {stamps}."
    return sentence + _window(options.get("window", "full"))


def _library(options: Mapping[str, str]) -> str:
    beams = options.get("beam_size", "null")
    number = "one beam" if beams in ("1", "null") else f"{beams} beams"
    silence = "; silence is cut out first (voice activity)" if options.get("vad_filter") == "true" else ""
    return (
        f"As the library's own transcribe decodes by itself, and most who deploy it: with timestamps, {number}, the text of the "
        f"window before, and sampling at temperatures up to 1 where a text repeats itself or is unlikely{silence}. Sampling is seeded "
        "by the audio: the same audio always gives the same text."
    )


def _window(window: str) -> str:
    if window in ("full", "fit"):
        return (
            ""
            if window == "full"
            else " The window ended with the utterance (window=fit, withdrawn): such text is often invented."
        )
    return f" The window is {float(window):g} s or as long as the utterance, not 30 s; texts that looked invented were decoded again in 30 s."
