"""Error rates of recordings with several speakers: conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json
from workbench.cli.table_printer import json_rows, print_table
from workbench.schema import GAPS, RATES

app = typer.Typer()
TOTALS = {
    "recording": "recording", "errors": "errors", "length": "words", "insertions": "inserted", "deletions": "deleted",
    "substitutions": "substituted", "missed_speakers": "speakers missed", "false_alarm_speakers": "streams too many",
    "unassigned": "words of nobody",
}  # fmt: skip


@app.command()
def conversations(
    transcripts: Annotated[Path, typer.Argument(metavar="TRANSCRIPTS", help="Anything that 'transcripts' reads, a whole recording each.")],
    *,
    references: Annotated[Path, typer.Option(help="Manifest with a row per utterance: path, speaker_id, reference, start_s, end_s.")],
    by: Annotated[list[str] | None, typer.Option(help="Attribute of the speakers; may be repeated.")] = None,
    metric: Annotated[
        str,
        typer.Option(help="'cpwer' (a stream per speaker), 'tcpwer' (words within --collar in time) or 'orcwer' (streams, not speakers)."),
    ] = "cpwer",
    collar: Annotated[float, typer.Option(help="Seconds by which words may be displaced, for tcpwer.")] = 5.0,
    normaliser: Annotated[str, typer.Option(help="Applied to both sides before anything is counted.")] = "whisper_en",
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    margin: Annotated[float | None, typer.Option(help="Gaps smaller than this count as equal.")] = None,
    transcript_format: Annotated[str, typer.Option("--format", help="Read TRANSCRIPTS as this format.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of the files where it is not UTF-8.")] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print the error rate of conversations by who was heard (cpWER, tcpWER, ORC-WER, counted by meeteval), and gaps."""
    from workbench.fairness.conversations import score_conversations

    with mendable():
        result = score_conversations(
            transcripts, references, by=by or (), metric=metric, collar_s=collar, normaliser=normaliser,
            reference_group=reference_group, margin=margin, transcript_format=transcript_format, encoding=encoding,
        )  # fmt: skip
    if as_json:
        emit(
            {
                "metric": result.metric, "collar_s": collar if metric == "tcpwer" else None, "normaliser": result.normaliser_id,
                "error_rate": result.error_rate, "recordings": records(result.recordings), "rates": json_rows(result.rates), "gaps": json_rows(result.gaps),
                "notes": list(result.notes),
            }
        )  # fmt: skip
        return
    from workbench.text import UNIT_WORDS, unit_of

    table(records(result.recordings), TOTALS, title=f"{result.metric}: {100 * result.error_rate:.1f} %")
    for frame, kind, title in (
        (result.rates, RATES, UNIT_WORDS[unit_of(result.normaliser_id)][0]),
        (result.gaps, GAPS, "Gaps"),
    ):
        known = [name for name in frame.columns if not name.startswith("condition_")]
        print_table(frame[known], kind, title=title, by=tuple(by or ()) if kind is RATES else ())
    for note in result.notes:
        OUT.print(note, markup=False, highlight=False)
