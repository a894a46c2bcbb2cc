"""The gate on the command line: its options, its report as text, JSON, Markdown or JUnit XML, and its exit code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal
from xml.etree import ElementTree

import typer

from workbench.cli.console import ERR, OUT, emit, write
from workbench.errors import ScoringError

if TYPE_CHECKING:
    from workbench.fairness.gate import Check, Gate
    from workbench.store import RunRecord

Format = Literal["text", "json", "markdown", "junit"]
GapRules = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        help="Exit 1 on: 'gap' (a verdict GAP) or 'gap:firm' (only firm ones); 'open': exit 3 if a check is undecided. May be repeated.",
    ),
]
ClaimRules = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        help="Exit 1 on 'refuted' claims; 'open': exit 3 on NOT ENOUGH INFORMATION. May be repeated.",
    ),
]
MaxWer = Annotated[
    str | None,
    typer.Option(
        "--max-wer",
        help="Exit 1 if the error rate over everyone is shown to exceed this percentage, such as 12% (one-sided 95 % interval).",
    ),
]
REPORT_HELP = "Report of the gate: text, json, markdown or junit; all but text print only the report."
ReportFormat = Annotated[Format, typer.Option("--format", "--report-format", help=REPORT_HELP)]
ScoreReportFormat = Annotated[Format, typer.Option("--report-format", help=REPORT_HELP)]
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no way to write."""
LONGEST = 200
"""So many open checks a person is shown; the other formats have all."""


def refuse_report_without_gate(form: Format, *, asked: bool) -> None:
    """Raise if a report is wanted of a gate that nobody asked for.

    Raises
    ------
    ScoringError : a format other than text, and no rule
    """
    if form != "text" and not asked:
        raise ScoringError(
            f"there is no gate to report as {form}", place="--format", remedy="say what it fails on with --fail-on"
        )


def report(gate: Gate, form: Format) -> None:
    """Print the gate in this format, and what keeps it shut on standard error."""
    {
        "text": _print_text,
        "json": lambda gate: emit(gate.to_json()),
        "markdown": _print_markdown,
        "junit": _print_junit,
    }[form](gate)


def leave(gate: Gate) -> None:
    """End the command with the gate's exit code; say on standard error why it is not 0."""
    still_open = gate.having("open")
    if gate.exit_code:
        ERR.print(f"gate {gate.outcome}: {gate.summary}", markup=False, highlight=False)
    elif still_open or not gate.checks:
        ERR.print(
            f"warning: no check failed, but not everything could be decided: {gate.summary} --fail-on open counts these.",
            markup=False,
            highlight=False,
        )
    if gate.exit_code:
        raise typer.Exit(gate.exit_code)


def unfinished(run: RunRecord) -> tuple[str, ...]:
    """Return a note if the run has not ended: its figures are of what is there."""
    return () if run.finished else (f"the run is {run.state}: {run.done} of {run.total} transcripts are there",)


def _print_text(gate: Gate) -> None:
    for outcome in ("failed", "open"):
        checks = gate.having(outcome)
        for check in checks[:LONGEST]:
            OUT.print(f"{outcome.upper()}: {check.rule}: {check.place}: {check.detail}", markup=False, highlight=False)
        if len(checks) > LONGEST:
            OUT.print(f"and {len(checks) - LONGEST} more; --format json has all", highlight=False)
    for note in gate.notes:
        OUT.print(note, markup=False, highlight=False)
    OUT.print(f"Gate: {gate.summary}", markup=False, highlight=False)


def _print_markdown(gate: Gate) -> None:
    lines = [f"## Gate {gate.outcome}: {_markdown(gate.subject)}", "", gate.summary, ""]
    shown = [*gate.having("failed"), *gate.having("open")]
    if shown:
        lines += ["| outcome | check | model | condition | group | figures |", "|---|---|---|---|---|---|"]
    for check in shown:
        cells = (check.outcome, check.rule, check.model_id, check.condition_id, check.of, check.detail)
        lines.append(f"| {' | '.join(map(_markdown, cells))} |")
    lines += ["", *(f"- {_markdown(note)}" for note in gate.notes)] if gate.notes else []
    write("\n".join(lines).rstrip() + "\n")


def _markdown(text: str) -> str:
    """Return text that Markdown shows as it is: names from manifests may hold anything."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _print_junit(gate: Gate) -> None:
    write(junit(gate))


def junit(gate: Gate) -> str:
    """Return the gate as JUnit XML: a test case per check; an open check is skipped, or a failure where open checks count."""
    failed, still_open = gate.having("failed"), gate.having("open")
    skipped = () if gate.open_counts else still_open
    counts = {
        "tests": str(len(gate.checks)),
        "failures": str(len(failed) + len(still_open) - len(skipped)),
        "skipped": str(len(skipped)),
        "errors": "0",
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(gate.subject), **counts})
    outcomes: Mapping[str, Callable[[Check], tuple[str, dict[str, str]] | None]] = {
        "passed": lambda check: None,
        "failed": lambda check: ("failure", {"type": "failed"}),
        "open": lambda check: ("failure", {"type": "open"}) if gate.open_counts else ("skipped", {}),
    }
    for check in gate.checks:
        name = ", ".join(filter(None, (check.rule, check.condition_id, check.of)))
        case = ElementTree.SubElement(suite, "testcase", {"classname": _xml(check.model_id), "name": _xml(name)})
        if element := outcomes[check.outcome](check):
            ElementTree.SubElement(case, element[0], {"message": _xml(check.detail), **element[1]})
    if gate.notes:
        ElementTree.SubElement(suite, "system-out").text = _xml("\n".join(gate.notes))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    return UNPRINTABLE.sub("\ufffd", text)
