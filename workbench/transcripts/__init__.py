"""Transcripts made elsewhere: one reader per format of a recogniser or vendor, joined to the utterances of a corpus."""

from workbench.transcripts.catalogue import FORMATS
from workbench.transcripts.joined import Joined, join_transcripts
from workbench.transcripts.references import read_references
from workbench.transcripts.scored_table import read_scored_table
from workbench.transcripts.segments import Segment, Word
from workbench.transcripts.source import Transcripts, read_transcripts
from workbench.transcripts.table import transcript_table

__all__ = [
    "FORMATS",
    "Joined",
    "Segment",
    "Transcripts",
    "Word",
    "join_transcripts",
    "read_references",
    "read_scored_table",
    "read_transcripts",
    "transcript_table",
]
