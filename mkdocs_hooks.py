"""Hooks of the documentation site: documents beside ``docs/`` become pages, and links that hold in the repository hold in the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent
ADDED = {
    "SECURITY.md": "project/security.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
}
"""Documents of the repository's root that are pages of the site."""
ELSEWHERE = {"README.md": "index.md"}
"""What has another page in the site."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s:#]+)(#[^)]*)?\)")
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the documents of the root."""
    for name, page in ADDED.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Rewrite the links of a page; comments, which say what is generated or not run, are for the repository."""
    uri = page.file.src_uri
    source = next((name for name, added in ADDED.items() if added == uri), f"docs/{uri}")

    def rewritten(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        there = ADDED.get(path) or ELSEWHERE.get(path) or path.removeprefix("docs/")
        if files.get_file_from_path(there) is None:  # of the repository, not of the site: its name is enough
            return text if text.startswith("`") else f"`{text}`"
        text = text.removeprefix("docs/").removesuffix(".md") if text.endswith(".md") else text
        return f"[{text}]({posixpath.relpath(there, posixpath.dirname(uri) or '.')}{anchor})"

    return COMMENT.sub("", LINK.sub(rewritten, markdown))
