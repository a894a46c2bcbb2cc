"""The matrix of formats, codings and damage, printed as Markdown: what becomes of each file.

``python -m bench.audio_matrix``: the files of ``tests/test_audio_matrix.py``, two seconds of speech each, whole and in seven states of
damage. A cell holds the seconds that were decoded, or the first words of the problem. It ends with how many cells there are of each kind;
anything else than audio or a named problem ends the command with its traceback.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from tests.test_audio_matrix import DAMAGES, FORMATS, write
from workbench.audio import decode
from workbench.errors import AudioError

WORDS = 4


def main() -> None:
    """Print the matrix."""
    names = ["whole", *(damage.__name__ for damage in DAMAGES)]
    print(f"| format and coding | {' | '.join(names)} |")
    print("|---" * (1 + len(names)) + "|")
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in FORMATS:
            path = Path(folder) / "a.bin"
            path.unlink(missing_ok=True)
            data = write(path, name).read_bytes()
            cells = []
            for change in (bytes, *DAMAGES):
                path.write_bytes(change(data))
                cell, kind = outcome(path)
                cells.append(cell)
                kinds[kind] += 1
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"\n{sum(kinds.values())} cells: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}")


def outcome(path: Path) -> tuple[str, str]:
    """Return what became of a file, as a cell of the table and as a kind to be counted."""
    try:
        return f"{decode(path).duration_s:.2f} s", "decoded"
    except AudioError as error:
        return " ".join(error.what.replace("|", "/").split()[:WORDS]), "named problems"


if __name__ == "__main__":
    main()
