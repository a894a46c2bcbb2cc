"""AudioMNIST: ten digits, 50 times each, by 60 speakers in quiet offices.

Layout, as in the repository::

    AudioMNIST/
        data/
            audioMNIST_meta.txt         JSON: speaker -> accent, age, gender, native speaker, origin ...
            <speaker>/<digit>_<speaker>_<index>.wav

Source: github.com/soerenab/AudioMNIST, and its recipe in lhotse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, json_of, stated
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = {
    "accent": "accent",
    "gender": "gender",
    "age": "age",
    "native_speaker": "native speaker",
    "origin": "origin",
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES)
_NAME = re.compile(r"^([0-9])_([0-9]+)_([0-9]+)\.wav$")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_META = "data/audioMNIST_meta.txt"


def _recognise(folder: Path) -> bool:
    return (folder / _META).is_file()


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "audio-mnist", _META)
    people = json_of(folder / _META, folder, encoding=options["encoding"])
    if not isinstance(people, dict) or not all(isinstance(person, dict) for person in people.values()):
        raise ManifestError("is not one object per speaker", place=_META, remedy="copy it from the repository again")
    builder = Builder(_COLUMNS)
    speakers = sorted(path for path in (folder / "data").iterdir() if path.is_dir())
    for done, speaker in enumerate(speakers, start=1):
        text = people.get(speaker.name, {})
        if not text:
            problem = f"speaker {speaker.name!r} is not in it: nothing is stated of them"
            builder.note(_META, problem, "check that both are of one release")
        for path in sorted(speaker.glob("*.wav")):
            file = path.relative_to(folder).as_posix()
            match = _NAME.match(path.name)
            if match is None or match[2] != speaker.name:
                problem = f"the file {path.name!r} is not named <digit>_{speaker.name}_<index>.wav"
                builder.lost(file, 0, path.name, problem, "rename or remove it", column="path")
                continue
            row = {
                "utterance_id": path.stem,
                "path": file,
                "reference": _WORDS[int(match[1])],
                "speaker_id": speaker.name,
                **{name: stated(str(text.get(theirs, ""))) for name, theirs in _ATTRIBUTES.items()},
            }
            builder.add(file, 0, row)
        yield builder.rows(done / len(speakers))


_GIVEN = "in audioMNIST_meta.txt, collected at the recording"

ADAPTER = Adapter(
    name="audio-mnist",
    title="AudioMNIST",
    tree=tree_of(__doc__),
    licence="MIT",
    source="https://github.com/soerenab/AudioMNIST",
    citation="Becker et al. (2018). Interpreting and Explaining Deep Neural Networks for Classification of Audio Signals. arXiv:1807.03418",
    attributes={
        "accent": AttributeInfo(note=f"accent {_GIVEN}, free text"),
        "gender": AttributeInfo(note=f"gender {_GIVEN}"),
        "age": AttributeInfo(note=f"years, {_GIVEN}; a few are not plausible, and are kept as they are", per="speaker"),
        "native_speaker": AttributeInfo(note=f"yes or no, {_GIVEN}", per="speaker"),
        "origin": AttributeInfo(note=f"continent, country, city, {_GIVEN}", per="speaker"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="read",
    consent="written declarations of consent before the recording, says the corpus",
)  # fmt: skip
