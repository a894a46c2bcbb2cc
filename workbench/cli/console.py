"""Console: one JSON object on standard output, or tables and progress for a person; errors on standard error."""

from __future__ import annotations

import io
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.runner import Progress

PIPE_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""


UNSEEN = {
    number: f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
    for number in (
        *(n for n in range(32) if chr(n) not in "\n\t"),
        *range(127, 160),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
}
"""Characters that steer a terminal or turn the order of text around, and how they are written instead."""


class _SafeConsole(Console):
    """A console on which text of others stays text: what would steer the terminal is written out."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does, without control characters in texts; those of a table are taken out where it is made."""
        super().print(*(item.translate(UNSEEN) if isinstance(item, str) else item for item in objects), **options)


def _console(*, stderr: bool = False) -> Console:
    console = _SafeConsole(stderr=stderr, soft_wrap=True)
    return console if console.is_terminal else _SafeConsole(stderr=stderr, soft_wrap=True, width=PIPE_WIDTH)


OUT = _console()
ERR = _console(stderr=True)
BAD_INPUT = 2
SECONDS_BETWEEN_LINES = 5.0


def emit(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output; a missing number is null."""
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=not whole, indent=2, allow_nan=False) + "\n")


def write(text: str) -> None:
    """Write text to standard output as it is: no wrapping, no colour."""
    sys.stdout.write(text)


def write_any_text() -> None:
    """Let what a terminal or pipe has no character for be written as an escape, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def plain(value: Any) -> Any:
    """Return ``value`` in JSON's own types: NaN, NA and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame in JSON's own types."""
    rows: list[dict[str, Any]] = plain(frame.to_dict("records"))
    return rows


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, title: str = "") -> None:
    """Print rows as a table; ``columns`` maps keys to headings."""
    drawn = Table(
        title=_literal(title) or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1)
    )
    for key, heading in columns.items():
        number = any(isinstance(row.get(key), int | float) and not isinstance(row.get(key), bool) for row in rows)
        drawn.add_column(_literal(heading), justify="right" if number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_literal(shown(row.get(key))) for key in columns))
    OUT.print(drawn)


def _literal(text: str) -> str:
    """Return a text of others as markup that prints it as it is; what would steer the terminal is written out."""
    return escape(text.translate(UNSEEN))


def shown(value: Any) -> str:
    """Return a cell's text; a missing value is a dash."""
    value = plain(value)
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items())
    return str(value)


def percent(value: float | None) -> str:
    """Return a rate as a percentage, without the sign; a missing one is a dash."""
    return "-" if value is None or not math.isfinite(value) else f"{100 * value:.1f}"


@contextmanager
def mendable() -> Iterator[None]:
    """Show a WorkbenchError as a message and exit 2; let anything else crash loudly."""
    try:
        yield
    except WorkbenchError as error:
        complain(error)
        raise typer.Exit(BAD_INPUT) from None


def complain(error: WorkbenchError) -> None:
    """Print an error that the user can mend."""
    ERR.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)


@contextmanager
def progress_of(label: str) -> Iterator[Callable[[Progress], None]]:
    """Yield a callback that shows a bar with ETA on a terminal, and plain lines elsewhere."""
    if not ERR.is_terminal:
        yield _lines(label)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[more]}"),
        TimeElapsedColumn(), TextColumn("ETA"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=ERR) as bar:
        task = bar.add_task(label, total=None, more="")

        def show(progress: Progress) -> None:
            bar.update(task, total=progress.total, completed=progress.done, more=_more(progress))

        yield show


@contextmanager
def counting(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback for work that is counted (done, total): the same bar, the same lines."""
    from workbench.runner import Progress

    started = time.monotonic()
    with progress_of(label) as show:
        yield lambda done, total: show(Progress("", total, done, 0, 0, time.monotonic() - started, 0.0))


def _more(progress: Progress) -> str:
    parts = []
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.speed is not None:
        parts.append(f"{progress.speed:.1f} s of audio per second")
    if progress.paused:
        parts.append(f"waiting: {progress.paused}")
    return ", ".join(parts)


def _lines(label: str) -> Callable[[Progress], None]:
    last, printed = -math.inf, ""

    def show(progress: Progress) -> None:
        nonlocal last, printed
        finished = progress.done == progress.total
        if not finished and not progress.paused and time.monotonic() - last < SECONDS_BETWEEN_LINES:
            return
        last = time.monotonic()
        eta = "" if finished or progress.eta_s is None else f", about {progress.eta_s:.0f} s to go"
        more = _more(progress)
        if printed != (printed := f"{progress.done} of {progress.total}{progress.paused}"):
            count = f"{progress.done} of {progress.total}"
            sys.stderr.write(f"{label}: {count}{', ' + more if more else ''}{eta}\n")
            sys.stderr.flush()

    return show
