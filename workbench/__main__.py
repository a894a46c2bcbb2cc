"""The command line: the public calls of the package, one command each, no logic of its own.

``--json`` prints one JSON object on standard output and nothing else there. Exit codes: 0 done, 2 bad input, 1 a check failed,
3 a gate asked for no undecided check and has one. The commands of a subject are one module in ``workbench/cli/commands`` and one line here.
"""

from __future__ import annotations

import typer

from workbench import extras
from workbench.cli.commands import (
    adjustment,
    audio,
    bundles,
    cards,
    changes,
    channel_swap,
    comparison,
    confirmation,
    conversations,
    corpora,
    erasure,
    export,
    imports,
    labels,
    ledgers,
    machine,
    match,
    models,
    plan,
    power,
    prepare,
    private,
    provenance,
    ratings,
    red_team,
    review,
    runs,
    sensitivity,
    slices,
    start,
    statistics,
    suite,
    tables,
    text,
    transcripts,
)
from workbench.cli.console import BAD_INPUT, complain, write_any_text
from workbench.cli.examples import epilogue

app = typer.Typer(
    help="Measure word-error-rate gaps across accents and acoustic environments.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for subject in (
    start,
    machine,
    models,
    audio,
    corpora,
    provenance,
    channel_swap,
    labels,
    review,
    export,
    prepare,
    plan,
    runs,
    erasure,
    match,
    confirmation,
    red_team,
    suite,
    text,
    statistics,
    sensitivity,
    slices,
    tables,
    ratings,
    changes,
    adjustment,
    comparison,
    power,
    imports,
    conversations,
    transcripts,
    private,
    cards,
    bundles,
    ledgers,
):
    for command in subject.app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        command.epilog = epilogue(name.replace("_", "-"))
    app.add_typer(subject.app)


def main() -> None:
    """Run the command line; a package that is missing is named with the extra that brings it."""
    write_any_text()
    try:
        app(prog_name="workbench")
    except ModuleNotFoundError as error:
        if (lack := extras.missing(error)) is None:
            raise
        complain(lack)
        raise SystemExit(BAD_INPUT) from None


if __name__ == "__main__":
    main()
