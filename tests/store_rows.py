"""Rows of a store."""

from __future__ import annotations


def transcript(key: str, text: str | None) -> dict[str, object]:
    return {
        "transcript_key": key,
        "condition_id": "clean",
        "model_id": "m",
        "status": "failed" if text is None else "ok",
        "error": "broken" if text is None else None,
        "hypothesis_raw": text,
        "confidence": None,
        "decode_s": 0.1,
        "duration_s": 1.0,
        "audio_digest": None,
        "achieved_snr_db": None,
        "facts": "{}",
    }
