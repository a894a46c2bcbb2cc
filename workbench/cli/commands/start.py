"""Start: app and demo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name under which it may be asked for, as app.example.org; may be repeated."),
    ] = None,
    users: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask for a password; accounts are written by `users`.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Read files of others below this folder only; may be repeated."),
    ] = None,
) -> None:
    """Open the app: print its address and serve it until Ctrl-C."""
    from workbench import extras

    with mendable():
        extras.need("audio", "card", "app", remedy="app")
        environment = _environment(host or (), users, data or ())
    script = Path(extras.__file__).parent / "pages" / "entry" / "app.py"
    options = ["--server.port", str(port), "--server.address", address]
    try:
        code = subprocess.run(
            [sys.executable, "-m", "streamlit", "run", str(script), *options], env=environment, check=False
        ).returncode
    except KeyboardInterrupt:
        return
    raise typer.Exit(code)


def _environment(hosts: Sequence[str], users: Path | None, data: Sequence[Path]) -> dict[str, str]:
    """Return the environment of a server with these settings beside those that it has."""
    from workbench.files.reach import DATA
    from workbench.server.accounts import read_accounts
    from workbench.server.settings import HOSTS, USERS

    environment = dict(os.environ)
    if hosts:
        environment[HOSTS] = ",".join(hosts)
    if users is not None:
        read_accounts(users)
        environment[USERS] = str(users.absolute())
    if data:
        environment[DATA] = os.pathsep.join(str(folder.absolute()) for folder in data)
    return environment


@app.command(name="users")
def add_user(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a new user, or of one who gets a new password.")],
    *,
    file: Annotated[Path, typer.Option(metavar="FILE", help="The accounts of the server.")],
) -> None:
    """Give a user of a shared server a password, which is asked for twice; the file holds a salted hash."""
    from workbench.server.accounts import add_account

    with mendable():
        add_account(file, name, typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    OUT.print(f"{name} can log in: workbench app --users {file}", markup=False, highlight=False)


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
