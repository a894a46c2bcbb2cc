"""The voices of a corpus, as material for conditions: other talkers, and the average spectrum of all."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import SAMPLE_RATE, Samples, channel_of, decode, on_this_machine
from workbench.conditions.arrays import Floats
from workbench.conditions.channels import Channel, channel
from workbench.conditions.mixer import equalised
from workbench.conditions.recordings import Recordings, open_recordings
from workbench.errors import AudioError, ConditionError, choices
from workbench.schema import NOT_STATED

CACHE_BYTES = 128 * 2**20
"""Decoded speech kept in memory: about 35 minutes at 16 kHz."""

LONGEST_S = 30.0
"""Of a longer utterance the first 30 s are used."""

LTASS_UTTERANCES = 500
"""The average spectrum is measured on about this many utterances, spread evenly over all speakers."""

_FRAME = 512


class CorpusPool:
    """The speech of one corpus (an UTTERANCES frame), read when needed; memory stays bounded. Safe to share by threads.

    ``base`` is the folder that folders of recordings are relative to, as a rule that of the study.

    Utterances that cannot be decoded, and silent ones, are passed over.
    """

    def __init__(self, utterances: pd.DataFrame, *, base: Path = Path()) -> None:
        self._base = base
        self._utterances = utterances
        self._groups: dict[str, dict[str, str]] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._recordings: dict[str, Recordings] = {}
        ordered = utterances.sort_values(["speaker_id", "utterance_id"], kind="stable")
        accents: dict[str, str] = {}
        self._rows: dict[str, list[tuple[str, float | None, float | None, int | None]]] = {}
        self._ids: dict[str, list[str]] = {}
        digest = hashlib.blake2b(digest_size=16)
        for row in ordered.itertuples():
            if row.path:
                start_s, end_s = _seconds(row.start_s), _seconds(row.end_s)
                if (_seconds(row.duration_s) or 0.0) > LONGEST_S:
                    end_s = (start_s or 0.0) + LONGEST_S
                self._rows.setdefault(str(row.speaker_id), []).append(
                    (str(row.path), start_s, end_s, channel_of(getattr(row, "channel", None)))
                )
                self._ids.setdefault(str(row.speaker_id), []).append(str(row.utterance_id))
                digest.update(f"{row.speaker_id}\t{row.utterance_id}\t{row.source_digest}\n".encode())
                accents.setdefault(str(row.speaker_id), str(getattr(row, "accent", "")))
        self._accents = np.unique(list(accents.values()), return_inverse=True)[1].reshape(-1)
        if len(set(accents.values())) > 1:
            digest.update(f"accents in proportion\t{self._accents.tolist()}\n".encode())
        self._digest = digest.hexdigest()
        self._cache: OrderedDict[tuple[str, int], Samples | None] = OrderedDict()
        self._cached_bytes = 0
        self._ltass: tuple[Floats, Floats] | None = None
        self._lock = threading.RLock()

    @property
    def digest(self) -> str:
        """Digest over speakers, utterance ids and source digests: everything that decides what the pool gives."""
        return self._digest

    def digest_with(self, attributes: Sequence[str]) -> str:
        """Return the digest, and with attributes that of their labels too: everything that decides what conditions that use them give."""
        present = [name for name in attributes if name in self._utterances.columns]
        if not present:
            return self._digest
        labels = [f"{name}\t{sorted(self._labels(name).items())}" for name in present]
        return hashlib.blake2b("\n".join([self._digest, *labels]).encode(), digest_size=16).hexdigest()

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers with audio, sorted."""
        return tuple(self._rows)

    def ltass(self) -> tuple[Floats, Floats]:
        """Return the long-term average speech spectrum: frequencies (Hz) and amplitudes, both of shape (257,).

        Every utterance is brought to the same active level, every speaker counts the same. Hann windows of 32 ms,
        half overlapping. Of a corpus of more than 500 utterances, evenly spread ones of every speaker are used.

        Raises
        ------
        ConditionError : the corpus holds no audible speech
        """
        with self._lock:
            if self._ltass is None:
                self._ltass = self._measure_ltass()
            return self._ltass

    def talkers(self, rng: np.random.Generator, *, n: int, exclude_speaker: str, n_samples: int) -> list[Samples]:
        """Return the speech of ``n`` speakers other than ``exclude_speaker``: n arrays of shape (n_samples,), 16 kHz.

        ``rng`` draws one order of all speakers, in which the accents of the corpus take turns in proportion to their
        speakers, and how each of them goes on talking; the first ``n`` of that order who are not excluded speak. So every excluded speaker hears the same talkers, less themselves, and a longer
        excerpt starts with the very samples of a shorter one. Each is at -26 dBov active level.

        Raises
        ------
        ConditionError : there are fewer than ``n`` other speakers
        """
        others = len(self._rows) - (exclude_speaker in self._rows)
        if others < n:
            raise self._too_few(n, others, exclude_speaker)
        voices = self._round(rng, n, exclude_speaker, n_samples)
        if len(voices) < n:
            raise self._too_few(n, len(voices), exclude_speaker)
        return voices

    def crowd(self, rng: np.random.Generator, *, n: int, exclude_speaker: str, n_samples: int) -> list[Samples]:
        """Return ``n`` voices of speakers other than ``exclude_speaker``: n arrays of shape (n_samples,), 16 kHz.

        As :meth:`talkers`, but where there are fewer than ``n`` other speakers, each speaks several times at once, at
        other places: the background of a café or an office, where nobody is made out.

        Raises
        ------
        ConditionError : there is no other speaker
        """
        voices: list[Samples] = []
        while len(voices) < n:
            more = self._round(rng, n - len(voices), exclude_speaker, n_samples)
            if not more:
                raise self._too_few(n, 0, exclude_speaker)
            voices += more
        return voices

    def _round(self, rng: np.random.Generator, n: int, exclude_speaker: str, n_samples: int) -> list[Samples]:
        """Return the speech of up to ``n`` different speakers other than ``exclude_speaker``."""
        order = rng.permutation(len(self._rows))
        seeds = rng.integers(2**63, size=len(self._rows))
        order = in_proportion(rng, order, self._accents)
        names = self.speakers
        voices: list[Samples] = []
        for index in order:
            if names[index] != exclude_speaker and len(voices) < n:
                voice = self._talk(names[index], np.random.default_rng(seeds[index]), n_samples)
                voices += [] if voice is None else [voice]
        return voices

    def recordings(self, folder: str) -> Recordings:
        """Return the recordings in ``folder``, as they were when the pool was first asked for them."""
        with self._lock:
            if folder not in self._recordings:
                self._recordings[folder] = open_recordings(self._base / folder)
            return self._recordings[folder]

    def group_of(self, utterance_id: str, attribute: str) -> str:
        """Return the group of the speaker of an utterance; "" of one that the corpus does not have.

        Raises
        ------
        ConditionError : the corpus has no such attribute
        """
        return self._labels(attribute).get(utterance_id, "")

    def channel(self, group: str, attribute: str) -> Channel:
        """Return how a group was recorded, from about 500 of its utterances, spread evenly over its speakers; measured once.

        Raises
        ------
        ConditionError : no such attribute, or no audible speech of the group
        """
        with self._lock:
            key = (attribute, group)
            if key not in self._channels:
                labels = self._labels(attribute)
                members = {
                    name: places
                    for name, ids in self._ids.items()
                    if (places := [place for place, one in enumerate(ids) if labels[one] == group])
                }
                share = LTASS_UTTERANCES / max(sum(map(len, members.values())), 1)
                measured = channel(
                    [
                        samples
                        for place in _spread(len(places), share)
                        if (samples := self._decoded(name, places[place])) is not None
                    ]
                    for name, places in members.items()
                )
                if measured is None:
                    raise ConditionError(
                        f"the corpus has no audible speech of {attribute} = {group!r}", place="channel_swap",
                        remedy=choices(group, sorted(set(labels.values()))),
                    )  # fmt: skip
                self._channels[key] = measured
            return self._channels[key]

    def _labels(self, attribute: str) -> dict[str, str]:
        """Return the group of every utterance."""
        with self._lock:
            if attribute not in self._groups:
                frame = self._utterances
                if attribute not in frame.columns:
                    raise ConditionError(
                        f"the corpus has no attribute {attribute!r}", place="channel_swap",
                        remedy="name a column of the manifest",
                    )  # fmt: skip
                values = frame[attribute].astype("str").fillna(NOT_STATED)
                self._groups[attribute] = dict(zip(frame["utterance_id"].astype("str"), values, strict=True))
            return self._groups[attribute]

    def _too_few(self, needed: int, others: int, speaker: str) -> ConditionError:
        besides = f" besides {speaker}" if speaker else ""
        return ConditionError(
            f"babble of {needed} talkers, but the corpus has {others} speakers with audible speech{besides}",
            place="babble",
            remedy=f"use talkers={others} or a corpus with more speakers"
            if others
            else "use a corpus with more speakers",
        )

    def _talk(self, speaker: str, rng: np.random.Generator, n_samples: int) -> Samples | None:
        """Return the speaker going on for ``n_samples``: utterances in random order, begun somewhere in the first."""
        parts: list[Samples] = []
        missing = n_samples
        begin = float(rng.random())
        order = rng.permutation(len(self._rows[speaker]))
        while missing > 0:
            before = missing
            for index in order:
                samples = self._utterance(speaker, int(index))
                if samples is None:
                    continue
                part = samples[int(begin * len(samples)) :][:missing]
                begin = 0.0
                parts.append(part)
                missing -= len(part)
                if missing <= 0:
                    break
            if missing == before:
                return None
        return np.concatenate(parts)

    def _utterance(self, speaker: str, index: int) -> Samples | None:
        key = (speaker, index)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        samples = self._read(speaker, index)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = samples
                self._cached_bytes += 0 if samples is None else samples.nbytes
            while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self._cached_bytes -= 0 if dropped is None else dropped.nbytes
        return samples

    def _read(self, speaker: str, index: int) -> Samples | None:
        samples = self._decoded(speaker, index)
        return None if samples is None else equalised(samples, SAMPLE_RATE)

    def _decoded(self, speaker: str, index: int) -> Samples | None:
        """Return the samples of an utterance as they are; None if they cannot be read."""
        path, start_s, end_s, number = self._rows[speaker][index]
        try:
            return decode(on_this_machine(path), start_s=start_s, end_s=end_s, channel=number).samples
        except AudioError:
            return None

    def _measure_ltass(self) -> tuple[Floats, Floats]:
        total = sum(map(len, self._rows.values()))
        spectra = [
            power for name in self._rows if (power := self._speaker_power(name, LTASS_UTTERANCES / total)) is not None
        ]
        if not spectra:
            raise ConditionError(
                "the corpus holds no audible speech to take a spectrum from",
                place="speech_shaped_noise",
                remedy="use a corpus with audio",
            )
        frequencies = np.fft.rfftfreq(_FRAME, 1.0 / SAMPLE_RATE).astype(np.float64)
        return frequencies, np.sqrt(np.mean(spectra, axis=0, dtype=np.float64))

    def _speaker_power(self, speaker: str, share: float) -> Floats | None:
        """Return the average power spectrum of a speaker, over about ``share`` of the utterances, at least one."""
        chosen = _spread(len(self._rows[speaker]), share)
        window = np.hanning(_FRAME + 1)[:-1]
        power, frames = np.zeros(_FRAME // 2 + 1), 0
        for index in chosen:
            samples = self._utterance(speaker, index)
            if samples is None:
                continue
            padded = np.pad(samples.astype(np.float64), (0, max(0, _FRAME - len(samples))))
            views = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[:: _FRAME // 2]
            power += np.sum(np.square(np.abs(np.fft.rfft(views * window))), axis=0)
            frames += len(views)
        return power / frames if frames else None


def in_proportion(rng: np.random.Generator, order: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``order`` (n,), a permutation, rearranged so that any first k hold every group in proportion.

    ``groups[i]`` is the group of member i. All are laid in a circle, group by group, and taken from it in steps of the
    golden section from a place drawn at random: so the k-th is anyone of all with the same chance, and of a group with a
    share p of all, the first k hold k p members, less than two more or less. A single group stays as it is.
    """
    n = len(order)
    if len(np.unique(groups)) < 2:
        return order
    circle = order[np.argsort(groups[order], kind="stable")]
    step = next(step for step in range(max(1, round(0.618 * n)), 2 * n) if math.gcd(step, n) == 1)
    return circle[(int(rng.integers(n)) + step * np.arange(n)) % n]


def _spread(n: int, share: float) -> list[int]:
    """Return about ``share`` of the places 0 to n - 1, at least one, evenly spread."""
    wanted = min(n, max(1, round(share * n)))
    return [round(step * n / wanted) % n for step in range(wanted)]


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not np.isnan(value) else None
