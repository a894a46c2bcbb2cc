"""Transcripts made elsewhere: tables that hold a reference and a hypothesis per row."""
