"""Corpora in: a manifest and its description become one frame of utterances and a list of what was wrong.

A manifest is a CSV, TSV, JSONL or Parquet file with one row per utterance; ``<name>.toml`` beside it says where the
speech comes from. Nothing is dropped silently: every row is either in ``Corpus.utterances`` or named in
``Corpus.problems``.
"""

from workbench.corpora.archives import Downloaded, download_corpus
from workbench.corpora.column_mapping import guess_columns, map_columns
from workbench.corpora.composition import composition
from workbench.corpora.conversion import Prepared, prepare
from workbench.corpora.description import AttributeInfo, CorpusInfo, Description, ManifestDescription
from workbench.corpora.description_edit import state_description
from workbench.corpora.exports import export_manifest
from workbench.corpora.label_preview import apply_labels, label_table, relabel_manifest
from workbench.corpora.labels import LabelMap, read_label_map
from workbench.corpora.layouts import Layout, layouts
from workbench.corpora.manifest import Corpus, check_manifest, load_corpus
from workbench.corpora.manifest_uploads import save_upload
from workbench.corpora.manifest_writer import write_manifest
from workbench.corpora.prompts import prompt_ids
from workbench.corpora.remarks import case_twins, remarks
from workbench.corpora.zips import manifest_in, manifests_in, open_zip, unpack_zip
from workbench.files.problems import Problem, problem_frame
from workbench.files.tables import SUFFIXES

__all__ = [
    "SUFFIXES",
    "AttributeInfo",
    "Corpus",
    "CorpusInfo",
    "Description",
    "Downloaded",
    "LabelMap",
    "Layout",
    "ManifestDescription",
    "Prepared",
    "Problem",
    "apply_labels",
    "case_twins",
    "check_manifest",
    "composition",
    "download_corpus",
    "export_manifest",
    "guess_columns",
    "label_table",
    "layouts",
    "load_corpus",
    "manifest_in",
    "manifests_in",
    "map_columns",
    "open_zip",
    "prepare",
    "problem_frame",
    "prompt_ids",
    "read_label_map",
    "relabel_manifest",
    "remarks",
    "save_upload",
    "state_description",
    "unpack_zip",
    "write_manifest",
]
