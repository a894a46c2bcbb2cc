"""Conditions and what they do to audio: conditions, preset and degrade."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated, cast

import typer

from workbench.cli import headings
from workbench.cli.console import ERR, OUT, counting, emit, mendable, table
from workbench.cli.options import Json

app = typer.Typer()


@app.command()
def conditions(
    *,
    gallery: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page to hear and see every condition into this folder.")
    ] = None,
    clip: Annotated[Path | None, typer.Option(help="What the gallery plays; default: a voice of the corpus.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Manifest whose voices the gallery uses; default: the demo corpus.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this condition; again for more (room, babble@3).")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the conditions and your presets: parameters and units at every severity; with --json their ranges and sources too."""
    from workbench.conditions import describe, presets

    if gallery is not None:
        _write_gallery(gallery, clip, corpus, only or [])
        return
    if clip or corpus or only:
        raise typer.BadParameter("--clip, --corpus and --only are for --gallery DIR")
    rows = [*describe(), *presets.describe()]
    if as_json:
        emit({"conditions": rows})
    else:
        lacking = any(row["reason"] for row in rows)
        shown = [{**row, "parameters": row["parameters"] or " > ".join(row["parts"])} for row in rows]
        table(shown, {key: heading for key, heading in headings.CONDITIONS.items() if lacking or key != "reason"})


def _write_gallery(folder: Path, clip: Path | None, corpus: Path | None, only: list[str]) -> None:
    from workbench.figures import gallery

    with mendable(), counting("gallery") as show:
        chosen = gallery.choose(only)
        played, pool = gallery.clip_of(file=clip, manifest=corpus)
        index = gallery.write(folder, played, chosen, pool=pool, on_progress=show)
    OUT.print(str(index), markup=False, highlight=False)


@app.command()
def preset(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    condition: Annotated[str, typer.Argument(metavar="CONDITION")],
    *,
    note: Annotated[str, typer.Option(help="A word on it, kept in its file.")] = "",
) -> None:
    """Save a condition or chain under a name; studies and commands take it as preset:NAME."""
    from workbench.conditions import parse_condition, presets

    with mendable():
        made = presets.save(name, parse_condition(condition), note=note)
    OUT.print(f"{made.written}: {made.condition.condition_id}", highlight=False, markup=False)


@app.command()
def degrade(
    source: Annotated[Path, typer.Argument(metavar="IN")],
    target: Annotated[Path, typer.Argument(metavar="OUT.wav")],
    *,
    condition: Annotated[
        str,
        typer.Option(
            help="A name with a severity (equip_pulse@3), with parameters ('white_noise?snr_db=7'), or a chain ('room@2>opus@2')."
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the noise.")] = 1,
    slot: Annotated[int, typer.Option(min=0, help="Rank of the utterance within its speaker.")] = 0,
    pairing: Annotated[
        str, typer.Option(help="What the draw belongs to: slot, utterance (by the name of IN) or global.")
    ] = "slot",
    corpus: Annotated[
        Path | None, typer.Option(help="Manifest whose other speakers babble; for babble and speech-shaped noise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put one audio file under a condition and print what was measured."""
    from workbench import audio
    from workbench.conditions import CorpusPool, Pairing, parse_condition
    from workbench.conditions import degrade as apply
    from workbench.corpora import load_corpus
    from workbench.errors import AudioError, ConditionError

    with mendable():
        chosen = parse_condition(condition)
        pool = None
        if chosen.needs_speech_pool:
            if corpus is None:
                raise ConditionError(
                    f"{chosen.id} is made from the speech of a corpus",
                    place="--condition",
                    remedy="name its manifest with --corpus",
                )
            pool = CorpusPool(load_corpus(corpus, allow_dropped=True).utterances)
        wave = dataclasses.replace(audio.decode(source), utterance_id=source.name)
        degraded = apply(wave, chosen, slot=slot, seed=seed, pairing=cast(Pairing, pairing), pool=pool)
        if os.path.exists(target) and target.samefile(source):
            raise AudioError("IN and OUT are the same file", place=str(target), remedy="name another OUT.wav")
        digest = audio.samples_digest(degraded.wave)
        origin = (
            f"condition {chosen.condition_id}, seed {seed}, slot {slot}, pairing {pairing}, samples sha256:{digest}"
        )
        audio.write_wav(target, degraded.wave, comment=origin)
        for note in (*wave.notes, *chosen.notes):
            ERR.print(f"note: {note}", highlight=False, markup=False)
    facts = {
        "condition_id": chosen.condition_id,
        "seed": seed,
        "slot": slot,
        "pairing": pairing,
        "sample_rate": degraded.wave.sample_rate,
        "duration_s": degraded.wave.duration_s,
        "audio_digest": digest,
        **degraded.facts,
    }
    if as_json:
        emit(facts)
    else:
        table([{"fact": name, "value": value} for name, value in facts.items()], {"fact": "measured", "value": "value"})
