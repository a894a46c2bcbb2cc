"""speechocean762: English sentences by 250 speakers of Mandarin, half of them children, scored by five experts.

Layout, as in the archive (Kaldi's files)::

    speechocean762/
        train/, test/
            text, wav.scp, utt2spk      <key> <value>, one per line
            spk2age, spk2gender
        WAVE/SPEAKER<id>/<utterance>.WAV
        resource/scores.json            utterance -> total, accuracy, fluency, prosodic ... (0 to 10)

A command in wav.scp (a line that ends with |) is not run: the row is left out.

Source: openslr.org/101 and github.com/jimbozhang/speechocean762, README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, Tails, json_of
from workbench.corpora.adapters.source_tables import lines_of
from workbench.corpora.description import AttributeInfo

_COLUMNS = (
    "utterance_id", "path", "reference", "speaker_id", "first_language", "gender", "age", "pronunciation", "split",
)  # fmt: skip
_SCORES = "resource/scores.json"


def _recognise(folder: Path) -> bool:
    return (folder / "WAVE").is_dir() and any((folder / split / "spk2age").is_file() for split in ("train", "test"))


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    splits = ("train", "test") if options["split"] == "all" else (options["split"],)
    require_folder(
        folder, "speechocean762", *(f"{split}/{file}" for split in splits for file in ("text", "wav.scp", "utt2spk"))
    )
    builder = Builder(_COLUMNS)
    scores = json_of(folder / _SCORES, folder) if (folder / _SCORES).is_file() else {}
    if not scores:
        builder.note(_SCORES, "there are no scores: pronunciation is not stated", "copy the file, or go on without")
    for done, split in enumerate(splits, start=1):
        _split(folder, split, scores, options, builder)
        yield builder.rows(done / len(splits))


def _split(folder: Path, split: str, scores: object, options: Options, builder: Builder) -> None:
    """Collect the utterances of train or test."""
    tables = {
        name: _pairs(folder, f"{split}/{name}", options, builder)
        for name in ("wav.scp", "utt2spk", "spk2age", "spk2gender")
    }
    tails, file = Tails(folder), f"{split}/text"
    lines, problems = lines_of(folder / file, folder, encoding=options["encoding"])
    builder.problems += problems
    for number, line in lines:
        utterance, _, text = line.replace("\t", " ", 1).partition(" ")
        speaker, written = tables["utt2spk"].get(utterance, ""), tables["wav.scp"].get(utterance, "")
        if written.endswith("|"):
            problem = f"wav.scp has a command for {utterance!r}, which is not run"
            builder.lost(file, number, utterance, problem, "write the audio to a file and name that", column="path")
            continue
        scored = scores.get(utterance, {}) if isinstance(scores, dict) else {}
        total = scored.get("total", "") if isinstance(scored, dict) else ""
        builder.add(
            file,
            number,
            {
                "utterance_id": utterance,
                "path": tails.find(written) if written else "",
                "reference": text,
                "speaker_id": speaker,
                "first_language": "Mandarin",
                "gender": tables["spk2gender"].get(speaker, ""),
                "age": tables["spk2age"].get(speaker, ""),
                "pronunciation": str(total),
                "split": split,
            },
        )


def _pairs(folder: Path, file: str, options: Options, builder: Builder) -> dict[str, str]:
    """Return a file of <key> <value> lines; {} with a note if it is not there."""
    if not (folder / file).is_file():
        builder.note(file, "there is no such file: what it states is not stated", "copy it, or go on without")
        return {}
    lines, problems = lines_of(folder / file, folder, encoding=options["encoding"])
    builder.problems += problems
    return {key: value.strip() for key, _, value in (line.replace("\t", " ", 1).partition(" ") for _, line in lines)}


ADAPTER = Adapter(
    name="speechocean762",
    title="speechocean762",
    tree=tree_of(__doc__),
    licence="free for commercial and non-commercial use (openslr.org/101)",
    source="https://www.openslr.org/101",
    citation="Zhang et al. (2021). speechocean762: An Open-Source Non-native English Speech Corpus For Pronunciation Assessment. Interspeech 2021",
    attributes={
        "first_language": AttributeInfo(note="Mandarin, which the corpus states of all its speakers"),
        "gender": AttributeInfo(note="spk2gender (f or m)"),
        "age": AttributeInfo(note="spk2age, years", per="speaker"),
        "pronunciation": AttributeInfo(obtained="annotated", per="utterance", note="total score of the sentence by five experts, 0 to 10"),
        "split": AttributeInfo(obtained="annotated", per="utterance", note="train or test"),
    },
    hub=HubColumns(signature=frozenset({"speaker", "prosodic", "fluency"})),
    recognise=_recognise,
    read=_read,
    speech_style="read",
    options={"split": Option("which split", "all", ("all", "train", "test"))},
)  # fmt: skip
