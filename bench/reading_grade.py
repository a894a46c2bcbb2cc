"""How hard the texts are to read: the reading grade of README, docs, notebooks, help and app, now and at an earlier revision.

``python -m bench.reading_grade [--before REVISION]``: code, tables, links and headings are left out; of docs/commands.md (made of the
help of the commands) and docs/api.md the sentences stand in tables and lists and are taken. The grade is in school years, from letters
per word and words per sentence (automated readability index, Smith & Senter 1967), by textstat; its measures by syllables need a
dictionary that is downloaded. It knows nothing of sense: a low grade is not a good text.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = 60
"""Characters that a passage has at least; below that it is a label."""
SURFACES = {
    "README": r"README\.md",
    "docs, written": r"docs/(?!(?:tables|api|commands|calibration)\.md).*\.md",
    "help of the commands": r"docs/commands\.md",
    "Python names": r"docs/api\.md",
    "notebooks": r"notebooks/.*\.ipynb",
    "app, figures, card": r"workbench/(?:pages|figures|cards)/.*\.py",
}


def names(revision: str) -> list[str]:
    """Return the files of a revision; "" is the working tree."""
    command = (
        ["git", "ls-tree", "-r", "--name-only", revision]
        if revision
        else ["git", "ls-files", "-co", "--exclude-standard"]
    )
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")


def text(revision: str, name: str) -> str:
    """Return one file of a revision."""
    if not revision:
        return (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).is_file() else ""
    return subprocess.run(
        ["git", "show", f"{revision}:{name}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def passages(name: str, content: str) -> Iterator[str]:
    """Yield the prose of a file, passage by passage."""
    if name.endswith(".ipynb"):
        cells = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "markdown"]
        content = "\n\n".join("".join(cell["source"]) for cell in cells)
    if name.endswith(".py"):
        yield from literals(content)
        return
    listed = name.endswith(("commands.md", "api.md"))
    content = re.sub(r"```.*?```|<!--.*?-->", "", content, flags=re.DOTALL)
    for passage in re.split(r"\n\s*\n|\n(?=[-|*#] ?)", content):
        passage = passage.strip()
        if passage.startswith("|") and listed:
            passage = passage.strip("| ").rsplit("|", 1)[-1]
        if passage.startswith(("#", "|", "!")):
            continue
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", passage)
        plain = re.sub(r"`[^`]*`", "it", plain)  # a name in code is a noun
        plain = " ".join(re.sub(r"[*_>]|^- ", "", plain).split())
        if len(plain) >= MEASURED:
            yield plain if plain.endswith((".", "!", "?", ":")) else f"{plain}."


def literals(source: str) -> Iterator[str]:
    """Yield the sentences among the texts of a module that a user reads: no docstring, no code, no label."""
    tree = ast.parse(source)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
            text = "".join(
                part.value if isinstance(part, ast.Constant) else "it" for part in node.values
            )  # what is filled in
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = node.value
        else:
            continue
        plain = " ".join(re.sub(r"[*_`]", "", text).split())
        if len(plain) >= MEASURED and not re.search(r"[{};<>]|https?:", plain):
            yield plain if plain.endswith((".", "!", "?", ":")) else f"{plain}."


def main() -> None:
    """Print the grade of each surface, and of the earlier revision beside it."""
    import textstat

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", help="a revision of git")
    arguments = parser.parse_args()
    revisions = [*([arguments.before] if arguments.before else []), ""]
    print("| text | " + " | ".join(revision or "now" for revision in revisions) + " |")
    print("|---|" + "---|" * len(revisions))
    for surface, pattern in SURFACES.items():
        cells = []
        for revision in revisions:
            chosen = [name for name in names(revision) if re.fullmatch(pattern, name)]
            prose = " ".join(passage for name in chosen for passage in passages(name, text(revision, name)))
            words = len(prose.split())
            grade = textstat.automated_readability_index(prose) if words else float("nan")
            cells.append(
                f"{grade:.1f} ({words:,} words, {words / max(1, textstat.sentence_count(prose)):.0f} a sentence)"
            )
        print(f"| {surface} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
