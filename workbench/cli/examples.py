"""Examples of every command: shown under its ``--help`` and in docs/commands.md, and read by the parser in a test."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "app": (
        "workbench app",
        "workbench app --port 8600",
        "workbench app --users accounts.txt --data /srv/corpora --host speech.example.org",
    ),
    "users": ("workbench users ann --file accounts.txt",),
    "share": ("workbench share ward --with everybody",),
    "demo": ("workbench demo", "workbench demo --copy my-study"),
    "doctor": ("workbench doctor", "workbench doctor --check"),
    "store": (
        "workbench store",
        "workbench store check",
        "workbench store backup store-of-may.sqlite",
        "workbench store --upgrade --store postgresql+psycopg://user@host/database",
    ),
    "engines": ("workbench engines", "workbench engines --json"),
    "models": ("workbench models", "workbench models get tiny.en"),
    "conditions": ("workbench conditions", "workbench conditions --gallery gallery/ --only babble"),
    "preset": ('workbench preset "ward pump" "room@3>equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8"',),
    "degrade": ("workbench degrade in.wav out.wav --condition equip_pulse@3 --seed 1",),
    "check": ("workbench check data_manifests/ward.csv",),
    "audit": (
        "workbench audit data_manifests/ward.csv --by accent",
        "workbench audit data_manifests/ward.csv --by accent --counterfactual one-channel.study.toml",
    ),
    "swap": ("workbench swap data_manifests/ward.csv --by accent --from Scottish --to English",),
    "labels": (
        "workbench labels ward.csv --map accents.toml",
        "workbench labels ward.csv --map accents.toml --out new.csv",
    ),
    "review": (
        "workbench review ward.csv --out review.csv",
        "workbench review ward.csv --apply review.csv --out reviewed.csv",
    ),
    "export-manifest": ("workbench export-manifest ward.csv --as kaldi --out kaldi/",),
    "prepare": ("workbench prepare --list", "workbench prepare fsdd ~/free-spoken-digit-dataset --out data_manifests/"),
    "plan": (
        "workbench plan ward.study.toml",
        "workbench plan ward.study.toml --probe --workers 4",
        "workbench plan ward.study.toml --pairwise",
    ),
    "run": ("workbench run ward.study.toml --workers 2", "workbench run ward.study.toml --retry-failed"),
    "release": (
        "workbench release ward --by accent --epsilon 1",
        "workbench release ward --by accent --epsilon 1 --yes",
    ),
    "sums": ("workbench sums ward --by accent --out site-1.json",),
    "pool": ("workbench pool site-1.json site-2.json --margin 0.02",),
    "erase": ("workbench erase --speaker p225 --corpus ward", "workbench erase --before 2026-01-01 --yes"),
    "match": (
        "workbench match ward.study.toml --condition white_noise --parameter snr_db --by accent --group Scottish --wer 0.3",
    ),
    "confirm": ("workbench confirm ward --condition equip_pulse@3 --by accent --group Scottish",),
    "redteam": (
        "workbench redteam ward.study.toml --by accent --search 'equip_pulse?frequency_hz=200..6000/log&rate_hz=0.5..8'",
        "workbench redteam ward.study.toml --by accent --group Scottish --search room@1..4 --search babble@1..4 --budget 20",
    ),
    "suite": (
        "workbench suite add ward.suite.toml ward equip_pulse@3 --by accent",
        "workbench suite run ward.suite.toml --engine whisper:base.en",
    ),
    "status": ("workbench status", "workbench status ward"),
    "pause": ("workbench pause ward",),
    "cancel": ("workbench cancel ward",),
    "export": ("workbench export ward --out scores.csv", "workbench export ward --facts --out facts.parquet"),
    "table": ("workbench table ward", "workbench table ward gaps --by accent"),
    "ratings": ("workbench ratings ward ratings.csv --by accent",),
    "gaps": (
        "workbench gaps ward --by accent",
        "workbench gaps ward --by accent --reference-group English",
        "workbench gaps ward --by accent --fail-on gap:firm --max-wer 12% --format junit",
    ),
    "changes": ("workbench changes ward --by accent",),
    "dose": ("workbench dose ward --by accent --over level",),
    "sensitivity": ("workbench sensitivity ward --by accent --wrong 5%",),
    "slices": ("workbench slices ward --max-depth 2 --minimum-speakers 5",),
    "collect": (
        "workbench collect ward --by accent --target 0.03",
        "workbench collect data_manifests/ward.csv --by accent --by gender --wer 0.2",
    ),
    "instability": ("workbench instability ward --again ward-seed-2 --by accent",),
    "spread": ("workbench spread ward --by accent",),
    "adjust": ("workbench adjust ward --by accent --covariates gender",),
    "words": ("workbench words ward --by accent",),
    "compare": ("workbench compare ward-before ward-after",),
    "text-differences": ("workbench text-differences ward whisper:base.en faster-whisper:base.en --by accent",),
    "power": (
        "workbench power ward.csv --by accent --gap 0.05",
        "workbench power ward --by accent --gap 0.05 --margin 0.02 --prompt prompt_id",
    ),
    "transcripts": ("workbench transcripts", "workbench transcripts answers/ --out transcripts.csv"),
    "conversations": ("workbench conversations answers/ --references calls.csv --by accent",),
    "score": (
        "workbench score transcripts.csv --by accent --speaker speaker",
        "workbench score transcripts.csv --by accent --speaker speaker --system system --pairs",
        "workbench score transcripts.csv --by accent --speaker speaker --fail-on gap:firm --max-wer 12%",
    ),
    "invented": ("workbench invented ward --by accent",),
    "keywords": ("workbench keywords ward --by accent --lists drugs.csv",),
    "dialect": ("workbench dialect ward --by accent",),
    "band": ("workbench band ward --by accent",),
    "card": (
        "workbench card ward --out card/",
        "workbench card ward --out card/ --claim 'accent: gap <= 2 points in clean'",
        "workbench card ward --out card/ --fail-on refuted",
        "workbench card ward --out card/ --field service='Ward dictation' --field version=2.1",
    ),
    "verify": ("workbench verify card/card.pdf", "workbench verify audit.zip"),
    "claim": (
        "workbench claim add ledger.jsonl 'accent=Scottish & room@2: gap >= 5 points' --by 'Team A' --bundle audit.zip",
        "workbench claim judge ledger.jsonl ward",
    ),
    "ledger": ("workbench ledger verify ledger.jsonl",),
    "bundle": (
        "workbench bundle ward --out audit.zip",
        "workbench bundle ward --out audit.zip --redact names,numbers --pseudonyms",
    ),
    "normalise": ('workbench normalise "Dr Smith paid twenty pounds" --normaliser whisper_en', "workbench normalise"),
}


def epilogue(command: str) -> str:
    """Return the examples of a command as its help shows them, one paragraph each."""
    return "\n\n".join(["Examples:", *EXAMPLES.get(command, ())])
