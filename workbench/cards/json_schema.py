"""The published schema of a card's JSON, made from the model: ``docs/card.schema.json`` is this."""

from __future__ import annotations

import json

from workbench.cards.model import Card


def json_schema() -> str:
    """Return the JSON Schema of a card, as the text of its file."""
    result = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Card.model_json_schema(mode="serialization")}
    return json.dumps(result, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
