"""The folder with real speech and published transcripts that some benchmarks need, or what to do without it."""

from __future__ import annotations

import argparse
from pathlib import Path

USUAL = Path(__file__).resolve().parents[2] / "shared"
NEEDS = "corpora/common-voice-100, corpora/fsdd-600 and hypotheses/edacc_7systems.csv"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--shared``; a folder that is not there ends the command with a sentence, also where it was not named."""
    parser.add_argument("--shared", type=shared_folder, default=str(USUAL), metavar="DIR", help=f"has {NEEDS}")


def shared_folder(text: str) -> Path:
    """Return the folder.

    Raises
    ------
    argparse.ArgumentTypeError : it is not there or is another one
    """
    path = Path(text)
    if not (path / "corpora").is_dir():
        raise argparse.ArgumentTypeError(
            f"{path} has no folder corpora: this benchmark needs real speech, which is not part of the project. Name a folder with {NEEDS}"
        )
    return path


def existing_file(text: str) -> Path:
    """Return a file of transcripts.

    Raises
    ------
    argparse.ArgumentTypeError : it is not there
    """
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is not there: name a table of published transcripts of EdAcc")
    return path
