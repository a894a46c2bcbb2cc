"""The service card: one frozen data object, written as PDF, HTML, JSON and CSV that say the same."""

from workbench.cards.builder import build as build_card
from workbench.cards.bundle import Bundle, make_bundle
from workbench.cards.bundle_verification import bundled_card, is_bundle, verify_bundle
from workbench.cards.claims_ledger import ClaimsLedger
from workbench.cards.disclosure import note_published, withheld_groups
from workbench.cards.evidence import PARTS
from workbench.cards.html import html
from workbench.cards.json_schema import json_schema
from workbench.cards.model import EVERYONE, Card
from workbench.cards.rendered import DrawnCard, draw
from workbench.cards.signatures import Signature, check_signature, sign, signature_of, signed_bytes
from workbench.cards.verification import Difference, Verification, compare
from workbench.cards.verification import verify as verify_card
from workbench.cards.writer import CardFiles, first_page, pages, pdf
from workbench.cards.writer import write as write_card

__all__ = [
    "EVERYONE",
    "PARTS",
    "Bundle",
    "Card",
    "CardFiles",
    "ClaimsLedger",
    "Difference",
    "DrawnCard",
    "Signature",
    "Verification",
    "build_card",
    "bundled_card",
    "check_signature",
    "compare",
    "draw",
    "first_page",
    "html",
    "is_bundle",
    "json_schema",
    "make_bundle",
    "note_published",
    "pages",
    "pdf",
    "sign",
    "signature_of",
    "signed_bytes",
    "verify_bundle",
    "verify_card",
    "withheld_groups",
    "write_card",
]
