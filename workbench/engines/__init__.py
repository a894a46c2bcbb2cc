"""Engines: one adapter per file behind one protocol; what they import is imported when one is loaded."""

from workbench.engines.imported import ImportedEngine, JoinReport, join_report
from workbench.engines.protocol import Engine, EngineFailure, ModelInfo, Transcript, describe_engine
from workbench.engines.registry import ADAPTERS, availability, load_engine
from workbench.engines.scripted import ScriptedEngine
from workbench.transcripts.ctm import read_ctm

__all__ = [
    "ADAPTERS",
    "Engine",
    "EngineFailure",
    "ImportedEngine",
    "JoinReport",
    "ModelInfo",
    "ScriptedEngine",
    "Transcript",
    "availability",
    "describe_engine",
    "join_report",
    "load_engine",
    "read_ctm",
]
