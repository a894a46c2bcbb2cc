"""Channel swap: the study in which two groups are heard through each other's recording channel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, records, table
from workbench.cli.options import Json

app = typer.Typer()
COLUMNS = {
    "group": "group", "n_speakers": "speakers", "n_utterances": "utterances", "level_db": "level, dBov",
    "floor_db": "noise floor, dBov", "snr_db": "speech to noise, dB",
}  # fmt: skip


@app.command()
def swap(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")],
    *,
    by: Annotated[str, typer.Option(help="Attribute, e.g. accent.")],
    first: Annotated[str, typer.Option("--from", help="One group.")],
    second: Annotated[str, typer.Option("--to", help="The group that it exchanges its channel with.")],
    out: Annotated[Path | None, typer.Option(help="The study; default: MANIFEST.swap.study.toml here.")] = None,
    engine: Annotated[
        list[str] | None, typer.Option(help="Engine of that study; may be repeated. Default: pocketsphinx.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the study in which two groups are heard through each other's level, noise floor and long-term spectrum.

    A gap that comes from these goes with them; one in the words stays. Run the study, then: workbench changes RUN --by ATTRIBUTE.
    """
    from workbench import provenance

    path = out or Path(f"{manifest.stem}.swap.study.toml")
    with mendable():
        made = provenance.write_channel_swap(
            manifest, path, attribute=by, first=first, second=second, engines=engine or []
        )
    if as_json:
        emit(
            {
                "study": str(path), "conditions": [item.condition_id for item in made.study.conditions],
                "channels": records(made.channels), "sentences": list(made.sentences),
            }
        )  # fmt: skip
        return
    table(
        [
            {
                **row,
                **{
                    name: "-" if row[name] is None else f"{row[name]:.1f}"
                    for name in ("level_db", "floor_db", "snr_db")
                },
            }
            for row in records(made.channels)
        ],
        COLUMNS,
        title=f"How they were recorded, by {by}",
    )
    for sentence in made.sentences:
        ERR.print(sentence, markup=False, highlight=False)
    OUT.print(str(path), markup=False, highlight=False)
