"""Headings by column of the lists that a person sees: engines, models, conditions and runs."""

from __future__ import annotations

ENGINES = {
    "engine": "engine", "ready": "ready", "reason": "state", "install": "what it needs", "spec_example": "write it as",
}  # fmt: skip
MODELS = {
    "spec": "write it as", "ready": "ready", "where": "found in", "licence": "licence", "bytes": "bytes", "sha256": "SHA-256",
    "install": "what brings it",
}  # fmt: skip
CONDITIONS = {
    "id": "condition", "family": "family", "severity": "severity", "parameters": "parameters", "units": "units",
    "reason": "what it lacks here",
}  # fmt: skip
RUNS = {
    "run_id": "run", "study": "study", "state": "state", "done": "done", "total": "of", "failed": "failed",
    "created_at": "created", "message": "message",
}  # fmt: skip
