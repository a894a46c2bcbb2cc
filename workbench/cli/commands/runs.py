"""Runs: run, status, pause, cancel and export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import headings
from workbench.cli.commands.plan import said
from workbench.cli.console import ERR, OUT, emit, mendable, progress_of, table
from workbench.cli.options import Json, PseudonymKey, Redact, RunId, StoreUrl

app = typer.Typer()


@app.command()
def run(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml")],
    *,
    store: StoreUrl = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    retry_failed: Annotated[bool, typer.Option(help="Decode again what failed before.")] = False,
    target_ci: Annotated[
        float | None,
        typer.Option(help="Transcribe in rounds until every gap's 95 % interval has this half-width, as 0.02."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="With --target-ci: the attribute; default: the study's first.")] = None,
    reference: Annotated[str | None, typer.Option(help="With --target-ci: the group that gaps are to.")] = None,
    leaves: Annotated[
        bool,
        typer.Option("--audio-leaves-this-machine", help="Allow engines that send audio elsewhere, as the study can."),
    ] = False,
    executor: Annotated[
        str, typer.Option(help="local, ray (a cluster of this machine), or ray://HOST:PORT.")
    ] = "local",
    gpus: Annotated[float, typer.Option(min=0, help="Share of a GPU for each worker in a Ray cluster.")] = 0.0,
    skip_missing: Annotated[
        bool,
        typer.Option("--skip-missing-engines", help="Leave out engines that this machine lacks, and say so."),
    ] = False,
    probe: Annotated[bool, typer.Option("--probe", help="Estimate the time first, by 20 utterances.")] = False,
) -> None:
    """Run a study. An interrupted run continues where it stopped; finished transcripts are not made again."""
    from workbench import runner
    from workbench.adaptive import rounds
    from workbench.engines.egress import OPT_IN
    from workbench.results import preparation
    from workbench.store import open_store
    from workbench.study import Study

    with mendable():
        described = Study.from_toml(study)
        described = described.model_copy(update={OPT_IN: True}) if leaves else described
        if target_ci is not None:
            described = rounds.with_target(described, target_ci, by=by, reference=reference)
        if skip_missing:
            described, missing = runner.without_missing_engines(described)
            for sentence in missing:
                ERR.print(f"note: {sentence}", markup=False, highlight=False)
        database = open_store(store)
        where = runner.executor_named(executor, workers=workers, gpus=gpus)
        if probe:
            ERR.print(said(runner.estimate(described, store=database, workers=workers)), highlight=False)
        made = 0

        def follow(progress: runner.Progress) -> None:
            nonlocal made
            made = progress.done - progress.reused
            show(progress)

        with progress_of(described.name) as show:
            try:
                with runner.stoppable():
                    record = rounds.run(
                        described, store=database, executor=where, on_progress=follow, retry_failed=retry_failed
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
    with mendable():
        first = database.failures(record.run_id, limit=1)
    for utterance, condition, error in first:
        ERR.print(f"the first that failed: {utterance} under {condition}: {error}", markup=False, highlight=False)
        ERR.print("when that is mended, run the study again with --retry-failed", highlight=False)
    OUT.print(record.run_id, highlight=False)
    with mendable():
        if preparation.prepared_for(record):
            ERR.print("keeping its tables, so that the app opens it at once; Ctrl-C leaves them for later")
            preparation.prepare(record.run_id, store=database)


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
        result = database.runs() if run_id is None else [database.run(run_id)]
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
    rows = [{name: getattr(record, name) for name in names} | {"notes": list(record.notes)} for record in result]
    if as_json:
        emit({"runs": rows})
        return
    table(
        [row | {"created_at": row["created_at"].partition(".")[0].removesuffix("+00:00") + "Z"} for row in rows],
        headings.RUNS,
    )
    if run_id is not None:
        shown = database.failures(result[0].run_id)
        for utterance, condition, error in shown:
            OUT.print(f"failed: {utterance} under {condition}: {error}", markup=False, highlight=False)
        if result[0].failed > len(shown):
            OUT.print(f"and {result[0].failed - len(shown)} more: export the run to see them", highlight=False)


@app.command()
def cancel(run_id: RunId, *, store: StoreUrl = None) -> None:
    """Ask the worker of a run to stop; its transcripts so far are kept."""
    _stop(run_id, store, pause=False)


@app.command()
def pause(run_id: RunId, *, store: StoreUrl = None) -> None:
    """Ask the worker of a run to stop for now; run the study again to go on."""
    _stop(run_id, store, pause=True)


@app.command()
def share(
    run_id: RunId,
    *,
    to: Annotated[str, typer.Option("--with", metavar="USER", help="A user of the server, or 'everybody'.")],
    store: StoreUrl = None,
) -> None:
    """Give a run to a user of a shared server, or to everybody; without a login everybody sees every run."""
    from workbench.store import open_store

    with mendable():
        record = open_store(store).share(run_id, to)
    OUT.print(f"run {record.run_id} belongs to {to}", highlight=False, markup=False)


def _stop(run_id: str, store: str | None, *, pause: bool) -> None:
    from workbench.store import open_store

    with mendable():
        database = open_store(store)
        record = database.request_pause(run_id) if pause else database.request_cancel(run_id)
    OUT.print(
        f"run {record.run_id} is {record.state}" + (", asked to stop" if record.state == "running" else ""),
        highlight=False,
    )


@app.command()
def export(
    run_id: RunId,
    *,
    out: Annotated[Path | None, typer.Option(help="scores.csv or scores.parquet")] = None,
    sclite: Annotated[
        Path | None, typer.Option(help="Folder for the texts and alignments as NIST's sclite reads and writes them.")
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help="Write what was measured on the audio instead.")] = False,
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    redact: Redact = None,
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms",
            help="Replace speakers, utterances and prompts by keyed hashes; the key is written to OUT.key.",
        ),
    ] = False,
    key: PseudonymKey = None,
    store: StoreUrl = None,
) -> None:
    """Write the central table SCORES, one row per utterance x condition x model, or with --facts the table FACTS."""
    from workbench.cards.bundle import protected_scores
    from workbench.cli.pseudonym_keys import new_key, read_key
    from workbench.errors import ScoringError
    from workbench.files import write_frame
    from workbench.results import audio_facts, loader
    from workbench.store import open_store
    from workbench.text import write_sclite

    if out is None and sclite is None:
        raise typer.BadParameter("name a file with --out, or a folder with --sclite")
    if (redact or pseudonyms or key) and (facts or sclite is not None):
        raise typer.BadParameter("--redact, --pseudonyms and --key are for --out without --facts")

    with mendable():
        loaded = loader.load(run_id, store=open_store(store), normaliser=normaliser)
        if sclite is not None:
            files = write_sclite(loaded.scores, sclite)
            ERR.print(f"{len(files)} files in {sclite}", highlight=False)
        if out is None:
            return
        if facts:
            frame = audio_facts.facts(loaded)
            audio_facts.write_facts(frame, out)
        else:
            frame = loaded.scores
            if redact or pseudonyms or key:
                secret = read_key(key) if key else new_key(out) if pseudonyms else None
                frame = protected_scores(frame, redact or (), secret)
                write_frame(frame, out, fails=ScoringError)
            else:
                loader.write_scores(loaded, out)
    ERR.print(f"{len(frame)} rows in {out}", highlight=False)
