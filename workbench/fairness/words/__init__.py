"""Words: which words fail for whom, invented text, keywords, dialect, and what the normaliser decides."""
