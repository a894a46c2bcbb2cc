"""Start: app and demo."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.commands import runs
from workbench.cli.console import ERR, OUT, mendable
from workbench.cli.options import StoreUrl
from workbench.errors import StudyError

app = typer.Typer()

STUDY = "demo.study.toml"


@app.command(name="app")
def open_app(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of this machine.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Who may open it: 127.0.0.1 is this machine only; speech is personal.")
    ] = "127.0.0.1",
) -> None:
    """Open the app: print its address and serve it until Ctrl-C."""
    from workbench import extras

    with mendable():
        extras.need("audio", "card", "app", remedy="app")
    script = Path(extras.__file__).parent / "pages" / "entry" / "app.py"
    options = ["--server.port", str(port), "--server.address", address]
    try:
        code = subprocess.run([sys.executable, "-m", "streamlit", "run", str(script), *options], check=False).returncode
    except KeyboardInterrupt:
        return
    raise typer.Exit(code)


@app.command()
def demo(
    *,
    copy: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Copy the study, its manifest and its audio there instead, to change them."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 2,
    store: StoreUrl = None,
) -> None:
    """Run the demo study on synthetic voices; `workbench app` then opens on its findings."""
    from workbench.files import demo_folder

    folder = demo_folder()
    with mendable():
        if not (folder / STUDY).is_file():
            raise StudyError(
                "the demo study is not there", place=str(folder / STUDY), remedy="install the workbench again"
            )
        if copy is not None:
            _copied(folder, copy)
            OUT.print(str(copy / STUDY), markup=False, highlight=False)
            return
    runs.run(folder / STUDY, store=store, workers=workers, skip_missing=True)
    ERR.print("its findings: workbench app", highlight=False)


def _copied(folder: Path, target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StudyError("there is something already", place=str(target), remedy="name a new or an empty folder")
    try:
        shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    except (OSError, shutil.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StudyError(f"cannot be written ({reason})", place=str(target), remedy="name another folder") from None
