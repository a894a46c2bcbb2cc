"""Corpora: prepare, from the layout in which a corpus is distributed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import ERR, OUT, counting, emit, mendable, table
from workbench.cli.options import Json

if TYPE_CHECKING:
    from workbench.corpora import Prepared

app = typer.Typer()
_SHOWN = 20


@app.command()
def prepare(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Which corpus: see --list. A folder instead: says what it looks like.")
    ] = "",
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="The folder that holds it.")] = None,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where <corpus>.csv and <corpus>.toml go.")] = Path(
        "data_manifests"
    ),
    called: Annotated[str, typer.Option("--as", metavar="CORPUS", help="Name of the manifest; default: NAME.")] = "",
    option: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="An option of the corpus; again for more.")
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the corpus; default: the usual one.")] = "",
    download: Annotated[
        str, typer.Option(metavar="PART", help="Fetch this archive of the corpus and unpack it into PATH first.")
    ] = "",
    url: Annotated[str, typer.Option(metavar="URL", help="Fetch the archive from here, such as a mirror.")] = "",
    sha256: Annotated[str, typer.Option(metavar="HEX", help="What the archive at --url must have.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a manifest of this name.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the corpora that can be read.")] = False,
    as_json: Json = False,
) -> None:
    """Write the manifest of a corpus that is in the layout of its publisher, and say what was left out and why."""
    from workbench.corpora import prepare as write
    from workbench.corpora.adapters import catalogue

    if listed:
        _print_catalogue(catalogue(), as_json=as_json)
        return
    if name and path is None and Path(name).is_dir():
        _print_layouts(Path(name), as_json=as_json)
        return
    if not name or path is None:
        raise typer.BadParameter(
            "name a corpus and its folder, a folder alone to see what it looks like, or use --list"
        )
    pairs = [text.partition("=") for text in option or []]
    if any(not sign for _, sign, _ in pairs):
        raise typer.BadParameter("write --option as KEY=VALUE")
    if download or url:
        path = _download(name, path, download, url, sha256)
    with mendable(), counting("rows") as show:
        prepared = write(
            name,
            path,
            out=out,
            corpus_id=called,
            options={key: value for key, _, value in pairs},
            language=language,
            overwrite=overwrite,
            on_progress=show,
        )
    _print_prepared(prepared, as_json=as_json)


def _print_layouts(folder: Path, *, as_json: bool) -> None:
    """Say which corpora a folder looks like, with the command that writes the manifest of each."""
    from workbench.corpora import layouts
    from workbench.errors import ManifestError

    with mendable():
        recognised = layouts(folder)
        if not recognised and not as_json:
            remedy = "see workbench prepare --list for the layouts that are read"
            raise ManifestError("looks like no corpus that is known", place=str(folder), remedy=remedy)
    if as_json:
        emit({"layouts": [{"name": item.name, "folder": str(item.folder)} for item in recognised]})
        return
    for item in recognised:
        OUT.print(f"{item.folder} looks like {item.adapter.title}. Write its manifest:", markup=False, highlight=False)
        OUT.print(
            f"  workbench prepare {item.name} {shlex.quote(str(item.folder))}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _download(name: str, path: Path, part: str, url: str, sha256: str) -> Path:
    from workbench.corpora import download_corpus

    with mendable(), counting("bytes") as show:
        fetched = download_corpus(name, path, part=part, url=url, sha256=sha256, on_progress=show)
    if not fetched.checked:
        text = f"not checked: no SHA-256 was given to compare with; that of the archive is {fetched.sha256}"
        ERR.print(text, markup=False, highlight=False)
    return fetched.folder


def _print_catalogue(rows: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        emit({"adapters": rows})
    else:
        headings = {
            "name": "name",
            "title": "corpus",
            "versions": "versions",
            "licence": "licence",
            "attributes": "attributes",
        }
        table(rows, {**headings, "options": "options", "downloads": "downloads"})


def _print_prepared(prepared: Prepared, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "corpus_id": prepared.corpus_id,
                "manifest": str(prepared.manifest),
                "description": str(prepared.description),
                "problems_file": str(prepared.problems_file) if prepared.problems_file else None,
                "n_rows": prepared.n_rows,
                "n_speakers": prepared.n_speakers,
                "stated": prepared.stated,
                "n_left_out": prepared.n_left_out,
                "left_out": prepared.left_out,
                "notes": prepared.notes,
                "problems": [str(problem) for problem in prepared.problems],
            }
        )
        return
    lost = [str(problem) for problem in prepared.problems if str(problem) not in prepared.notes]
    for line in [*prepared.notes, *lost[:_SHOWN]]:
        OUT.print(line, markup=False, highlight=False)
    if prepared.problems_file is not None:
        OUT.print(f"all problems: {prepared.problems_file}", markup=False, highlight=False)
    stated = ", ".join(f"{name} {count}" for name, count in prepared.stated.items())
    OUT.print(
        f"{prepared.manifest}: {prepared.n_rows} rows, {prepared.n_speakers} speakers"
        + (f"; stated in: {stated}" if stated else ""),
        markup=False,
        highlight=False,
    )
    for reason, count in prepared.left_out.items():
        OUT.print(f"left out: {count} x {reason}", markup=False, highlight=False)
