"""The command line: the public calls of the package, one command each, no logic of its own.

``--json`` prints one JSON object on standard output and nothing else there. Exit codes: 0 done, 2 bad input,
1 a claim failed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import tables
from workbench.cli.console import ERR, OUT, emit, mendable, progress_of, records, table, write_any_text

app = typer.Typer(
    help="Measure word-error-rate gaps across accents and acoustic environments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else there.")]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store", help="SQLite or PostgreSQL URL; default: WORKBENCH_STORE, else SQLite under WORKBENCH_HOME."
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or its study's name.")]


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Say what this machine has of what the workbench needs."""
    from workbench.cli.doctor import examine

    found = examine()
    if as_json:
        emit(found)
    else:
        OUT.print(f"workbench {found['workbench']}, store {found['store']}", highlight=False)
        table(found["checks"], {"name": "check", "ok": "ok", "detail": "found", "remedy": "remedy"})
    if not found["ok"]:
        raise typer.Exit(1)


@app.command()
def engines(*, as_json: Json = False) -> None:
    """List the engines: which are ready, and what the others need."""
    from workbench.engines import availability

    rows = records(availability())
    if as_json:
        emit({"engines": rows})
    else:
        table(rows, tables.ENGINES)


@app.command()
def conditions(*, as_json: Json = False) -> None:
    """List the conditions: parameters and units at every severity; with --json their sources too."""
    from workbench.conditions import describe

    rows = describe()
    if as_json:
        emit({"conditions": rows})
    else:
        table(rows, tables.CONDITIONS)


@app.command()
def check(manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")], *, as_json: Json = False) -> None:
    """Check a manifest: every problem at once, with line, value and remedy. Exit 2 if there is one."""
    from workbench.corpora import check_manifest

    with mendable():
        corpus = check_manifest(manifest)
    info = corpus.info
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "corpus": info.model_dump(mode="json"),
                "n_good": len(corpus.utterances),
                "n_dropped": info.n_dropped,
                "problems": [
                    {"line": p.line, "column": p.column, "value": p.value, "what": p.what, "remedy": p.remedy}
                    for p in corpus.problems
                ],
            }
        )
    else:
        for problem in corpus.problems:
            OUT.print(str(problem), markup=False, highlight=False)
        hours = corpus.utterances["duration_s"].sum() / 3600
        OUT.print(
            f"{info.corpus_id}: {len(corpus.utterances)} usable rows, {info.n_speakers} speakers, {hours:.2f} h; "
            f"{info.n_dropped} rows would be dropped",
            highlight=False,
        )
    if corpus.problems:
        raise typer.Exit(2)


@app.command()
def degrade(
    source: Annotated[Path, typer.Argument(metavar="IN")],
    target: Annotated[Path, typer.Argument(metavar="OUT.wav")],
    *,
    condition: Annotated[
        str, typer.Option(help="A name with a severity (equip_pulse@3) or with parameters ('white_noise?snr_db=7').")
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the noise.")] = 1,
    slot: Annotated[int, typer.Option(min=0, help="Rank of the utterance within its speaker.")] = 0,
    corpus: Annotated[
        Path | None, typer.Option(help="Manifest whose other speakers babble; for babble and speech-shaped noise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put one audio file under a condition and print what was measured."""
    from workbench import audio
    from workbench.conditions import CorpusPool, parse_condition
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
        degraded = apply(audio.decode(source), chosen, slot=slot, seed=seed, pool=pool)
        if os.path.exists(target) and target.samefile(source):
            raise AudioError("IN and OUT are the same file", place=str(target), remedy="name another OUT.wav")
        audio.write_wav(target, degraded.wave)
    facts = {
        "condition_id": chosen.condition_id,
        "seed": seed,
        "slot": slot,
        "sample_rate": degraded.wave.sample_rate,
        "duration_s": degraded.wave.duration_s,
        "audio_digest": audio.samples_digest(degraded.wave),
        **degraded.facts,
    }
    if as_json:
        emit(facts)
    else:
        table([{"fact": name, "value": value} for name, value in facts.items()], {"fact": "measured", "value": "value"})


@app.command()
def run(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml")],
    *,
    store: StoreUrl = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    retry_failed: Annotated[bool, typer.Option(help="Decode again what failed before.")] = False,
) -> None:
    """Run a study; a killed run goes on where it stopped, and finished work is never done again."""
    from workbench import runner
    from workbench.store import open_store
    from workbench.study import Study

    with mendable():
        described = Study.from_toml(study)
        database = open_store(store)
        made = 0

        def follow(progress: runner.Progress) -> None:
            nonlocal made
            made = progress.done - progress.reused
            show(progress)

        with progress_of(described.name) as show:
            try:
                with runner.stoppable():
                    record = runner.run(
                        described, store=database, workers=workers, on_progress=follow, retry_failed=retry_failed
                    )
            except KeyboardInterrupt:
                ERR.print("interrupted; run the same command to go on from here")
                raise typer.Exit(130) from None
    for note in record.notes:
        ERR.print(f"note: {note}", markup=False, highlight=False)
    ERR.print(
        f"run {record.run_id} is {record.state}: {record.done} of {record.total} transcripts, "
        f"{made} of them made now, {record.failed} failed",
        highlight=False,
    )
    OUT.print(record.run_id, highlight=False)


@app.command()
def status(
    run_id: Annotated[str | None, typer.Argument(metavar="RUN")] = None,
    *,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """List the runs of the store, or one of them with its failures."""
    from workbench.store import open_store

    with mendable():
        database = open_store(store)
        found = database.runs() if run_id is None else [database.run(run_id)]
    names = (
        "run_id",
        "study",
        "state",
        "done",
        "total",
        "failed",
        "reused",
        "created_at",
        "started_at",
        "finished_at",
        "message",
    )
    rows = [{name: getattr(record, name) for name in names} | {"notes": list(record.notes)} for record in found]
    if as_json:
        emit({"runs": rows})
        return
    table(rows, tables.RUNS)
    if run_id is not None:
        shown = database.failures(found[0].run_id)
        for utterance, condition, error in shown:
            OUT.print(f"failed: {utterance} under {condition}: {error}", markup=False, highlight=False)
        if found[0].failed > len(shown):
            OUT.print(f"and {found[0].failed - len(shown)} more: export the run to see them", highlight=False)


@app.command()
def cancel(run_id: RunId, *, store: StoreUrl = None) -> None:
    """Ask the worker of a run to stop; its transcripts so far are kept."""
    from workbench.store import open_store

    with mendable():
        record = open_store(store).request_cancel(run_id)
    OUT.print(
        f"run {record.run_id} is {record.state}" + (", asked to stop" if record.state == "running" else ""),
        highlight=False,
    )


@app.command()
def export(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="scores.csv or scores.parquet")],
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    store: StoreUrl = None,
) -> None:
    """Write the central table SCORES, one row per utterance x condition x model."""
    from workbench.results import load, write_scores
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), normaliser=normaliser)
        write_scores(results, out)
    ERR.print(f"{len(results.scores)} rows in {out}", highlight=False)


@app.command()
def gaps(
    run_id: RunId,
    *,
    by: Annotated[str, typer.Option(help="Attribute whose groups are compared.")],
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the rates and gaps of a run, with 95 % intervals clustered on speaker."""
    from workbench import fairness
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), normaliser=normaliser)
        rates = fairness.rates(results.scores, [by])
        found = fairness.gaps(results.scores, by, reference=reference_group, margin=results.study.margin)
    rows = records(rates.rename(columns={"model_id": "system"}))
    gap_rows = records(found.rename(columns={"model_id": "system"}))
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "normaliser": results.normaliser_id,
                "margin": results.study.margin,
                "caveat": results.caveat,
                "rates": rows,
                "gaps": gap_rows,
            }
        )
        return
    tables.print_rates(rows, [by])
    tables.print_gaps(gap_rows)
    if results.caveat:
        OUT.print(results.caveat, highlight=False)


@app.command()
def card(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="Folder for card.pdf, card.json and the CSV files.")],
    by: Annotated[list[str] | None, typer.Option(help="Attributes to report; default: the study's.")] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    intended_use: Annotated[str, typer.Option(help="One sentence on where the engine is to be used.")] = "",
    store: StoreUrl = None,
) -> None:
    """Write the service card of a run: PDF, and the same numbers as JSON and CSV."""
    from workbench import cards
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store))
        made = cards.build(results, attributes=by or None, reference_group=reference_group, intended_use=intended_use)
        files = cards.write(made, out)
    for path in files:
        OUT.print(str(path), highlight=False)


@app.command()
def score(
    transcripts: Annotated[Path, typer.Argument(metavar="TRANSCRIPTS.csv")],
    *,
    by: Annotated[list[str], typer.Option(help="Column whose groups are compared; may be repeated.")],
    speaker: Annotated[
        str | None, typer.Option(help="Column that names the speaker; without it intervals are withheld.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Column that names the recogniser.")] = None,
    reference: Annotated[str, typer.Option(help="Column with what was said.")] = "reference",
    hypothesis: Annotated[str, typer.Option(help="Column with what was recognised.")] = "hypothesis",
    normaliser: Annotated[str, typer.Option(help="none, basic or whisper_en.")] = "whisper_en",
    drop_reference: Annotated[
        list[str] | None, typer.Option(help="Leave out rows whose reference matches this regular expression.")
    ] = None,
    strip_reference: Annotated[
        list[str] | None, typer.Option(help="Delete what matches this regular expression from references.")
    ] = None,
    empty_references: Annotated[
        str,
        typer.Option(
            help="'separate': words invented on empty references are tallied apart; 'count': they count as errors."
        ),
    ] = "separate",
    where: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=VALUE: keep only such rows; may be repeated (of one column: any of its values)."),
    ] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    margin: Annotated[float | None, typer.Option(help="Gaps smaller than this count as equal.")] = None,
    as_json: Json = False,
) -> None:
    """Score transcripts made elsewhere: no audio, no recogniser; rates and gaps with intervals."""
    from workbench import fairness
    from workbench.errors import ScoringError

    with mendable():
        scored = fairness.score_table(
            transcripts, by=by, speaker=speaker, system=system, reference=reference, hypothesis=hypothesis,
            normaliser=normaliser, drop_reference=drop_reference or (), strip_reference=strip_reference or (),
            empty_references=empty_references, where=tables.selection(where or ()), reference_group=reference_group,
            margin=margin,
        )  # fmt: skip
        if not scored.n_rows:
            raise ScoringError("no row is left to score", place=str(transcripts), remedy="; ".join(scored.notes))
    found = scored.to_json()
    if as_json:
        emit(found)
        return
    tables.print_rates(found["rates"], list(by))
    tables.print_gaps(tables.without_condition(found["gaps"]))
    for note in scored.notes:
        OUT.print(note, markup=False, highlight=False)


def main() -> None:
    """Run the command line."""
    write_any_text()
    app(prog_name="python -m workbench")


if __name__ == "__main__":
    main()
