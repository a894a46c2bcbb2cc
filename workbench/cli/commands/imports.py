"""Transcripts of other tools and vendors: transcripts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json

app = typer.Typer()
_SHOWN = 20


@app.command()
def transcripts(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="SOURCE", help="A file, a folder or a zip; without it, the formats are listed."),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Write the table here (.csv or .parquet): 'imported:' and 'score' read it.")
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(help="Manifest: a row per utterance of it, long recordings cut by the times of words."),
    ] = None,
    rows: Annotated[str, typer.Option(help="'recordings' (one row each), 'segments' or 'words'.")] = "recordings",
    format: Annotated[str, typer.Option(help="Read every file as this format instead of recognising it.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of the files where it is not UTF-8.")] = "",
    as_json: Json = False,
) -> None:
    """Read transcripts in the formats of Whisper, vendors, subtitles and scoring tools, name the format, and make one table."""
    from workbench.errors import ScoringError, choices
    from workbench.files import write_frame
    from workbench.transcripts import FORMATS, join_transcripts, read_references, read_transcripts, transcript_table
    from workbench.transcripts.table import Rows

    if source is None:
        listed = [{"format": item.name, "title": item.title, "source": item.source} for item in FORMATS.values()]
        if as_json:
            emit({"formats": listed})
        else:
            table(listed, {"format": "format", "title": "what it is", "source": "documented at"})
        return
    with mendable():
        if rows not in get_args(Rows):
            raise ScoringError(f"{rows!r} is no kind of row", place="--rows", remedy=choices(rows, get_args(Rows)))
        result = read_transcripts(source, format=format, encoding=encoding)
        notes = [f"{title}: {count} {'file' if count == 1 else 'files'}" for title, count in result.formats.items()]
        notes += [*result.notes, *(f"not read: {problem}" for problem in result.problems)]
        if references is None:
            frame = transcript_table(result, rows)  # type: ignore[arg-type]  # checked above
        else:
            utterances, remarks = read_references(references)
            joined = join_transcripts(result.by_name(), utterances)
            frame = joined.frame.rename(columns={"name": "name_in_source"})
            notes += [*remarks, *joined.notes]
        if out is not None:
            # a CSV has no way to say "none", and an empty text would count as silence
            kept = frame[frame["hypothesis"].notna()]
            if len(kept) < len(frame):
                notes.append(f"{len(frame) - len(kept)} failed transcripts are not in the table")
            write_frame(kept, out, fails=ScoringError)
            notes.append(f"{len(kept)} rows written to {out}")
    shown = records(frame)
    if as_json:
        emit({"rows": shown, "notes": notes})
        return
    if out is None:
        headings = {name: name for name in frame.columns if name not in ("words", "alternatives")}
        table(shown[:_SHOWN], headings)
        if len(shown) > _SHOWN:
            notes.append(f"{len(shown) - _SHOWN} more rows; --out TABLE.csv writes them all")
    for note in notes:
        OUT.print(note, markup=False, highlight=False)
