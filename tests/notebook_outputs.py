"""Execute the notebooks and compare with what they show: ``python -m tests.notebook_outputs [--write] [NAME ...]``.

Each notebook is executed in its own folder, over an empty store that all of them share, and without ``../shared``. What it shows is kept
in it in a form that a code host draws: text, tables, and figures as SVG. Sound and widgets are left out: whoever runs the cell has them.
Without ``--write`` nothing is changed, and a notebook whose outputs are not those of its code ends the command with an error. Words
must be equal; a number may differ by a tenth. On another kind of processor than the one that made the outputs recognisers round
otherwise, and may write other words: there a difference is printed, and only a cell that fails ends the command with an error. A cell
with the tag ``machine`` shows what depends on the machine, and is executed only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
KEPT_TYPES = ("text/html", "image/svg+xml", "text/plain")
SOUND = "A sound: run the cell to hear it."
WIDGET = "A widget: run the cell to use it."
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
RELATIVE, ABSOLUTE = 0.1, 0.05
TIMEOUT_S = 600


def source_digest(notebook: Any) -> str:
    """Return the SHA-256 of the code cells: outputs that are kept beside another digest are of other code."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()


def processor() -> str:
    """Return the kind of processor, as far as recognisers choose their arithmetic by it."""
    import torch

    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def executed(path: Path, home: Path) -> Any:
    """Return the notebook as its cells leave it, with the outputs in the form that is kept."""
    notebook = nbformat.read(path, as_version=4)
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(home),
        "WORKBENCH_SHARED": str(home / "nothing"),
        "NO_COLOR": "1",
    }
    client = NotebookClient(
        notebook, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env=environment)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        cell.outputs = [kept(output) for output in cell.outputs if _is_shown(output)]
        cell.execution_count = count
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    notebook.metadata["workbench"] = {"executed": source_digest(notebook), "processor": processor()}
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _is_shown(output: Any) -> bool:
    """Progress on standard error is nobody's result."""
    return not (output.output_type == "stream" and output.name == "stderr")


def kept(output: Any) -> Any:
    """Return one output without what a code host cannot draw or what would make the file large."""
    if "data" not in output:
        return output
    data = {name: value for name, value in output.data.items() if name in KEPT_TYPES}
    if "<audio" in data.get("text/html", ""):
        data = {"text/plain": SOUND}
    elif any("widget" in name for name in output.data):
        data = {"text/plain": WIDGET}
    elif "image/svg+xml" in data:  # an SVG of ours has no script, and its date is fixed
        data = {"image/svg+xml": data["image/svg+xml"], "text/plain": data.get("text/plain", "")}
    output.data, output.metadata = nbformat.from_dict(data), nbformat.from_dict({})
    return output


def differences(before: Any, after: Any) -> Iterator[str]:
    """Yield what a notebook shows otherwise than it did, cell by cell; SVG is compared by its text alternative."""
    for number, (old, new) in enumerate(zip(before.cells, after.cells, strict=True)):
        if new.cell_type != "code" or "machine" in new.metadata.get("tags", []):
            continue
        shown, made = list(_texts(old)), list(_texts(new))
        if len(shown) != len(made):
            yield f"cell {number}: {len(shown)} outputs are kept, {len(made)} are made"
            continue
        for first, second in zip(shown, made, strict=True):
            if reason := apart(first, second):
                yield f"cell {number}: {reason}"


def _texts(cell: Any) -> Iterator[str]:
    """Yield what is printed as one text, for where it is cut depends on the time, then each other output."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    if printed:
        yield printed
    for output in cell.outputs:
        if output.output_type != "stream":
            yield output.data.get("text/plain", "")


def apart(kept_text: str, made: str) -> str:
    """Return why two texts are not the same but for small differences of numbers; "" if they are.

    >>> apart("rate 0.211 (GAP)", "rate 0.214 (GAP)")
    ''
    >>> apart("rate 0.2 (GAP)", "rate 0.2 (INCONCLUSIVE)")
    "'(GAP)' is kept, '(INCONCLUSIVE)' is made"
    >>> apart("3 of 4", "30 of 40")
    '3 is kept, 30 is made'
    """
    for first, second in zip(kept_text.split(), made.split(), strict=False):
        if NUMBER.sub("#", first) != NUMBER.sub("#", second):
            return f"{first!r} is kept, {second!r} is made"
        for old, new in zip(NUMBER.findall(first), NUMBER.findall(second), strict=True):
            if abs(float(old) - float(new)) > ABSOLUTE + RELATIVE * abs(float(old)):
                return f"{old} is kept, {new} is made"
    if len(kept_text.split()) != len(made.split()):
        return f"{len(kept_text.split())} words are kept, {len(made.split())} are made"
    return ""


def main() -> int:
    """Execute, then write or compare; print the seconds of each notebook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names, such as 02; default: all")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the notebooks")
    arguments = parser.parse_args()
    paths = [p for p in sorted(FOLDER.glob("*.ipynb")) if p.name.startswith(tuple(arguments.names) or "")]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="workbench-notebooks-") as name:
        for path in paths:
            before, started, work = nbformat.read(path, as_version=4), time.monotonic(), _processor_s()
            try:
                after = executed(path, Path(name))
            except CellExecutionError as error:
                print(f"{path.name}: FAILED\n{error}", flush=True)
                failed += 1
                continue
            reasons = [] if arguments.write else list(differences(before, after))
            if arguments.write:
                nbformat.write(after, path)
            other = before.metadata.get("workbench", {}).get("processor") not in (None, processor())
            failed += bool(reasons) and not other
            reasons = [f"on another kind of processor: {reason}" for reason in reasons] if other else reasons
            print(f"{path.name}: {time.monotonic() - started:.0f} s, {_processor_s() - work:.0f} s of processor time, "
                  f"{path.stat().st_size / 1000:.0f} kB", *reasons, sep="\n  ", flush=True)  # fmt: skip
    print(f"{len(paths) - failed} passed, {failed} failed")
    if failed and not arguments.write:
        print("where the code is right, keep what it shows now: make notebook-outputs")
    return int(failed > 0)


def _processor_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
