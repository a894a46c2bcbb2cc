"""Sampling of CTranslate2 that is the same for the same audio, whatever was drawn before.

CTranslate2 draws from a generator of each of its threads and seeds it once, when the thread draws for the first time. So an
utterance that comes to be sampled gets the model loaded anew, with one thread, whose generator is seeded by the utterance.

Source: CTranslate2, src/random.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SEEDING = Lock()
"""Held from setting the process' seed until a thread has drawn for the first time."""


def seeded_by(samples: NDArray[np.float32], model: Any, load: Callable[[], Any]) -> Any:
    """Return a ``WhisperModel`` like ``model`` whose sampling is seeded by the samples; ``load`` returns the model anew."""
    own = copy(model)
    start = model.hf_tokenizer.token_to_id("<|startoftranscript|>")
    own.model = _Generator(model.model, load, _seed(samples), [[start]])
    return own


def _seed(samples: NDArray[np.float32]) -> int:
    digest = sha256(np.ascontiguousarray(samples).tobytes()).digest()
    return int.from_bytes(digest[:4], "big") >> 1  # all bits set would mean no seed


class _Generator:
    """What ``WhisperModel`` asks of ``ctranslate2.models.Whisper``; what is drawn comes from a model of its own."""

    def __init__(self, model: Any, load: Callable[[], Any], seed: int, prompt: list[list[int]]) -> None:
        self._model, self._load, self._seed, self._prompt = model, load, seed, prompt
        self._sampler: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def generate(self, *arguments: Any, **options: Any) -> Any:
        """Return what is written in encoded windows."""
        if options.get("sampling_topk", 1) == 1:
            return self._model.generate(*arguments, **options)
        if self._sampler is None:
            self._sampler = self._seeded()
        return self._sampler.generate(*arguments, **options)

    def _seeded(self) -> Any:
        from ctranslate2 import StorageView, set_random_seed

        sampler = self._load().model
        shortest = StorageView.from_array(np.zeros((1, self._model.n_mels, 2), dtype=np.float32))
        with _SEEDING:
            set_random_seed(self._seed)
            sampler.generate(shortest, self._prompt, beam_size=1, sampling_topk=0, max_length=2)
        return sampler
