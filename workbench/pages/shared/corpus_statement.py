"""What a corpus does not say about itself: licence, source, consent and how labels were obtained, asked for and kept beside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.corpora import AttributeInfo, CorpusInfo, state_description
from workbench.pages.shared import layout
from workbench.schema import NOT_STATED
from workbench.store import home

FIELDS = {
    "title": ("Title", "What readers of the card know this corpus by."),
    "licence": ("Licence", "Such as CC0-1.0, CC BY 4.0, or internal use only."),
    "source": ("Source", "Where the recordings come from: an address, a project, a ward."),
    "consent": ("Consent", "What the speakers agreed to, and where that is recorded."),
    "speech_style": ("Speech style", "read, spontaneous, conversation, dictation ..."),
}
OBTAINED = ("self-reported", "annotated", "unknown")
MEANING = {
    "self-reported": "self-reported: the speaker said so",
    "annotated": "annotated: somebody else said so",
    "unknown": "unknown",
}


def lacking(info: CorpusInfo) -> list[str]:
    """Return what the service card would have to call not stated or unknown."""
    texts = [FIELDS[name][0].lower() for name in FIELDS if getattr(info, name) in ("", NOT_STATED)]
    unknown = [name for name, how in info.attributes.items() if how.obtained == "unknown"]
    return texts + [f"how {name} was obtained" for name in unknown]


def form(info: CorpusInfo, manifest: Path) -> None:
    """Ask for what the description beside the manifest lacks, and write it there; a file of the user's is never rewritten."""
    missing = lacking(info)
    label = f"Licence, consent and labels: {len(missing)} not stated" if missing else "Licence, consent and labels"
    with st.expander(label, icon=":material/contract:"):
        toml = manifest.with_suffix(".toml")
        if missing:
            st.caption(f"The service card will say “not stated” for: {layout.plain(', '.join(missing))}.")
        if toml.exists() and home() not in toml.parents:
            st.caption(f"These are set in {layout.plain(toml)}. Change them there, then press Check again.")
            _stated(info)
            return
        with st.form("corpus_statement", border=False):
            texts = {name: _text(info, name) for name in FIELDS}
            attributes = {name: _attribute(name, how) for name, how in info.attributes.items()}
            if not st.form_submit_button("Save", icon=":material/save:", key="corpus_state"):
                return
        state_description(manifest, texts, attributes)
        st.rerun()


def _text(info: CorpusInfo, name: str) -> str:
    label, meaning = FIELDS[name]
    value = getattr(info, name)
    written: str = st.text_input(
        label, "" if value == NOT_STATED else value, key=f"state_{info.corpus_id}_{name}", help=meaning,
        placeholder=NOT_STATED,
    )  # fmt: skip
    return written


def _attribute(name: str, how: AttributeInfo) -> AttributeInfo:
    left, right = st.columns([1, 2])
    obtained = left.selectbox(
        f"How {layout.plain(name)} was obtained", OBTAINED, index=OBTAINED.index(how.obtained),
        format_func=MEANING.__getitem__, key=f"state_obtained_{name}",
    )  # fmt: skip
    note = right.text_input(
        f"Note on {layout.plain(name)}", how.note, key=f"state_note_{name}",
        placeholder="such as: asked at enrolment, free text; labelled by two phoneticians",
    )  # fmt: skip
    return how.model_copy(update={"obtained": obtained, "note": note.strip()})


def _stated(info: CorpusInfo) -> None:
    """Show what is stated."""
    lines = [f"**{label}:** {layout.plain(getattr(info, name) or NOT_STATED)}" for name, (label, _) in FIELDS.items()]
    lines += [
        f"**{layout.plain(name)}:** {how.obtained}{': ' + layout.plain(how.note) if how.note else ''}"
        for name, how in info.attributes.items()
    ]
    st.markdown("  \n".join(lines), width=layout.TEXT_WIDTH)
